"""What the hub found in the stream of reports, what it explains, and how right that was by what people said of it."""

from collections.abc import Iterator, Sequence

from hub.model.constraint import Type, Verdict
from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.figures import MINUTE, Figure, Number, Rows, ratio
from hub.reporting.metrics.degradation import ALL
from hub.reporting.metrics.shares import share
from hub.reporting.outages import degraded, ids_of
from hub.reporting.raised import Constraint
from hub.reporting.views import View

RAISED = Definition(
    id="constraintsRaised",
    name="Constraints raised",
    meaning="How many failed resources and shortages of capacity were found in the reports.",
    formula="constraints by type, whatever became of them",
    source="ISO/IEC 20000-1 (problem management: trends of incidents)",
    cohort=Cohort.RAISED,
    unit=Unit.CONSTRAINTS,
    numerator="constraints of the type",
    denominator="constraints",
)
EXPLAINED = Definition(
    id="constraintReports",
    name="Reports explained by constraints",
    meaning="How many reports have a constraint for a reason.",
    formula="reports below constraints that were not reviewed as false; one below several counts once",
    source="as constraintsRaised",
    cohort=Cohort.EXPLAINED,
    unit=Unit.COUNT,
    numerator="reports explained",
    denominator="reports opened in the period, also those that were cancelled",
    policy="A report below constraints of both types is in both parts. One that was opened just before the period, or "
    "deleted since, may be below a constraint of it.",
)
DEGRADED = Definition(
    id="constraintDegradedMinutes",
    name="Degraded minutes explained by constraints",
    meaning="How long services were degraded, for a customer, by the reports that constraints explain.",
    formula="degradedMinutes of the reports of constraintReports alone",
    source="as degradedMinutes",
    cohort=Cohort.EXPLAINED,
    unit=Unit.MINUTES,
    numerator="degraded time explained",
    denominator="degraded time of all reports",
)
EXCESS = Definition(
    id="constraintExcess",
    name="Customers observed against the usual",
    meaning="How many times as many customers as usual the constraints showed.",
    formula="Σ observed / Σ expected, as each constraint says them of its window",
    source="indirect standardisation (observed to expected)",
    cohort=Cohort.RAISED,
    unit=Unit.TIMES,
    numerator="customers observed",
    denominator="customers expected",
)


def _precision(suffix: str, name: str, meaning: str, cohort: Cohort) -> Definition:
    return Definition(
        id=f"constraintPrecision{suffix}",
        name=name,
        meaning=meaning,
        formula="100 · true / (true + false); those reviewed as unknown, and those not reviewed, apart",
        source="precision of retrieval (C. J. van Rijsbergen, 1979)",
        cohort=cohort,
        unit=Unit.PERCENT,
        numerator="reviewed as true",
        denominator="reviewed as true or false",
        policy="A verdict counts from when it was recorded, whenever the period ended.",
    )


PRECISION = _precision(
    "",
    "Precision of constraints",
    "The share of the constraints of the period that were true, of those that somebody knew.",
    Cohort.RAISED,
)
SO_FAR = _precision(
    "SoFar",
    "Precision of constraints so far",
    "The same of all constraints until the end of the period.",
    Cohort.RAISED_SO_FAR,
)

Some = Sequence[Constraint]


def constraints(view: View, raised: Some, degraded_minutes: Number) -> Iterator[Figure]:
    """`raised` are those until the end of the period, `degraded_minutes` those of all reports in it."""
    those = in_period(view, raised)
    for part, some in _parts(ALL, those):
        yield view.figure(
            RAISED,
            len(some),
            len(those),
            part=part,
            numerator=len(some),
            denominator=len(those),
            rows=_ids(some),
        )
    opened = len(view.opened) + sum(map(len, view.invalid.values()))
    for part, some in _parts(ALL, those):
        yield _explained(view, part, tuple(dict.fromkeys(id for one in some for id in one.explains)), opened)
    for part, some in _parts(ALL, those):
        yield _degraded(view, part, frozenset(id for one in some for id in one.explains), degraded_minutes)
    for part, some in _parts("", those):
        observed, expected = sum(one.observed for one in some), sum(one.expected for one in some)
        yield view.figure(
            EXCESS,
            ratio(observed, expected),
            len(some),
            part=part,
            numerator=observed,
            denominator=expected,
            rows=_ids(some),
        )
    for definition, whole in ((PRECISION, those), (SO_FAR, raised)):
        for part, some in _parts("", whole):
            yield precision(view, some, definition, part)


def in_period(view: View, raised: Some) -> list[Constraint]:
    return [one for one in raised if view.question.begin <= one.opened < view.question.end]


def precision(view: View, those: Some, definition: Definition = PRECISION, part: str = "") -> Figure:
    said = {verdict: _ids([one for one in those if one.verdict is verdict]) for verdict in (*Verdict, None)}
    return share(
        view,
        definition,
        said[Verdict.TRUE],
        said[Verdict.FALSE],
        excluded={"unknown": said[Verdict.UNKNOWN], "notReviewed": said[None]},
        part=part,
        why="noVerdict" if those else "none",
    )


def _explained(view: View, part: str, found: Rows, opened: int) -> Figure:
    return view.figure(
        EXPLAINED, len(found), opened, part=part, numerator=len(found), denominator=opened, rows=found
    )


def _degraded(view: View, part: str, explained: frozenset[str], whole: Number) -> Figure:
    """Of each service what its reports make by customer, as it is counted of all reports."""
    services = view.outages.values() if explained else ()
    found = [some for those in services if (some := [one for one in those if one.case.id in explained])]
    minutes = sum(map(degraded, found)) / MINUTE
    return view.figure(
        DEGRADED,
        minutes,
        len(found),
        part=part,
        numerator=minutes,
        denominator=whole,
        rows=ids_of([one for some in found for one in some]),
    )


def _parts(whole: str, those: Some) -> Iterator[tuple[str, Some]]:
    """All of them, and those of each type."""
    yield whole, those
    for kind in Type:
        yield str(kind), [one for one in those if one.type is kind]


def _ids(those: Some) -> Rows:
    return tuple(one.id for one in those)
