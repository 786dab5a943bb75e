"""What each listener is sent of an event."""

from typing import Any

import orjson
import pytest

from hub.delivery.rendering import Renderings
from hub.faces import EVENT_RENDERERS, EVENT_TYPES, V4, V5
from hub.model.event import EventType
from hub.model.problem import Problem
from hub.problems.envelope import Letterhead, event_of
from tests.rooms import report
from tests.unit.test_fanout import listener

OF_REPORTS = frozenset(kind for kind in EventType if kind.startswith("ServiceProblem"))
BODY = orjson.dumps({"eventType": "X", "event": {"serviceProblem": {"id": "p", "status": "held", "priority": 2}}})


def sent(*listeners: Any) -> list[bytes]:
    renderings = Renderings({7: ("e7", BODY)}, lambda envelope, _: envelope)
    told = [renderings.of(7, one) for one in listeners]
    assert {event_id for event_id, _ in told} == {"e7"}
    return [body for _, body in told]


def test_a_v5_listener_that_wants_all_gets_the_very_bytes() -> None:
    (body,) = sent(listener())
    assert body is BODY


def test_listeners_that_want_the_same_share_one_rendering() -> None:
    first, second, other = sent(
        listener(1, "fields=event.serviceProblem.status"),
        listener(2, "fields=event.serviceProblem.status"),
        listener(3, "fields=event.serviceProblem.priority"),
    )
    assert first is second
    assert orjson.loads(first)["event"]["serviceProblem"] == {"id": "p", "status": "held"}
    assert orjson.loads(other)["event"]["serviceProblem"] == {"id": "p", "priority": 2}


@pytest.mark.parametrize("face", EVENT_RENDERERS)
def test_a_face_renders_every_event_that_its_listeners_are_given(face: str) -> None:
    letterhead = Letterhead(reporting_system="hub", base_url="https://qos.example.com/v5")
    dates = dict.fromkeys(("creationDate", "lastUpdate", "statusChangeDate"), "2026-03-01T12:00:00.000Z")
    problem = Problem(id="p", document=report(status="pending", **dates), sequence=1)
    assert EVENT_TYPES.keys() == EVENT_RENDERERS.keys()
    for kind in EVENT_TYPES[face] & OF_REPORTS:
        event = event_of(kind, problem, event_id="e", event_time=0, record_time=0, letterhead=letterhead)
        _, body = Renderings({1: ("e", event.body)}, lambda envelope, _: envelope).of(1, listener(face=face))
        assert orjson.loads(body)["eventType"] == kind
        if face == V5:
            assert body is event.body


def test_a_v4_listener_that_wants_a_part_of_a_party_is_told_what_v4_demands_of_it() -> None:
    letterhead = Letterhead(reporting_system="hub", base_url="https://qos.example.com/v5")
    dates = dict.fromkeys(("creationDate", "lastUpdate", "statusChangeDate"), "2026-03-01T12:00:00.000Z")
    customer = {"id": "cust-1", "@type": "PartyRef", "name": "Bakery"}
    related = {"@type": "RelatedPartyRefOrPartyRoleRef", "role": "customer", "partyOrPartyRole": customer}
    problem = Problem(id="p", document=report(relatedParty=[related], **dates), sequence=1)
    event = event_of(EventType.CREATE, problem, event_id="e", event_time=0, record_time=0, letterhead=letterhead)
    wants = listener(fields=("event.serviceProblem.relatedParty.id",), face=V4)
    _, body = Renderings({1: ("e", event.body)}, lambda envelope, _: envelope).of(1, wants)
    (party,) = orjson.loads(body)["event"]["serviceProblem"]["relatedParty"]
    assert party.keys() == {"id", "@referredType", "@type"}
