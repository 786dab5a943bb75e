"""An account: all figures of a period, as of an instant, as recorded at another; a pure function of the timelines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from typing import Any

import orjson

from hub.reporting import catalogue
from hub.reporting.breakdowns import broken_down
from hub.reporting.cases import Case, case_of
from hub.reporting.courses import Course, courses
from hub.reporting.figures import Figure, Rows
from hub.reporting.metrics.acknowledgement import TIME_TO_ACKNOWLEDGE
from hub.reporting.metrics.constraints import PRECISION, constraints, in_period, precision
from hub.reporting.metrics.degradation import ALL, DEGRADED_MINUTES
from hub.reporting.metrics.notifications import notifications
from hub.reporting.metrics.restoration import BY_CLOCK, SHOWN
from hub.reporting.metrics.trends import trend_of_median, with_trend
from hub.reporting.periods import previous
from hub.reporting.policies import Policies
from hub.reporting.raised import Constraint
from hub.reporting.repeats import WITHIN, Repeats
from hub.reporting.rows import Delivery, Row, delivery_of, row_of
from hub.reporting.timelines import Deleted, Horizon, Seen, Timeline
from hub.reporting.tracks import Track, tracks
from hub.reporting.views import Question, View
from hub.store.histories import Sent, Unregistered


@dataclass(frozen=True, kw_only=True)
class Notified:
    """The deliveries of the period and of the one before, and who could not be told at all.

    Of the period before there are none where they are not kept any more; `is_kept` says whether those of this one are.
    """

    sent: Sequence[Sent] = ()
    before: Sequence[Sent] = ()
    unregistered: Sequence[Unregistered] = ()
    is_kept: bool = True


@dataclass(frozen=True, kw_only=True)
class Account:
    """`read` is how many reports there were; they are those in `rows`, the `deleted` ones, the `constraints`, which are
    no reports of a customer, and `outside`, which nothing of the period touches. `trends` are by metric. `raised` are
    the constraints that the hub found until the end of the period, where the audience is told of them. `deliveries`
    are the notifications of the period, none where not all of them are kept."""

    period: str
    zone: str
    begin: int
    end: int
    as_of: int
    recorded: int
    figures: tuple[Figure, ...]
    rows: tuple[Row, ...]
    trends: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    read: int = 0
    outside: int = 0
    constraints: int = 0
    courses: tuple[Course, ...] = ()
    tracks: tuple[Track, ...] = ()
    deleted: Rows = ()
    raised: tuple[Constraint, ...] = ()
    deliveries: tuple[Delivery, ...] = ()

    def figure(self, metric: str, part: str = "", group: tuple[str, ...] = ()) -> Figure:
        """Raises KeyError for a figure that the account does not have."""
        wanted = metric, group, part
        for one in self.figures:
            if one.key == wanted:
                return one
        raise KeyError(wanted)


def window(question: Question) -> int:
    """Since when what happened matters: the period before, and what may have come again in it."""
    return previous(question.period).begin - WITHIN


def account(
    timelines: Iterable[Seen],
    question: Question,
    *,
    recorded: int,
    policies: Policies,
    breakdowns: Sequence[str] = (),
    notified: Notified | None = None,
    tells_constraints: bool = True,
) -> Account:
    """All figures. `timelines` have the horizon (`question.as_of`, `recorded`) and are read once."""
    cases, deleted, found, read = _cases(timelines, question, policies)
    raised = tuple(one for one in found if one.type is not None and one.opened < question.end)
    repeats = Repeats(cases)
    within = [case for case in cases if _touches(case, question.begin, question.end)]
    view = View(question=question, cases=within, repeats=repeats, spans=question.spans)
    of_reports = [figure for metric in catalogue.OF_REPORTS for figure in metric(view)]
    figures = [*of_reports]
    figures += [figure for metric in catalogue.OF_ALL for figure in metric(view)]
    if notified is not None:
        figures += notifications(view, notified.sent, notified.unregistered, is_kept=notified.is_kept)
    sent = notified.sent if notified is not None and notified.is_kept else ()
    if tells_constraints:
        # The first one: a service may be called like ALL.
        degraded = next(one.value for one in figures if one.metric == DEGRADED_MINUTES.id and one.part == ALL)
        figures += constraints(view, raised, degraded or 0)
    trends = _trends(view, figures, cases, notified, raised)
    figures += broken_down(view, breakdowns, of_reports)
    return Account(
        period=question.period.name,
        zone=question.period.zone,
        begin=question.begin,
        end=question.end,
        as_of=question.as_of,
        recorded=recorded,
        figures=tuple(figures),
        rows=tuple(row_of(case, repeats) for case in within),
        trends=trends,
        read=read,
        outside=read - len(within) - len(deleted) - len(found),
        constraints=len(found),
        deleted=tuple(deleted),
        raised=raised if tells_constraints else (),
        courses=courses(view, sent),
        tracks=tracks(view),
        deliveries=tuple(map(delivery_of, sent)),
    )


def horizon(question: Question, recorded: int) -> Horizon:
    return Horizon(as_of=question.as_of, recorded=recorded, since=window(question))


def to_bytes(one: Account) -> bytes:
    """The account as JSON; the same bytes for the same account."""
    return b"".join(_pieces(one))


def digest(one: Account) -> str:
    """SHA-256 of these bytes, of which a piece is held at a time: the ids of all rows of all figures are many."""
    found = sha256()
    for piece in _pieces(one):
        found.update(piece)
    return found.hexdigest()


def _pieces(one: Account) -> Iterator[bytes]:
    mark = b"{"
    for name in [each.name for each in fields(one)]:
        yield mark + _dumped(name) + b":"
        value = getattr(one, name)
        if isinstance(value, tuple):
            yield b"["
            for number, entry in enumerate(value):
                yield b"," * (number > 0) + _dumped(entry)
            yield b"]"
        else:
            yield _dumped(value)
        mark = b","
    yield b"}"


def _dumped(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _cases(
    timelines: Iterable[Seen], question: Question, policies: Policies
) -> tuple[list[Case], list[str], list[Constraint], int]:
    """The cases that may matter, in the order of their ids; the deleted reports; the constraints; how many reports at
    all there were."""
    read = 0
    found: list[Constraint] = []
    cases: list[Case] = []
    deleted: list[str] = []
    for one in timelines:
        read += 1
        if isinstance(one, Deleted):
            deleted.append(one.id)
        elif isinstance(one, Timeline):
            cases.append(case_of(one, policies, question.as_of, question.clock))
        elif isinstance(one, Constraint):
            found.append(one)
    return cases, deleted, found, read


def _touches(case: Case, begin: int, end: int) -> bool:
    return case.opened < end and (case.is_open or case.timeline.begins[-1] >= begin)


def _trends(
    view: View,
    figures: Sequence[Figure],
    cases: Sequence[Case],
    notified: Notified | None,
    raised: Sequence[Constraint],
) -> dict[str, Mapping[str, Any]]:
    """Of the shares and the medians, against the period before, by what is known of it today."""
    period = previous(view.question.period)
    question = replace(view.question, period=period, listed=0)
    within = [case for case in cases if _touches(case, period.begin, period.end)]
    before = View(question=question, cases=within, repeats=view.repeats, spans=question.spans)
    shares = {one.id for one in catalogue.TRENDED_SHARES}
    known = {one.metric: one for one in catalogue.trended(before)}
    known[PRECISION.id] = precision(before, in_period(before, raised))
    if notified is not None:
        known |= {one.metric: one for one in notifications(before, notified.before) if one.metric in shares}
    trends: dict[str, Mapping[str, Any]] = {}
    for one in figures:
        trend = with_trend(one, known.get(one.metric)) if one.metric in shares and not one.part else None
        if trend is not None:
            trends[one.metric] = trend
    seed = view.question.seed
    for clock, definition in BY_CLOCK.items():
        found, earlier = (
            list(map(SHOWN[clock], view.restored)),
            list(map(SHOWN[clock], before.restored)),
        )
        trends[definition.id] = trend_of_median(found, earlier, seed)
    trends[TIME_TO_ACKNOWLEDGE.id] = trend_of_median(_to_acknowledge(view), _to_acknowledge(before), seed)
    return trends


def _to_acknowledge(view: View) -> list[int]:
    return [case.acknowledged - case.opened for case in view.opened if case.acknowledged is not None]
