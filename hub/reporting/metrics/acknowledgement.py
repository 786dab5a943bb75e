"""How soon somebody took a report up."""

from collections.abc import Iterator, Sequence

from hub.reporting.cases import Case
from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.figures import Figure
from hub.reporting.metrics.durations import durations, survived
from hub.reporting.metrics.shares import share
from hub.reporting.statistics.survival import survival
from hub.reporting.views import View, ids

TIME_TO_ACKNOWLEDGE = Definition(
    id="timeToAcknowledge",
    name="Time to acknowledge",
    meaning="How long a report waited until somebody took it up.",
    formula="first(acknowledging task, or inProgress, or a state after it) − opening",
    source="TMF656 ProblemAcknowledgement; ISO/IEC 20000-1, 9.4",
    cohort=Cohort.OPENED,
    unit=Unit.MINUTES,
    numerator="sum of the times to acknowledge",
    denominator="acknowledged reports",
    policy="Reports that nobody has taken up are left out and named; timeToAcknowledgeCensored has them.",
)
TIME_TO_ACKNOWLEDGE_CENSORED = Definition(
    id="timeToAcknowledgeCensored",
    name="Time to acknowledge, waiting reports included",
    meaning="Within which time so many percent are taken up, when those that still wait are not left out.",
    formula="least t with S(t) ≤ 1 − q, S by Kaplan and Meier; reports that nobody has taken up are censored at their "
    "wait so far",
    source="E. L. Kaplan, P. Meier, 1958",
    cohort=Cohort.OPENED,
    unit=Unit.MINUTES,
    numerator="",
    denominator="",
    policy="Not reached when too few are taken up to say.",
)
ACKNOWLEDGED_IN_TARGET = Definition(
    id="acknowledgedInTarget",
    name="Acknowledged in target",
    meaning="The share of reports that were taken up in the time that was agreed.",
    formula="100 · in target / (in target + later + open and late); exactly the target is in target",
    source="ANACOM D1: the clock starts with the receipt",
    cohort=Cohort.OPENED,
    unit=Unit.PERCENT,
    numerator="reports taken up in target",
    denominator="reports taken up, and reports not taken up whose target is over",
)


def acknowledgement(view: View) -> Iterator[Figure]:
    taken_up: list[int] = []
    rows: list[str] = []
    waiting: list[Case] = []
    for case in view.opened:
        at = case.acknowledged
        if at is None:
            waiting.append(case)
        else:
            taken_up.append(at - case.opened)
            rows.append(case.id)
    excluded = {**view.invalid, "notAcknowledged": ids(waiting)}
    yield from durations(view, TIME_TO_ACKNOWLEDGE, taken_up, tuple(rows), excluded=excluded)
    yield from censored(view, taken_up, waiting)
    yield in_target(view)


def censored(view: View, taken_up: Sequence[int], waiting: Sequence[Case]) -> Iterator[Figure]:
    """`taken_up` are the times to acknowledge, `waiting` the reports that have none yet."""
    as_of = view.question.as_of
    steps = survival(taken_up, [as_of - case.opened for case in waiting])
    details = {"takenUp": len(taken_up), "waiting": len(waiting)}
    yield from survived(view, TIME_TO_ACKNOWLEDGE_CENSORED, steps, details=details)


def in_target(view: View) -> Figure:
    met: list[str] = []
    late: list[str] = []
    undecided: list[str] = []
    without: list[str] = []
    as_of = view.question.as_of
    for case in view.opened:
        target, at = case.acknowledge_within, case.acknowledged
        if target is None:
            without.append(case.id)
        elif (as_of if at is None else at) - case.opened > target:
            late.append(case.id)
        else:
            (undecided if at is None else met).append(case.id)
    excluded = {**view.invalid, "undecided": undecided, "noTarget": without}
    return share(view, ACKNOWLEDGED_IN_TARGET, met, late, excluded=excluded, by_agreement=True)
