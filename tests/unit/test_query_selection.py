"""Which attributes a document shows."""

from typing import Any

import pytest

from hub.errors import InvalidInput
from hub.query.attributes import Attributes
from hub.query.selection import read_fields, select, select_event
from hub.query.vocabulary import ResourceVocabulary

VOCABULARY = ResourceVocabulary(
    attributes=Attributes.named("id", "name", "note", "relatedParty", "status"), addresses="http://here/"
)
REPORT: dict[str, Any] = {
    "id": "7",
    "href": "/7",
    "@type": "ServiceProblem",
    "name": "Voice",
    "status": "held",
    "note": [{"@type": "Note", "id": "1", "text": "a", "author": "b"}, {"@type": "Note", "text": "c"}, "odd"],
    "relatedParty": [
        {"@type": "Party", "role": "owner", "partyOrPartyRole": {"id": "9", "name": "Ann", "email": "x"}}
    ],
}
IDENTITY = {"id": "7", "href": "/7", "@type": "ServiceProblem"}


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ((), REPORT),
        (("none",), IDENTITY),
        (("status",), {**IDENTITY, "status": "held"}),
        (("id",), IDENTITY),
        (("status.deeper",), {**IDENTITY, "status": "held"}),
        (
            ("note.text",),
            {
                **IDENTITY,
                "note": [{"@type": "Note", "id": "1", "text": "a"}, {"@type": "Note", "text": "c"}, "odd"],
            },
        ),
        (
            ("relatedParty.partyOrPartyRole.name",),
            {**IDENTITY, "relatedParty": [{"@type": "Party", "partyOrPartyRole": {"id": "9", "name": "Ann"}}]},
        ),
        (("note.text", "note"), {**IDENTITY, "note": REPORT["note"]}),
        (("note", "note.text"), {**IDENTITY, "note": REPORT["note"]}),
    ],
)
def test_the_fields_asked_for_are_shown_with_the_identity(fields: tuple[str, ...], shown: dict[str, Any]) -> None:
    assert select(REPORT, fields) == shown


def test_fields_are_read_once_each_in_order() -> None:
    assert read_fields(" status , note.text,,status", vocabulary=VOCABULARY) == ("status", "note.text")


@pytest.mark.parametrize(("text", "fields"), [("", ()), ("none", ("none",)), ("@type,href", ("@type", "href"))])
def test_identity_can_always_be_asked_for(text: str, fields: tuple[str, ...]) -> None:
    assert read_fields(text, vocabulary=VOCABULARY) == fields


def test_each_unknown_field_is_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_fields("statsu,name,what.ever", vocabulary=VOCABULARY)
    assert [violation.value for violation in caught.value.violations] == ["statsu", "what.ever"]


EVENT = {
    "eventId": "e",
    "sequence": 3,
    "@type": "X",
    "event": {"serviceProblem": REPORT, "informationRequired": [1]},
}


@pytest.mark.parametrize(
    ("fields", "payload"),
    [
        ((), EVENT["event"]),
        (("event",), EVENT["event"]),
        (("event.serviceProblem",), {"serviceProblem": REPORT}),
        (("event.serviceProblem.status",), {"serviceProblem": {**IDENTITY, "status": "held"}}),
        (("eventId",), {"serviceProblem": IDENTITY}),
        (("none",), {"serviceProblem": IDENTITY}),
        (("event.informationRequired",), {"serviceProblem": IDENTITY, "informationRequired": [1]}),
    ],
)
def test_an_event_keeps_its_envelope_and_shows_the_fields_asked_for(
    fields: tuple[str, ...], payload: dict[str, Any]
) -> None:
    assert select_event(EVENT, fields) == {**EVENT, "event": payload}
