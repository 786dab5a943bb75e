"""Which restorations did not last: reopened reports, repeats, and what was right the first time."""

from collections.abc import Iterator

from hub.reporting.cases import Case
from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.figures import Figure
from hub.reporting.metrics.shares import share
from hub.reporting.repeats import WITHIN
from hub.reporting.views import View, split

REOPEN_RATE = Definition(
    id="reopenRate",
    name="Reopen rate",
    meaning="The share of restored reports that had been opened again.",
    formula="100 · reports with a step from resolved or closed to an open state / restored reports",
    source="ISO/IEC 20000-1, 9.4",
    cohort=Cohort.RESTORED,
    unit=Unit.PERCENT,
    numerator="restored reports that had been reopened",
    denominator="restored reports",
)
REPEAT_RATE = Definition(
    id="repeatRate",
    name="Repeat rate",
    meaning="The share of reports that came again on the same customer and service.",
    formula="100 · reports opened ≤ 30 days after another of the same customer and service was restored / reports",
    source="AT&T CLEC M&R-2 (repeat trouble reports, 30 days)",
    cohort=Cohort.OPENED,
    unit=Unit.PERCENT,
    numerator="repeated reports",
    denominator="valid reports that name a service",
    policy="Cancelled and rejected reports neither are repeats nor have any.",
)
FIRST_TIME_FIX = Definition(
    id="firstTimeFix",
    name="First-time fix",
    meaning="The share of restored reports that were right the first time.",
    formula="100 · restored reports never reopened and without a repeat in 30 days / restored reports",
    source="AT&T CLEC M&R-2 (30-day rule)",
    cohort=Cohort.RESTORED,
    unit=Unit.PERCENT,
    numerator="restored reports without a reopening and without a repeat",
    denominator="restored reports that name a service",
    policy="Provisional until 30 days after the last restoration.",
)


def reopening(view: View) -> Iterator[Figure]:
    again, once = split(view.restored, [case.turns.reopened for case in view.restored])
    yield share(view, REOPEN_RATE, again, once, excluded=view.invalid)
    named, unnamed = _named(view.opened)
    repeats, new = split(named, map(view.repeats.before, named))
    yield share(view, REPEAT_RATE, repeats, new, excluded={**view.invalid, "noService": unnamed})
    yield first_time_fix(view)


def first_time_fix(view: View) -> Figure:
    named, unnamed = _named(view.restored)
    fixed: list[Case] = []
    others: list[str] = []
    came_again = view.repeats.after
    for case in named:
        if case.turns.reopened or came_again(case) is not None:
            others.append(case.id)
        else:
            fixed.append(case)
    since = view.question.as_of - WITHIN
    return share(
        view,
        FIRST_TIME_FIX,
        [case.id for case in fixed],
        others,
        excluded={**view.invalid, "noService": unnamed},
        provisional={
            case.id: case.restored + WITHIN
            for case in fixed
            if case.restored is not None and case.restored > since
        },
    )


def _named(cases: list[Case]) -> tuple[list[Case], list[str]]:
    """The cases that name a service, and the ids of the others: of those nobody can say what came again."""
    unnamed = [case.id for case in cases if not case.names_service]
    return [case for case in cases if case.names_service] if unnamed else cases, unnamed
