"""Tickets that are deleted at the source, or merged away: their reports end, and return with them."""

import pytest

from hub.model.times import to_micros
from hub.problems.edits import merge_edit
from hub.store.sources import SourceState
from tests.fakes.intake_bench import SOURCE, Bench


@pytest.fixture
def bench(polled_once: Bench) -> Bench:
    return polled_once


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
