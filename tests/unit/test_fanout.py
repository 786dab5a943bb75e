"""Which deliveries an event deserves."""

from typing import Any

import orjson
import pytest
from cryptography.fernet import Fernet

from hub.delivery.fanout import WHOLE_SUBSCRIPTION, deliveries_of
from hub.delivery.listeners import Listener, Listeners
from hub.faces import EVENT_TYPES, V5
from hub.model.delivery import DeliveryState
from hub.model.event import PROBLEM_EVENTS, Event, EventType
from hub.model.subscription import Order, Subscription
from hub.store.deliveries import NewDelivery
from hub.store.events import Queued
from hub.store.subscriptions import Registered
from hub.subscriptions.secrets import SecretBox
from tests.rooms import making, parse_query


def listener(seq: int = 1, query: str | None = None, **parts: Any) -> Listener:
    parsed = parse_query()(V5, query)
    plain: dict[str, Any] = {
        "seq": seq,
        "id": f"s{seq}",
        "url": "https://noc.example.com/",
        "order": Order.REPORT,
        "from_event": 0,
        "active": True,
        "fields": parsed.fields,
        "face": V5,
        "types": EVENT_TYPES[V5] if parsed.event_types is None else parsed.event_types,
        "condition": parsed.condition,
    }
    return Listener(**{**plain, **parts})


def queued(seq: int = 5, kind: EventType = EventType.CREATE, body: bytes = b"", **report: Any) -> Queued:
    envelope = body or orjson.dumps({"eventType": kind, "event": {"serviceProblem": report}})
    event = Event(id="e", type=kind, problem_id="p", sequence=1, time=0, body=envelope)
    return Queued(seq=seq, problem=40, event=event)


def told(one: Queued, *listeners: Listener) -> list[int]:
    return [delivery.subscription for delivery in deliveries_of(one, Listeners(listeners))]


def test_everybody_who_asked_for_everything_is_told() -> None:
    assert told(queued(), listener(1), listener(2)) == [1, 2]
    assert told(queued()) == []


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("fieldPath=note", True),
        ("fieldPath=priority", True),
        ("fieldPath.exact=priority,note", True),
        ("filter=$[?(@.fieldPath=='note')]", True),
        ("fieldPath.ne=note", False),
        ("fieldPath=status", False),
        ("fieldPath=prio", False),
    ],
)
def test_each_of_several_paths_of_an_event_is_asked_for(query: str, wanted: bool) -> None:
    body = orjson.dumps({"eventType": EventType.ATTRIBUTE_VALUE_CHANGE, "fieldPath": "priority,note", "event": {}})
    changed = queued(kind=EventType.ATTRIBUTE_VALUE_CHANGE, body=body)
    assert told(changed, listener(query=query)) == ([1] if wanted else [])


@pytest.mark.parametrize("kind", EventType)
def test_a_listener_is_told_of_the_types_that_it_named(kind: EventType) -> None:
    of_state = listener(query="eventType=ServiceProblemStateChangeEvent,ServiceProblemDeleteEvent")
    wanted = kind in (EventType.STATE_CHANGE, EventType.DELETE)
    assert told(queued(kind=kind), of_state) == ([1] if wanted else [])


def test_a_listener_is_told_of_the_reports_that_fit_its_condition() -> None:
    urgent = listener(query="event.serviceProblem.priority=1")
    assert told(queued(priority=1), urgent) == [1]
    assert told(queued(priority=2), urgent) == []


def test_what_happened_before_the_registration_is_not_told() -> None:
    late = listener(from_event=5)
    assert told(queued(seq=5), late) == []
    assert told(queued(seq=6), late) == [1]


def test_a_party_is_told_of_its_reports_and_of_no_task() -> None:
    secrets = SecretBox(Fernet.generate_key())
    of_party = Subscription(id="s1", callback="", url="", created=0, secret=secrets.seal(b"key"), party="org-1")
    party = making(secrets)(Registered(seq=1, from_event=0, subscription=of_party))
    related: dict[str, Any] = {"relatedParty": [{"partyOrPartyRole": {"id": "org-1"}}]}
    assert told(queued(**related), party) == [1]
    assert told(queued(relatedParty=[]), party) == []
    for kind in set(EventType) - set(PROBLEM_EVENTS):
        body = orjson.dumps({"eventType": kind, "event": {kind.resource: related}})
        assert told(queued(kind=kind, body=body), party, listener(2)) == [2]


def test_a_listener_that_is_not_active_has_its_deliveries_parked() -> None:
    states = [
        delivery.state for delivery in deliveries_of(queued(), Listeners([listener(1, active=False), listener(2)]))
    ]
    assert states == [DeliveryState.PARKED, DeliveryState.DUE]


@pytest.mark.parametrize(
    ("order", "key"), [(Order.REPORT, 40), (Order.SUBSCRIPTION, WHOLE_SUBSCRIPTION), (Order.NONE, None)]
)
def test_what_waits_for_what_is_the_order_of_the_registration(order: Order, key: int | None) -> None:
    (delivery,) = deliveries_of(queued(), Listeners([listener(order=order)]))
    assert delivery == NewDelivery(subscription=1, event=5, order_key=key, state=DeliveryState.DUE)


def test_an_event_is_parsed_only_for_a_listener_that_asks_about_its_content() -> None:
    broken = queued(body=b"not JSON")
    assert told(broken, listener(query="eventType=ServiceProblemCreateEvent")) == [1]
    with pytest.raises(orjson.JSONDecodeError):
        told(broken, listener(query="event.serviceProblem.priority=1"))
