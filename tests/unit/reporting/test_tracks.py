"""The way of single reports through their states, and their clocks: each was worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from hub.reporting.account import Account
from hub.reporting.clocks import Verdict
from hub.reporting.figures import HOUR
from hub.reporting.policies import Clock
from hub.reporting.tracks import CLOSED, MOST, STOPPED, TICKING, Span, Track
from tests.unit.reporting.example import POLICY, TIMELINES, at, march

BEFORE, AFTER = "acknowledged, not taken up", "acknowledged, taken up"


def track(account: Account, name: str) -> Track:
    (found,) = [one for one in account.tracks if one.id == name]
    return found


def hours(spans: Sequence[Span]) -> list[tuple[float, str]]:
    return [((end - begin) / HOUR, name) for begin, end, name in spans]


def test_who_used_up_most_of_the_target_comes_first() -> None:
    assert [one.id for one in march().tracks] == ["R5", "R6", "R3", "R1", "R2"]


def test_a_track_goes_through_the_states_and_its_clock_stops_with_them() -> None:
    found = track(march(), "R2")
    assert [name for _, name in hours(found.states)] == [BEFORE, AFTER, "inProgress", "pending", "inProgress"]
    assert hours(found.clock) == [(2, TICKING), (3, STOPPED), (1, TICKING)]
    assert (found.opened, found.until, found.due) == (at("05T09:00"), at("05T15:00"), None)
    assert (found.shown, found.target) == (3 * HOUR, 4 * HOUR)


def test_what_was_restored_for_a_time_was_not_open() -> None:
    found = track(march(), "R3")
    assert hours(found.states)[3] == (1, "not open")
    assert hours(found.clock) == [(14, TICKING), (1, STOPPED), (4, TICKING)]
    assert found.due == at("11T06:00")


def test_the_clock_of_business_hours_waits_for_them() -> None:
    account = march(policy=replace(POLICY, clock=Clock.BUSINESS))
    found = track(account, "R5")
    assert hours(found.clock) == [(3, TICKING), (61, CLOSED), (3, TICKING)]
    assert hours(track(account, "R3").clock)[-2:] == [(1, STOPPED), (4, TICKING)]


def test_the_gross_clock_never_stops() -> None:
    assert hours(track(march(policy=replace(POLICY, clock=Clock.GROSS)), "R3").clock) == [(19, TICKING)]


def test_an_open_report_goes_until_now() -> None:
    assert track(march(), "R6").until == at("2026-04-01T00:00")


@pytest.mark.parametrize("clock", list(Clock))
def test_clock_and_states_have_no_gap_and_the_clock_runs_as_long_as_it_shows(clock: Clock) -> None:
    account = march(policy=replace(POLICY, clock=clock))
    verdicts = {row.id: row.verdict for row in account.rows}
    for one in account.tracks:
        for spans in (one.states, one.clock):
            edges = [one.opened, *(end for _, end, _ in spans)]
            assert [begin for begin, _, _ in spans] == edges[:-1]
            assert edges[-1] == one.until
        assert sum(end - begin for begin, end, way in one.clock if way == TICKING) == one.shown
        assert (one.due is not None) is (verdicts[one.id] == Verdict.BREACHED)


def test_without_a_target_there_is_no_track_and_never_more_than_can_be_read() -> None:
    assert march(policy=replace(POLICY, restore={})).tracks == ()
    many = [TIMELINES[0]._replace(id=f"R{number}") for number in range(MOST + 5)]
    assert len(march(many).tracks) == MOST
