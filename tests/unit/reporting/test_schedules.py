"""A period has one turn, whatever the clocks of its zone do, and turns come in the order of their periods."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hub.model.times import to_micros
from hub.reporting.periods import Calendar, period
from hub.reporting.schedules import Schedule, Turn, following, latest, schedule_of, since, turn
from tests.unit.reporting.example import at

BERLIN = ZoneInfo("Europe/Berlin")
SIX = Schedule(every=Calendar.MONTH, at=time(6))


@pytest.mark.parametrize(
    ("every", "days", "name", "due"),
    [
        (Calendar.MONTH, 0, "2026-03", "2026-04-01T04:00"),
        (Calendar.MONTH, 0, "2026-12", "2027-01-01T05:00"),
        (Calendar.MONTH, 2, "2026-02", "2026-03-03T05:00"),
        (Calendar.WEEK, 0, "2026-W13", "2026-03-30T04:00"),
        (Calendar.WEEK, 0, "2026-W53", "2027-01-04T05:00"),
        (Calendar.QUARTER, 1, "2026-Q1", "2026-04-02T04:00"),
        (Calendar.YEAR, 0, "2026", "2027-01-01T05:00"),
    ],
)
def test_a_turn_comes_at_a_local_time_after_the_period(every: Calendar, days: int, name: str, due: str) -> None:
    found = turn(Schedule(every=every, at=time(6), days=days), name, BERLIN)
    assert found == Turn(period=name, due=at(due))


def test_a_time_that_the_clocks_leave_out_and_one_that_comes_twice_are_one_turn_each() -> None:
    """On 29 March 2026 at 2 o'clock it becomes 3, on 25 October at 3 it becomes 2 again."""
    early = Schedule(every=Calendar.MONTH, at=time(2, 30), days=28)
    assert turn(early, "2026-02", BERLIN).due == at("2026-03-29T01:30"), "3:30 in Berlin"
    twice = Schedule(every=Calendar.MONTH, at=time(2, 30), days=24)
    assert turn(twice, "2026-09", BERLIN).due == at("2026-10-25T00:30"), "the first 2:30 in Berlin"
    after = at("2026-10-25T01:30")
    assert latest(twice, BERLIN, after).period == "2026-09"
    assert following(twice, BERLIN, after).period == "2026-10"


def test_until_the_hour_has_come_the_period_before_is_the_last() -> None:
    before, then = at("2026-04-01T03:59"), at("2026-04-01T04:00")
    assert latest(SIX, BERLIN, before).period == "2026-02"
    assert following(SIX, BERLIN, before) == Turn(period="2026-03", due=then)
    assert latest(SIX, BERLIN, then).period == "2026-03"
    assert following(SIX, BERLIN, then).period == "2026-04"


def test_what_was_missed_is_told_the_last_first() -> None:
    until, now = at("2026-01-15T00:00"), at("2026-04-15T00:00")
    assert [one.period for one in since(SIX, BERLIN, until=until, now=now)] == ["2026-03", "2026-02", "2026-01"]
    assert since(SIX, BERLIN, until=at("2026-04-01T04:00"), now=now) == []


def test_a_turn_may_come_when_the_next_period_is_over() -> None:
    late = Schedule(every=Calendar.WEEK, at=time(6), days=20)
    now = at("2026-04-15T00:00")
    assert latest(late, BERLIN, now).period == "2026-W12"
    assert following(late, BERLIN, now).period == "2026-W13"


INSTANTS = some.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(
    lambda one: to_micros(one.replace(tzinfo=UTC))
)
SCHEDULES = some.builds(
    Schedule,
    every=some.sampled_from(Calendar),
    at=some.times().map(lambda one: one.replace(second=0, microsecond=0)),
    days=some.integers(0, 90),
)
ZONES = some.sampled_from(["UTC", "Europe/Berlin", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe"])


@given(schedule=SCHEDULES, zone=ZONES.map(ZoneInfo), now=INSTANTS)
def test_the_present_lies_between_two_turns_of_periods_that_follow_on_one_another(
    schedule: Schedule, zone: ZoneInfo, now: int
) -> None:
    last, coming = latest(schedule, zone, now), following(schedule, zone, now)
    assert last.due <= now < coming.due
    assert period(last.period, zone.key).end == period(coming.period, zone.key).begin
    assert since(schedule, zone, until=last.due - 1, now=now)[0] == last


@given(SCHEDULES)
def test_a_schedule_is_read_as_it_was_written(schedule: Schedule) -> None:
    assert schedule_of(schedule.document()) == schedule
