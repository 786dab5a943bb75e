"""Periods are calendar ones, in a zone."""

import pytest

from hub.errors import InvalidInput
from hub.reporting.figures import HOUR, MINUTE
from hub.reporting.periods import meant, period, previous
from tests.unit.reporting.example import at


@pytest.mark.parametrize(
    ("name", "begin", "end"),
    [
        ("2026-03", "2026-03-01", "2026-04-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-W01", "2025-12-29", "2026-01-05"),
        ("2026-03-02/2026-03-04", "2026-03-02", "2026-03-04"),
    ],
)
def test_a_name_gives_whole_days(name: str, begin: str, end: str) -> None:
    found = period(name)
    assert (found.begin, found.end) == (at(f"{begin}T00:00"), at(f"{end}T00:00"))


def test_the_edges_are_local_midnights() -> None:
    assert period("2026-03").length == 44_640 * MINUTE
    assert period("2026-03", "Europe/Berlin").length == 44_580 * MINUTE
    assert period("2026-03", "Europe/Berlin").begin == at("2026-02-28T23:00")


def test_a_rolling_period_ends_now_and_keeps_the_local_hour() -> None:
    now = at("30T10:00")
    assert period("2d", now=now).begin == at("28T10:00")
    assert period("2d", "Europe/Berlin", now=now).length == 47 * HOUR


@pytest.mark.parametrize(
    ("name", "before"),
    [("2026-01", "2025-12"), ("2026", "2025"), ("2026-Q1", "2025-Q4"), ("2026-W01", "2025-W52")],
)
def test_the_period_before_is_of_the_same_kind(name: str, before: str) -> None:
    assert previous(period(name, "Europe/Berlin")) == period(before, "Europe/Berlin")


def test_before_another_period_lies_one_of_its_length() -> None:
    span = period("2026-03-02/2026-03-04")
    assert (previous(span).begin, previous(span).end) == (at("2026-02-28T00:00"), span.begin)


FAR = ["0001", "0001-W01", "1899-12", "0001-01-01/2026-03-01", "9999", "9999-W52", "2026-03-01/9999-12-31"]


@pytest.mark.parametrize(
    "name", ["2026-13", "2026-W60", "2026-Q5", "March", "2026-03-04/2026-03-04", "7d", "", "month", *FAR]
)
def test_what_is_no_period_is_refused_by_its_value(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        period(name)
    (violation,) = caught.value.violations
    assert (violation.field, violation.value) == ("period", name)


@pytest.mark.parametrize(
    ("word", "now", "name"),
    [
        ("week", "02T12:00", "2026-W09"),
        ("month", "31T23:59", "2026-02"),
        ("month", "2026-04-01T00:00", "2026-03"),
        ("quarter", "2026-04-01T00:00", "2026-Q1"),
        ("year", "31T00:00", "2025"),
        ("30d", "31T00:00", "30d"),
        ("2026-Q1", "31T00:00", "2026-Q1"),
    ],
)
def test_a_word_means_the_last_period_that_is_over(word: str, now: str, name: str) -> None:
    assert meant(word, "UTC", now=at(now)) == name


def test_when_a_period_is_over_the_zone_decides() -> None:
    now = at("31T22:30")
    assert [meant("month", zone, now=now) for zone in ("UTC", "Europe/Berlin")] == ["2026-02", "2026-03"]


@pytest.mark.parametrize("name", ["1900", "1900-W01", "1900-01-01/2200-01-01", "2199-12"])
def test_the_farthest_periods_have_one_before_them(name: str) -> None:
    found = period(name)
    assert previous(found).end == found.begin


def test_a_zone_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidInput, match="IANA"):
        period("2026-03", "Europe/Nowhere")
