"""Tickets become reports: pages, transactions, cursors, unknown words, records that fail; on a real store."""

import sqlite3
from typing import Any

import pytest

from hub.model.problem import Status
from hub.model.times import to_micros, to_text
from hub.ports import Unavailable
from hub.store.sources import SourceState
from tests.fakes.intake_bench import SOURCE, Bench, MakeBench
from tests.fakes.trouble_system import START


@pytest.fixture
def bench(polled_once: Bench) -> Bench:
    return polled_once


def test_a_ticket_becomes_a_report_once(bench: Bench) -> None:
    bench.system.put("1", title="No picture", state="new", urgency="high", service="iptv-7")
    bench.poll(3)
    report = bench.report("1")
    assert report["name"] == "No picture"
    assert (report["status"], report["priority"]) == ("acknowledged", 1)
    assert report["affectedService"] == [{"@type": "ServiceRef", "id": "iptv-7"}]
    assert bench.told() == [("Create", "No picture")]
    assert bench.row.problems == 1


def test_a_change_of_the_ticket_is_told_once_and_recorded_with_the_word_of_the_source(bench: Bench) -> None:
    bench.system.put("1", title="No picture", state="new")
    bench.poll()
    bench.system.put("1", state="working")
    bench.poll(2)
    assert bench.report("1")["status"] == "inProgress"
    assert bench.told() == [("Create", "No picture"), ("StateChange", "No picture")]
    last = bench.history()[-1]
    assert (last.from_status, last.to_status) == (Status.ACKNOWLEDGED, Status.IN_PROGRESS)
    assert (last.source, last.source_status, last.irregular) == (SOURCE, "working", False)


def test_an_irregular_step_of_the_source_is_kept_and_marked(bench: Bench) -> None:
    bench.system.put("1", state="new")
    bench.poll()
    bench.system.put("1", state="done")
    bench.poll()
    assert bench.report("1")["status"] == "resolved"
    assert bench.history()[-1].irregular


def test_an_unchanged_poll_writes_its_own_health_and_nothing_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.system.put("1")
    bench.poll(2)
    writes: list[Any] = []
    write = bench.store.write

    def counted_write(work: Any) -> Any:
        writes.append(work)
        return write(work)

    monkeypatch.setattr(bench.store, "write", counted_write)
    before = bench.store.read.connection.execute("SELECT * FROM item, problem, event, problem_record").fetchall()
    polled = bench.row.last_poll
    bench.poll()
    after = bench.store.read.connection.execute("SELECT * FROM item, problem, event, problem_record").fetchall()
    assert before == after
    assert len(after) == 1
    assert len(writes) == 1
    assert bench.row.last_poll == bench.row.last_success
    assert (bench.row.last_poll or 0) > (polled or 0)


def test_what_the_mapping_ignores_is_no_change(bench: Bench) -> None:
    bench.system.put("1", polled=1)
    bench.poll()
    item = bench.store.read.sources.item(SOURCE, "1")
    bench.system.put("1", polled=2)
    bench.poll()
    assert bench.store.read.sources.item(SOURCE, "1") == item
    assert bench.row.cursor == {"change": 2}, "what says nothing new is read all the same"


def test_the_same_record_twice_on_a_page_is_taken_once(bench: Bench) -> None:
    bench.system.put("1", state="working", urgency="sky-high")
    bench.system.tickets["again"] = bench.system.tickets["1"]
    bench.poll()
    assert bench.told() == [("Create", "Ticket 1")]
    assert bench.row.unmapped["priority"]["sky-high"]["count"] == 1


def test_all_that_one_page_tells_of_a_ticket_is_taken_in_its_order(bench: Bench) -> None:
    bench.system.put("1", state="working")
    bench.poll()
    first = bench.system.tickets["1"][1]
    bench.system.put("1", state="waiting")
    bench.system.tickets["1, meanwhile"] = bench.system.tickets["1"]
    bench.system.put("1", state="working")
    assert bench.system.tickets["1"][1].data == first.data
    bench.poll()
    assert bench.report("1")["status"] == "inProgress"
    assert [kind for kind, _ in bench.told()] == ["Create", "StateChange", "InformationRequired", "StateChange"]


def test_a_ticket_that_is_filed_and_deleted_on_one_page_ends_cancelled(bench: Bench) -> None:
    bench.system.put("1", state="working")
    bench.system.tickets["1, at first"] = bench.system.tickets["1"]
    bench.system.put("1", gone=True)
    bench.poll()
    assert bench.report("1")["status"] == "cancelled"


def test_times_are_those_of_the_source_and_never_in_the_future(bench: Bench) -> None:
    bench.system.put("said", changed="2026-11-22T16:59:00Z")
    bench.system.put("unsaid")
    bench.system.put("future", changed="2030-01-01T00:00:00Z")
    filed = bench.clock()
    bench.clock.turn(7)
    bench.poll()
    assert bench.report("said")["creationDate"] == "2026-11-22T16:59:00.000Z"
    assert bench.report("unsaid")["creationDate"] == to_text(filed)
    assert bench.report("future")["creationDate"] == bench.report("future")["lastUpdate"]


# The first pull


def test_the_first_pull_brings_reports_without_telling(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.system.put("old", state="closed")
    bench.system.put("open", state="working")
    bench.poll()
    assert (bench.report("old")["status"], bench.report("open")["status"]) == ("closed", "inProgress")
    assert bench.told() == []
    assert len(bench.history()) == 2
    bench.system.put("open", state="done")
    bench.poll()
    assert bench.told() == [("StateChange", "Ticket open")]


def test_the_first_pull_tells_when_the_settings_want_it(make_bench: MakeBench) -> None:
    bench = make_bench(backfill_notify=True)
    bench.system.put("1")
    bench.poll()
    assert bench.told() == [("Create", "Ticket 1")]


def test_a_first_pull_that_broke_off_is_still_the_first(make_bench: MakeBench) -> None:
    bench = make_bench(page_size=1)
    bench.system.put("1")
    bench.system.put("2")
    bench.system.breaks = {1: Unavailable("502")}
    bench.poll()
    assert (bench.has("1"), bench.has("2")) == (True, False)
    bench.restart()
    bench.poll()
    assert bench.has("2")
    assert bench.told() == []
    bench.system.put("3")
    bench.poll()
    assert bench.told() == [("Create", "Ticket 3")]


# Pages and cursors


def test_a_process_that_dies_between_pages_goes_on_from_the_last_page_without_telling_twice(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(page_size=2)
    bench.poll()
    for number in range(1, 6):
        bench.system.put(str(number))

    def die() -> None:
        raise KeyboardInterrupt

    bench.system.breaks = {1: die}
    with pytest.raises(KeyboardInterrupt):
        bench.poller.poll()
    assert [name for _, name in bench.told()] == ["Ticket 1", "Ticket 2"]
    assert bench.row.cursor == {"change": 2}
    bench.restart()
    bench.poll()
    assert bench.system.cursors[-1] == {"change": 2}
    assert bench.told() == [("Create", f"Ticket {number}") for number in range(1, 6)]
    assert bench.row.cursor == {"change": 5}


def test_a_page_that_cannot_be_written_moves_no_cursor_and_is_taken_later(bench: Bench) -> None:
    bench.system.put("1")
    bench.poll()
    connection = sqlite3.connect(bench.store.database, isolation_level=None)
    # The database refuses the page half-way: after the report, before the cursor.
    connection.execute(
        "CREATE TRIGGER full BEFORE UPDATE OF cursor ON source BEGIN SELECT RAISE(ROLLBACK, 'disk is full'); END"
    )
    bench.system.put("2")
    bench.poll()
    assert (bench.has("2"), bench.row.cursor) == (False, {"change": 1})
    assert (bench.row.state, bench.row.failures) == (SourceState.DEGRADED, 1)
    assert "disk is full" in (bench.row.error or "")
    connection.execute("DROP TRIGGER full")
    connection.close()
    bench.poll()
    assert bench.told() == [("Create", "Ticket 1"), ("Create", "Ticket 2")]
    assert (bench.row.state, bench.row.failures) == (SourceState.OK, 0)


def test_a_stop_ends_the_poll_after_the_page_at_hand(make_bench: MakeBench) -> None:
    bench = make_bench(page_size=1)
    bench.poll()
    bench.system.put("1")
    bench.system.put("2")
    polled = bench.row.last_poll
    bench.system.breaks = {0: lambda: assert_true(bench.poller.stop(0))}
    bench.poll()
    assert (bench.has("1"), bench.has("2")) == (True, False)
    assert (bench.row.cursor, bench.row.last_poll) == ({"change": 1}, polled)


def assert_true(value: bool) -> None:
    assert value


# How far behind


def test_the_lag_is_the_age_of_the_newest_change_when_it_was_read(bench: Bench) -> None:
    assert bench.row.lag is None
    bench.system.put("1")
    bench.clock.turn(12)
    bench.poll()
    assert bench.row.lag == 12.0
    bench.poll(3)
    assert bench.row.lag == 12.0, "a poll that read nothing new says nothing about it"


def test_each_poll_leaves_a_row(bench: Bench) -> None:
    bench.system.put("1")
    bench.poll()
    rows = bench.store.read.connection.execute(
        "SELECT started, pages, records, changed, error FROM run ORDER BY id"
    ).fetchall()
    start = to_micros(START)
    assert rows == [(start, 0, 0, 0, None), (start + 30_000_000, 1, 1, 1, None)]


def test_a_change_that_the_report_does_not_show_is_no_change_of_the_report(bench: Bench) -> None:
    bench.system.put("1")
    bench.poll()
    bench.system.put("1", room="4711")
    bench.poll()
    assert bench.store.read.connection.execute("SELECT changed FROM run ORDER BY id").fetchall()[1:] == [
        (1,),
        (0,),
    ]
    assert len(bench.history()) == 1
