"""Notices: what the hub tells of its own delivery, to whom, and that it comes to an end."""

from dataclasses import replace
from typing import Any

import pytest

from hub.api.operations_view import delivery_view
from hub.api.schemas import compile_schema, errors_of, load_contract
from hub.delivery.failures import FailureRules
from hub.delivery.outcome import Outcome
from hub.faces import V4
from hub.model.caller import LOCAL, Caller
from hub.model.options import DeliveryOptions
from hub.model.subscription import SubscriptionState
from hub.model.times import micros_to_text
from hub.shipped import openapi_dir
from hub.store.subscriptions import Registered
from tests.fakes.listener import Listener, answer
from tests.rooms import until
from tests.senders import Office, bodies

OF_LISTENERS = "eventType=ListenerStateChangeEvent"
OF_BOTH = "eventType=ListenerStateChangeEvent,DeliveryStateChangeEvent"
TEN = FailureRules(limit=10, span=0)
MANY = (0.0,) * 100


def party(name: str) -> Caller:
    return Caller(name=name, scopes=frozenset({"*"}), party=name)


def conditions(listener: Listener, path: str) -> list[tuple[str, int]]:
    """(condition, share of the limit in per cent) of the notices at a path, as they came."""
    told = [body["event"]["listener"] for body in bodies(listener.received(path))]
    return [(one["condition"], one["percentOfLimit"]) for one in told]


def failing(office: Office, listener: Listener, *answers: Any, caller: Caller | None = None) -> Registered:
    listener.on("/fails", *answers)
    query = "event.serviceProblem.priority=2"
    return office.exchange.register(listener.url("/fails"), query, caller=caller or LOCAL)


def test_failures_in_a_row_are_told_at_each_threshold_and_at_the_end_the_listener_is_disabled(
    office: Office, listener: Listener
) -> None:
    one = failing(office, listener, answer(503))
    office.exchange.register(listener.url("/watch"), OF_LISTENERS)
    office.desk.create()
    office.start(schedule=MANY, failures=TEN)
    listener.wait_for(4, "/watch")
    assert conditions(listener, "/watch") == [("failing", 50), ("failing", 70), ("failing", 90), ("disabled", 100)]
    until(lambda: office.states(one) == ["parked"])
    kept = office.kept(one).subscription
    assert kept.state is SubscriptionState.DISABLED
    assert kept.state_reason == "10 attempts in a row have failed since 2026-03-01T12:00:00.000Z"
    assert len(listener.received("/fails")) == 10
    contract = load_contract(openapi_dir() / "events.yaml")
    schema = compile_schema(contract, {"$ref": "#/components/schemas/ListenerStateChangeEvent"})
    for number, body in enumerate(bodies(listener.received("/watch")), 1):
        assert errors_of(schema, body) == []
        assert (body["sequence"], body["correlationId"]) == (number, one.subscription.id)
        assert body["event"]["listener"]["callback"] == listener.url("/fails")


def test_a_listener_is_not_disabled_before_it_has_been_failing_for_the_span(
    office: Office, listener: Listener
) -> None:
    one = failing(office, listener, answer(503))
    office.exchange.register(listener.url("/watch"), OF_LISTENERS)
    office.desk.create()
    office.start(schedule=(0.0,) * 20 + (3600.0,) * 3, failures=FailureRules(limit=10, span=7_200_000_000))
    until(lambda: office.attempts(one) == 21)
    assert conditions(listener, "/watch") == []
    office.passes(3600)
    listener.wait_for(1, "/watch")
    assert conditions(listener, "/watch") == [("failing", 50)]
    office.passes(3600)
    until(lambda: office.states(one) == ["parked"])
    listener.wait_for(2, "/watch")
    assert conditions(listener, "/watch")[1:] == [("disabled", 100)]


def test_a_success_ends_the_count_and_is_told_when_a_warning_was(office: Office, listener: Listener) -> None:
    failure = answer(500)
    failing(office, listener, *[failure] * 4, answer(204), *[failure] * 5, answer(204))
    office.exchange.register(listener.url("/watch"), OF_LISTENERS)
    office.desk.create()
    office.start(schedule=MANY, failures=TEN)
    listener.wait_for(5, "/fails")
    office.desk.create()
    listener.wait_for(2, "/watch")
    assert conditions(listener, "/watch") == [("failing", 50), ("recovered", 0)]
    until(lambda: office.store.read.standings.get(1).failures == 0)


def test_the_count_outlives_a_restart(office: Office, listener: Listener) -> None:
    one = failing(office, listener, answer(500))
    office.exchange.register(listener.url("/watch"), OF_LISTENERS)
    office.desk.create()
    first = office.start(schedule=(0.0, 0.0, 60.0, 0.0, 0.0), failures=TEN)
    until(lambda: office.attempts(one) == 3)
    office.exchange.stop(first)
    office.start(schedule=(0.0, 0.0, 60.0, 0.0, 0.0), failures=TEN)
    office.passes(60)
    listener.wait_for(1, "/watch")
    assert conditions(listener, "/watch") == [("failing", 50)]


def test_who_answers_410_is_disabled_and_that_is_told(office: Office, listener: Listener) -> None:
    one = failing(office, listener, answer(410))
    office.exchange.register(listener.url("/watch"), OF_LISTENERS)
    office.desk.create()
    office.start(schedule=MANY, failures=TEN)
    listener.wait_for(1, "/watch")
    (told,) = [body["event"]["listener"] for body in bodies(listener.received("/watch"))]
    assert (told["condition"], told["state"]) == ("disabled", "disabled")
    assert (told["reason"], told["lastOutcome"], told["lastStatus"]) == (
        "the listener answered 410 Gone",
        Outcome.GONE,
        410,
    )
    until(lambda: office.states(one) == ["parked"])
    (change,) = office.store.read.subscriptions.changes(one.seq)
    assert (change.time, change.actor) == (office.clock.micros, None)
    assert change.changes == {
        "state": {"from": "active", "to": "disabled"},
        "stateReason": {"from": None, "to": "the listener answered 410 Gone"},
    }


def test_a_certificate_that_ends_is_told_before_and_at_its_end_once_each_and_again_when_the_next_one_does(
    office: Office, listener: Listener
) -> None:
    day = 86_400.0
    end = office.clock.micros + round(20 * day * 1e6)
    one = office.exchange.register(listener.url("/in"), options=DeliveryOptions(certificate_end=end))
    stopped = office.exchange.register(listener.url("/stopped"), options=DeliveryOptions(certificate_end=end))
    office.set_state(stopped, SubscriptionState.PAUSED)
    office.exchange.register(listener.url("/watch"), OF_LISTENERS)
    first = office.start(lease=2.0)
    for passing, count in ((5.9, 0), (0.1, 1), (10.9, 1), (0.1, 2)):
        office.passes(passing * day)
        office.desk.create()
        listener.wait_for(count, "/watch")
        until(lambda: set(office.states()) == {"delivered", "parked"})
        assert len(listener.received("/watch")) == count
    office.exchange.stop(first)
    office.start(lease=2.0)
    office.passes(3 * day)
    listener.wait_for(3, "/watch")
    later = end + round(90 * day * 1e6)
    renewed = DeliveryOptions(certificate_end=later)
    office.store.write(
        lambda tables: tables.subscriptions.set(one.seq, replace(one.subscription, options=renewed))
    )
    office.passes(90 * day)
    listener.wait_for(4, "/watch")
    told = [body["event"]["listener"] for body in bodies(listener.received("/watch"))]
    assert {each["condition"] for each in told} == {"certificateEnding"}
    assert [" has ended at " in each["reason"] for each in told] == [False, False, True, True]
    assert [each["certificateEnd"] for each in told[2:]] == [
        micros_to_text(end),
        micros_to_text(later),
    ]
    assert [line["subscription"] for line in office.logged("delivery.certificate_ends")] == [
        one.subscription.id
    ] * 4
    contract = load_contract(openapi_dir() / "events.yaml")
    schema = compile_schema(contract, {"$ref": "#/components/schemas/ListenerStateChangeEvent"})
    assert [errors_of(schema, body) for body in bodies(listener.received("/watch"))] == [[]] * 4


def test_who_is_enabled_again_begins_without_the_failures_of_before(office: Office, listener: Listener) -> None:
    one = failing(office, listener, *[answer(503)] * 14, answer(204))
    office.exchange.register(listener.url("/watch"), OF_LISTENERS)
    office.desk.create()
    office.start(schedule=MANY, failures=TEN)
    listener.wait_for(4, "/watch")
    until(lambda: office.states(one) == ["parked"])
    office.set_state(one, SubscriptionState.ACTIVE)
    until(lambda: office.states(one) == ["delivered"])
    listener.wait_for(5, "/watch")
    assert conditions(listener, "/watch")[4:] == [("recovered", 0)]
    assert office.kept(one).subscription.state is SubscriptionState.ACTIVE


def test_a_delivery_that_is_given_up_is_told_with_its_reason(office: Office, listener: Listener) -> None:
    one = failing(office, listener, answer(503))
    office.exchange.register(listener.url("/watch"), "eventType=DeliveryStateChangeEvent")
    problem = office.desk.create()
    office.start(schedule=(0.0, 0.0))
    (received,) = listener.wait_for(1, "/watch")
    (body,) = bodies([received])
    contract = load_contract(openapi_dir() / "events.yaml")
    schema = compile_schema(contract, {"$ref": "#/components/schemas/DeliveryStateChangeEvent"})
    assert errors_of(schema, body) == []
    told = body["event"]["delivery"]
    (dead,) = office.views(one)
    assert (told["id"], told["attempts"], told["state"]) == (str(dead.id), 3, "dead")
    assert (
        told["reason"] == dead.state_reason == "given up after 3 attempts; the last ended with serverError (503)"
    )
    assert told["event"]["correlationId"] == problem.id


def test_notices_go_to_those_alone_that_name_them_and_may_know(office: Office, listener: Listener) -> None:
    failing(office, listener, answer(410), caller=party("org-2"))
    watch = office.exchange.register
    watch(listener.url("/operator"), OF_BOTH)
    watch(listener.url("/own"), OF_BOTH, caller=party("org-2"))
    watch(listener.url("/other"), OF_BOTH, caller=party("org-3"))
    watch(listener.url("/all"))
    watch(listener.url("/all-but"), "eventType.ne=ServiceProblemDeleteEvent")
    watch(listener.url("/v4"), face=V4)
    related = {"role": "customer", "partyOrPartyRole": {"@type": "PartyRef", "id": "org-2"}}
    office.start(schedule=MANY, failures=TEN)
    office.desk.create(relatedParty=[related])
    for path in ("/operator", "/own", "/all", "/all-but", "/v4"):
        listener.wait_for(1, path)
    until(lambda: sorted(set(office.states())) == ["delivered", "parked"])
    assert [len(listener.received(path)) for path in ("/operator", "/own")] == [1, 1]
    assert [len(listener.received(path)) for path in ("/other", "/all", "/all-but", "/v4")] == [0, 1, 1, 1]


def test_notices_of_an_operators_listener_are_no_partys(office: Office, listener: Listener) -> None:
    failing(office, listener, answer(410))
    office.exchange.register(listener.url("/party"), OF_BOTH, caller=party("org-2"))
    office.exchange.register(listener.url("/operator"), OF_BOTH)
    office.desk.create()
    office.start(schedule=MANY, failures=TEN)
    listener.wait_for(1, "/operator")
    until(lambda: sorted(office.states()) == ["delivered", "parked"])
    assert listener.received("/party") == []


def test_a_notice_is_never_sent_to_the_listener_that_it_is_about(office: Office, listener: Listener) -> None:
    listener.on("/own", answer(500))
    both = f"{OF_BOTH},ServiceProblemCreateEvent"
    one = office.exchange.register(listener.url("/own"), both)
    office.exchange.register(listener.url("/watch"), OF_BOTH)
    office.desk.create()
    office.start(schedule=(0.0,) * 5, failures=TEN)
    listener.wait_for(2, "/watch")
    until(lambda: office.states(one) == ["dead"])
    told = {body["eventType"] for body in bodies(listener.received("/own"))}
    assert told == {"ServiceProblemCreateEvent"}


def test_two_listeners_for_notices_that_both_fail_come_to_an_end(office: Office, listener: Listener) -> None:
    for path in ("/a", "/b"):
        listener.on(path, answer(500))
        office.exchange.register(listener.url(path), f"{OF_BOTH},ServiceProblemCreateEvent")
    office.desk.create()
    office.start(schedule=(0.0, 0.0), failures=FailureRules(limit=40, span=0))
    until(lambda: len(office.views()) >= 4 and set(office.states()) == {"dead"})
    told = [queued.event.type.value for queued in office.desk.queued()]
    assert told.count("DeliveryStateChangeEvent") == 2  # of the report alone
    until(lambda: office.store.read.events.fanned_out() == office.store.read.events.last())
    assert set(office.states()) == {"dead"}


def test_nothing_is_written_that_nobody_asked_for(office: Office, listener: Listener) -> None:
    failing(office, listener, answer(410))
    office.desk.create()
    office.start(schedule=MANY, failures=TEN)
    until(lambda: office.states() == ["parked"])
    assert [queued.event.type.value for queued in office.desk.queued()] == ["ServiceProblemCreateEvent"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (DeliveryOptions(max_events=2), "the registration was for 2 events, and is told of no more"),
        (
            DeliveryOptions(expires_at=1772366460_000_000),
            "the registration expired at 2026-03-01T12:01:00.000Z",
        ),
    ],
    ids=["so many events", "an instant"],
)
def test_a_registration_with_a_bound_ends_there_and_what_it_was_owed_is_delivered(
    office: Office, listener: Listener, options: DeliveryOptions, reason: str
) -> None:
    bounded = office.exchange.register(listener.url("/bounded"), options=options)
    office.exchange.register(listener.url("/all"))
    listener.on("/bounded", answer(503), answer(204))
    office.start(schedule=(300.0,), lease=2.0)
    office.desk.create()
    until(lambda: office.attempts(bounded) == 1)
    office.passes(59)
    office.desk.create()
    until(lambda: len(office.states(bounded)) == 2)
    office.passes(1)
    office.desk.create()
    listener.wait_for(3, "/all")
    until(lambda: office.store.read.events.fanned_out() == office.store.read.events.last())
    assert len(office.states(bounded)) == 2
    office.passes(300)
    until(lambda: office.states(bounded) == ["delivered"] * 2)
    office.passes(2)
    until(lambda: office.kept(bounded).subscription.state is SubscriptionState.DISABLED)
    assert office.kept(bounded).subscription.state_reason == reason
    (change,) = office.store.read.subscriptions.changes(bounded.seq)
    assert (change.actor, change.changes["stateReason"]["to"]) == (None, reason)
    office.desk.create()
    listener.wait_for(4, "/all")
    until(lambda: office.store.read.events.fanned_out() == office.store.read.events.last())
    assert len(office.states(bounded)) == 2


def test_the_delivery_of_a_notice_names_the_registration_that_it_is_about(
    office: Office, listener: Listener
) -> None:
    one = failing(office, listener, answer(410))
    watching = office.exchange.register(listener.url("/watch"), OF_LISTENERS)
    office.desk.create()
    office.start(schedule=MANY, failures=TEN)
    until(lambda: office.states(watching) == ["delivered"])
    (view,) = office.views(watching)
    shown = delivery_view(view, base_url="http://hub/qos-hub/v1", face_url="http://hub/v5")
    contract = load_contract(openapi_dir() / "operations-v1.yaml")
    assert errors_of(compile_schema(contract, {"$ref": "#/components/schemas/Delivery"}), shown) == []
    assert shown["listener"] == {"id": one.subscription.id, "href": f"http://hub/v5/hub/{one.subscription.id}"}
    assert shown.keys().isdisjoint({"serviceProblem", "task"})
