"""Degraded time, availability, failures and users, where reports overlap."""

import pytest

from hub.reporting.account import Account
from hub.reporting.dimensions import CUSTOMER, NAMES, SERVICE
from hub.reporting.timelines import Timeline
from tests.unit.reporting.example import ACKNOWLEDGED, BERLIN, CANCELLED, RESOLVED, at, march, timeline


def outage(
    name: str, begin: str, end: str, *, affected: int = 0, customer: str = "ACME", last: str = RESOLVED
) -> Timeline:
    return timeline(name, customer, "1", "VPN-7", [(begin, ACKNOWLEDGED), (end, last)], affected=affected)


def naming(one: Timeline, name: str, *values: str) -> Timeline:
    at = NAMES.index(name)
    return one._replace(values=(*one.values[:at], values, *one.values[at + 1 :]))


THREE = [
    outage("O1", "03T10:00", "03T12:00", affected=10),
    outage("O2", "03T11:00", "03T13:30", affected=4),
    outage("O3", "03T23:30", "04T00:30"),
]
PLANNED = {"VPN-7": [(at("03T11:30"), at("03T12:30"))]}


def availability(account: Account) -> tuple[float, float]:
    """(percent, to four places; minutes that count)"""
    figure = account.figure("availability", "VPN-7")
    return round(figure.value or 0, 4), figure.denominator or 0


def test_overlapping_outages_count_once() -> None:
    account = march(THREE)
    apart = [march([one]).figure("degradedMinutes", "VPN-7").value or 0 for one in THREE]
    assert (sum(apart), account.figure("degradedMinutes", "VPN-7").value) == (330, 270)
    assert availability(account) == (99.3952, 44_640)


def test_maintenance_is_no_outage_and_no_service_time() -> None:
    account = march(THREE, maintenance=PLANNED)
    assert account.figure("degradedMinutes", "VPN-7").value == 270
    assert availability(account) == (99.5289, 44_580)


def test_service_hours_cut_both() -> None:
    account = march(THREE, service_hours=BERLIN)
    assert availability(account)[1] == 22 * 600
    assert account.figure("availability", "VPN-7").numerator == 22 * 600 - 210


def test_degraded_time_is_summed_over_customers() -> None:
    both = [*THREE, outage("O4", "03T10:00", "03T12:00", customer="BETA")]
    account = march(both)
    assert account.figure("degradedMinutes", "all").value == 270 + 120
    figure = account.figure("degradedMinutes", "VPN-7")
    assert (figure.value, figure.details["customers"]) == (270, {"ACME": 270, "BETA": 120})


def test_a_report_on_two_services_counts_to_each_of_them_once() -> None:
    duo = outage("O1", "03T10:00", "03T20:00", affected=2)
    duo = naming(duo, SERVICE, "DUO-A", "DUO-B")
    account = march([duo], breakdowns=["service", "customer"])
    metrics = ("degradedMinutes", "availability", "timeBetweenFailures", "userMinutes")
    for service in ("DUO-A", "DUO-B"):
        for metric in metrics:
            row = account.figure(metric, "all", ("service", service))
            part = account.figure(metric, service)
            assert (row.value, row.denominator) == (part.value, part.denominator)
    minutes = [account.figure("degradedMinutes", "all", group).value for group in ((), ("service", "DUO-A"))]
    assert minutes == [1200, 600]


def test_a_report_of_two_customers_counts_to_each_of_them_once() -> None:
    duo = naming(outage("O1", "03T10:00", "03T20:00"), CUSTOMER, "ACME", "BETA")
    account = march([duo], breakdowns=["customer"])
    groups = ((), ("customer", "ACME"), ("customer", "BETA"))
    assert [account.figure("degradedMinutes", "all", group).value for group in groups] == [1200, 600, 600]


def test_what_came_again_on_one_service_did_not_on_another() -> None:
    first = outage("O1", "03T10:00", "03T12:00")
    both = naming(outage("O2", "05T10:00", "05T12:00"), SERVICE, "LINE-3", "VPN-7")
    account = march([first, both], breakdowns=["service"])
    rates = [account.figure("repeatRate", "", ("service", one)).value for one in ("VPN-7", "LINE-3")]
    assert rates == [50, 0]


def test_a_cancelled_report_was_no_outage() -> None:
    assert (
        march([outage("O1", "03T10:00", "03T12:00", last=CANCELLED)]).figure("degradedMinutes", "all").value == 0
    )


def test_the_time_between_failures() -> None:
    figure = march(THREE).figure("timeBetweenFailures", "VPN-7")
    assert (figure.value, figure.n) == ((44_640 - 270) / 60 / 2, 2)
    none = march([]).figure("timeBetweenFailures", "all")
    assert (none.value, none.why) == (None, "noOutage")


@pytest.mark.parametrize("metric", ["degradedMinutes", "availability", "timeBetweenFailures"])
def test_what_is_said_of_all_services_has_the_reports_of_all(metric: str) -> None:
    other = timeline("O4", "ACME", "1", "LINE-3", [("05T10:00", ACKNOWLEDGED), ("05T12:00", RESOLVED)])
    assert march([*THREE, other]).figure(metric, "all").rows == ("O1", "O2", "O3", "O4")


def test_user_minutes_take_the_greatest_number_where_reports_overlap() -> None:
    figure = march(THREE).figure("userMinutes", "VPN-7")
    assert figure.value == 10 * 120 + 4 * 90
    assert figure.excluded == {"numberNotSaid": ("O3",)}


def test_an_outage_is_cut_to_the_period() -> None:
    before = outage("O1", "2026-02-28T12:00", "01T01:00")
    assert march([before]).figure("degradedMinutes", "VPN-7").value == 60
    assert march([before]).figure("backlog", "begin").rows == ("O1",)


def test_few_make_most_of_it() -> None:
    lines = [
        timeline(f"P{number}", "ACME", "1", service, [("03T10:00", ACKNOWLEDGED), (end, RESOLVED)])
        for number, (service, end) in enumerate(
            [("A", "03T11:00")] * 8 + [("B", "04T10:00")] + [("C", "03T10:30")]
        )
    ]
    account = march(lines)
    counted = [account.figure("paretoCount", f"service: {name}") for name in "ABC"]
    assert [(one.value, one.details["rank"], one.details["vital"]) for one in counted] == [
        (80, 1, True),
        (10, 2, False),
        (10, 3, False),
    ]
    degraded = [account.figure("paretoDegraded", f"service: {name}") for name in "BAC"]
    assert [one.numerator for one in degraded] == [1440, 60, 30]
    assert [one.details["rank"] for one in degraded] == [1, 2, 3]
    assert degraded[-1].details["cumulative"] == pytest.approx(100)
