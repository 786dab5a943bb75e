"""Changes made here are written into the tickets that reports came from: once, in their order, and without echo."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import shipped
from hub.api.operations_view import source_views, write_back_view
from hub.api.schemas import compile_schema, errors_of, load_contract
from hub.errors import Conflict
from hub.intake.write_back import ATTEMPTS
from hub.model.problem import Document
from hub.model.write_back import WriteBackState
from hub.ports import AuthFailed, RateLimited, Refused, SourceError, Unavailable, Writing
from hub.store.sources import SourceState
from tests.fakes.intake_bench import SOURCE
from tests.fakes.write_back_office import Office


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


def note(text: str) -> Document:
    return {"@type": "Note", "id": "n1", "text": text, "author": "Ines"}


def test_a_note_and_a_status_are_written_once_and_do_not_come_back_as_news(office: Office) -> None:
    office.patch(status="inProgress", statusChangeReason="Ines has it", note=[note("We look into it")])
    history, report = len(office.history()), office.report("7")
    office.poll(3)
    (comment,) = office.ticket()["comments"]
    assert comment["text"].startswith("We look into it\n\nInes [qos-hub ")
    assert office.ticket()["state"] == "working"
    assert [(one.state, one.attempts) for one in office.asked()] == [(WriteBackState.WRITTEN, 1)] * 2
    assert len(office.system.asked) == 2
    assert (len(office.history()), office.report("7")) == (history, report), "what we wrote is no news"


def test_the_reason_of_a_status_that_was_written_is_that_of_the_ticket_and_the_status_is_told_once(
    office: Office,
) -> None:
    assert office.report("7")["statusChangeReason"] == "new"
    office.patch(status="inProgress")
    before, told = office.report("7"), len(office.told())
    office.poll(3)
    after = office.report("7")
    assert (after["status"], after["statusChangeReason"]) == ("inProgress", "working")
    assert after["statusChangeDate"] == before["statusChangeDate"]
    assert [kind for kind, _ in office.told()[told:]] == ["AttributeValueChange"]
    last = office.history()[-1]
    assert last.changes == {"statusChangeReason": {"from": "new", "to": "working"}}
    office.system.put("7", urgency="high")
    office.poll()
    assert office.report("7")["statusChangeReason"] == "working"


def test_a_reason_that_a_client_gave_stays_while_the_ticket_has_the_status_that_came_with_it(
    office: Office,
) -> None:
    office.patch(status="inProgress", statusChangeReason="Ines has it")
    office.poll()
    office.system.put("7", urgency="high")
    office.poll(2)
    assert (office.report("7")["priority"], office.report("7")["statusChangeReason"]) == (1, "Ines has it")
    office.patch(status="resolved")
    office.poll(2)
    assert (office.report("7")["status"], office.report("7")["statusChangeReason"]) == ("resolved", "done")
    office.system.put("7", state="closed")
    office.poll()
    assert (office.report("7")["status"], office.report("7")["statusChangeReason"]) == ("closed", "closed")


def test_the_reason_of_a_status_that_came_through_unheard_is_that_of_the_ticket(office: Office) -> None:
    office.patch(status="inProgress")
    office.system.failures = [(True, Unavailable("cut off"))]
    office.poll()
    assert [one.state for one in office.asked()] == [WriteBackState.DUE]
    office.clock.turn(600)
    office.poll(2)
    assert [one.state for one in office.asked()] == [WriteBackState.WRITTEN]
    assert office.report("7")["statusChangeReason"] == "working"
    assert [kind for kind, _ in office.told()] == ["StateChange", "AttributeValueChange"]


def test_a_change_asks_for_a_poll(office: Office) -> None:
    office.patch(note=[note("Hello")])
    assert office.store.read.sources.woken(SOURCE)


def test_an_acknowledgement_is_written_with_the_name_of_who_made_it(office: Office) -> None:
    office.acknowledge()
    office.poll(2)
    (comment,) = office.ticket()["comments"]
    assert comment["text"].startswith("Acknowledged\n\nines [qos-hub ")
    assert "note" not in office.report("7")


def test_what_the_ticket_says_beside_it_is_news_all_the_same(office: Office) -> None:
    office.patch(note=[note("Ours")])
    office.poll()
    ours = office.ticket()["comments"]
    office.system.put("7", comments=[*ours, {"id": "c9", "text": "Theirs [qos-hub 4711]", "by": "agent"}])
    office.poll()
    assert [one["text"] for one in office.report("7")["note"]] == ["Ours", "Theirs [qos-hub 4711]"]
    office.system.put("7", state="done")
    office.poll()
    assert office.report("7")["status"] == "resolved"


def test_only_what_the_setting_names_is_written(tmp_path: Path) -> None:
    office = Office(tmp_path, kinds=("note",))
    office.patch(status="inProgress", note=[note("Only this")])
    office.poll()
    assert [one.kind for one in office.asked()] == ["note"]
    assert office.ticket()["state"] == "new"
    office.store.close()


def test_what_the_source_says_itself_is_not_written_to_it(office: Office) -> None:
    office.system.put("7", state="working", comments=[{"id": "c1", "text": "Theirs", "by": "agent"}])
    office.poll(2)
    assert office.report("7")["status"] == "inProgress"
    assert office.asked() == []


def test_a_status_that_waits_to_be_written_stands_against_what_the_ticket_still_says(office: Office) -> None:
    office.system.failures = [(False, Unavailable("down"))]
    office.patch(status="inProgress")
    office.system.put("7", urgency="high")
    office.poll()
    assert (office.report("7")["status"], office.report("7")["priority"]) == ("inProgress", 1)
    assert office.ticket()["state"] == "new"
    office.poll(2)
    assert office.ticket()["state"] == "working"


def test_a_kill_between_the_write_and_the_note_of_it_writes_nothing_twice(office: Office) -> None:
    office.patch(note=[note("Once")])
    office.system.failures = [(True, Killed())]
    with pytest.raises(Killed):
        office.poller.poll()
    office.restart()
    office.poll()
    assert len(office.system.asked) == 1, "what it had sent may still be carried out"
    office.clock.turn(60)
    office.poll()
    assert (len(office.system.asked), len(office.system.written)) == (2, 1)
    assert [(one.state, one.attempts) for one in office.asked()] == [(WriteBackState.WRITTEN, 2)]


@pytest.mark.parametrize(
    ("error", "state", "polls", "wait"),
    [
        (Unavailable("down"), SourceState.DEGRADED, 1, 30.0),
        (RateLimited("slowly", after=300), SourceState.RATE_LIMITED, 0, 300.0),
        (RateLimited("slowly", after=1), SourceState.RATE_LIMITED, 0, 30.0),
    ],
)
def test_a_source_that_limits_what_is_written_is_not_read_at_once(
    office: Office, error: SourceError, state: SourceState, polls: int, wait: float
) -> None:
    office.patch(note=[note("Later")])
    office.system.failures = [(False, error)]
    read = len(office.system.cursors)
    assert office.poller.poll().wait == wait
    assert (office.row.state, len(office.system.cursors) - read) == (state, polls)
    office.clock.turn(300)
    office.poller.poll()
    assert (office.row.state, len(office.system.written)) == (SourceState.OK, 1)


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (Unavailable("down"), 30),
        (RateLimited("slowly", after=300), 300),
        (RateLimited("in the year 30000", after=1e12), 4 * 3600),
        (RateLimited("never", after=float("inf")), 4 * 3600),
    ],
)
def test_a_failure_is_tried_again_when_its_time_has_come_and_said(
    office: Office, error: SourceError, wait: float
) -> None:
    office.patch(note=[note("Later")], status="inProgress")
    office.system.failures = [(False, error)]
    office.poller.poll()
    assert office.row.error == f"could not write note for ticket 7: {error}"
    office.clock.turn(wait - 1)
    office.poller.poll()
    assert len(office.system.asked) == 1, "neither earlier, nor the status before the note"
    office.clock.turn(1)
    office.poller.poll()
    assert office.row.state is SourceState.OK
    assert [one.status for one in office.system.asked] == [None, None, "working"]


def test_what_the_source_never_takes_is_dead_and_what_follows_is_written(office: Office) -> None:
    office.patch(note=[note("Refused")], status="inProgress")
    office.system.failures = [(False, Refused("read only"))]
    office.poller.poll()
    assert [(one.state, one.outcome) for one in office.asked()] == [
        (WriteBackState.DEAD, "read only"),
        (WriteBackState.WRITTEN, None),
    ]
    assert office.store.read.write_backs.counts() == {SOURCE: {"dead": 1, "written": 1}}


def test_what_is_dead_is_sent_again_and_written_once(office: Office) -> None:
    office.patch(note=[note("Refused")], status="inProgress")
    office.system.failures = [(False, Refused("read only"))]
    office.poll()
    dead, written = office.asked()
    again = office.send_again(dead)
    assert (again.state, again.attempts, again.settled_at) == (WriteBackState.DUE, 0, None)
    assert office.store.read.sources.woken(SOURCE)
    office.poll(2)
    (comment,) = office.ticket()["comments"]
    assert comment["text"].startswith("Refused")
    assert [one.state for one in office.asked()] == [WriteBackState.WRITTEN] * 2
    with pytest.raises(Conflict, match="was written"):
        office.send_again(written)


def test_a_status_that_another_has_replaced_is_not_sent_again(office: Office) -> None:
    office.patch(status="inProgress")
    office.patch(status="resolved")
    office.system.failures = [(False, Refused("read only"))]
    office.poll()
    with pytest.raises(Conflict, match="has a later change of status behind it"):
        office.send_again(office.asked()[0])
    assert office.ticket()["state"] == "done"


def test_what_is_being_written_is_not_sent_again_and_what_waits_is_due_at_once(office: Office) -> None:
    office.patch(note=[note("Once")])
    office.system.failures = [(False, Killed()), (False, Unavailable("down"))]
    with pytest.raises(Killed):
        office.poller.poll()
    with pytest.raises(Conflict, match="is just being written"):
        office.send_again(office.asked()[0])
    office.clock.turn(600)
    office.poller.poll()
    office.send_again(office.asked()[0])
    office.poller.poll()
    assert office.asked()[0].state is WriteBackState.WRITTEN


def test_credentials_that_are_refused_stop_all_and_what_is_to_be_written_stays(office: Office) -> None:
    office.patch(note=[note("Later")], status="inProgress")
    office.system.failures = [(False, AuthFailed("401"))]
    pulls = len(office.system.cursors)
    health = office.poller.poll()
    assert (office.row.state, health.wait) == (SourceState.AUTH_FAILED, None)
    assert (len(office.system.asked), len(office.system.cursors)) == (1, pulls), "it is asked for nothing else"
    office.clock.turn(600)
    office.restart()
    office.poll()
    assert [one.state for one in office.asked()] == [WriteBackState.WRITTEN] * 2


def test_who_is_told_to_stop_ends_after_the_change_that_is_being_written(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.patch(note=[note("First")], status="inProgress")
    write = office.system.write

    def write_and_stop(change: Writing) -> None:
        write(change)
        office.poller.stop(1)

    monkeypatch.setattr(office.system, "write", write_and_stop)
    office.poller.poll()
    assert [one.state for one in office.asked()] == [WriteBackState.WRITTEN, WriteBackState.DUE]


def test_a_note_that_a_client_gives_back_in_another_form_is_not_written(office: Office) -> None:
    office.system.put("7", comments=[{"id": "c1", "text": "Theirs", "by": "agent"}])
    office.poll()
    office.patch(note=[{"@type": "Note", "text": "Theirs", "author": "agent"}, note("Ours")])
    assert [one.content["text"] for one in office.asked()] == ["Ours"]


def test_the_operator_sees_each_as_the_contract_says(office: Office) -> None:
    office.patch(note=[note("Refused")], status="inProgress")
    office.system.failures = [(False, Refused("read only")), (False, Unavailable("down"))]
    office.poller.poll()
    urls = {"base_url": "http://127.0.0.1:1/v1", "face_url": "http://127.0.0.1:1/v5"}
    dead, due = (write_back_view(one, **urls) for one in office.asked())
    contract = load_contract(shipped.openapi_dir() / "operations-v1.yaml")
    schema = compile_schema(contract, {"$ref": "#/components/schemas/WriteBack"})
    assert [errors_of(schema, view) for view in (dead, due)] == [[], []]
    assert (dead["state"], dead["text"], dead["author"], dead["error"]) == ("dead", "Refused", "Ines", "read only")
    assert (due["state"], due["status"], due["dueTime"]) == ("due", "inProgress", "2026-11-22T17:01:00.000Z")
    (source,) = source_views(office.store.read)
    assert source["writeBacks"] == {"due": 1, "written": 0, "dead": 1}


def test_a_status_without_a_word_is_dead_with_its_reason(office: Office) -> None:
    office.patch(status="rejected")
    office.poll()
    (one,) = office.asked()
    assert (one.state, one.outcome) == (WriteBackState.DEAD, "the mapping has no word for the status rejected")


def test_after_all_attempts_a_change_is_dead(office: Office) -> None:
    office.patch(note=[note("Never")])
    office.system.failures = [(False, Unavailable("down"))] * ATTEMPTS
    for _ in range(ATTEMPTS):
        office.poller.poll()
        office.clock.turn(4 * 3600)
    (one,) = office.asked()
    assert (one.state, one.attempts, one.outcome) == (WriteBackState.DEAD, ATTEMPTS, "down")


YEARS = 10 * 365 * 86400.0


def test_what_was_asked_for_by_a_clock_that_has_been_set_back_is_written(office: Office) -> None:
    office.clock.turn(YEARS)
    office.patch(status="inProgress")
    office.clock.turn(-YEARS)
    office.poll()
    assert ([one.state for one in office.asked()], office.ticket()["state"]) == (
        [WriteBackState.WRITTEN],
        "working",
    )


def test_what_failed_by_a_clock_that_has_been_set_back_is_tried_again(office: Office) -> None:
    office.patch(status="inProgress")
    office.clock.turn(YEARS)
    office.system.failures = [(False, Unavailable("down"))]
    office.poll()
    office.clock.turn(-YEARS)
    office.poll()
    assert [one.state for one in office.asked()] == [WriteBackState.WRITTEN]


def test_a_claim_of_a_clock_that_has_been_set_back_ends(office: Office) -> None:
    office.patch(status="inProgress")
    office.clock.turn(YEARS)
    office.system.failures = [(False, Killed())]
    with pytest.raises(Killed):
        office.poller.poll()
    office.clock.turn(-YEARS)
    office.poll()
    assert len(office.system.asked) == 1
    office.clock.turn(600)
    office.poll()
    assert [one.state for one in office.asked()] == [WriteBackState.WRITTEN]
