"""What a ticket says while a change of its report waits to be written, and what counts when it is given up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.intake.write_back import ATTEMPTS
from hub.model.problem import Document
from hub.model.write_back import WriteBackState
from hub.ports import MARK, Refused, Unavailable, Writing
from tests.fakes.write_back_office import Office


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


def states(office: Office) -> list[WriteBackState]:
    return [one.state for one in office.asked()]


def test_what_the_ticket_comes_to_say_while_a_status_waits_is_news_and_the_status_is_given_up(
    office: Office,
) -> None:
    office.system.failures = [(False, Unavailable("down"))]
    office.patch(status="inProgress")
    office.system.put("7", state="waiting")
    told = len(office.told())
    office.poll()
    assert office.report("7")["status"] == "pending"
    assert "StateChange" in [kind for kind, _ in office.told()[told:]]
    assert [(one.state, one.outcome) for one in office.asked()] == [
        (WriteBackState.DEAD, "the ticket has since come to say 'waiting'")
    ]
    office.system.put("7", state="done")
    office.poll(2)
    assert (office.report("7")["status"], office.ticket()["state"]) == ("resolved", "done")
    assert len(office.system.asked) == 1, "nobody's work is taken back"


def test_a_status_that_a_killed_process_was_writing_is_given_up_when_the_ticket_moves_on(office: Office) -> None:
    office.system.failures = [(False, Killed())]
    office.patch(status="inProgress")
    with pytest.raises(Killed):
        office.poller.poll()
    office.system.put("7", state="waiting")
    office.restart()
    office.poll()
    assert office.report("7")["status"] == "pending"
    office.system.put("7", state="working")
    office.poll()
    office.system.put("7", state="new", title="Back in the queue")
    office.clock.turn(60)
    office.poll(2)
    assert [(one.state, one.outcome) for one in office.asked()] == [
        (WriteBackState.DEAD, "the ticket has since come to say 'waiting'")
    ]
    assert (office.report("7")["status"], office.ticket()["state"]) == ("acknowledged", "new")
    assert len(office.system.asked) == 1, "nobody's work is taken back"


def test_a_status_that_was_given_up_under_way_stands_again_when_it_is_sent_again(office: Office) -> None:
    office.system.failures = [(False, Killed())]
    office.patch(status="inProgress")
    with pytest.raises(Killed):
        office.poller.poll()
    office.system.put("7", state="waiting")
    office.restart()
    office.poll()
    office.clock.turn(60)
    office.poll()
    office.send_again(office.asked()[0])
    office.poll(2)
    assert states(office) == [WriteBackState.WRITTEN]
    assert (office.report("7")["status"], office.ticket()["state"]) == ("inProgress", "working")


def test_what_the_ticket_said_before_has_no_effect_while_two_changes_wait(office: Office) -> None:
    office.system.failures = [(False, Unavailable("down"))]
    office.patch(status="inProgress")
    office.patch(status="resolved")
    office.system.put("7", urgency="high")
    office.poll()
    assert (office.report("7")["status"], states(office)) == ("resolved", [WriteBackState.DUE] * 2)
    # The first comes through unheard, the second waits on.
    office.system.failures = [(True, Unavailable("cut off"))]
    office.poll()
    assert (office.report("7")["status"], office.ticket()["state"]) == ("resolved", "working")
    office.system.failures = [(False, None), (False, Unavailable("down"))]  # type: ignore[list-item]
    office.clock.turn(600)
    office.poll()
    assert (office.report("7")["status"], states(office)) == (
        "resolved",
        [WriteBackState.WRITTEN, WriteBackState.DUE],
    )
    office.clock.turn(600)
    office.poll(2)
    assert (office.report("7")["status"], office.ticket()["state"]) == ("resolved", "done")
    assert states(office) == [WriteBackState.WRITTEN] * 2


def test_when_a_status_is_given_up_what_the_ticket_says_counts_again(office: Office) -> None:
    before = office.report("7")
    office.system.failures = [(False, Refused("read only"))]
    office.patch(status="inProgress")
    office.poll()
    after = office.report("7")
    assert states(office) == [WriteBackState.DEAD]
    assert (after["status"], after["statusChangeReason"]) == (before["status"], before["statusChangeReason"])
    assert office.told()[-1][0] == "StateChange"
    history = len(office.history())
    office.poll(2)
    assert len(office.history()) == history, "it is said once"


def test_after_all_attempts_what_the_ticket_said_meanwhile_counts(office: Office) -> None:
    office.patch(status="inProgress")
    office.system.failures = [(False, Unavailable("down"))] * ATTEMPTS
    for number in range(ATTEMPTS):
        office.system.put("7", title=f"Title {number}")
        office.poller.poll()
        office.clock.turn(4 * 3600)
    assert (states(office), office.report("7")["status"]) == ([WriteBackState.DEAD], "acknowledged")


def test_a_status_that_was_given_up_does_not_take_back_a_later_one(office: Office) -> None:
    office.system.failures = [(False, Refused("read only"))]
    office.patch(status="inProgress")
    office.patch(status="resolved")
    office.poll(2)
    assert (states(office), office.report("7")["status"]) == (
        [WriteBackState.DEAD, WriteBackState.WRITTEN],
        "resolved",
    )


def test_of_two_changes_the_ticket_keeps_the_one_that_came_through(office: Office) -> None:
    office.patch(status="inProgress")
    office.patch(status="held")
    office.poll(2)
    assert (states(office), office.report("7")["status"]) == (
        [WriteBackState.WRITTEN, WriteBackState.DEAD],
        "inProgress",
    )


def test_a_status_that_is_sent_again_is_taken_from_the_ticket_when_it_is_there(office: Office) -> None:
    office.system.failures = [(False, Refused("read only"))]
    office.patch(status="inProgress")
    office.poll()
    office.send_again(office.asked()[0])
    office.system.failures = [(True, Unavailable("cut off"))]
    office.poll()
    office.clock.turn(600)
    office.poll()
    assert (states(office), office.report("7")["status"]) == ([WriteBackState.WRITTEN], "inProgress")


def ours(office: Office) -> str:
    (one,) = office.asked()
    return Writing(id=one.id, key="7", text="Please check", author="Ines").marked_text


@pytest.mark.parametrize(
    "reply",
    [
        "I have replaced the card.\n\n> Please check\n>\n> Ines {mark}",
        "> Please check\n>\n> Ines {mark}\n\nI have replaced the card.",
        "I have replaced the card.\n\n-----Original Message-----\n{ours}\n",
        "See {mark}, it is done.",
    ],
)
def test_a_persons_reply_that_quotes_our_note_is_news(office: Office, reply: str) -> None:
    note: Document = {"@type": "Note", "id": "n1", "text": "Please check", "author": "Ines"}
    office.patch(note=[note])
    office.poll()
    text = reply.format(mark=MARK.format(id=office.asked()[0].id), ours=ours(office))
    office.system.put("7", comments=[*office.ticket()["comments"], {"id": "c9", "text": text, "by": "agent"}])
    office.poll()
    assert [one["text"] for one in office.report("7")["note"]] == ["Please check", text]


@pytest.mark.parametrize(
    "form", ["{ours}\n", "  {ours}", "Please check Ines {mark}", "*Please* check\nInes {mark}"]
)
def test_our_note_is_known_in_the_form_that_a_system_gives_it(office: Office, form: str) -> None:
    note: Document = {"@type": "Note", "id": "n1", "text": "Please check", "author": "Ines"}
    office.patch(note=[note])
    office.poll()
    text = form.format(mark=MARK.format(id=office.asked()[0].id), ours=ours(office))
    office.system.put("7", comments=[{"id": "c1", "text": text, "by": "hub"}])
    office.poll()
    assert [one["text"] for one in office.report("7")["note"]] == ["Please check"]
