"""What a resource can be asked about: the names of its attributes and what each holds, as its contract says."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from hub.query.checks import unknown
from hub.query.syntax import Comparison, Operator
from hub.query.values import instant_in, number_in, number_text

Path = tuple[str, ...]


ReadValue = Callable[[str], str]


class Holds(StrEnum):
    """What an attribute holds; ANYTHING where the contract leaves it open."""

    TEXT = "a text"
    NUMBER = "a number"
    INSTANT = "a date-time"
    BOOLEAN = "true or false"
    OBJECT = "an object"
    ANYTHING = "anything"


ORDERED = frozenset({Operator.GT, Operator.GTE, Operator.LT, Operator.LTE})
REFUSED: Mapping[Holds, frozenset[Operator]] = {
    Holds.NUMBER: frozenset({Operator.REGEX}),
    Holds.BOOLEAN: ORDERED | {Operator.REGEX},
    Holds.OBJECT: frozenset(Operator),
}
"""The operators that make no sense, by what an attribute holds."""


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """`many` tells that it is a list; `words` are the only values of an enumeration.

    An object that is `open` may have members that the contract does not name, for it can be extended by its `@type`.
    `kept_as` has the values that are shown otherwise than they are kept, each with all that are shown so.
    `read` gives the one spelling of a value that may be spelt in several ways, or raises ValueError.
    """

    holds: Holds = Holds.ANYTHING
    many: bool = False
    words: tuple[str, ...] = ()
    members: Mapping[str, "Attribute"] = field(default_factory=dict)
    open: bool = True
    kept_as: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    read: ReadValue | None = None

    def spelt(self, comparison: Comparison) -> Comparison:
        """The comparison with whole values in their one spelling."""
        if self.read is None or comparison.operator not in (Operator.EQ, Operator.NE):
            return comparison
        return replace(comparison, values=tuple(map(self.read, comparison.values)))

    def kept(self, comparison: Comparison) -> Comparison:
        """The comparison with the values that are kept, where it is one of whole values; numbers in one spelling."""
        if self.holds is Holds.NUMBER:
            spelt = tuple(map(number_text, comparison.values))
            return comparison if spelt == comparison.values else replace(comparison, values=spelt)
        if not self.kept_as or comparison.operator not in (Operator.EQ, Operator.NE):
            return comparison
        values = [kept for value in comparison.values for kept in self.kept_as.get(value, (value,))]
        return replace(comparison, values=tuple(values))


ANY = Attribute()


@dataclass(frozen=True, eq=False)
class Attributes:
    """The first-level attributes of a resource by name; there are no others if it is `closed`.

    `types` are the values of `@type` of which all is named here, where there are others; else empty. Such others
    may be asked for where the attributes are `open`.
    `elsewhere` are the beginnings of paths that lead somewhere, but not where a client is shown it.
    Compared by identity, so that it can be a key.
    """

    by_name: Mapping[str, Attribute]
    closed: bool = True
    elsewhere: frozenset[Path] = frozenset()
    types: frozenset[str] = frozenset()
    open: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", MappingProxyType(dict(self.by_name)))

    @classmethod
    def named(cls, *names: str) -> "Attributes":
        """Attributes of which no more is known than their names."""
        return cls(dict.fromkeys(names, ANY))

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.by_name)

    def shown_members(self, path: Path) -> list[str]:
        """The names that a client is shown of what an object at a path has."""
        members = self.along(path)[-1].members
        inner = {name for name in members if (*path, name) in self.elsewhere}
        return sorted({*members} - inner | {each for name in inner for each in members[name].members})

    def is_list(self, path: Path) -> bool:
        """Whether a path, which may lead anywhere, leads to a list."""
        try:
            return self.along(path)[-1].many
        except ValueError:
            return False

    def refuse_elsewhere(self, path: Path) -> None:
        """Raises ValueError for a path along which a client is shown nothing."""
        for begin in self.elsewhere:
            if path[: len(begin)] == begin:
                shown = ".".join((*begin[:-1], *(path[len(begin) :] or ("id",))))
                raise ValueError(f"{'.'.join(path)!r} is a path of another version; here it is {shown}")

    def of_types(self, *names: str) -> "Attributes":
        """These, where a resource of another `@type` may have others."""
        return replace(self, types=frozenset(names))

    def opened(self) -> "Attributes":
        """These, and all others."""
        return replace(self, open=True)

    def without(self, *names: str) -> "Attributes":
        return replace(self, by_name={name: one for name, one in self.by_name.items() if name not in names})

    def with_more(self, more: Mapping[str, Attribute]) -> "Attributes":
        """These and others, such as those of an extension; where both know one, the other's word holds."""
        return replace(self, by_name={**self.by_name, **more})

    def with_kept(self, path: Path, kept_as: Mapping[str, tuple[str, ...]]) -> "Attributes":
        """These, where values of the member that a path of two names leads to are kept otherwise."""
        name, member = path
        owner = self.by_name.get(name, ANY)
        inner = replace(owner.members.get(member, ANY), kept_as=kept_as)
        return self.with_more({name: replace(owner, members={**owner.members, member: inner})})

    def with_words(self, name: str, words: Iterable[str], *, read: ReadValue | None = None) -> "Attributes":
        """These, where `name` is an enumeration of `words`, which `read` knows by other spellings."""
        return self.with_more({name: replace(self.by_name[name], words=tuple(words), read=read)})

    def along(self, path: Path, *, extended: bool = False) -> list[Attribute]:
        """The attributes that a path meets; with `extended`, an open object has members of any name.

        Raises ValueError naming the part that is not known.
        """
        if path[0] not in self.by_name and self.closed and not self.open:
            raise unknown(path[0], self.names)
        met = [self.by_name.get(path[0], ANY)]
        for position, name in enumerate(path[1:], start=1):
            met.append(_member(met[-1], path[:position], name, extended=extended))
        return met


ANYTHING = Attributes({}, closed=False)
"""For a query that was accepted before: what it names was known then."""


def _member(owner: Attribute, path: Path, name: str, *, extended: bool) -> Attribute:
    if owner.holds not in (Holds.OBJECT, Holds.ANYTHING):
        raise ValueError(f"{'.'.join(path)!r} holds {owner.holds}, which has no attribute {name!r}")
    if name in owner.members:
        return owner.members[name]
    if owner.holds is Holds.OBJECT and not (extended and owner.open):
        complaint = unknown(name, frozenset(owner.members))
        raise ValueError(f"{'.'.join((*path, name))!r}: {complaint}")
    return ANY


def check_against(attribute: Attribute, comparison: Comparison, *, shown: Sequence[str] = ()) -> None:
    """Raises ValueError when the attribute cannot be compared so, or can never have such a value.

    `shown` are the names of its members that a client knows, where they are others.
    """
    word = comparison.operator
    if attribute.holds is Holds.OBJECT:
        raise ValueError(
            f"holds an object; ask for one of its attributes: {', '.join(shown or sorted(attribute.members))}"
        )
    if word in REFUSED.get(attribute.holds, ()):
        raise ValueError(f"holds {attribute.holds}, which {word} cannot compare")
    if word is Operator.REGEX:
        return
    for value in comparison.values:
        if complaint := _impossible(attribute, value):
            raise ValueError(complaint)


def _impossible(attribute: Attribute, value: str) -> str | None:
    if attribute.words and value not in attribute.words:
        return f"{value!r} is none of {', '.join(attribute.words)}"
    match attribute.holds:
        case Holds.NUMBER if number_in(value) is None:
            return f"{value!r} is not a number"
        case Holds.INSTANT if instant_in(value) is None:
            return f"{value!r} is not a time with its zone (RFC 3339)"
        case Holds.BOOLEAN if value not in ("true", "false"):
            return f"{value!r} is neither true nor false"
    return None
