"""From records to timelines: in which state each report was and when, as it was recorded at an instant.

Two times: `event_time` says when something came to pass at the source, `record_time` when the hub learnt of it. An
account *as recorded at T* reads what was recorded until T and nothing else; so it can be made again, to the byte,
whatever is recorded later.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from sys import intern
from typing import NamedTuple

import orjson

from hub.model.problem import Document, Status
from hub.model.times import from_text, to_micros
from hub.problems.acknowledgement import is_acknowledged
from hub.reporting.dimensions import Dimensions, Values
from hub.store.histories import Entry, Histories

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
Seen = Timeline | Deleted | Over


def timelines(histories: Histories, horizon: Horizon, dimensions: Dimensions) -> Iterator[Seen]:
    """The reports that were there, one by one; a text that many of them have is held once."""
    values: dict[tuple[str, ...], tuple[str, ...]] = {}
    for problem_id, is_over in histories.reports(recorded=horizon.recorded, since=horizon.since):
        if is_over:
            yield OVER
            continue
        entries, document = histories.entries(problem_id), histories.document(problem_id)
        found = timeline_of(problem_id, entries, document, horizon, dimensions)
        if isinstance(found, Timeline):
            found = found._replace(values=tuple([values.setdefault(one, one) for one in found.values]))
        if found is not None:
            yield found


def timeline_of(
    problem_id: str, entries: Sequence[Entry], document: str | None, horizon: Horizon, dimensions: Dimensions
) -> Timeline | Deleted | None:
    """What is known of one report; None when nothing of it was. `document` is the JSON of the report as it is now."""
    recorded, as_of = horizon.recorded, horizon.as_of
    if entries[0].record_time > recorded:
        return None
    seen = [entry for entry in entries if entry.record_time <= recorded]
    if seen[-1].deletes:
        return Deleted(problem_id)
    first = seen[0]
    report = document_at(document, [] if len(seen) == len(entries) else entries, recorded)
    created = report.get("creationDate")
    opened = min(first.event_time, to_micros(from_text(created))) if created else first.event_time
    if opened >= as_of:
        return None
    begins, states, disordered = _states(seen, opened, as_of)
    return Timeline(
        id=problem_id,
        opened=opened,
        acknowledged=_taken_up(seen, begins, states, as_of),
        begins=tuple(begins),
        states=tuple(states),
        parties=_parties(seen, as_of),
        values=dimensions.of(report, first.source),
        affected=_whole(report.get("affectedNumberOfServices")),
        irregular=sum([entry.irregular for entry in seen]),
        disordered=disordered,
    )


def document_at(document: str | None, entries: Sequence[Entry], recorded: int) -> Document:
    """The report as it was: the present one, or the one that was deleted, with every later change undone."""
    report: Document = orjson.loads(document) if document else {}
    for entry in reversed(entries):
        if entry.changes and entry.record_time > recorded:
            for name, change in orjson.loads(entry.changes).items():
                if change["from"] is None:
                    report.pop(name, None)
                else:
                    report[name] = change["from"]
    return report


def _states(seen: Sequence[Entry], opened: int, as_of: int) -> tuple[list[int], list[str], int]:
    """When each state began, and how many steps were recorded after a later one; a step to the same state is none."""
    steps = [
        (entry.event_time, intern(entry.to_status))
        for entry in seen
        if entry.to_status and entry.event_time < as_of
    ]
    disordered = sum([later[0] < earlier[0] for earlier, later in pairwise(steps)])
    if disordered:
        steps.sort(key=itemgetter(0))
    begins: list[int] = [opened]
    states: list[str] = [NOT_OBSERVED]
    for at, state in steps:
        if len(states) == 1 and states[0] is NOT_OBSERVED and (at <= opened or state == Status.ACKNOWLEDGED):
            states[0] = state
        elif state != states[-1]:
            begins.append(at)
            states.append(state)
    return begins, states, disordered


def _taken_up(seen: Sequence[Entry], begins: Sequence[int], states: Sequence[str], as_of: int) -> int | None:
    by_state = [at for at, state in zip(begins, states, strict=True) if state not in NOT_TAKEN]
    by_task = [
        entry.event_time
        for entry in seen
        if entry.changes and TASK in entry.changes and entry.event_time < as_of and _acknowledges(entry.changes)
    ]
    return min([*by_state[:1], *by_task[:1]], default=None)


def _acknowledges(changes: str) -> bool:
    entries = orjson.loads(changes).get("trackingRecord")
    return bool(entries) and is_acknowledged({"trackingRecord": entries["to"]})


def _parties(seen: Sequence[Entry], as_of: int) -> tuple[str, ...]:
    """The responsible parties in order, each once in a row; a time without one is no change of hands."""
    parties: list[str] = []
    for entry in seen:
        party = entry.party
        if party and entry.event_time < as_of and (not parties or party != parties[-1]):
            parties.append(intern(party))
    return tuple(parties)


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
