"""The shape of a condition, and how one clause of text (`status=held`, `priority.gte=5`, `priority>5`) is read."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from urllib.parse import quote


class Operator(StrEnum):
    """How an attribute is compared. `in` and `exact` are spellings of EQ, which takes any number of values."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    REGEX = "regex"

    __hash__ = str.__hash__
    """Asked of each comparison that is looked up; that of an enumeration is many times dearer."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`path` leads from the document to an attribute, through arrays by any of their elements.

    EQ holds when one of `values` is there, NE when none of them is; the other operators have one value. REGEX holds
    where its pattern is found in a text. An empty path asks the value itself.
    """

    path: tuple[str, ...]
    operator: Operator
    values: tuple[str, ...]

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.path, self.operator, self.values))


@dataclass(frozen=True, kw_only=True)
class And:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, kw_only=True)
class Or:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, kw_only=True)
class Not:
    part: "Condition"


@dataclass(frozen=True, kw_only=True)
class Exists:
    """A value that is not null is at the path; an empty list is a value."""

    path: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Some:
    """One and the same element at the path fits `part`, whose paths begin at the element.

    What is no list is its own only element; null is none.
    """

    path: tuple[str, ...]
    part: "Condition"


@dataclass(frozen=True, kw_only=True)
class Length:
    """How many characters, elements or members the value at the path has; not REGEX."""

    path: tuple[str, ...]
    operator: Operator
    number: int | float


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many elements at the path fit `part`; not REGEX."""

    path: tuple[str, ...]
    part: "Condition"
    operator: Operator
    number: int | float


Condition = Comparison | And | Or | Not | Exists | Some | Length | Count

EVERYTHING = And(parts=())


def both(one: Condition | None, other: Condition | None) -> Condition | None:
    """AND of what is there, flat."""
    if one is None or other is None:
        return one or other
    parts = [each for part in (one, other) for each in (part.parts if isinstance(part, And) else (part,))]
    return And(parts=tuple(parts))


WORDS = {
    "eq": Operator.EQ,
    "exact": Operator.EQ,
    "in": Operator.EQ,
    "ne": Operator.NE,
    "gt": Operator.GT,
    "gte": Operator.GTE,
    "lt": Operator.LT,
    "lte": Operator.LTE,
    "regex": Operator.REGEX,
}
SIGNS = {
    "=": "",
    "==": "",
    "!=": "ne",
    ">": "gt",
    ">=": "gte",
    "<": "lt",
    "<=": "lte",
    "*=": "regex",
    "=~": "regex",
}
STRANGE_WORDS = frozenset({"ge", "le", "neq", "nin", "like", "contains"})
"""Operators of other query languages, refused by name: as parts of a path they would quietly match nothing."""

WHOLE = frozenset({"exact", "regex"})
"""Words whose value may contain commas."""

SAFE = "@.=, "
"""Characters of a clause that a message shows as they are."""

_CLAUSE = re.compile(r"([^<>=!*~]*)([<>=!*~]+)(.*)", re.DOTALL)
_SEGMENT = re.compile(r"@?[\w-]+")


def split_clause(text: str) -> tuple[str, str]:
    """The name, with its operator as a word, and the value: `a >= 5` is ("a.gte", "5"). Raises ValueError."""
    found = _CLAUSE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text.strip()!r} has no operator; write name=value")
    name, sign, value = found[1].strip(), found[2], found[3]
    if not name:
        raise ValueError(f"{text.strip()!r} names no attribute")
    if name.rpartition(".")[2].strip() in WORDS:
        # After a word the first `=` is all of the sign, so that a value may begin with any character.
        if not sign.startswith("="):
            raise ValueError(f"{text.strip()!r} has two operators")
        return _tight(name), (sign[1:] + value).strip(" ")
    if sign not in SIGNS:
        word = f"{_tight(name)}.eq={sign.removeprefix('=')}{value.strip(' ')}"
        raise ValueError(
            f"unknown operator {sign!r}; known are {' '.join(SIGNS)}; a value that begins with a sign is asked for"
            f" behind a word, percent-encoded: {quote(word, safe=SAFE)}"
        )
    word = SIGNS[sign]
    return _tight(f"{name}.{word}" if word else name), value.strip(" ")


def _tight(name: str) -> str:
    return ".".join(part.strip() for part in name.split("."))


def comparison_of(name: str, value: str) -> Comparison:
    """What a pair of `split_clause` says. Raises ValueError."""
    path, word = path_and_word(name)
    operator = WORDS[word or "eq"]
    values = (value,) if word in WHOLE else values_of(value)
    if operator not in (Operator.EQ, Operator.NE) and len(values) > 1:
        raise ValueError(f"the operator {operator} takes one value, not {len(values)}")
    return Comparison(path=path, operator=operator, values=values)


@lru_cache(maxsize=512)
def path_and_word(name: str) -> tuple[tuple[str, ...], str | None]:
    """The path, and the operator at its end as a word of WORDS; None where there is none. Raises ValueError."""
    *path, last = name.split(".")
    if last in STRANGE_WORDS and path:
        raise ValueError(f"unknown operator {last!r}; known are {', '.join(WORDS)}")
    if last not in WORDS or not path:
        path, word = [*path, last], None
    else:
        word = last
    for segment in path:
        if not _SEGMENT.fullmatch(segment):
            raise ValueError(f"{'.'.join(path)!r} is not a path such as a.b.c")
    return tuple(path), word


def values_of(text: str) -> tuple[str, ...]:
    """The values between commas; empty ones count only when there is no other."""
    values = tuple(value for part in text.split(",") if (value := part.strip(" ")))
    return values or ("",)
