"""From records to timelines: in which state each report was and when, as it was recorded at an instant.

Two times: `event_time` says when something came to pass at the source, `record_time` when the hub learnt of it. An
account *as recorded at T* reads what was recorded until T and nothing else; so it can be made again, to the byte,
whatever is recorded later.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from sys import intern
from typing import NamedTuple

import orjson

from hub.model.problem import Document, Status, is_constraint
from hub.model.times import from_text, to_micros
from hub.problems.acknowledgement import is_acknowledged
from hub.reporting.dimensions import Dimensions, Known, Values
from hub.reporting.raised import Constraint, constraint_of
from hub.store.histories import (
    AT,
    AT_ONCE,
    DELETES,
    FLAGS,
    IRREGULAR,
    LATER,
    SOURCE,
    Entry,
    Histories,
    History,
)

NOT_OBSERVED = "notObserved"
"""The state of a report before the first thing that is known of it: open, and neither acknowledged nor at work."""


def _states_of(*states: str) -> frozenset[str]:
    """As the texts that timelines hold: to find one of these takes no comparison of texts."""
    return frozenset(intern(str(state)) for state in states)


OPEN = _states_of(NOT_OBSERVED, Status.ACKNOWLEDGED, Status.IN_PROGRESS, Status.PENDING, Status.HELD)
RESTORED = _states_of(Status.RESOLVED, Status.CLOSED)
INVALID = _states_of(Status.CANCELLED, Status.REJECTED)
NOT_TAKEN = _states_of(NOT_OBSERVED, Status.ACKNOWLEDGED) | INVALID
"""The states in which nobody has taken the report up."""

FIRST = str(Status.ACKNOWLEDGED)
TASK = '"ProblemAcknowledgement"'


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """What an account sees, in microseconds: what came to pass before `as_of` and was recorded by `recorded`.

    Reports that were over before `since` are left out.
    """

    as_of: int
    recorded: int
    since: int = 0


class Timeline(NamedTuple):
    """A report in its states: `states[i]` lasts from `begins[i]` until `begins[i + 1]`, the last one until the horizon.

    `acknowledged` is when somebody took it up: the acknowledging task, or the first state of work or after it.
    `parties` are the responsible ones, one after the other. `irregular` counts the steps that the lifecycle does not
    have, `disordered` those that were recorded after a later one.
    """

    id: str
    opened: int
    acknowledged: int | None
    begins: tuple[int, ...]
    states: tuple[str, ...]
    parties: tuple[str, ...]
    values: Values
    affected: int
    irregular: int
    disordered: int

    @property
    def state(self) -> str:
        return self.states[-1]


class Deleted(NamedTuple):
    """A report that had been removed by then: of it no figure says anything."""

    id: str


class Over:
    """A report that was over before anything of the account began; nothing is known of it but that it was there."""


OVER = Over()
Step = tuple[int, str]
Seen = Timeline | Deleted | Over | Constraint


def timelines(histories: Histories, horizon: Horizon, dimensions: Dimensions) -> Iterator[Seen]:
    """The reports that were there, some at a time; a text that many of them have is held once."""
    known: Known = {}

    def of(ids: Sequence[str]) -> Iterator[Timeline | Deleted | Constraint]:
        for one in histories.read(ids, recorded=horizon.recorded):
            found = timeline_of(one, horizon, dimensions, known)
            if found is not None:
                yield found

    wanted: list[str] = []
    for problem_id, is_over in histories.reports(recorded=horizon.recorded, since=horizon.since):
        if is_over:
            yield OVER
            continue
        wanted.append(problem_id)
        if len(wanted) == AT_ONCE:
            yield from of(wanted)
            wanted = []
    yield from of(wanted)


def timeline_of(
    history: History, horizon: Horizon, dimensions: Dimensions, known: Known
) -> Timeline | Deleted | Constraint | None:
    """What is known of one report; None when nothing of it was."""
    seen, later = _parted(history.entries)
    if not seen:
        return None
    if seen[-1][FLAGS] & DELETES:
        return Deleted(history.id)
    report, first = document_at(history.document, later), seen[0]
    if is_constraint(report):
        return constraint_of(history.id, first[SOURCE], report, first[AT])
    created = report.get("creationDate")
    opened: int = first[AT]
    if created:
        opened = min(opened, to_micros(from_text(created)))
    if opened >= horizon.as_of:
        return None
    told = _told(seen, horizon.as_of)
    begins, states = _states(told.steps, opened)
    return Timeline(
        history.id,
        opened,
        _taken(begins, states, told.noted),
        tuple(begins),
        tuple(states),
        tuple(told.parties),
        dimensions.of(report, first[SOURCE], known),
        _whole(report.get("affectedNumberOfServices")),
        told.irregular,
        told.disordered,
    )


def _parted(entries: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """What had been recorded, and what was later; nothing of a report whose first record was later."""
    later = [entry for entry in entries if entry[FLAGS] >= LATER]
    if not later:
        return entries, later
    if entries[0][FLAGS] >= LATER:
        return [], later
    return [entry for entry in entries if entry[FLAGS] < LATER], later


def document_at(document: bytes | None, later: Sequence[Entry]) -> Document:
    """The report as it was: the present one, or the one that was deleted, with every later change undone."""
    report: Document = orjson.loads(document) if document else {}
    for *_, changes in reversed(later):
        if changes:
            undo(report, orjson.loads(changes))
    return report


def undo(report: Document, changes: Document) -> None:
    """Takes {attribute: {"from": …, "to": …}} back, in the report itself."""
    for name, change in changes.items():
        if change["from"] is None:
            report.pop(name, None)
        else:
            report[name] = change["from"]


class _Told(NamedTuple):
    """`steps` are (when, state) in order; `noted` is when tasks acknowledged; the rest is as in Timeline."""

    steps: list[Step]
    noted: list[int]
    parties: list[str]
    irregular: int
    disordered: int


def _told(seen: Sequence[Entry], as_of: int) -> _Told:
    """What the records tell that had come to pass by then, and how many of all are irregular."""
    steps: list[Step] = []
    noted: list[int] = []
    parties: list[str] = []
    irregular = disordered = 0
    party_before: str | None = None
    for _, _, at, status, party, _, flags, changes in seen:
        if flags:
            irregular += flags & IRREGULAR
        if at >= as_of:
            continue
        if status:
            disordered += bool(steps) and at < steps[-1][0]
            steps.append((at, intern(status)))
        if party and party != party_before:  # a time without a responsible party is no change of hands
            party_before = party
            parties.append(intern(party))
        if changes and TASK in changes and _acknowledges(changes):
            noted.append(at)
    if disordered:
        steps.sort(key=itemgetter(0))
    return _Told(steps, noted, parties, irregular, disordered)


def _states(steps: Sequence[Step], opened: int) -> tuple[list[int], list[str]]:
    """When each state began; a step to the same state is none."""
    begins: list[int] = [opened]
    states: list[str] = [NOT_OBSERVED]
    before = NOT_OBSERVED
    for at, state in steps:
        if before is NOT_OBSERVED and (at <= opened or state == FIRST):
            states[0] = before = state
        elif state != before:
            before = state
            begins.append(at)
            states.append(state)
    return begins, states


def _taken(begins: Sequence[int], states: Sequence[str], noted: Sequence[int]) -> int | None:
    """When somebody took the report up: the first state of work, or the first task that says so."""
    for at, state in zip(begins, states, strict=True):
        if state not in NOT_TAKEN:
            return min(at, noted[0]) if noted else at
    return noted[0] if noted else None


def _acknowledges(changes: str) -> bool:
    entries = orjson.loads(changes).get("trackingRecord")
    return bool(entries) and is_acknowledged({"trackingRecord": entries["to"]})


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
