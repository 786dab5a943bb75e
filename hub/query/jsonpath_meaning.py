"""What the tests of a JSONPath filter mean, as conditions on documents."""

from collections.abc import Callable
from dataclasses import dataclass

from hub.query.attributes import Holds
from hub.query.jsonpath_tokens import Sort, Token
from hub.query.syntax import (
    EVERYTHING,
    And,
    Comparison,
    Condition,
    Count,
    Exists,
    Length,
    Not,
    Operator,
    Some,
)
from hub.query.values import number_in
from hub.query.vocabulary import Vocabulary

Path = tuple[str, ...]
Step = str | Condition
WITHOUT_LENGTH = frozenset({Holds.NUMBER, Holds.BOOLEAN})
End = Callable[[Path, Path], Condition]
"""What holds at the names behind the last condition of a path; it is told what they begin at."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """Steps from `scope`, the full path of what `@` is: names, and conditions on elements."""

    scope: Path
    steps: tuple[Step, ...]
    function: str = ""


@dataclass(frozen=True, kw_only=True)
class Literal:
    """`text` is None for null."""

    text: str | None
    sort: Sort
    token: Token


class Meaning:
    """Raises ValueError for what can never hold, or names what is not known."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def enters(self, place: Path, *, is_element: bool) -> bool:
        """Whether `*` may stand behind a place, or behind an element there: behind a list, or what is not described."""
        is_list = bool(place) and self._vocabulary.find(place)[1].many
        return ((is_list or not place) and not is_element) or not self._vocabulary.closed

    def compared(self, query: Query, operator: Operator, literal: Literal) -> Condition:
        if query.function:
            return self._measured(query, operator, literal)
        if literal.sort is Sort.NAME and operator not in (Operator.EQ, Operator.NE):
            place = literal.token.position
            raise ValueError(f"at position {place}: {literal.token.text} is compared with == or != only")
        if literal.text is None:
            there = self.selects(query)
            return there if operator is Operator.NE else Not(part=there)
        if operator is Operator.REGEX:
            return self.asked(query, operator, _pattern(literal))
        if literal.sort is Sort.PATTERN:
            raise ValueError(f"at position {literal.token.position}: a pattern is compared with =~")
        return self.asked(query, operator, literal.text)

    def asked(self, query: Query, operator: Operator, value: str) -> Condition:
        denied = operator is Operator.NE and any(not isinstance(step, str) for step in query.steps)

        def end(scope: Path, names: Path) -> Condition:
            word = Operator.EQ if denied else operator
            if not (scope or names):
                raise ValueError("a whole document cannot be compared")
            given = Comparison(path=(*scope, *names), operator=word, values=(value,))
            checked = self._vocabulary.comparison(given)
            return Comparison(
                path=self._below(checked.path, scope), operator=checked.operator, values=checked.values
            )

        found = self._steps(query.scope, query.steps, end)
        return Not(part=found) if denied else found

    def selects(self, query: Query) -> Condition:
        return self._steps(query.scope, query.steps, self._is_there)

    def _is_there(self, scope: Path, names: Path) -> Condition:
        return Exists(path=self._names(scope, names)) if names else EVERYTHING

    def _measured(self, query: Query, operator: Operator, literal: Literal) -> Condition:
        number = number_in(literal.text or "") if literal.sort is Sort.NUMBER else None
        if number is None or operator is Operator.REGEX:
            place = literal.token.position
            raise ValueError(f"at position {place}: {query.function}() is compared with a number")
        size = number
        if query.function == "length":

            def end(scope: Path, names: Path) -> Condition:
                self._check_length(scope, names)
                return Length(path=self._names(scope, names), operator=operator, number=size)

            return self._steps(query.scope, query.steps, end)
        names, rest = _split(query.steps)
        part = self._inside((*query.scope, *names), rest, self._is_there) if rest else EVERYTHING
        return Count(path=self._names(query.scope, names), part=part, operator=operator, number=size)

    def _check_length(self, scope: Path, names: Path) -> None:
        """Raises ValueError for what holds neither texts nor members; without names, an element is asked."""
        if place := (*scope, *names):
            attribute = self._vocabulary.find(place)[1]
            if attribute.holds in WITHOUT_LENGTH and not (attribute.many and names):
                raise ValueError(f"{'.'.join(place)} holds {attribute.holds}, which has no length()")

    def _steps(self, scope: Path, steps: tuple[Step, ...], end: End) -> Condition:
        names, rest = _split(steps)
        if not rest:
            return end(scope, names)
        place = (*scope, *names)
        inner = self._inside(place, rest, end)
        return inner if not place else Some(path=self._names(scope, names), part=inner)

    def _inside(self, place: Path, steps: tuple[Step, ...], end: End) -> Condition:
        """What an element at `place` has to fit: the first of the steps, which is a condition, and those behind it."""
        step, *others = steps
        assert not isinstance(step, str)
        return all_parts([step, self._steps(place, tuple(others), end)])

    def _names(self, scope: Path, names: Path) -> Path:
        """The names as documents have them."""
        if not names:
            return ()
        return self._below(self._vocabulary.find((*scope, *names))[0], scope)

    def _below(self, path: Path, scope: Path) -> Path:
        above = self._vocabulary.find(scope)[0] if scope else ()
        if path[: len(above)] != above:
            raise ValueError(f"{'.'.join(path)} is not inside of {'.'.join(above)}, and cannot be asked there")
        return path[len(above) :]


def _split(steps: tuple[Step, ...]) -> tuple[Path, tuple[Step, ...]]:
    """The names at the beginning, and the rest."""
    names: list[str] = []
    for step in steps:
        if not isinstance(step, str):
            break
        names.append(step)
    return tuple(names), steps[len(names) :]


def all_parts(parts: list[Condition]) -> Condition:
    """AND without parts that say nothing."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(parts=tuple(flat))


def _pattern(literal: Literal) -> str:
    """The pattern of a string, or of /pattern/i."""
    if literal.sort is Sort.STRING:
        return literal.text or ""
    place = literal.token.position
    if literal.sort is not Sort.PATTERN:
        raise ValueError(f"at position {place}: a pattern is expected, in quotes or as /pattern/")
    inside, _, flags = literal.token.text[1:].rpartition("/")
    if flags not in ("", "i"):
        raise ValueError(f"at position {place}: of the flags of a pattern only i is known, not {flags!r}")
    return f"(?i){inside}" if flags else inside
