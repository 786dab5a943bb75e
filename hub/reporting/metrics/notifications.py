"""Whether those were told who should have been, and how soon after the change at the source."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hub.model.delivery import DeliveryState
from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.figures import Figure, percent, ratio
from hub.reporting.metrics.durations import durations
from hub.reporting.metrics.shares import share
from hub.reporting.statistics.proportions import wilson
from hub.reporting.views import View
from hub.store.histories import Sent, Unregistered

SUCCESS = Definition(
    id="notificationSuccess",
    name="Notification success",
    meaning="The share of notifications that were received.",
    formula="100 · delivered / (delivered + dead); pending ones apart",
    source="Standard Webhooks; ISO/IEC 20000-1 (agreed reports)",
    cohort=Cohort.CREATED,
    unit=Unit.PERCENT,
    numerator="delivered",
    denominator="delivered and dead",
)
ON_TIME = Definition(
    id="notificationOnTime",
    name="Notified in time",
    meaning="The share of notifications that were received soon enough after the change at the source.",
    formula="100 · delivered within the target / (delivered + dead + pending beyond the target)",
    source="FCC 47 CFR 4.9 (notification); ANACOM D8 (without delay)",
    cohort=Cohort.CREATED,
    unit=Unit.PERCENT,
    numerator="delivered within the target",
    denominator="delivered, dead, and late already",
)
FIRST_ATTEMPT = Definition(
    id="notificationFirstAttempt",
    name="Received at the first attempt",
    meaning="The share of notifications that were received at once.",
    formula="100 · delivered with one attempt / (delivered + dead)",
    source="as notificationSuccess",
    cohort=Cohort.CREATED,
    unit=Unit.PERCENT,
    numerator="delivered with one attempt",
    denominator="delivered and dead",
)
ATTEMPTS = Definition(
    id="notificationAttempts",
    name="Attempts per delivery",
    meaning="How many attempts a notification took that was received.",
    formula="attempts of delivered ones / delivered ones",
    source="as notificationSuccess",
    cohort=Cohort.DELIVERED,
    unit=Unit.ATTEMPTS,
    numerator="attempts",
    denominator="delivered",
)
PENDING = Definition(
    id="notificationPending",
    name="Notifications under way",
    meaning="How many notifications are neither received nor given up.",
    formula="deliveries that are due, in flight or parked",
    source="as notificationSuccess",
    cohort=Cohort.CREATED,
    unit=Unit.NOTIFICATIONS,
    numerator="",
    denominator="",
)
COVERAGE = Definition(
    id="notificationCoverage",
    name="Coverage",
    meaning="The share of those who should have been told who were.",
    formula="100 · expected recipients with a delivery that was received / expected recipients; pending ones apart",
    source="eTOM 1.3.8.3.2 (registered parties)",
    cohort=Cohort.EXPECTED,
    unit=Unit.PERCENT,
    numerator="expected recipients that were told",
    denominator="expected recipients, once for each event",
    policy="Expected is who is registered for an event, and who stands in a notification list for its party without "
    "being a registration.",
)


def _latency(suffix: str, name: str, meaning: str, formula: str) -> Definition:
    return Definition(
        id=f"notificationLatency{suffix}",
        name=name,
        meaning=meaning,
        formula=formula,
        source="as notificationOnTime",
        cohort=Cohort.DELIVERED,
        unit=Unit.SECONDS,
        numerator="sum of the latencies",
        denominator="delivered",
    )


LATENCY = _latency("", "Latency", "From the change at the source to the receipt.", "received − eventTime")
OBSERVE = _latency("Observe", "Latency, observe", "Until the hub learnt of the change.", "recordTime − eventTime")
QUEUE = _latency(
    "Queue", "Latency, queue", "Until the first attempt began.", "begin of the first attempt − recordTime"
)
ATTEMPT = _latency(
    "Attempt",
    "Latency, attempt",
    "From the first attempt to the receipt.",
    "received − begin of the first attempt",
)

Missed = Sent | Unregistered

DELIVERED, DEAD = str(DeliveryState.DELIVERED), str(DeliveryState.DEAD)


def notifications(
    view: View, sent: Sequence[Sent], unregistered: Sequence[Unregistered] = (), *, is_kept: bool = True
) -> Iterator[Figure]:
    """`sent` are the deliveries of the period as they stood, `unregistered` who could not be told at all.

    Where some of them are not kept any more, no figure is given: those that are left say something else.
    """
    if is_kept:
        yield from _all(view, sent, unregistered)
        return
    for one in _all(view, (), ()):
        yield replace(
            one, value=None, numerator=None, denominator=None, rows=(), details={}, excluded={}, why="notKept"
        )


def _all(view: View, sent: Sequence[Sent], unregistered: Sequence[Unregistered]) -> Iterator[Figure]:
    delivered = received(sent)
    dead = [one for one in sent if one.settled_at is not None and one.state == DEAD]
    settled = {one.delivery for one in (*delivered, *dead)}
    pending = [one for one in sent if one.delivery not in settled]
    excluded = {"pending": _ids(pending)}
    yield share(view, SUCCESS, _ids(delivered), _ids(dead), excluded=excluded, details=not_told(dead))
    yield on_time(view, delivered, dead, pending)
    at_once = [one for one in delivered if one.attempts == 1]
    later = [one for one in delivered if one.attempts != 1]
    yield share(view, FIRST_ATTEMPT, _ids(at_once), _ids([*later, *dead]), excluded=excluded)
    attempts = sum(one.attempts for one in delivered)
    yield view.figure(
        ATTEMPTS,
        ratio(attempts, len(delivered)),
        len(delivered),
        numerator=attempts,
        denominator=len(delivered),
        rows=_ids(delivered),
    )
    yield view.figure(PENDING, len(pending), len(sent), rows=_ids(pending))
    yield from latencies(view, delivered)
    yield coverage(view, delivered, dead, pending, unregistered)


def received(sent: Sequence[Sent]) -> list[Sent]:
    return [one for one in sent if one.settled_at is not None and one.state == DELIVERED]


def coverage(
    view: View,
    delivered: Sequence[Sent],
    dead: Sequence[Sent],
    pending: Sequence[Sent],
    unregistered: Sequence[Unregistered],
) -> Figure:
    """Its rows are the deliveries, and the entries of lists; these miss an event each time."""
    missed = sum(one.events for one in unregistered)
    whole = len(delivered) + len(dead) + missed
    low, high = wilson(len(delivered), whole) or (None, None)
    bounds = {} if low is None or high is None else {"low": 100 * low, "high": 100 * high}
    return view.figure(
        COVERAGE,
        percent(len(delivered), whole),
        whole,
        numerator=len(delivered),
        denominator=whole,
        rows=(*_ids([*delivered, *dead]), *dict.fromkeys(one.recipient for one in unregistered)),
        excluded={"pending": _ids(pending)},
        details={**bounds, **not_told([*dead, *unregistered])},
    )


def on_time(view: View, delivered: Sequence[Sent], dead: Sequence[Sent], pending: Sequence[Sent]) -> Figure:
    within, as_of = view.question.notify_within, view.question.as_of
    soon = [one for one in delivered if (one.settled_at or 0) - one.event_time <= within]
    known = {one.delivery for one in soon}
    late = [one for one in delivered if one.delivery not in known]
    overdue = [one for one in pending if as_of - one.event_time > within]
    waiting = [one for one in pending if as_of - one.event_time <= within]
    return share(
        view,
        ON_TIME,
        _ids(soon),
        _ids([*late, *dead, *overdue]),
        excluded={"pending": _ids(waiting)},
        policy={"within": f"{within / 1_000_000:g} s of the change at the source"},
        details={"pendingAndLate": _ids(overdue)},
    )


def latencies(view: View, delivered: Sequence[Sent]) -> Iterator[Figure]:
    """Whole and in three parts, which add up to it; without a known attempt all that follows the record is queue."""
    ends = [one.settled_at or 0 for one in delivered]
    begins = [end if one.began is None else one.began for one, end in zip(delivered, ends, strict=True)]
    both = list(zip(delivered, begins, ends, strict=True))
    parts = {
        LATENCY: [end - one.event_time for one, _, end in both],
        OBSERVE: [one.record_time - one.event_time for one in delivered],
        QUEUE: [begin - one.record_time for one, begin, _ in both],
        ATTEMPT: [end - begin for _, begin, end in both],
    }
    rows = _ids(delivered)
    for definition, found in parts.items():
        yield from durations(view, definition, found, rows, excluded={})


def not_told(missed: Sequence[Missed]) -> dict[str, dict[str, dict[str, object]]]:
    """{listener, or entry of a list: whom it stands for, and the reports that it missed}."""
    theirs: dict[str, list[Missed]] = defaultdict(list)
    for one in missed:
        theirs[one.recipient].append(one)
    return {
        "notTold": {
            recipient: {
                "party": those[0].party,
                "reports": tuple(dict.fromkeys(one.problem_id for one in those)),
            }
            for recipient, those in theirs.items()
        }
    }


def _ids(those: Sequence[Sent]) -> tuple[str, ...]:
    return tuple(str(one.delivery) for one in those)
