"""What a party may not ask about, since the answer would tell what it is not shown."""

from collections.abc import Iterator
from itertools import chain

from hub.errors import Forbidden, Violation
from hub.query.ordering import Sort
from hub.query.ownership import IN_EVENT
from hub.query.syntax import And, Comparison, Condition, Count, Exists, Length, Not, Operator, Or, Some

Path = tuple[str, ...]

LINKS = frozenset({"parentProblem", "underlyingProblem"})
ENTRIES = "trackingRecord"


def refuse_secret(condition: Condition | None, sort: Sort = ()) -> None:
    """Raises Forbidden for a condition or an order by others' actors, and by links other than by a whole value."""
    asked = [*_asked(condition), *((key.path, False) for key in sort)]
    violations = [
        Violation(field=".".join(path), message="is for operators to filter and sort by")
        for path, is_whole in asked
        if _is_secret(path, is_whole=is_whole)
    ]
    if violations:
        raise Forbidden(violations=violations)


def _is_secret(path: Path, *, is_whole: bool) -> bool:
    path = path[len(IN_EVENT) :] if path[: len(IN_EVENT)] == IN_EVENT else path
    if path[:1] == ("notification",):
        return path[1:2] == ("actor",) or (
            path[1:2] == ("changes",) and (path[2:3] == (ENTRIES,) or not LINKS.isdisjoint(path[2:3]))
        )
    return path[:1] == (ENTRIES,) or (not LINKS.isdisjoint(path[:1]) and not is_whole)


def _asked(condition: Condition | None, inside: Path = ()) -> Iterator[tuple[Path, bool]]:
    """(path, whether it is only asked for a whole value) of everything that a condition looks at."""
    match condition:
        case None:
            pass
        case And(parts=parts) | Or(parts=parts):
            yield from chain.from_iterable(_asked(part, inside) for part in parts)
        case Not(part=part):
            yield from _asked(part, inside)
        case Some(path=path, part=part) | Count(path=path, part=part):
            yield from _asked(part, (*inside, *path))
        case Comparison(path=path, operator=operator):
            yield (*inside, *path), operator is Operator.EQ
        case Exists(path=path) | Length(path=path):
            yield (*inside, *path), False
