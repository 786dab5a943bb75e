"""What a record says: words that no mapping knows, what was emptied, and what no report can hold."""

from typing import Any

import pytest

from hub.model.times import to_micros
from hub.problems.edits import merge_edit
from hub.store.sources import SourceState
from tests.fakes.intake_bench import SOURCE, Bench, MakeBench
from tests.fakes.trouble_system import Feed, OpenList, TroubleSystem


@pytest.fixture
def bench(polled_once: Bench) -> Bench:
    return polled_once


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


def test_what_only_a_mended_mapping_reads_otherwise_has_been_so_since_the_ticket_says_so(bench: Bench) -> None:
    bench.system.put("1", state="waiting CAB")
    bench.poll()
    before = bench.report("1")["statusChangeDate"]
    bench.restart(status={"path": "state", "table": {"waiting CAB": "held"}, "default": "acknowledged"})
    bench.poll()
    assert (bench.report("1")["status"], bench.report("1")["statusChangeDate"]) == ("held", before)


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


@pytest.mark.parametrize("kind", [Feed, OpenList])
@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize(("key", "shown"), [("a\ud800", "a\\ud800"), ("a\0b", "a\\x00b")])
def test_a_key_that_is_no_text_fails_alone(
    make_bench: MakeBench, kind: type[TroubleSystem], gone: bool, key: str, shown: str
) -> None:
    bench = make_bench(kind)
    bench.system.put(key, gone=gone, id="odd", title="Odd")
    bench.system.put("good")
    bench.poll(2)
    assert bench.has("good")
    assert bench.row.problems == 1
    if not gone:
        assert bench.row.error == f"no report could be made of ticket {shown}: its key is no text"
    bench.system.drop(key)
    bench.system.put("better")
    bench.poll()
    assert bench.has("better")
