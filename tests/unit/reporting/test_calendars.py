"""Business hours across changes of the clocks, holidays and midnights."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.times import to_micros
from hub.reporting.calendars import ALWAYS, Calendar, Holidays
from hub.reporting.figures import HOUR, MINUTE
from tests.unit.reporting.example import BERLIN, at

WORKING = range(5)
LUNCH = Calendar(name="lunch", zone="Europe/Berlin", hours={day: ((480, 720), (780, 1020)) for day in WORKING})
NIGHT = Calendar(name="night", zone="Europe/Berlin", hours={day: ((1320, 360),) for day in range(7)})
ALL_DAY = Calendar(name="allDay", zone="Europe/Berlin", hours={day: ((0, 1440),) for day in range(7)})
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
YEAR = (at("2026-01-01T00:00"), at("2027-01-01T00:00"))
instants = st.integers(*YEAR)


def hours(calendar: Calendar, begin: str, end: str) -> float:
    return calendar.between(at(begin), at(end)) / HOUR


def test_opening_hours_are_local_on_both_sides_of_a_change() -> None:
    assert hours(BERLIN, "27T06:00", "27T18:00") == 10  # 8 to 18 is 7 to 17 in UTC
    assert hours(BERLIN, "30T05:00", "30T17:00") == 10  # and 6 to 16 after it
    assert hours(BERLIN, "27T15:00", "30T09:00") == 5


def test_a_day_of_the_change_has_23_or_25_hours() -> None:
    assert hours(ALL_DAY, "28T23:00", "29T22:00") == 23
    assert hours(ALL_DAY, "2026-10-24T22:00", "2026-10-25T23:00") == 25


def test_a_night_across_the_change_is_an_hour_shorter() -> None:
    assert hours(NIGHT, "27T12:00", "28T12:00") == 8
    assert hours(NIGHT, "28T12:00", "29T12:00") == 7


def test_lunch_is_not_open() -> None:
    assert hours(LUNCH, "02T00:00", "03T00:00") == 8
    assert LUNCH.opened(at("02T10:30"), at("02T12:30")) == [
        (at("02T10:30"), at("02T11:00")),
        (at("02T12:00"), at("02T12:30")),
    ]


def test_holidays_and_other_days_off_are_closed() -> None:
    berlin = Calendar(
        name="berlin",
        zone="Europe/Berlin",
        hours=BERLIN.hours,
        holidays=Holidays(country="DE", subdivision="BE"),
        closed=frozenset({date(2026, 3, 10)}),
    )
    assert hours(berlin, "06T00:00", "11T00:00") == 20  # Friday and Monday; Tuesday is off
    assert hours(berlin, "2026-05-01T00:00", "2026-05-02T00:00") == 0
    assert hours(BERLIN, "2026-05-01T00:00", "2026-05-02T00:00") == 10
    with pytest.raises(NotImplementedError):
        Holidays(country="DE", subdivision="XX").days([2026])


def test_what_is_opened_outside_the_hours_waits_for_them() -> None:
    assert BERLIN.after(at("06T20:00"), 4 * HOUR) == at("09T11:00")
    assert BERLIN.after(at("09T10:00"), 0) == at("09T10:00")
    assert ALWAYS.after(at("06T20:00"), 4 * HOUR) == at("07T00:00")


@given(instants, instants, instants, st.sampled_from(ZONES))
def test_open_time_adds_up(one: int, two: int, three: int, zone: str) -> None:
    calendar = Calendar(name="any", zone=zone, hours=LUNCH.hours)
    begin, middle, end = sorted((one, two, three))
    assert calendar.between(begin, end) == calendar.between(begin, middle) + calendar.between(middle, end)
    assert 0 <= calendar.between(begin, end) <= end - begin
    assert calendar.between(begin, end) == sum(b - a for a, b in calendar.opened(begin, end))


@given(instants, st.integers(1, 300), st.sampled_from(ZONES))
def test_after_is_the_first_instant_with_so_much_time(begin: int, minutes: int, zone: str) -> None:
    calendar = Calendar(name="any", zone=zone, hours=LUNCH.hours)
    end = calendar.after(begin, minutes * MINUTE)
    assert end is not None
    assert calendar.between(begin, end) == minutes * MINUTE
    assert calendar.between(begin, end - 1) < minutes * MINUTE


def test_years_that_were_not_asked_for_before_are_worked_out() -> None:
    calendar = Calendar(name="any", zone="UTC", hours={day: ((0, 60),) for day in range(7)})
    first = to_micros(datetime(2026, 6, 1, tzinfo=UTC))
    assert calendar.between(first, first + 24 * HOUR) == HOUR
    later = to_micros(datetime(2035, 6, 1, tzinfo=UTC))
    assert calendar.between(later, later + 24 * HOUR) == HOUR
    assert calendar.between(first, first + 24 * HOUR) == HOUR
