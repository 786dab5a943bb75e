"""What a party may not ask about, since the answer would tell what it is not shown."""

from collections.abc import Iterator
from enum import Enum, auto
from itertools import chain

from hub.errors import Forbidden, Violation
from hub.query.ordering import Sort
from hub.query.ownership import IN_EVENT
from hub.query.syntax import And, Comparison, Condition, Count, Exists, Length, Not, Operator, Or, Some

Path = tuple[str, ...]

LINKS = frozenset({"parentProblem", "underlyingProblem"})
ENTRIES = "trackingRecord"

IDENTITY = frozenset({"id", "href"})
"""Of a link, what nobody knows who was not told: anything else is the same in many, and could be guessed."""

CHANGED = ("fieldPath",)
"""The part of an event that names what has changed, a hidden link too."""

SIZES = frozenset({(), ("event",), IN_EVENT, ("notification",), ("notification", "changes")})
"""What has more members where something hidden is among them."""


class Look(Enum):
    """How a condition looks at a place: for whole values only, at the size of what is there, or in another way."""

    VALUE = auto()
    SIZE = auto()
    OTHER = auto()


Asked = tuple[Path, Look]


def refuse_secret(condition: Condition | None, sort: Sort = ()) -> None:
    """Raises Forbidden for a condition or an order by others' actors, and by links other than by a whole identity."""
    asked = [*(_asked(condition) if condition else ()), *((key.path, Look.OTHER) for key in sort)]
    violations = [
        Violation(field=".".join(path), message="is for operators to filter and sort by")
        for path, look in dict.fromkeys(asked)
        if _is_secret(path, look)
    ]
    if violations:
        raise Forbidden(violations=violations)


def _is_secret(path: Path, look: Look) -> bool:
    if look is Look.SIZE and path in SIZES:
        return True
    path = path[len(IN_EVENT) :] if path[: len(IN_EVENT)] == IN_EVENT else path
    if path[:1] == ("notification",):
        return path[1:2] == ("actor",) or (
            path[1:2] == ("changes",) and (path[2:3] == (ENTRIES,) or not LINKS.isdisjoint(path[2:3]))
        )
    if not LINKS.isdisjoint(path[:1]):
        return look is not Look.VALUE or IDENTITY.isdisjoint(path[1:2])
    return path[:1] == (ENTRIES,) or path == CHANGED


def _asked(condition: Condition, inside: Path = (), *, denied: bool = False) -> Iterator[Asked]:
    """Everything that a condition looks at; what is `denied` fits where it does not hold."""
    match condition:
        case And(parts=()):
            yield inside, Look.OTHER  # whatever is there fits
        case And(parts=parts) | Or(parts=parts):
            yield from chain.from_iterable(_asked(part, inside, denied=denied) for part in parts)
        case Not(part=part):
            yield from _asked(part, inside, denied=True)
        case Some(path=path, part=part) | Count(path=path, part=part):
            may_be_none = denied or isinstance(condition, Count)
            yield from _asked(part, (*inside, *path), denied=may_be_none)
        case _:
            yield (*inside, *condition.path), _look(condition, denied=denied)


def _look(condition: Comparison | Exists | Length, *, denied: bool) -> Look:
    match condition:
        case Comparison(operator=Operator.EQ) if not denied:
            return Look.VALUE
        case Length():
            return Look.SIZE
        case _:
            return Look.OTHER
