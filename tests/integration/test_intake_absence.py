"""Tickets that leave the list of a source that lists all: resolved after two good polls, never after a bad one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.model.problem import Status
from hub.ports import Unavailable
from hub.store.sources import SourceState
from tests.fakes.intake_bench import INTERVAL, SOURCE, Bench
from tests.fakes.trouble_system import ManualClock, MixedList, OpenList


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A source that has been polled once while its list was empty."""
    clock = ManualClock()
    made = Bench(tmp_path, clock, OpenList(clock, page_size=2))
    made.poll()
    yield made
    made.store.close()


def statuses(bench: Bench, *keys: str) -> list[str]:
    return [bench.report(key)["status"] for key in keys]


def test_a_ticket_is_resolved_when_two_polls_miss_it(bench: Bench) -> None:
    bench.system.put("1", title="No picture", state="working")
    bench.system.put("2", state="working")
    bench.poll()
    bench.system.drop("1")
    bench.poll()
    assert statuses(bench, "1", "2") == ["inProgress", "inProgress"]
    bench.poll(3)
    assert statuses(bench, "1", "2") == ["resolved", "inProgress"]
    assert (bench.report("1")["name"], bench.report("1")["statusChangeReason"]) == ("No picture", "absent")
    assert bench.told() == [("Create", "No picture"), ("Create", "Ticket 2"), ("StateChange", "No picture")]
    last = bench.history()[-1]
    assert (last.to_status, last.source_status, last.irregular) == (Status.RESOLVED, "absent", False)


def test_tickets_on_every_page_of_the_list_are_there(bench: Bench) -> None:
    for number in range(5):
        bench.system.put(str(number), state="working")
    bench.poll(4)
    assert statuses(bench, *"01234") == ["inProgress"] * 5


def test_a_ticket_that_is_back_at_the_next_poll_was_never_gone(bench: Bench) -> None:
    bench.system.put("1", state="working")
    bench.system.put("2")
    bench.poll()
    kept = bench.system.tickets["1"]
    for _ in range(3):
        bench.system.drop("1")
        bench.poll()
        bench.system.tickets["1"] = kept
        bench.poll()
    assert statuses(bench, "1") == ["inProgress"]
    assert len(bench.told()) == 2


def test_a_restart_of_the_source_that_empties_its_list_resolves_nothing(bench: Bench) -> None:
    for key in "abc":
        bench.system.put(key, state="working")
    bench.poll()
    before, told = dict(bench.system.tickets), bench.told()
    bench.system.drop(*"abc")
    bench.poll(2)
    assert statuses(bench, *"abc") == ["inProgress"] * 3
    bench.system.tickets = before
    bench.poll(2)
    assert statuses(bench, *"abc") == ["inProgress"] * 3
    assert bench.told() == told


def test_a_list_of_many_that_stays_empty_is_believed_at_the_third_poll(bench: Bench) -> None:
    for key in "abc":
        bench.system.put(key, state="working")
    bench.poll()
    bench.system.drop(*"abc")
    bench.poll(3)
    assert statuses(bench, *"abc") == ["resolved"] * 3


def test_polls_that_fail_do_not_count(bench: Bench) -> None:
    bench.system.put("1", state="working")
    bench.system.put("2", state="working")
    bench.system.put("3", state="working")
    bench.poll()
    bench.system.drop("3")
    bench.poll()
    for _ in range(3):
        bench.system.breaks = {1: Unavailable("connection reset")}
        bench.poll()
    bench.system.refusal = Unavailable("connection refused")
    bench.poll(3)
    assert statuses(bench, "1", "2", "3") == ["inProgress"] * 3
    assert bench.row.state is SourceState.DEGRADED
    bench.system.refusal = None
    bench.poll()
    assert statuses(bench, "1", "2", "3") == ["inProgress", "inProgress", "resolved"]


def test_a_ticket_that_returns_after_it_was_gone_reopens_its_report(bench: Bench) -> None:
    bench.system.put("1", state="working")
    bench.poll()
    kept = bench.system.tickets["1"]
    bench.system.drop("1")
    bench.poll(2)
    assert statuses(bench, "1") == ["resolved"]
    bench.system.tickets["1"] = kept
    bench.poll(2)
    assert statuses(bench, "1") == ["inProgress"]
    assert bench.report("1")["statusChangeReason"] == "working"
    assert [kind for kind, _ in bench.told()] == ["Create", "StateChange", "StateChange"]


def test_a_report_that_had_ended_stays_as_it_is_when_its_ticket_leaves_the_list(bench: Bench) -> None:
    bench.system.put("1", state="closed")
    bench.poll()
    before = bench.report("1")
    bench.system.drop("1")
    bench.poll(3)
    assert bench.report("1") == before
    assert bench.store.read.sources.present(SOURCE) == {}


def test_a_missed_poll_is_remembered_over_a_restart_of_the_hub(bench: Bench) -> None:
    bench.system.put("1", state="working")
    bench.poll()
    bench.system.drop("1")
    bench.poll()
    bench.restart()
    bench.poll()
    assert statuses(bench, "1") == ["resolved"]


def test_a_record_that_fails_is_present_all_the_same(bench: Bench) -> None:
    bench.system.put("1", state="working")
    bench.poll()
    bench.system.put("1", note="x", noted="yesterday")
    bench.poll(4)
    assert statuses(bench, "1") == ["inProgress"]
    assert bench.row.state is SourceState.DEGRADED


def test_a_record_that_fails_ends_a_row_of_missed_polls(bench: Bench) -> None:
    bench.system.put("1", state="working")
    bench.poll()
    kept = bench.system.tickets["1"]
    for _ in range(3):
        bench.system.drop("1")
        bench.poll()
        bench.system.tickets["1"] = kept
        bench.system.put("1", note="x", noted="yesterday")
        bench.poll()
    assert statuses(bench, "1") == ["inProgress"]


def test_a_pull_that_is_a_whole_list_only_in_part_says_nothing_about_absence(tmp_path: Path) -> None:
    clock = ManualClock()
    mixed = Bench(tmp_path, clock, MixedList(clock))
    mixed.system.put("1", state="working")
    mixed.poll()
    mixed.system.drop("1")
    mixed.poll(4)
    assert statuses(mixed, "1") == ["inProgress"]
    mixed.store.close()


def test_a_record_that_failed_and_left_the_list_is_forgotten(bench: Bench) -> None:
    bench.system.put("1", note="x", noted="yesterday")
    bench.poll()
    assert bench.row.state is SourceState.DEGRADED
    bench.system.drop("1")
    bench.poll()
    assert (bench.row.state, bench.row.error) == (SourceState.OK, None)


def test_a_silenced_alert_is_held_and_then_goes_on(bench: Bench) -> None:
    bench.restart(status={"path": "state", "table": {"active": "inProgress", "suppressed": "held"}})
    for state in ("active", "suppressed", "active"):
        bench.system.put("1", state=state)
        bench.poll()
    steps = [(record.from_status, record.to_status) for record in bench.history()[1:]]
    assert steps == [(Status.IN_PROGRESS, Status.HELD), (Status.HELD, Status.IN_PROGRESS)]


def test_polls_that_a_source_asks_for_one_after_the_other_count_once(bench: Bench) -> None:
    """A source that was started anew rings for each alert that it is told again."""
    for key in "12":
        bench.system.put(key, state="working")
    bench.poll()
    kept = dict(bench.system.tickets)
    bench.system.drop("1", "2")
    for _ in range(5):
        bench.poller.poll()
        bench.clock.turn(1)
    bench.system.tickets["1"] = kept["1"]
    bench.poller.poll()
    bench.restart()
    bench.poller.poll()
    assert statuses(bench, "1", "2") == ["inProgress", "inProgress"]
    bench.clock.turn(INTERVAL)
    bench.poll(2)
    assert statuses(bench, "1", "2") == ["inProgress", "resolved"]


def test_the_first_poll_that_misses_a_ticket_counts_although_a_source_has_asked_for_it(bench: Bench) -> None:
    bench.system.put("1", state="working")
    bench.poll()
    bench.poller.poll()
    bench.clock.turn(1)
    bench.system.drop("1")
    bench.poll()
    bench.poll()
    assert statuses(bench, "1") == ["resolved"]


def test_a_clock_that_is_set_back_keeps_no_ticket_open(bench: Bench) -> None:
    bench.system.put("1", state="working")
    bench.poll()
    bench.system.drop("1")
    bench.poll()
    bench.clock.turn(-7200)
    bench.poll()
    assert statuses(bench, "1") == ["resolved"]


def test_where_one_poll_is_enough_each_ticket_ends_with_the_poll_that_misses_it(tmp_path: Path) -> None:
    clock = ManualClock()
    bench = Bench(tmp_path, clock, OpenList(clock), absent_polls=1)
    for key in "12":
        bench.system.put(key, state="working")
    bench.poll()
    for key in "12":
        bench.system.drop(key)
        bench.poller.poll()
        clock.turn(1)
        assert statuses(bench, key) == ["resolved"]
    bench.store.close()
