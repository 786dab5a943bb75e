"""What a client says of the instants of a report: they are those at the originator, and may lie before the hub's own.

`lastUpdate` is the hub's own and is not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.errors import Violation
from hub.model.problem import Document, Status
from hub.model.times import from_text, micros_to_text, to_micros

CREATED, MOVED, RESOLVED = "creationDate", "statusChangeDate", "resolutionDate"
STATED = (CREATED, MOVED, RESOLVED)

AHEAD = 300 * 1_000_000
"""Microseconds by which a client's clock may be ahead of the hub's; such a date is cut to the present."""


@dataclass(frozen=True, kw_only=True)
class Dates:
    """Microseconds: when the report was created, None when that stays, and when what is changed came to pass."""

    created: int | None
    moved: int
    violations: list[Violation] = field(default_factory=list)


def dates_of_new(given: Document, now: int) -> Dates:
    """Those of a new report, which the contract has been asked about before.

    Without a `statusChangeDate` it has been in its status since it was created. It is not resolved yet, so that a
    `resolutionDate` says nothing.
    """
    if CREATED not in given and MOVED not in given:
        return Dates(created=now, moved=now)
    stated, violations = _stated({name: given.get(name) for name in (CREATED, MOVED)}, now)
    created = stated.get(CREATED, now)
    moved = stated.get(MOVED, created)
    return Dates(created=created, moved=moved, violations=violations or _too_early(MOVED, moved, created))


def dates_of_change(before: Document, edited: Document, now: int) -> Dates:
    """Those of an edit; a date that is as it was, or is left out, says nothing.

    The date of a status comes with a change of the status and is that of the change, as `resolutionDate` is for
    `resolved`, and does not lie before that of the status that it ends. `creationDate` can be corrected.
    """
    said = {name: edited.get(name) for name in STATED if not _same(edited.get(name), before.get(name))}
    stated, violations = _stated(said, now)
    created = stated.pop(CREATED, None)
    violations += _misplaced(stated, before, edited)
    moved = min(stated.values(), default=now)
    if len(set(stated.values())) > 1:
        violations.append(_violation(RESOLVED, stated[RESOLVED], f"must be the same as {MOVED}"))
    if violations:
        return Dates(created=created, moved=moved, violations=violations)
    violations = _backwards(stated, moved, before, created)
    if violations:
        return Dates(created=created, moved=moved, violations=violations)
    begun = _instant(before[CREATED]) if created is None else created
    since = moved if before["status"] != edited.get("status") else _instant(before[MOVED])
    if created is not None and is_as_created(before, edited):
        since = created
    name = CREATED if created is not None and not stated else next(iter(stated), MOVED)
    violations = [] if begun <= since else _out_of_order(name, begun=begun, since=since)
    return Dates(created=created, moved=moved, violations=violations)


def is_as_created(before: Document, edited: Document) -> bool:
    """Whether a report is and stays in the status in which it was created, so that both have one date."""
    return bool(before["status"] == edited.get("status") and before[MOVED] == before[CREATED])


def _stated(said: Mapping[str, object], now: int) -> tuple[dict[str, int], list[Violation]]:
    stated: dict[str, int] = {}
    violations: list[Violation] = []
    for name, value in said.items():
        if value is None:
            continue
        try:
            stated[name] = _instant(value)
        except (TypeError, ValueError, OverflowError):
            message = "must be a time with its zone, such as 2026-03-01T12:00:00Z"
            violations.append(Violation(field=name, value=value, message=message))
            continue
        if stated[name] > now + AHEAD:
            message = f"lies in the future; here it is {micros_to_text(now)}"
            violations.append(Violation(field=name, value=value, message=message))
        stated[name] = min(stated[name], now)
    return stated, violations


def _misplaced(stated: Mapping[str, int], before: Document, edited: Document) -> list[Violation]:
    """The dates of a status that come without a change to it."""
    status = edited.get("status")
    fits = {MOVED: status != before["status"], RESOLVED: status != before["status"] and status == Status.RESOLVED}
    what = {MOVED: "a change of the status", RESOLVED: f"a change of the status to {Status.RESOLVED}"}
    return [
        _violation(name, at, f"comes with {what[name]} only; until then it stays {before.get(name) or 'absent'}")
        for name, at in stated.items()
        if not fits[name]
    ]


def _backwards(stated: Mapping[str, int], moved: int, before: Document, created: int | None) -> list[Violation]:
    """A change of status that is said to come before the one that it follows."""
    if not stated:
        return []
    since = _instant(before[MOVED])
    if created is not None and before[MOVED] == before[CREATED]:
        since = created
    message = f"lies before the last change of the status, {micros_to_text(since)}"
    return [] if since <= moved else [_violation(next(iter(stated)), moved, message)]


def _too_early(name: str, at: int, created: int) -> list[Violation]:
    return [] if created <= at else _out_of_order(name, begun=created, since=at)


def _out_of_order(name: str, *, begun: int, since: int) -> list[Violation]:
    if name == CREATED:
        return [_violation(name, begun, f"lies after the {MOVED}, {micros_to_text(since)}")]
    return [_violation(name, since, f"lies before the {CREATED}, {micros_to_text(begun)}")]


def _violation(name: str, at: int, message: str) -> Violation:
    return Violation(field=name, value=micros_to_text(at), message=message)


def _same(one: object, other: object) -> bool:
    """Whether two texts name the same instant, to the millisecond that the hub shows."""
    try:
        return one == other or micros_to_text(_instant(one)) == micros_to_text(_instant(other))
    except (TypeError, ValueError, OverflowError):
        return False


def _instant(value: object) -> int:
    """Microseconds. Raises TypeError or ValueError for what is no date-time with a zone."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return to_micros(from_text(value))
