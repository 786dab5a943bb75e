"""Tickets become reports: pages, transactions, cursors, unknown words, records that fail; on a real store."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.model.problem import Status
from hub.model.times import to_micros, to_text
from hub.ports import Unavailable
from hub.problems.edits import merge_edit
from hub.store.sources import SourceState
from tests.fakes.intake_bench import SOURCE, Bench
from tests.fakes.trouble_system import START, Feed, ManualClock

MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[MakeBench]:
    benches: list[Bench] = []

    def make(page_size: int = 100, **options: object) -> Bench:
        clock = ManualClock()
        benches.append(Bench(tmp_path, clock, Feed(clock, page_size=page_size), **options))
        return benches[-1]

    yield make
    for bench in benches:
        bench.store.close()


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """A source that has been polled once while it was empty, so that what comes is news."""
    bench = make_bench()
    bench.poll()
    return bench


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


# What the mapping does not know, and what is empty


def test_an_unknown_word_keeps_the_status_and_is_counted_once_a_change(bench: Bench) -> None:
    bench.system.put("1", state="working")
    bench.poll()
    bench.system.put("1", state="waiting CAB", title="Changed")
    bench.poll(3)
    assert (bench.report("1")["status"], bench.report("1")["name"]) == ("inProgress", "Changed")
    assert bench.report("1")["statusChangeReason"] == "waiting CAB"
    assert bench.row.unmapped == {"status": {"waiting CAB": {"count": 1, "example": "1"}}}
    assert bench.row.state is SourceState.OK
    bench.system.put("2", state="waiting CAB", urgency="sky-high")
    bench.poll()
    assert bench.row.unmapped == {
        "status": {"waiting CAB": {"count": 2, "example": "2"}},
        "priority": {"sky-high": {"count": 1, "example": "2"}},
    }


def test_a_new_ticket_with_unknown_words_is_pending_and_has_the_defaults(bench: Bench) -> None:
    bench.system.put("1", state="waiting CAB", urgency="sky-high")
    bench.poll()
    assert (bench.report("1")["status"], bench.report("1")["priority"]) == ("pending", 5)
    assert bench.told() == [("Create", "Ticket 1"), ("InformationRequired", "Ticket 1")]


def test_unknown_words_without_end_are_counted_together(bench: Bench) -> None:
    for number in range(120):
        bench.system.put(str(number), state=f"word {number}" + "x" * 1000)
    bench.poll()
    words = bench.row.unmapped["status"]
    assert len(words) == 101
    assert max(map(len, words)) == 100
    assert sum(word["count"] for word in words.values()) == 120


def test_what_is_emptied_at_the_source_is_emptied_in_the_report(bench: Bench) -> None:
    bench.system.put("1", service="iptv-7", reporter={"id": "ann", "name": "Ann"}, urgency="high")
    bench.poll()
    bench.system.put("1", service=None, reporter={"id": "bob"}, urgency="unknown word")
    bench.poll()
    report = bench.report("1")
    assert "affectedService" not in report
    assert report["originatorParty"]["partyOrPartyRole"] == {"@type": "PartyRef", "id": "bob"}
    assert report["priority"] == 1


def test_what_a_client_added_to_a_report_outlives_a_change_of_the_ticket(bench: Bench) -> None:
    bench.system.put("1")
    bench.poll()
    stored = bench.store.read.problems.get_by_source(SOURCE, "1")
    assert stored is not None
    patch = {"problemEscalation": "2"}
    bench.store.write(lambda tables: bench.clients.patch(tables, stored.problem.id, merge_edit(patch)))
    bench.system.put("1", title="Changed")
    bench.poll()
    assert (bench.report("1")["name"], bench.report("1")["problemEscalation"]) == ("Changed", "2")


def test_comments_of_the_ticket_are_added_to_the_notes_and_none_is_repeated_or_lost(bench: Bench) -> None:
    first, second = (
        {"id": "7", "text": "Called back", "by": "ann"},
        {"id": "8", "text": "Cable found", "by": "bob"},
    )
    bench.system.put("1", note="Urgent", comments=[first])
    bench.poll()
    stored = bench.store.read.problems.get_by_source(SOURCE, "1")
    assert stored is not None
    noted = [*stored.problem.document["note"], {"@type": "Note", "text": "From a client"}]
    bench.store.write(lambda tables: bench.clients.patch(tables, stored.problem.id, merge_edit({"note": noted})))
    bench.system.put("1", comments=[first | {"text": "Called back twice"}, second])
    bench.poll()
    bench.system.put("1", note=None, comments=[second])
    bench.poll()
    assert [note["text"] for note in bench.report("1")["note"]] == [
        "Urgent",
        "Called back twice",
        "From a client",
        "Cable found",
    ]
    assert [kind for kind, _ in bench.told()] == ["Create", "AttributeValueChange", "AttributeValueChange"]


def test_a_mended_mapping_is_applied_to_tickets_that_are_read_again(bench: Bench) -> None:
    bench.system.put("1", state="waiting CAB")
    bench.poll()
    bench.restart(status={"path": "state", "table": {"waiting CAB": "held"}, "default": "acknowledged"})
    bench.poll()
    assert bench.report("1")["status"] == "held"


# Records that cannot become reports

BAD: dict[str, Any] = {"note": "Called back", "noted": "yesterday"}


def test_a_record_that_fails_does_not_stop_the_others_and_is_named(make_bench: MakeBench) -> None:
    bench = make_bench(page_size=2)
    bench.poll()
    bench.system.put("good")
    bench.system.put("bad", **BAD)
    bench.system.put("better")
    bench.poll()
    assert bench.told() == [("Create", "Ticket good"), ("Create", "Ticket better")]
    assert not bench.has("bad")
    assert bench.row.state is SourceState.DEGRADED
    assert "ticket bad: note[0].date" in (bench.row.error or "")
    assert bench.row.next_poll == to_micros(bench.clock())


def test_a_record_that_fails_is_named_until_it_is_mended_at_the_source(bench: Bench) -> None:
    bench.system.put("bad", **BAD)
    bench.system.put("good")
    bench.poll()
    bench.system.put("other")
    bench.poll(2)
    assert bench.row.state is SourceState.DEGRADED
    bench.system.put("bad", noted=None)
    bench.poll()
    assert (bench.row.state, bench.row.error) == (SourceState.OK, None)
    assert bench.told()[-1] == ("Create", "Ticket bad")
    assert bench.row.cursor == {"change": 4}


def test_a_record_that_fails_is_read_again_by_the_next_process(make_bench: MakeBench) -> None:
    bench = make_bench(page_size=1)
    bench.poll()
    bench.system.put("first")
    bench.system.put("bad", **BAD)
    bench.system.put("last")
    bench.poll(2)
    assert bench.row.cursor == {"change": 1}
    assert bench.system.cursors[-1] == {"change": 3}, "this process goes on from where it is"
    bench.restart(note=[{"text": {"path": "note"}}])
    bench.poll()
    assert bench.system.cursors[-1] == {"change": 1}
    assert bench.told() == [("Create", "Ticket first"), ("Create", "Ticket last"), ("Create", "Ticket bad")]
    assert (bench.row.state, bench.row.cursor) == (SourceState.OK, {"change": 3})


def test_a_change_that_fails_leaves_the_report_as_it_was(bench: Bench) -> None:
    bench.system.put("1", state="new")
    bench.poll()
    bench.system.put("1", state="done", **BAD)
    bench.poll(2)
    assert bench.report("1")["status"] == "acknowledged"
    assert len(bench.history()) == 1
    bench.system.put("1", noted=None)
    bench.poll()
    assert bench.report("1")["status"] == "resolved"


@pytest.mark.parametrize("content", [2**70, "half a pair \ud800"])
def test_a_content_that_cannot_be_kept_fails_alone(bench: Bench, content: object) -> None:
    bench.system.put("bad", extra=content)
    bench.system.put("good")
    bench.poll()
    assert (bench.has("bad"), bench.has("good")) == (False, True)
    assert "ticket bad: its content cannot be kept" in (bench.row.error or "")


def test_a_record_that_failed_and_is_deleted_is_forgotten(bench: Bench) -> None:
    bench.system.put("bad", **BAD)
    bench.poll()
    bench.system.put("bad", gone=True)
    bench.poll()
    assert (bench.row.state, bench.row.cursor) == (SourceState.OK, {"change": 2})


# Tickets that are deleted or merged away


def test_a_deleted_ticket_cancels_its_report_and_keeps_what_it_said(bench: Bench) -> None:
    bench.system.put("1", title="No picture", state="working", service="iptv-7")
    bench.poll()
    bench.system.put("1", gone=True)
    deleted = bench.clock()
    bench.clock.turn(7)
    bench.poll(2)
    assert bench.history()[-1].event_time == to_micros(deleted)
    report = bench.report("1")
    assert (report["status"], report["statusChangeReason"]) == ("cancelled", "gone")
    assert (report["name"], report["affectedService"][0]["id"]) == ("No picture", "iptv-7")
    assert bench.told() == [("Create", "No picture"), ("StateChange", "No picture")]


@pytest.mark.parametrize("state", ["done", "closed"])
def test_a_deleted_ticket_whose_report_had_ended_changes_nothing(bench: Bench, state: str) -> None:
    bench.system.put("1", state=state)
    bench.poll()
    before = bench.report("1")
    bench.system.put("1", gone=True)
    bench.poll()
    assert bench.report("1") == before
    assert len(bench.told()) == 1


def test_a_report_that_a_client_reopened_is_not_ended_by_a_deletion_of_long_ago(bench: Bench) -> None:
    bench.system.put("1", state="done")
    bench.poll()
    bench.system.put("1", gone=True)
    bench.poll()
    stored = bench.store.read.problems.get_by_source(SOURCE, "1")
    assert stored is not None
    patch = {"status": "inProgress"}
    bench.store.write(lambda tables: bench.clients.patch(tables, stored.problem.id, merge_edit(patch)))
    bench.poll(2)
    assert bench.report("1")["status"] == "inProgress"


def test_a_ticket_that_was_deleted_unseen_is_no_report(bench: Bench) -> None:
    bench.system.put("1", gone=True)
    bench.poll()
    assert not bench.has("1")
    assert (bench.told(), bench.row.cursor) == ([], {"change": 1})


def test_a_deleted_ticket_that_returns_unchanged_reopens_its_report(bench: Bench) -> None:
    bench.system.put("1", state="working")
    bench.poll()
    bench.system.put("1", gone=True)
    bench.poll()
    bench.system.put("1")
    bench.poll()
    assert bench.report("1")["status"] == "inProgress"
    assert bench.history()[-1].irregular, "the lifecycle has no way out of cancelled, and the source took it"


def test_a_report_that_a_client_deleted_is_not_missed_when_its_ticket_goes(bench: Bench) -> None:
    bench.system.put("1")
    bench.poll()
    stored = bench.store.read.problems.get_by_source(SOURCE, "1")
    assert stored is not None
    bench.store.write(lambda tables: bench.clients.delete(tables, stored.problem.id))
    bench.system.put("1", gone=True)
    bench.poll()
    assert not bench.has("1")
    assert bench.row.state is SourceState.OK
    assert [kind for kind, _ in bench.told()] == ["Create", "Delete"]


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
