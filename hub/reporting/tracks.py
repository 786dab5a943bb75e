"""The way of single reports through their states, beside the clock by which they are judged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from hub.model.intervals import Interval, clipped
from hub.model.problem import Status
from hub.reporting.cases import Case
from hub.reporting.clocks import Verdict, running, segments
from hub.reporting.metrics.states import PARTS
from hub.reporting.policies import Clock
from hub.reporting.spans import AFTER, BEFORE
from hub.reporting.timelines import OPEN
from hub.reporting.views import View

MOST = 10
"""So many reports are followed, at most."""

Span = tuple[int, int, str]

TICKING, STOPPED, CLOSED = "clock runs", "clock is stopped", "outside the hours"
WAYS = (TICKING, STOPPED, CLOSED)

NOT_OPEN = "not open"
STATES = (*PARTS, NOT_OPEN)
"""What a report is in: an open state, that of being acknowledged in two, or none, before it was opened again."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """Until the last restoration, or until now. Instants and durations are microseconds; spans are (begin, end, what).

    `states` has one of STATES for each time, `clock` one of WAYS. `shown` is what the clock shows in the end, `due` the
    instant at which it showed the target, None where it did not run over it.
    """

    id: str
    opened: int
    until: int
    states: tuple[Span, ...]
    clock: tuple[Span, ...]
    shown: int
    target: int
    due: int | None


def tracks(view: View) -> tuple[Track, ...]:
    """Of the reports that were open in the period and have a target, those that used the greatest part of it first."""
    ranked = [
        (-case.by_policy.shown / max(case.target, 1), case.id, case)
        for case in view.in_period
        if case.by_policy is not None and case.target is not None
    ]
    chosen = nsmallest(MOST, ranked, key=lambda one: one[:2])
    return tuple(_track(case, view.question.as_of) for _, _, case in chosen)


def _track(case: Case, as_of: int) -> Track:
    judged, target = case.by_policy, case.target
    assert judged is not None
    assert target is not None
    until = as_of if case.restored is None else case.restored
    whole = [(case.opened, until)]
    counts = whole if case.clock is Clock.GROSS else running(case.timeline, case.policy.running, until)
    ticks = counts
    if case.clock is Clock.BUSINESS:
        ticks = [inside for one in counts for inside in case.policy.calendar.opened(*one)]
    parts = {TICKING: ticks, STOPPED: _without(whole, counts), CLOSED: _without(counts, ticks)}
    return Track(
        id=case.id,
        opened=case.opened,
        until=until,
        states=tuple(_states(case, until)),
        clock=tuple(sorted((begin, end, way) for way, those in parts.items() for begin, end in those)),
        shown=judged.shown,
        target=target,
        due=judged.at if judged.verdict is Verdict.BREACHED else None,
    )


def _states(case: Case, until: int) -> Iterable[Span]:
    for begin, end, state in segments(case.timeline, until):
        if begin < min(end, until):
            yield from _named(begin, min(end, until), str(state), case.acknowledged)


def _named(begin: int, end: int, state: str, taken: int | None) -> Iterable[Span]:
    if state == Status.ACKNOWLEDGED:
        turn = end if taken is None else min(max(begin, taken), end)
        parts = ((begin, turn, BEFORE), (turn, end, AFTER))
        yield from (one for one in parts if one[0] < one[1])
    else:
        yield begin, end, state if state in OPEN else NOT_OPEN


def _without(intervals: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    """What of the intervals lies in none of the others; both are in order and apart."""
    found: list[Interval] = []
    for begin, end in intervals:
        for one, other in clipped(others, begin, end):
            if begin < one:
                found.append((begin, one))
            begin = other
        if begin < end:
            found.append((begin, end))
    return found
