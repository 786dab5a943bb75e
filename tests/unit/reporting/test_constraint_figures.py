"""Seven constraints of which everything is known, over the six reports of one month, and what is counted of them."""

import pytest

from hub.model.constraint import Type, Verdict
from hub.reporting.account import Account
from hub.reporting.audiences.audience import Audience
from hub.reporting.catalogue import OF_CONSTRAINTS
from hub.reporting.raised import Constraint, constraint_of
from tests.unit.reporting.example import TIMELINES, at, march

FAILURE, SHORTAGE = Type


def constraint(
    name: str,
    opened: str,
    type: Type | None,
    verdict: Verdict | None,
    members: str,
    observed: float = 0,
    expected: float = 0,
) -> Constraint:
    return Constraint(
        id=name,
        opened=at(opened),
        type=type,
        verdict=verdict,
        members=tuple(members.split()),
        observed=observed,
        expected=expected,
    )


SEVEN = [
    constraint("A", "05T09:00", FAILURE, Verdict.TRUE, "R2 R3", 6, 1.5),
    constraint("B", "10T22:00", SHORTAGE, Verdict.FALSE, "R3 R6", 10, 5),
    constraint("C", "27T14:00", FAILURE, None, "R5 R3", 4, 0.5),
    constraint("D", "2026-02-20T09:00", FAILURE, Verdict.TRUE, "R1", 3, 1),
    constraint("E", "15T10:00", SHORTAGE, Verdict.UNKNOWN, "gone", 10, 5),
    constraint("F", "2026-04-01T00:00", FAILURE, Verdict.TRUE, "R6", 3, 1),
    constraint("G", "15T10:00", None, Verdict.TRUE, "R4", 3, 1),
]
"""D lies before the month and F behind it; G was made by somebody, and E explains a report that is deleted."""


@pytest.fixture(scope="module")
def whole() -> Account:
    return march([*TIMELINES, *SEVEN])


@pytest.mark.parametrize(
    ("metric", "part", "numerator", "denominator", "value"),
    [
        ("constraintsRaised", "all", 4, 4, 4),
        ("constraintsRaised", FAILURE, 2, 4, 2),
        ("constraintsRaised", SHORTAGE, 2, 4, 2),
        ("constraintReports", "all", 4, 6, 4),
        ("constraintReports", FAILURE, 3, 6, 3),
        ("constraintReports", SHORTAGE, 1, 6, 1),
        ("constraintDegradedMinutes", "all", 360 + 1080 + 4020, 6360, 5460),
        ("constraintDegradedMinutes", FAILURE, 5460, 6360, 5460),
        ("constraintDegradedMinutes", SHORTAGE, 0, 6360, 0),
        ("constraintExcess", "", 30, 12, 2.5),
        ("constraintExcess", FAILURE, 10, 2, 5),
        ("constraintExcess", SHORTAGE, 20, 10, 2),
        ("constraintPrecision", "", 1, 2, 50),
        ("constraintPrecision", FAILURE, 1, 1, 100),
        ("constraintPrecision", SHORTAGE, 0, 1, 0),
        ("constraintPrecisionSoFar", "", 2, 3, 200 / 3),
        ("constraintPrecisionSoFar", FAILURE, 2, 2, 100),
        ("constraintPrecisionSoFar", SHORTAGE, 0, 1, 0),
    ],
)
def test_figures_of_constraints(
    whole: Account, metric: str, part: str, numerator: float, denominator: float, value: float
) -> None:
    figure = whole.figure(metric, part)
    assert (figure.numerator, figure.denominator) == (numerator, denominator)
    assert figure.value == pytest.approx(value)


def test_the_degraded_minutes_of_all_are_those_of_the_metric_itself(whole: Account) -> None:
    assert whole.figure("degradedMinutes", "all").value == 6360


def test_what_nobody_knew_and_what_nobody_looked_at_stand_apart(whole: Account) -> None:
    figure = whole.figure("constraintPrecision")
    assert figure.rows == ("A", "B")
    assert figure.excluded == {"unknown": ("E",), "notReviewed": ("C",)}
    assert (figure.details["low"], figure.details["high"]) == pytest.approx((9.45, 90.55), abs=0.01)
    assert whole.figure("constraintPrecisionSoFar").rows == ("A", "D", "B")


def test_what_was_false_explains_nothing_and_what_is_below_two_counts_once(whole: Account) -> None:
    assert whole.figure("constraintReports", "all").rows == ("R2", "R3", "R5", "gone")


def test_precision_is_compared_with_the_period_before(whole: Account) -> None:
    trend = whole.trends["constraintPrecision"]
    assert (trend["value"], trend["before"], trend["verdict"]) == (50, 100, "no evidence of change")


def test_constraints_are_in_no_other_figure(whole: Account) -> None:
    assert (whole.read, whole.constraints, whole.outside) == (13, 7, 0)
    others = [one for one in whole.figures if one.metric not in OF_CONSTRAINTS]
    assert others == [one for one in march().figures if one.metric not in OF_CONSTRAINTS]
    assert whole.rows == march().rows


@pytest.mark.parametrize(("those", "why"), [((), "none"), (("C",), "noVerdict"), (("C", "E"), "noVerdict")])
def test_without_a_verdict_there_is_no_precision_and_it_says_so(those: tuple[str, ...], why: str) -> None:
    account = march([*TIMELINES, *(one for one in SEVEN if one.id in those)])
    figure = account.figure("constraintPrecision")
    assert (figure.value, figure.n, figure.why) == (None, 0, why)
    assert account.figure("constraintsRaised", "all").value == len(those)


def test_whoever_is_not_told_of_constraints_has_no_figure_of_them() -> None:
    account = march([*TIMELINES, *SEVEN], tells_constraints=False)
    assert not {one.metric for one in account.figures} & OF_CONSTRAINTS
    assert (account.raised, account.constraints, "constraintPrecision" in account.trends) == ((), 7, False)


@pytest.mark.parametrize(
    ("parts", "sees"),
    [
        ({}, True),
        ({"one": "service"}, False),
        ({"only": {"region": frozenset({"north"})}}, False),
        ({"hidden": frozenset({"customer"})}, False),
        ({"hidden": frozenset({"resource"})}, True),
    ],
)
def test_only_who_sees_every_report_and_its_customer_sees_constraints(
    parts: dict[str, object], sees: bool
) -> None:
    assert Audience(name="a", title="A", **parts).sees_constraints is sees  # type: ignore[arg-type]


def test_what_people_wrote_over_a_constraint_breaks_no_figure() -> None:
    characteristics = [
        {"name": "verdict", "value": ["true"]},
        {"name": "observed", "value": "many"},
        {"name": "expected"},
    ]
    report = {"category": "system.originated.constraint.resourceFailure", "characteristic": characteristics}
    found = constraint_of("A", "constraints", report, 7)
    assert (found.opened, found.type, found.verdict, found.observed, found.expected) == (7, FAILURE, None, 0, 0)
    assert constraint_of("A", None, report, 7).type is None
    assert constraint_of("A", "constraints", {"category": "other"}, 7).type is None
