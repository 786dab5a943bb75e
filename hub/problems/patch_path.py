"""Reads a path with a query into its steps; `patch_query` says what they mean."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hub.errors import InvalidInput, Unsupported
from hub.problems.json_pointer import is_index, unescaped
from hub.query.attributes import ANYTHING
from hub.query.canonical import all_of
from hub.query.jsonpath import parse_filter
from hub.query.list_query import split_query_string
from hub.query.predicate import Predicate, predicate
from hub.query.syntax import Comparison, comparison_of
from hub.query.vocabulary import ResourceVocabulary

LONGEST = 2000
"""Characters of a path."""

_PIECE = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[\[\]]|[^'"\[\]]+""", re.DOTALL)
_JSONPATH = re.compile(r"\$|[^/?\[]+\[")
"""Its beginning, also without the `$`: no other path has a bracket in its first step and no slash before it."""
_QUOTED = re.compile(r"""'([^'\\]*)'|"([^"\\]*)\"""")


@dataclass(frozen=True)
class Member:
    """A member of an object, an index of a list, or a member of each element of a list."""

    name: str


@dataclass(frozen=True)
class Asked:
    """What a condition asks of what the names `at` lead to: comparisons, or a filter in JSONPath, `?(@.n>1)`."""

    at: tuple[str, ...]
    comparisons: tuple[Comparison, ...] = ()
    filter: str = ""


@dataclass(frozen=True)
class Where:
    """The elements of a list that fit, or an object that does; without a condition, every element."""

    fits: Predicate | None
    asked: tuple[Asked, ...] = ()


Step = Member | Where


@dataclass(frozen=True)
class _Part:
    """What stands between two separators: `note`, `note?author=John`, `note[0]`, `['note'][?(@.author=='John')]`."""

    name: str
    brackets: tuple[str, ...]
    query: str | None


@lru_cache(maxsize=256)
def steps_of(path: str) -> tuple[Step, ...]:
    """The steps of a path; () is the whole. Raises ValueError, or Unsupported for what JSONPath has beyond."""
    if len(path) > LONGEST:
        raise ValueError(f"has {len(path)} characters, more than {LONGEST}")
    names: list[str] = []
    steps: list[Step] = []
    passed: list[str] = []
    places: list[int] = [0]
    queries: list[tuple[str, int, tuple[str, ...]]] = []
    for part in _parts(path):
        if part.name or not part.brackets:
            steps.append(Member(part.name))
            if not is_index(part.name):
                names.append(part.name)
                passed.append(part.name)
                places.append(0)
        steps += _bracket_steps(part.brackets, passed)
        places[-1] = len(steps)
        if part.query is not None:
            queries.append((part.query, len(steps), tuple(passed)))
    found = [one for query, here, at in queries for one in _conditions(query, here, at, names, places)]
    for place, where in sorted(found, key=lambda one: one[0], reverse=True):
        steps.insert(place, where)
    return tuple(steps)


def _parts(path: str) -> Iterator[_Part]:
    """The parts of a path, which JSONPath separates by dots, and which may begin with a separator or not."""
    separators = "./" if _JSONPATH.match(path) else "/"
    rest = path.removeprefix("$")
    if rest[:1] and rest[0] in separators:
        rest = rest[1:]
        if not rest:
            yield _Part("", (), None)
    while rest:
        name, rest = _name(rest, separators)
        brackets: list[str] = []
        while rest.startswith("["):
            inside, rest = _bracket(rest)
            brackets.append(inside)
        query = None
        if rest.startswith("?"):
            query, rest = _until(rest[1:], separators)
        if rest and rest[0] not in separators:
            raise ValueError(f"has {rest!r} where a new step should begin")
        yield _Part(unescaped(name), tuple(brackets), query and unescaped(query))
        if rest and not rest[1:]:
            yield _Part("", (), None)
        rest = rest[1:]


def _name(rest: str, separators: str) -> tuple[str, str]:
    """The name that a part begins with, and what is behind it. Raises Unsupported for a second dot."""
    if rest.startswith(".") and "." in separators:
        raise Unsupported("the descendant step .. is not supported")
    return _until(rest, separators + "[?")


def _until(text: str, ends: str) -> tuple[str, str]:
    place = next((place for place, character in enumerate(text) if character in ends), len(text))
    return text[:place], text[place:]


def _bracket(text: str) -> tuple[str, str]:
    """(inside, rest) of a text that begins with a bracket."""
    depth, place = 0, 0
    while place < len(text) and (piece := _PIECE.match(text, place)):
        place = piece.end()
        depth += {"[": 1, "]": -1}.get(piece[0], 0)
        if not depth:
            return text[1 : place - 1].strip(), text[place:]
    raise ValueError("has a bracket or a quote without its other half")


def _bracket_steps(brackets: Iterable[str], passed: list[str]) -> Iterator[Step]:
    """The step of each bracket; `passed` gets the names among them."""
    for inside in brackets:
        step = _bracket_step(inside, tuple(passed))
        yield step
        if isinstance(step, Member) and not is_index(step.name):
            passed.append(step.name)


def _bracket_step(inside: str, at: tuple[str, ...]) -> Step:
    quoted = _QUOTED.fullmatch(inside)
    if quoted:
        return Member(quoted[1] if quoted[1] is not None else quoted[2])
    if inside == "*":
        return Where(None)
    if is_index(inside):
        return Member(inside)
    if inside.startswith("?"):
        return Where(_expression(inside), (Asked(at, filter=inside),))
    raise ValueError(f"[{inside}] is neither a name in quotes, an index, * nor a condition")


def _conditions(
    query: str, here: int, at: tuple[str, ...], names: Sequence[str], places: Sequence[int]
) -> list[tuple[int, Where]]:
    """Each condition of a query with the number of steps that lead to what it speaks of.

    A name that begins with the path's names is bound where both part; another one speaks of what stands `here`, where
    the names `at` lead.
    """
    bound: dict[int, list[list[Comparison]]] = {}
    asked: dict[int, list[Asked]] = {}
    for alternatives in _alternatives(query):
        depth = min(_shared(comparison.path, names) for comparison in alternatives)
        is_whole = bool(depth) or _begins(alternatives, names)
        place = places[depth] if is_whole else here
        relative = [
            Comparison(path=each.path[depth:], operator=each.operator, values=each.values) for each in alternatives
        ]
        bound.setdefault(place, []).append(relative)
        asked.setdefault(place, []).append(Asked(() if is_whole else at, tuple(alternatives)))
    return [(place, Where(predicate(all_of(groups)), tuple(asked[place]))) for place, groups in bound.items()]


def _shared(path: Sequence[str], names: Sequence[str]) -> int:
    """How many of the path's names, but its last, are those of the steps."""
    count = 0
    for one, other in zip(path[:-1], names, strict=False):
        if one != other:
            break
        count += 1
    return count


def _begins(alternatives: Sequence[Comparison], names: Sequence[str]) -> bool:
    """Whether a condition speaks of the first attribute of the path itself: `/status?status=held`."""
    return any(comparison.path == tuple(names[:1]) for comparison in alternatives)


def _alternatives(query: str) -> list[list[Comparison]]:
    try:
        pairs = split_query_string(query.encode())
    except InvalidInput as error:
        raise ValueError(error.message) from error
    groups: list[list[Comparison]] = []
    for name, value in pairs:
        comparison = comparison_of(name.removeprefix(";"), value)
        if name.startswith(";") and groups:
            groups[-1].append(comparison)
        else:
            groups.append([comparison])
    if not groups:
        raise ValueError("has a ? without a condition")
    return groups


_ELEMENT = "element"
_VOCABULARY = ResourceVocabulary(attributes=ANYTHING)


def _expression(inside: str) -> Predicate:
    """A condition in JSONPath on an element, read as the `filter` of a list whose documents hold that element alone."""
    fits = predicate(parse_filter(f"{_ELEMENT}[{inside}]", vocabulary=_VOCABULARY, field="path").condition)
    return lambda element: fits({_ELEMENT: element})
