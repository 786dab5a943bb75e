"""Whether targets were kept: what is open and late already has missed its target, too."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter

from hub.reporting.cases import Case
from hub.reporting.clocks import MET, Judged
from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.figures import Figure
from hub.reporting.metrics.shares import share
from hub.reporting.policies import Clock
from hub.reporting.views import View

FORMULA = "100 · met / (met + breached + open and breached already); exactly the target is met"
SOURCE = "TM Forum GB917; ISO/IEC 20000-1, 9.4; Illinois 83-737.230 (exclusions)"


def _definition(suffix: str, name: str, meaning: str, *, cohort: Cohort = Cohort.DECIDED) -> Definition:
    closed = cohort is Cohort.RESTORED
    return Definition(
        id=f"slaCompliance{suffix}",
        name=name,
        meaning=meaning,
        formula="100 · met / (met + breached)" if closed else FORMULA,
        source=SOURCE,
        cohort=cohort,
        unit=Unit.PERCENT,
        numerator="reports that met their target",
        denominator="restored reports with a target" if closed else "reports that met their target or missed it",
        policy="What is open and late is left out; for comparison only."
        if closed
        else "A report is decided once: when it is restored in time, or when its target is over.",
    )


SLA_COMPLIANCE = _definition("", "SLA compliance", "The share of reports restored in the time that was agreed.")
BY_CLOCK = {
    Clock.GROSS: _definition("Gross", "SLA compliance, gross", "The same targets by the gross clock."),
    Clock.NET: _definition("Net", "SLA compliance, net", "The same targets by the net clock."),
    Clock.BUSINESS: _definition(
        "Business", "SLA compliance, business hours", "The same targets in business hours."
    ),
}
CLOSED_ONLY = _definition(
    "ClosedOnly",
    "SLA compliance of restored reports",
    "The share among the reports that are restored already; it flatters.",
    cohort=Cohort.RESTORED,
)


VERDICT: Mapping[Clock | None, Callable[[Case], Judged | None]] = {
    None: attrgetter("by_policy"),
    Clock.GROSS: attrgetter("by_gross"),
    Clock.NET: attrgetter("by_net"),
    Clock.BUSINESS: attrgetter("by_business"),
}
"""The verdict by a clock, None standing for that of the agreement, or the one asked for in its place; there is none
without a target."""


def compliance(view: View) -> Iterator[Figure]:
    yield decided(view, SLA_COMPLIANCE, None)
    for clock, definition in BY_CLOCK.items():
        yield decided(view, definition, clock)
    yield closed_only(view)


def decided(view: View, definition: Definition, clock: Clock | None) -> Figure:
    begin, end = view.question.begin, view.question.end
    met: list[str] = []
    breached: list[str] = []
    still_open: list[str] = []
    undecided: list[str] = []
    without: list[str] = []
    decided: list[Case] = []
    for case, judged in zip(view.cases, map(VERDICT[clock], view.cases), strict=True):
        if judged is None:
            if case.is_valid and begin <= case.opened < end:
                without.append(case.id)
            continue
        verdict, at, _ = judged
        if at is None:
            undecided.append(case.id)
        elif begin <= at < end:
            decided.append(case)
            if verdict is MET:
                met.append(case.id)
            else:
                breached.append(case.id)
                if case.is_open:
                    still_open.append(case.id)
    return share(
        view,
        definition,
        met,
        breached,
        excluded={**view.invalid, "undecided": undecided, "noTarget": without},
        details={"openAndBreached": tuple(still_open), **({} if clock else _goal(decided))},
        policy={"clock": view.judged_by(clock)},
        by_agreement=True,
    )


def _goal(decided: Sequence[Case]) -> dict[str, float]:
    """What was agreed of the share, in percent; nothing where agreements say different things, or by another clock."""
    goals = {case.policy.compliance if case.clock is case.policy.clock else None for case in decided}
    only = goals.pop() if len(goals) == 1 else None
    return {} if only is None else {"goal": only}


def closed_only(view: View, clock: Clock | None = None) -> Figure:
    met: list[str] = []
    breached: list[str] = []
    without: list[str] = []
    for case in view.restored:
        judged = VERDICT[clock](case)
        if judged is None:
            without.append(case.id)
        else:
            (met if judged.verdict is MET else breached).append(case.id)
    excluded = {**view.invalid, "noTarget": without}
    policy = {"clock": view.judged_by(clock)}
    return share(view, CLOSED_ONLY, met, breached, excluded=excluded, policy=policy, by_agreement=True)
