"""How a figure went: from day to day of the period, or how many were restored, or received, after how long."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hub.model.times import from_micros, to_micros
from hub.reporting.clocks import MET
from hub.reporting.figures import HOUR, SECOND, Number, percent
from hub.reporting.metrics.backlog import BACKLOG
from hub.reporting.metrics.compliance import SLA_COMPLIANCE, VERDICT
from hub.reporting.metrics.notifications import LATENCY, received
from hub.reporting.metrics.restoration import TIME_TO_RESTORE_CENSORED, restored_after
from hub.reporting.statistics.proportions import wilson
from hub.reporting.views import Question, View
from hub.store.histories import Sent

MOST = 62
"""So many points at most has a course over a period: beyond so many days they are weeks, or several of them."""

FINEST = 0.5
"""Percent: steps that are smaller stand together in one."""

WEEK = 7


@dataclass(frozen=True, kw_only=True)
class Course:
    """`rows` are points in order: where it is, and what it is there, by `columns`.

    Where it is, is the instant (microseconds) at the end of a span of `days`, which the amounts are about; or a
    duration, where `days` is 0: in hours, of notifications in seconds.
    """

    metric: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Number | None, ...], ...]
    days: int = 0


def courses(view: View, sent: Sequence[Sent] = ()) -> tuple[Course, ...]:
    """Of all metrics that have one; `sent` are the deliveries of the period, none where they are not kept."""
    return of_backlog(view), of_compliance(view), of_restoration(view), of_latency(sent)


def edges(question: Question) -> tuple[int, list[int]]:
    """(days, instants): what parts the period into spans of so many days by the local clock, the last one shorter."""
    begin, end = question.begin, question.end
    zone = ZoneInfo(question.period.zone)
    local, until = from_micros(begin).astimezone(zone), from_micros(end).astimezone(zone)
    whole = (until.date() - local.date()).days
    days = 1 if whole <= MOST else WEEK * -(-whole // (MOST * WEEK))
    inside = [to_micros(local + timedelta(days=count)) for count in range(days, whole + days, days)]
    return days, [begin, *(one for one in inside if begin < one < end), end]


def of_backlog(view: View) -> Course:
    days, instants = edges(view.question)
    cases = view.cases
    opened = sorted(case.opened for case in cases)
    restored = sorted(at for case in cases for at in case.turns.restored)
    came = sorted([*opened, *(at for case in cases for at in case.turns.reopened)])
    went = sorted([*restored, *(at for case in cases for at in case.turns.gone)])
    return Course(
        metric=BACKLOG.id,
        columns=("until", "open", "opened", "restored"),
        rows=tuple(
            (
                until,
                bisect_left(came, until) - bisect_left(went, until),
                _within(opened, begin, until),
                _within(restored, begin, until),
            )
            for begin, until in pairwise(instants)
        ),
        days=days,
    )


def _within(instants: Sequence[int], begin: int, end: int) -> int:
    return bisect_left(instants, end) - bisect_left(instants, begin)


def of_compliance(view: View) -> Course:
    days, instants = edges(view.question)
    met: list[int] = []
    breached: list[int] = []
    for judged in map(VERDICT[None], view.cases):
        if judged is not None and judged.at is not None:
            (met if judged.verdict is MET else breached).append(judged.at)
    met.sort()
    breached.sort()
    spans = pairwise(instants)
    return Course(
        metric=SLA_COMPLIANCE.id,
        columns=("until", "share", "numerator", "denominator", "low", "high"),
        rows=tuple(
            _share(until, _within(met, begin, until), _within(breached, begin, until)) for begin, until in spans
        ),
        days=days,
    )


def _share(until: int, met: int, breached: int) -> tuple[Number | None, ...]:
    whole = met + breached
    low, high = wilson(met, whole) or (None, None)
    return (
        until,
        percent(met, whole),
        met,
        whole,
        None if low is None else 100 * low,
        None if high is None else 100 * high,
    )


def of_restoration(view: View) -> Course:
    """By Kaplan and Meier: the part of the reports that is restored after so many hours, the open ones among them."""
    return Course(
        metric=TIME_TO_RESTORE_CENSORED.id,
        columns=("hours", "share"),
        rows=tuple((duration / HOUR, done) for duration, done in _coarse(restored_after(view))),
    )


def of_latency(sent: Sequence[Sent]) -> Course:
    """The part of the notifications received that was received after so many seconds."""
    latencies = Counter((one.settled_at or 0) - one.event_time for one in received(sent))
    steps: list[tuple[int, float]] = []
    left = whole = latencies.total()
    for latency in sorted(latencies):
        left -= latencies[latency]
        steps.append((latency, left / whole))
    return Course(
        metric=LATENCY.id,
        columns=("seconds", "share"),
        rows=tuple((latency / SECOND, done) for latency, done in _coarse(steps)),
    )


def _coarse(steps: Sequence[tuple[int, float]]) -> Iterator[tuple[int, float]]:
    """(duration, percent) of (duration, part left): the first step, those that are great enough together, the last."""
    told = 0.0
    for number, (duration, left) in enumerate(steps):
        done = 100 * (1 - left)
        if number in (0, len(steps) - 1) or done - told >= FINEST:
            told = done
            yield duration, done
