"""The six reports of the example: every figure is known, and every way to get it wrong gives another one."""

from dataclasses import replace

import pytest

from hub.reporting.account import Account
from hub.reporting.calendars import Calendar
from hub.reporting.cases import Case, case_of
from hub.reporting.figures import Figure
from hub.reporting.metrics.backlog import open_at
from hub.reporting.metrics.compliance import VERDICT, closed_only
from hub.reporting.periods import period
from hub.reporting.policies import Clock, Policies
from hub.reporting.repeats import Repeats
from hub.reporting.rows import row_of
from hub.reporting.views import View
from tests.unit.reporting.example import ACKNOWLEDGED, BERLIN, MARCH, POLICY, TIMELINES, at, march, timeline

BUSINESS = replace(POLICY, clock=Clock.BUSINESS)
FIXED = Calendar(name="fixed", zone="Etc/GMT-1", hours=BERLIN.hours)


@pytest.fixture(scope="module")
def whole() -> Account:
    return march(breakdowns=["customer", "severity", "service"])


def cases(policy: object = POLICY) -> list[Case]:
    return [case_of(one, Policies([policy]), MARCH.as_of) for one in TIMELINES]  # type: ignore[list-item]


def view() -> View:
    made = cases()
    return View(question=MARCH, cases=made, repeats=Repeats(made), spans=MARCH.spans)


def fraction(figure: Figure) -> tuple[object, object]:
    return figure.numerator, figure.denominator


@pytest.mark.parametrize(
    ("name", "acknowledge", "first", "gross", "net", "business"),
    [
        ("R1", 10, 3, 3, 3, 3),
        ("R2", 20, 6, 6, 3, 3),
        ("R3", 600, 14, 19, 18, 9),
        ("R4", None, None, None, None, None),
        ("R5", 30, 67, 67, 67, 6),
        ("R6", 15, None, None, None, None),
    ],
)
def test_each_report_has_its_times(
    whole: Account,
    name: str,
    acknowledge: float | None,
    first: float | None,
    gross: float | None,
    net: float | None,
    business: float | None,
) -> None:
    (row,) = [one for one in whole.rows if one.id == name]
    assert (row.to_acknowledge, row.first_resolution) == (acknowledge, first)
    assert (row.gross, row.net, row.business) == (gross, net, business)
    so_far = (12, 4) if name == "R6" else (None, None)
    assert (row.net_so_far, row.business_so_far) == so_far


def test_what_came_and_went_balances(whole: Account) -> None:
    parts = ("begin", "opened", "reopened", "restored", "withdrawn", "end")
    assert [whole.figure("backlog", part).value for part in parts] == [0, 6, 1, 5, 1, 1]
    assert whole.figure("backlog", "end").details == {"balance": 1}
    assert whole.figure("timeToRestoreGross", "mean").n == 4
    assert whole.figure("timeToAcknowledge", "mean").n == 5
    assert [open_at(cases(), at(day)) for day in ("11T00:00", "28T00:00", "2026-04-01T00:00")] == [
        ["R3"],
        ["R5"],
        ["R6"],
    ]


def test_the_time_to_acknowledge(whole: Account) -> None:
    mean = whole.figure("timeToAcknowledge", "mean")
    assert (mean.value, mean.n, mean.numerator) == (135, 5, 675)
    assert whole.figure("timeToAcknowledge", "p50").value == 20
    in_target = whole.figure("acknowledgedInTarget")
    assert (in_target.value, *fraction(in_target)) == (60, 3, 5)
    assert in_target.details["in"] == ("R1", "R5", "R6")
    assert in_target.excluded == {"cancelled": ("R4",)}


@pytest.mark.parametrize(
    ("metric", "mean"),
    [
        ("firstResolutionTime", 22.5),
        ("timeToRestoreGross", 23.75),
        ("timeToRestoreNet", 22.75),
        ("timeToRestoreBusiness", 5.25),
    ],
)
def test_the_mean_time_to_restore(whole: Account, metric: str, mean: float) -> None:
    figure = whole.figure(metric, "mean")
    assert (figure.value, figure.n, figure.rows) == (mean, 4, ("R1", "R2", "R3", "R5"))
    assert figure.excluded == {"cancelled": ("R4",), "open": ("R6",)}


def test_compliance_is_what_the_policy_says(whole: Account) -> None:
    gross, closed = closed_only(view(), Clock.GROSS), whole.figure("slaComplianceClosedOnly")
    assert (gross.value, *fraction(gross)) == (25, 1, 4)
    assert (closed.value, *fraction(closed)) == (50, 2, 4)
    net = whole.figure("slaCompliance")
    assert (net.value, *fraction(net)) == (40, 2, 5)
    assert net.details["openAndBreached"] == ("R6",)
    business = whole.figure("slaComplianceBusiness")
    assert (business.value, *fraction(business)) == (75, 3, 4)
    assert business.excluded == {"cancelled": ("R4",), "undecided": ("R6",)}
    assert "standard 2026-01-01 (clock net, stops: pending, calendar office)" in net.policy["agreement"]


def test_a_calendar_without_summer_time_would_be_wrong() -> None:
    wrong = [row_of(case, Repeats([])) for case in cases(replace(BUSINESS, calendar=FIXED))]
    assert (wrong[4].business, wrong[5].business_so_far) == (5, 5)
    compliance = march(policy=replace(BUSINESS, calendar=FIXED)).figure("slaCompliance")
    assert (compliance.value, *fraction(compliance)) == (60, 3, 5)
    right = [row_of(case, Repeats([])) for case in cases(BUSINESS)]
    assert (right[4].business, right[5].business_so_far) == (6, 4)
    assert fraction(march(policy=BUSINESS).figure("slaCompliance")) == (3, 4)


def test_a_breach_is_dated_when_the_target_is_over() -> None:
    open_one = cases()[5]
    verdict = VERDICT[Clock.NET](open_one)
    assert verdict is not None
    assert verdict.at == at("31T16:00")


def test_what_has_used_just_its_target_is_not_over_it(whole: Account) -> None:
    (row,) = [one for one in whole.rows if one.id == "R6"]
    assert (row.business_so_far, row.target) == (4.0, 4.0)
    assert whole.figure("slaComplianceBusiness").excluded["undecided"] == ("R6",)
    assert (row.to_acknowledge, "R6" in whole.figure("acknowledgedInTarget").details["in"]) == (15, True)


def test_percentiles_are_values_that_occurred(whole: Account) -> None:
    assert [whole.figure("timeToRestoreNet", part).value for part in ("p50", "p80", "p95")] == [3, 67, 67]
    censored = [whole.figure("timeToRestoreCensored", part) for part in ("p50", "p80", "p95")]
    assert [one.value for one in censored] == [18, 67, 67]
    assert {(one.n, one.details["open"]) for one in censored} == {(5, 1)}


def test_who_still_waits_to_be_taken_up_is_not_left_out() -> None:
    waiting = timeline("R7", "BETA", "1", "VPN-8", [("31T00:00", ACKNOWLEDGED)])
    found = march([*TIMELINES, waiting])
    assert [found.figure("timeToAcknowledge", part).value for part in ("p50", "p95")] == [20, 600]
    censored = [found.figure("timeToAcknowledgeCensored", part) for part in ("p50", "p80", "p95")]
    assert [one.value for one in censored] == [20, 600, None]
    assert {(one.n, one.details["takenUp"], one.details["waiting"]) for one in censored} == {(6, 5, 1)}
    assert (censored[2].why, censored[2].rows, censored[2].excluded) == (
        "notReached",
        ("R1", "R2", "R3", "R5", "R6", "R7"),
        {"cancelled": ("R4",)},
    )


def test_reopened_repeated_and_right_the_first_time(whole: Account) -> None:
    assert (whole.figure("reopenRate").value, whole.figure("reopenRate").details["in"]) == (25, ("R3",))
    repeat = whole.figure("repeatRate")
    assert (repeat.value, *fraction(repeat), repeat.details["in"]) == (20, 1, 5, ("R2",))
    was_valid = [one._replace(states=("acknowledged", "resolved")) if one.id == "R4" else one for one in TIMELINES]
    assert fraction(march(was_valid).figure("repeatRate")) == (2, 6), (
        "R4 comes again where R3 was, and is cancelled"
    )
    fixed = whole.figure("firstTimeFix")
    assert (fixed.value, *fraction(fixed), fixed.details["in"]) == (50, 2, 4, ("R2", "R5"))
    assert fixed.provisional == {"R2": at("2026-04-04T15:00"), "R5": at("2026-04-29T09:00")}


@pytest.mark.parametrize(
    ("state", "hours"),
    [
        ("acknowledged", 14.1667),
        ("acknowledged, not taken up", 11.75),
        ("acknowledged, taken up", 2.4167),
        ("inProgress", 89.3333),
        ("pending", 3.0),
        ("held", 0),
        ("notObserved", 0),
    ],
)
def test_the_time_in_each_state(whole: Account, state: str, hours: float) -> None:
    assert whole.figure("timeInState", state).value == pytest.approx(hours, abs=5e-5)


@pytest.mark.parametrize(
    ("service", "minutes", "available"),
    [("VPN-7", 540, 98.7903), ("LINE-3", 1080, 97.5806), ("LINE-9", 4020, 90.9946), ("VPN-8", 720, 98.3871)],
)
def test_degraded_minutes_of_each_service(whole: Account, service: str, minutes: int, available: float) -> None:
    figure = whole.figure("degradedMinutes", service)
    assert (figure.value, figure.denominator) == (minutes, 44_640)
    assert whole.figure("availability", service).value == pytest.approx(available, abs=5e-5)


def test_march_in_berlin_is_an_hour_shorter() -> None:
    berlin = march(period=period("2026-03", "Europe/Berlin"))
    assert berlin.figure("degradedMinutes", "VPN-7").denominator == 44_580


def test_a_customer_has_figures_of_its_own(whole: Account) -> None:
    acme, beta = ("customer", "ACME"), ("customer", "BETA")
    assert whole.figure("timeToAcknowledge", "mean", acme).value == 20
    assert whole.figure("timeToRestoreNet", "mean", acme).value == pytest.approx(24 + 1 / 3)
    assert fraction(whole.figure("slaCompliance", "", acme)) == (2, 3)
    assert whole.figure("timeToAcknowledge", "mean", beta).value == 307.5
    assert fraction(whole.figure("slaCompliance", "", beta)) == (0, 2)
    shares = [whole.figure("slaCompliance", "", one).value or 0 for one in (acme, beta)]
    assert sum(shares) / 2 == pytest.approx(33.3, abs=0.05)
    assert whole.figure("slaCompliance").value == 40


def test_of_few_nothing_is_certain(whole: Account) -> None:
    details = whole.figure("slaCompliance").details
    assert (round(details["low"], 1), round(details["high"], 1)) == (11.8, 76.9)


def test_a_report_is_the_same_in_every_part(whole: Account) -> None:
    (of_all,) = [row for row in whole.rows if row.id == "R1"]
    (of_acme,) = [
        row for row in march([one for one in TIMELINES if one.values[0] == ("ACME",)]).rows if row.id == "R1"
    ]
    (alone,) = march(TIMELINES[:1]).rows
    assert of_all == of_acme == alone


def test_an_open_report_is_in_its_band(whole: Account) -> None:
    bands = ("≤ 50 %", "50–75 %", "75–90 %", "90–100 %", "> 100 %")
    assert [whole.figure("jeopardy", band).rows for band in bands] == [(), (), (), (), ("R6",)]
    assert march(policy=BUSINESS).figure("jeopardy", "90–100 %").rows == ("R6",)
    assert whole.figure("ageing", "4 h–24 h").rows == ("R6",)
