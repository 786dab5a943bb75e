"""The clocks of a report: how long it took, or takes, gross, net of the states that stop it, and in business hours."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from hub.model.intervals import Interval
from hub.reporting.policies import GROSS, NET, Clock, SlaPolicy
from hub.reporting.timelines import OPEN, RESTORED, Timeline


def segments(timeline: Timeline, until: int) -> Iterator[tuple[int, int, str]]:
    """(begin, end, state) of each state; the last one ends at `until`."""
    begins = timeline.begins
    ends = (*begins[1:], max(until, begins[-1]))
    return zip(begins, ends, timeline.states, strict=True)


def running(timeline: Timeline, states: frozenset[str], until: int) -> list[Interval]:
    """When the report was in one of the states, until an instant; states that follow on one another as one interval."""
    found: list[Interval] = []
    since = last = 0
    for begin, end, state in segments(timeline, until):
        if state in states and begin < until and begin < end:
            if begin != last or since == last:
                if since < last:
                    found.append((since, last))
                since = begin
            last = end if end < until else until
    if since < last:
        found.append((since, last))
    return found


def degraded(timeline: Timeline, until: int) -> list[Interval]:
    """When the service was degraded: while the report was open. What waits for the customer is degraded, too."""
    return running(timeline, OPEN, until)


class Turns(NamedTuple):
    """The instants at which a report was restored (open to resolved or closed), was opened again, and went away.

    `gone` is when it was cancelled or rejected; all are in order.
    """

    restored: tuple[int, ...]
    reopened: tuple[int, ...]
    gone: tuple[int, ...]


def turns_of(timeline: Timeline) -> Turns:
    restored: list[int] = []
    reopened: list[int] = []
    gone: list[int] = []
    was_open = True
    for begin, state in zip(timeline.begins, timeline.states, strict=True):
        if (state in OPEN) is not was_open:
            was_open = not was_open
            (reopened if was_open else restored if state in RESTORED else gone).append(begin)
    return Turns(tuple(restored), tuple(reopened), tuple(gone))


def reaches(
    opened: int, intervals: Sequence[Interval], policy: SlaPolicy, clock: Clock, target: int, until: int
) -> int | None:
    """The instant at which a clock shows `target`, at the latest `until`; None when it does not get there.

    Gross is from the opening on, whatever happened since. The others count the intervals, those of the states in which
    the clock runs; so the time in which a report was resolved, and opened again later, is no time of theirs.
    """
    if clock is GROSS:
        at = opened + target
        return at if at <= until else None
    left = target
    for begin, end in intervals:
        here = end - begin if clock is NET else policy.calendar.between(begin, end)
        if here >= left:
            return begin + left if clock is NET else policy.calendar.after(begin, left)
        left -= here
    return None


class Verdict(StrEnum):
    MET = "met"
    BREACHED = "breached"
    UNDECIDED = "undecided"


MET, BREACHED, UNDECIDED = Verdict


class Judged(NamedTuple):
    """Whether a target was kept, since when that is certain, and what the clock shows; exactly the target is kept.

    `at` is None while nothing is decided.
    """

    verdict: Verdict
    at: int | None
    shown: int


def judged(
    opened: int,
    intervals: Sequence[Interval],
    policy: SlaPolicy,
    clock: Clock,
    target: int,
    *,
    shown: int,
    restored: int | None,
    until: int,
) -> Judged:
    """`shown` is what the clock shows at the last restoration; at `until` while the report is open, `restored` None.

    `intervals` are those in which the clock runs, until then. An open one is breached as soon as it is late.
    """
    if shown > target:
        end = until if restored is None else restored
        return Judged(BREACHED, reaches(opened, intervals, policy, clock, target, end), shown)
    if restored is None:
        return Judged(UNDECIDED, None, shown)
    return Judged(MET, restored, shown)
