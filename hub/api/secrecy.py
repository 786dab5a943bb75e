"""What a party may not ask about, since the answer would tell what it is not shown."""

from collections.abc import Iterator
from itertools import chain

from hub.errors import Forbidden, Violation
from hub.query.ordering import Sort
from hub.query.ownership import IN_EVENT
from hub.query.syntax import And, Condition, Count, Length, Not, Or, Some

Path = tuple[str, ...]

LINKS = frozenset({"parentProblem", "underlyingProblem"})
ENTRIES = "trackingRecord"

CHANGED = ("fieldPath",)
"""The part of an event that names what has changed, a hidden link too."""

SIZES = frozenset({(), ("event",), IN_EVENT, ("notification",), ("notification", "changes")})
"""What has more members where something hidden is among them."""


Asked = tuple[Path, bool]
"""A place that a condition looks at, and whether it looks at the size of what is there."""


def refuse_secret(condition: Condition | None, sort: Sort = ()) -> None:
    """Raises Forbidden for a condition or an order by others' actors and by links."""
    asked = [*(_asked(condition) if condition else ()), *((key.path, False) for key in sort)]
    violations = [
        Violation(field=".".join(path), message="is for operators to filter and sort by")
        for path, is_size in dict.fromkeys(asked)
        if _is_secret(path, is_size)
    ]
    if violations:
        raise Forbidden(violations=violations)


def _is_secret(path: Path, is_size: bool) -> bool:
    if is_size and path in SIZES:
        return True
    path = path[len(IN_EVENT) :] if path[: len(IN_EVENT)] == IN_EVENT else path
    if path[:1] == ("notification",):
        return path[1:2] == ("actor",) or (
            path[1:2] == ("changes",) and (path[2:3] == (ENTRIES,) or not LINKS.isdisjoint(path[2:3]))
        )
    return not LINKS.isdisjoint(path[:1]) or path[:1] == (ENTRIES,) or path == CHANGED


def _asked(condition: Condition, inside: Path = ()) -> Iterator[Asked]:
    """Everything that a condition looks at."""
    match condition:
        case And(parts=()):
            yield inside, False  # whatever is there fits
        case And(parts=parts) | Or(parts=parts):
            yield from chain.from_iterable(_asked(part, inside) for part in parts)
        case Not(part=part):
            yield from _asked(part, inside)
        case Some(path=path, part=part) | Count(path=path, part=part):
            yield from _asked(part, (*inside, *path))
        case _:
            yield (*inside, *condition.path), isinstance(condition, Length)
