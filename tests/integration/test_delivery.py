"""Delivery with its real neighbours: the store on one side, listeners behind real sockets on the other."""

import io
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event as Gate
from typing import Any

import orjson
import pytest
import structlog
from cryptography.fernet import Fernet
from standardwebhooks import Webhook

from hub import telemetry
from hub.delivery.breaker import BreakerRules
from hub.delivery.listeners import Listeners, read_listeners
from hub.delivery.schedule import Schedule, Schedules
from hub.delivery.settle import Settler
from hub.delivery.transport.port import SendResult
from hub.delivery.turn import FAN_OUT_BATCH, FAN_OUT_ROWS, TurnResult, TurnWork, take_turn
from hub.errors import InvalidInput, InvalidSettings, NotFound
from hub.faces import V4
from hub.faces.events import render_v4
from hub.model.caller import LOCAL, Caller
from hub.model.delivery import DeliveryState
from hub.model.subscription import SubscriptionState
from hub.model.task import TaskKind
from hub.model.times import Clock, system_clock, to_micros
from hub.query.hub_query import HubQuery
from hub.store.deliveries import Settlement
from hub.store.leases import Holder
from hub.store.tables import Tables
from hub.subscriptions.secrets import SecretBox
from tests.fakes.listener import Listener, Received, answer, hang, held
from tests.rooms import Desk, Exchange, TurningClock, making, open_store, references, report, until

SECRET = "whsec_cW9zLWh1Yi1leGFtcGxlLWtleS1ub3Qtc2VjcmV0"
NewExchange = Callable[..., Exchange]


@pytest.fixture(autouse=True)
def log() -> Iterator[io.StringIO]:
    """What is logged, one JSON object a line."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    out = io.StringIO()
    telemetry.configure(stream=out)
    yield out
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def logged(log: io.StringIO, message: str) -> list[dict[str, Any]]:
    return [line for line in map(orjson.loads, log.getvalue().splitlines()) if line["message"] == message]


@pytest.fixture
def new_exchange(tmp_path: Path) -> Iterator[NewExchange]:
    with ExitStack() as open_ones:

        def make(transport: str = "direct", clock: Clock = system_clock) -> Exchange:
            store = open_store(tmp_path, busy_timeout=0.05)
            exchange = Exchange(store, tmp_path, transport=transport, clock=clock)
            open_ones.callback(exchange.close)
            return exchange

        yield make


@pytest.fixture(params=["direct", "pycurl", "requests"])
def exchange(request: pytest.FixtureRequest, new_exchange: NewExchange, listener: Listener) -> Exchange:
    """Closed before its listener, so that an end of the listener is no failed attempt."""
    return new_exchange(request.param)


@pytest.fixture
def desk(exchange: Exchange) -> Desk:
    return Desk(exchange.store, TurningClock(datetime.now(UTC)))


def numbers(received: list[Received]) -> list[int]:
    """The sequence numbers of the events, as they came."""
    return [orjson.loads(each.body)["sequence"] for each in received]


def problem_ids(received: list[Received]) -> list[str]:
    return [orjson.loads(each.body)["event"]["serviceProblem"]["id"] for each in received]


def subjects(received: list[Received]) -> list[str]:
    """The ids of the reports and tasks that the events are about."""
    return [orjson.loads(each.body)["correlationId"] for each in received]


def test_a_change_reaches_its_listener_signed_and_unaltered(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    exchange.register(listener.url("/in"), secret=SECRET)
    exchange.start()
    desk.create(name="ring")
    (received,) = listener.wait_for(1, "/in")
    Webhook(SECRET).verify(received.body, received.headers)
    (queued,) = desk.queued()
    assert received.body == queued.event.body
    assert received.headers["webhook-id"] == queued.event.id == orjson.loads(received.body)["eventId"]
    assert received.headers["content-type"].startswith("application/json")
    until(lambda: exchange.states() == ["delivered"])
    (view,) = exchange.log()
    (attempt,) = exchange.store.read.deliveries.attempts(view.id)
    assert (view.attempts, view.last_outcome, view.last_status) == (1, "delivered", 204)
    assert (attempt.number, attempt.status, attempt.peer_address) == (1, 204, "127.0.0.1")
    assert attempt.timing.total > 0


def test_an_attempt_is_one_line_of_log(
    exchange: Exchange, desk: Desk, listener: Listener, log: io.StringIO
) -> None:
    registered = exchange.register(listener.url("/in"), secret=SECRET)
    listener.on("/in", answer(503), answer(204))
    desk.create()
    exchange.start()
    until(lambda: exchange.states() == ["delivered"])
    first, second = logged(log, "delivery.attempted")
    assert first.keys() == second.keys()
    assert (first["level"], first["outcome"], first["status"], first["state"]) == (
        "warning",
        "serverError",
        503,
        "due",
    )
    assert (second["level"], second["outcome"], second["attempt"], second["next_due"]) == (
        "info",
        "delivered",
        2,
        None,
    )
    assert second["subscription"] == registered.subscription.id
    assert second["callback"] == listener.url("")
    assert SECRET not in log.getvalue()


def test_the_events_of_a_report_wait_for_the_one_that_fails(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    exchange.register(listener.url("/in"))
    listener.on("/in", answer(500), answer(503), answer(204))
    problem = desk.create()
    for priority in (5, 6, 7, 8):
        desk.patch(problem, priority=priority)
    exchange.start()
    received = listener.wait_for(7, "/in")
    assert numbers(received) == [1, 1, 1, 2, 3, 4, 5]
    assert len({each.headers["webhook-id"] for each in received[:3]}) == 1
    until(lambda: exchange.states() == ["delivered"] * 5)
    assert [view.attempts for view in exchange.log()] == [3, 1, 1, 1, 1]


def introduce(exchange: Exchange, desk: Desk) -> None:
    """Let every listener answer once, for until then it is asked with one delivery at a time."""
    desk.create()
    until(lambda: set(exchange.states()) == {"delivered"})


def test_another_report_does_not_wait(exchange: Exchange, desk: Desk, listener: Listener) -> None:
    released = Gate()
    exchange.register(listener.url("/in"))
    listener.on("/in", answer(204), held(released, answer(204)), answer(204))
    exchange.start()
    introduce(exchange, desk)
    slow = desk.create()
    listener.wait_for(2, "/in")
    desk.patch(slow, priority=5)
    quick = desk.create()
    desk.patch(quick, priority=5)
    assert problem_ids(listener.wait_for(4, "/in"))[1:] == [slow.id, quick.id, quick.id]
    released.set()
    assert numbers(listener.wait_for(5, "/in"))[1:] == [1, 1, 2, 2]


def test_at_the_end_of_the_schedule_a_delivery_is_a_dead_letter_and_the_next_one_goes(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    exchange.register(listener.url("/in"))
    refusal = answer(500, body=b"out of order")
    listener.on("/in", refusal, refusal, refusal, answer(204))
    problem = desk.create()
    desk.patch(problem, priority=5)
    exchange.start(schedule=(0.0, 0.0))
    assert numbers(listener.wait_for(4, "/in")) == [1, 1, 1, 2]
    until(lambda: exchange.states() == ["dead", "delivered"])
    dead = exchange.log()[0]
    attempts = exchange.store.read.deliveries.attempts(dead.id)
    assert [(one.number, one.outcome, one.status, one.body) for one in attempts] == [
        (number, "serverError", 500, b"out of order") for number in (1, 2, 3)
    ]


def test_a_dead_letter_is_sent_again_when_asked(exchange: Exchange, desk: Desk, listener: Listener) -> None:
    exchange.register(listener.url("/in"))
    listener.on("/in", answer(500), answer(500), answer(500), answer(204))
    desk.create()
    exchange.start(schedule=(0.0,))
    until(lambda: exchange.states() == ["dead"])
    (dead,) = exchange.log()
    exchange.store.write(lambda tables: tables.deliveries.resend(dead.id, now=to_micros(system_clock())))
    received = listener.wait_for(4, "/in")
    until(lambda: exchange.states() == ["delivered"])
    assert len({each.headers["webhook-id"] for each in received}) == 1
    assert exchange.log()[0].attempts == 4


def test_a_listener_that_is_gone_is_told_nothing_more_and_nothing_is_dropped(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    gone = exchange.register(listener.url("/gone"))
    exchange.register(listener.url("/here"))
    listener.on("/gone", answer(410))
    problem = desk.create()
    desk.patch(problem, priority=5)
    exchange.start()
    listener.wait_for(2, "/here")
    of_gone = partial(exchange.log, subscription=gone.subscription.id)
    until(lambda: [view.state for view in of_gone()] == [DeliveryState.PARKED] * 2)
    desk.patch(problem, priority=6)
    listener.wait_for(3, "/here")
    until(lambda: [view.state for view in of_gone()] == [DeliveryState.PARKED] * 3)
    assert len(listener.received("/gone")) == 1
    kept = exchange.store.read.subscriptions.all()[0].subscription
    assert (kept.state, kept.state_reason) == (SubscriptionState.DISABLED, "the listener answered 410 Gone")


def test_what_is_under_way_to_a_listener_that_is_gone_is_not_tried_again(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    goes, fails = Gate(), Gate()
    exchange.register(listener.url("/in"))
    listener.on("/in", answer(204), held(goes, answer(410)), held(fails, answer(500)))
    exchange.start()
    introduce(exchange, desk)
    for _ in range(3):
        desk.create()
    listener.wait_for(4, "/in")
    goes.set()
    until(lambda: exchange.states().count("parked") == 1)
    fails.set()
    until(lambda: exchange.states() == ["delivered", *["parked"] * 3])
    assert len(listener.received("/in")) == 4


def test_a_failure_and_a_goodbye_in_one_turn_park_both(exchange: Exchange, desk: Desk) -> None:
    exchange.register("http://127.0.0.1:9/in")
    desk.create()
    desk.create()
    claims = exchange.store.write(partial(turn, exchange, room=5)).claims
    settler = Settler(schedules=Schedules(Schedule.from_settings((0.0,), 0.0)), longest_hint=0.0)
    settlements = [
        settler.settlement_of(claim, SendResult(key=claim, started=0, status=status), system_clock())
        for claim, status in zip(claims, (500, 410), strict=True)
    ]
    desk.create()
    result = exchange.store.write(partial(turn, exchange, room=5, settlements=settlements))
    assert result.claims == []
    assert exchange.states() == ["parked"] * 2
    assert exchange.store.write(partial(turn, exchange, room=5)).claims == []
    assert exchange.states() == ["parked"] * 3


class Granted:
    """Room for so many deliveries, of whichever listener."""

    def __init__(self, left: int) -> None:
        self.left = left

    def of(self, subscription: int) -> int:
        return self.left

    def took(self, subscription: int, count: int) -> None:
        self.left -= count


def turn(
    exchange: Exchange,
    tables: Tables,
    *,
    listeners: Listeners | None = None,
    token: str = "h:1:b:1",
    room: int = 0,
    settlements: Sequence[Settlement] = (),
) -> TurnResult:
    """One turn of a sender: with the listeners that the test says, or with all."""
    now = to_micros(system_clock())
    work = TurnWork(
        now=now,
        token=token,
        lease=60_000_000,
        patience=0,
        listeners=listeners or listeners_of(tables, exchange),
        settlements=settlements,
        fan_out=True,
        room=Granted(room),
    )
    return take_turn(tables, work)


def listeners_of(tables: Tables, exchange: Exchange) -> Listeners:
    listeners = Listeners()
    read_listeners(listeners, tables.subscriptions, making(exchange.secrets))
    return listeners


def test_a_lease_that_ran_out_is_taken_over_and_only_the_new_holder_settles(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    released = Gate()
    exchange.register(listener.url("/in"))
    listener.on("/in", held(released, answer(500)), answer(204))
    desk.create()
    first = exchange.start(holder=Holder(host="first", pid=1, boot="a"))
    listener.wait_for(1, "/in")
    second = Holder(host="second", pid=1, boot="b")
    exchange.start(holder=second, clock=lambda: system_clock() + timedelta(hours=1))
    listener.wait_for(2, "/in")
    until(lambda: exchange.states() == ["delivered"])
    released.set()
    exchange.stop(first, grace=10.0)
    (view,) = exchange.log()
    attempts = exchange.store.read.deliveries.attempts(view.id)
    assert (view.state, view.attempts) == (DeliveryState.DELIVERED, 1)
    assert [one.status for one in attempts] == [204]


def test_a_hanging_listener_costs_its_own_window_only(exchange: Exchange, desk: Desk, listener: Listener) -> None:
    listener.on("/hangs", hang)
    exchange.register(listener.url("/hangs"))
    for number in range(4):
        exchange.register(listener.url(f"/{number}"))
    exchange.start(total=5)
    for _ in range(30):
        desk.create()
    for number in range(4):
        listener.wait_for(30, f"/{number}")
    assert len(listener.received("/hangs")) == 1


def test_a_registration_that_ends_is_told_nothing_more(exchange: Exchange, desk: Desk, listener: Listener) -> None:
    released = Gate()
    ended = exchange.register(listener.url("/ended"))
    exchange.register(listener.url("/stays"))
    listener.on("/ended", held(released, answer(500)))
    problem = desk.create()
    desk.patch(problem, priority=5)
    exchange.start()
    listener.wait_for(1, "/ended")
    exchange.unregister(ended)
    released.set()
    desk.patch(problem, priority=6)
    listener.wait_for(3, "/stays")
    until(lambda: [view.state.value for view in exchange.log(state="delivered")] == ["delivered"] * 3)
    closed = exchange.log(subscription=ended.subscription.id)
    assert [(view.state.value, view.last_outcome) for view in closed] == [("dead", "unregistered")] * 2
    assert len(listener.received("/ended")) == 1


def test_what_happened_before_a_registration_is_not_told(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    exchange.register(listener.url("/early"))
    problem = desk.create()
    exchange.register(listener.url("/late"))
    desk.patch(problem, priority=5)
    exchange.start()
    assert numbers(listener.wait_for(2, "/early")) == [1, 2]
    assert numbers(listener.wait_for(1, "/late")) == [2]
    until(lambda: len(exchange.log(state="delivered")) == 3)
    assert len(listener.received("/late")) == 1


def test_a_registration_at_a_running_sender_is_told_from_then_on(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    exchange.start()
    problem = desk.create()
    for number in range(5):
        exchange.register(listener.url(f"/{number}"))
        desk.patch(problem, priority=number + 3)
    for number in range(5):
        assert numbers(listener.wait_for(5 - number, f"/{number}"))[0] == number + 2


def leased_by(exchange: Exchange, desk: Desk, holder: Holder) -> None:
    """A delivery that was in a sender's hands when it ended, or still is."""
    desk.create()
    assert len(exchange.store.write(partial(turn, exchange, token=holder.token(1), room=5)).claims) == 1


def test_a_new_start_frees_what_a_dead_process_of_this_host_held(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    exchange.register(listener.url("/in"))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    this = Holder.this()
    leased_by(exchange, desk, Holder(host=this.host, pid=ended.pid, boot="earlier"))
    assert exchange.states() == ["inFlight"]
    exchange.start()
    listener.wait_for(1, "/in")
    until(lambda: exchange.states() == ["delivered"])


OTHERS = [
    Holder(host="another-host", pid=1, boot="b"),
    Holder(host=Holder.this().host, pid=os.getppid(), boot="b"),
]


@pytest.mark.parametrize("holder", OTHERS, ids=["another host", "a running process"])
def test_a_new_start_leaves_what_another_sender_holds(
    exchange: Exchange, desk: Desk, listener: Listener, holder: Holder
) -> None:
    exchange.register(listener.url("/in"))
    leased_by(exchange, desk, holder)
    exchange.start()
    desk.create()
    listener.wait_for(1, "/in")
    until(lambda: exchange.states() == ["inFlight", "delivered"])


def test_a_stop_lets_what_is_in_flight_finish(exchange: Exchange, desk: Desk, listener: Listener) -> None:
    released = Gate()
    exchange.register(listener.url("/in"))
    listener.on("/in", held(released, answer(204)))
    desk.create()
    worker = exchange.start()
    listener.wait_for(1, "/in")
    released.set()
    exchange.stop(worker, grace=15.0)
    assert exchange.states() == ["delivered"]


def test_a_stop_gives_back_what_does_not_finish_in_time(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    exchange.register(listener.url("/in"))
    listener.on("/in", hang, answer(204))
    desk.create()
    worker = exchange.start()
    listener.wait_for(1, "/in")
    exchange.stop(worker, grace=0.0)
    (view,) = exchange.log()
    assert (view.state, view.attempts) == (DeliveryState.DUE, 0)
    exchange.start()
    listener.wait_for(2, "/in")
    until(lambda: exchange.states() == ["delivered"])


def test_a_stop_before_the_start_is_quiet(exchange: Exchange) -> None:
    worker = exchange.worker()
    exchange.stop(worker)


def test_a_listener_gets_the_events_and_fields_that_it_asked_for(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    query = (
        "eventType=ServiceProblemStateChangeEvent&event.serviceProblem.priority=3"
        "&fields=eventType,sequence,event.serviceProblem.status"
    )
    exchange.register(listener.url("/in"), query=query, secret=SECRET)
    exchange.register(listener.url("/all"))
    urgent, other = desk.create(priority=3), desk.create(priority=4)
    desk.patch(other, status="inProgress")
    desk.patch(urgent, name="ring")
    desk.patch(urgent, status="inProgress")
    exchange.start()
    listener.wait_for(5, "/all")
    (received,) = listener.wait_for(1, "/in")
    Webhook(SECRET).verify(received.body, received.headers)
    told = orjson.loads(received.body)
    assert told["eventType"] == "ServiceProblemStateChangeEvent"
    assert told["event"]["serviceProblem"]["status"] == "inProgress"
    assert "priority" not in told["event"]["serviceProblem"]
    until(lambda: len(exchange.log(state="delivered")) == 6)
    assert len(listener.received("/in")) == 1


def test_each_listener_is_told_in_the_form_of_its_face(exchange: Exchange, desk: Desk, listener: Listener) -> None:
    fields = "event.serviceProblem.originatorParty.id=org-311&fields=event.serviceProblem.originatorParty"
    exchange.register(listener.url("/v5"), secret=SECRET)
    exchange.register(listener.url("/v4"), secret=SECRET, face=V4)
    exchange.register(listener.url("/v4/party"), query=fields, secret=SECRET, face=V4)
    problem = desk.create()
    desk.patch(problem, priority=7)
    desk.delete(problem)
    exchange.start()
    told = {path: listener.wait_for(count, path) for path, count in (("/v5", 3), ("/v4", 2), ("/v4/party", 2))}
    until(lambda: exchange.states() == ["delivered"] * 7)
    for received in (one for each in told.values() for one in each):
        Webhook(SECRET).verify(received.body, received.headers)
    kept = desk.envelopes()
    assert [orjson.loads(each.body) for each in told["/v5"]] == kept
    v4 = [render_v4(envelope) for envelope in kept[:2]]
    assert [orjson.loads(each.body) for each in told["/v4"]] == v4
    created, changed = (orjson.loads(each.body) for each in told["/v4"])
    assert created["timeOcurred"] == kept[0]["timeOccurred"]
    assert changed["fieldPath"] == "priority"
    assert created["event"]["serviceProblem"]["originatorParty"]["id"] == "org-311"
    (_, last) = (orjson.loads(each.body) for each in told["/v4/party"])
    shown = changed["event"]["serviceProblem"]
    chosen = {name: shown[name] for name in ("id", "href", "@type", "originatorParty")}
    assert last == {**changed, "event": {"serviceProblem": chosen}}


def test_a_party_is_told_of_its_own_reports_only(exchange: Exchange, desk: Desk, listener: Listener) -> None:
    customer = Caller(name="portal", scopes=frozenset({"*"}), party="org-902")
    exchange.register(listener.url("/all"))
    exchange.register(listener.url("/own"), caller=customer)
    exchange.register(listener.url("/urgent"), query="event.serviceProblem.priority=1", caller=customer)
    related = {"role": "customer", "partyOrPartyRole": {"@type": "PartyRef", "id": "org-902"}}
    own, other = desk.create(relatedParty=[related]), desk.create()
    desk.patch(other, priority=1)
    desk.patch(own, priority=1)
    exchange.start()
    listener.wait_for(4, "/all")
    assert problem_ids(listener.wait_for(2, "/own")) == [own.id, own.id]
    assert numbers(listener.wait_for(1, "/urgent")) == [2]
    until(lambda: exchange.states() == ["delivered"] * 7)


def test_a_party_is_told_of_its_own_tasks_only(exchange: Exchange, desk: Desk, listener: Listener) -> None:
    portal, other = (Caller(name=name, scopes=frozenset({"*"}), party=name) for name in ("902", "903"))
    kind = TaskKind.ACKNOWLEDGEMENT
    exchange.register(listener.url("/all"))
    exchange.register(listener.url("/own"), caller=portal)
    exchange.register(listener.url("/done"), query=f"eventType={kind.type_name}StateChangeEvent", caller=portal)
    exchange.register(listener.url("/other"), caller=other)
    problem = desk.create()
    made = [
        desk.perform(kind, {"problem": references(problem)}, caller=caller) for caller in (portal, other, LOCAL)
    ]
    exchange.start()
    told = [orjson.loads(one.body) for one in listener.wait_for(8, "/all")]
    assert sum(one["eventType"].startswith(kind.type_name) for one in told) == 6
    assert subjects(listener.wait_for(2, "/own")) == [made[0].id] * 2
    (only,) = listener.wait_for(1, "/done")
    assert subjects([only]) == [made[0].id]
    assert orjson.loads(only.body) in told
    assert subjects(listener.wait_for(2, "/other")) == [made[1].id] * 2
    until(lambda: exchange.states() == ["delivered"] * 13)


def test_a_query_that_cannot_be_read_any_more_is_named(exchange: Exchange, desk: Desk) -> None:
    registered = exchange.register("http://127.0.0.1:9/in", "event.serviceProblem.priority=1")

    def forget(face: str, text: str | None) -> HubQuery:
        raise InvalidInput("'priority' is not known")

    worker = exchange.worker(parse_query=forget)
    with pytest.raises(InvalidSettings, match=f"subscription {registered.subscription.id} cannot be read"):
        worker.start()


def test_a_party_cannot_end_what_is_not_its_own(exchange: Exchange) -> None:
    one, other = (Caller(name=name, scopes=frozenset({"*"}), party=f"org-{name}") for name in ("a", "b"))
    registered = exchange.register("http://127.0.0.1:9/in", caller=one)
    again = exchange.register("http://127.0.0.1:9/in", caller=other)
    assert (again.subscription.owner, again.subscription.party) == ("b", "org-b")
    with pytest.raises(NotFound) as refused:
        exchange.unregister(registered, caller=other)
    exchange.unregister(registered, caller=one)
    with pytest.raises(NotFound) as unknown:
        exchange.unregister(registered, caller=other)
    assert refused.value.violations == unknown.value.violations
    exchange.unregister(again)
    assert exchange.store.read.subscriptions.all() == []


def test_what_waits_too_long_overtakes_the_one_that_fails(new_exchange: NewExchange, listener: Listener) -> None:
    clock = TurningClock()
    exchange = new_exchange(clock=clock)
    desk = Desk(exchange.store, clock)
    exchange.register(listener.url("/in"))
    listener.on("/in", answer(500), answer(204))
    problem = desk.create()
    desk.patch(problem, priority=5)
    exchange.start(schedule=(3600.0,), order_patience=900.0)
    listener.wait_for(1, "/in")
    until(lambda: [view.attempts for view in exchange.log()] == [1, 0])
    clock.turn(seconds=899)
    exchange.nudge()
    quick = desk.create()
    assert problem_ids(listener.wait_for(2, "/in"))[1] == quick.id
    clock.turn(seconds=1)
    exchange.nudge()
    assert numbers(listener.wait_for(3, "/in")) == [1, 1, 2]
    until(lambda: exchange.states() == ["due", "delivered", "delivered"])
    clock.turn(seconds=3600)
    exchange.nudge()
    assert numbers(listener.wait_for(4, "/in")) == [1, 1, 2, 1]
    until(lambda: exchange.states() == ["delivered"] * 3)


def test_no_number_of_failing_ones_keeps_what_waits_too_long_from_going_ahead(
    new_exchange: NewExchange, listener: Listener
) -> None:
    clock = TurningClock()
    exchange = new_exchange(clock=clock)
    desk = Desk(exchange.store, clock)
    exchange.register(listener.url("/in"))
    listener.on("/in", answer(500), answer(500), answer(204))
    problem = desk.create()
    desk.patch(problem, priority=5)
    desk.patch(problem, priority=4)
    exchange.start(schedule=(36000.0,), order_patience=900.0)
    listener.wait_for(1, "/in")
    until(lambda: [view.attempts for view in exchange.log()] == [1, 0, 0])
    clock.turn(seconds=900)
    exchange.nudge()
    assert numbers(listener.wait_for(3, "/in")) == [1, 2, 3]
    until(lambda: exchange.states() == ["due", "due", "delivered"])


def test_one_that_is_refused_again_and_again_takes_not_every_probe(
    new_exchange: NewExchange, listener: Listener
) -> None:
    """Its waits are shorter than the rests of the breaker, so that it is due at each of them."""
    clock = TurningClock()
    exchange = new_exchange(clock=clock)
    desk = Desk(exchange.store, clock)
    exchange.register(listener.url("/in"))
    listener.on("/in", answer(500), answer(500), answer(204))
    problem = desk.create()
    desk.patch(problem, priority=5)
    rules = BreakerRules(failures=1, rate=1.0, pause=1000_000_000, longest=1000_000_000)
    exchange.start(schedule=(1.0,) * 50, order_patience=900.0, breaker=rules)
    for attempts in (1, 2):
        listener.wait_for(attempts, "/in")
        until(lambda: [view.attempts for view in exchange.log()] == [attempts, 0])  # noqa: B023
        clock.turn(seconds=1000)
        exchange.nudge()
    assert numbers(listener.wait_for(4, "/in")) == [1, 1, 2, 1]
    until(lambda: exchange.states() == ["delivered"] * 2)


def test_a_failed_delivery_is_not_tried_before_its_time(new_exchange: NewExchange, listener: Listener) -> None:
    clock = TurningClock()
    exchange = new_exchange(clock=clock)
    desk = Desk(exchange.store, clock)
    exchange.register(listener.url("/in"))
    listener.on("/in", answer(500), answer(204))
    desk.create()
    exchange.start(schedule=(60.0,))
    listener.wait_for(1, "/in")
    until(lambda: exchange.log()[0].attempts == 1)
    assert exchange.log()[0].due_at == clock.micros + 60_000_000
    clock.turn(seconds=59.9)
    exchange.nudge()
    quick = desk.create()
    assert problem_ids(listener.wait_for(2, "/in"))[1] == quick.id
    clock.turn(seconds=0.1)
    exchange.nudge()
    listener.wait_for(3, "/in")
    until(lambda: exchange.states() == ["delivered"] * 2)


def test_an_attempt_is_recorded_once_when_the_database_refuses_it_first(
    new_exchange: NewExchange, listener: Listener, tmp_path: Path, log: io.StringIO
) -> None:
    clock = TurningClock()
    exchange = new_exchange(clock=clock)
    desk = Desk(exchange.store, clock)
    released = Gate()
    exchange.register(listener.url("/in"))
    listener.on("/in", held(released, answer(204)))
    desk.create()
    exchange.start()
    listener.wait_for(1, "/in")
    other = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    released.set()
    until(lambda: logged(log, "delivery.turn_refused"))
    assert exchange.states() == ["inFlight"]
    other.execute("ROLLBACK")
    other.close()
    clock.turn(seconds=5)
    exchange.nudge()
    until(lambda: exchange.states() == ["delivered"])
    assert [view.attempts for view in exchange.log()] == [1]
    assert len(listener.received("/in")) == 1


def test_a_registration_during_a_turn_misses_nothing(exchange: Exchange, desk: Desk) -> None:
    """A turn knows the listeners of its beginning; others may register and changes may come before it is done."""
    store = exchange.store
    desk.create()
    of_yesterday = listeners_of(store.read, exchange)
    exchange.register("http://127.0.0.1:9/in")
    desk.create()
    early = store.write(partial(turn, exchange, listeners=of_yesterday))
    assert early.stale_listeners
    assert exchange.log() == []
    store.write(partial(turn, exchange))
    assert [view.event_id for view in exchange.log()] == [desk.queued()[-1].event.id]


def test_a_long_outbox_is_fanned_out_in_several_turns(new_exchange: NewExchange) -> None:
    exchange = new_exchange()
    desk = Desk(exchange.store, TurningClock())
    exchange.register("http://127.0.0.1:9/in")

    def create_many(tables: Tables) -> None:
        for _ in range(FAN_OUT_BATCH + 1):
            desk.clients.create(tables, report())

    exchange.store.write(create_many)
    assert exchange.store.write(partial(turn, exchange)).more_events
    assert not exchange.store.write(partial(turn, exchange)).more_events
    assert [view.event_id for view in exchange.log()] == [one.event.id for one in desk.queued()]


def test_a_wide_outbox_is_fanned_out_in_several_turns(exchange: Exchange, desk: Desk) -> None:
    """However many are to be told, no turn keeps the writer from others for long; each event is told as a whole."""
    listeners = 30
    for number in range(listeners):
        exchange.register(f"http://127.0.0.1:9/{number}")
    events = FAN_OUT_ROWS // listeners + 2
    exchange.store.write(lambda tables: [desk.clients.create(tables, report()) for _ in range(events)])
    assert exchange.store.write(partial(turn, exchange)).more_events
    first = len(exchange.log())
    assert FAN_OUT_ROWS <= first < FAN_OUT_ROWS + listeners
    assert not exchange.store.write(partial(turn, exchange)).more_events
    assert len(exchange.log()) == events * listeners


def test_a_sender_that_cannot_open_the_secrets_does_not_start(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    exchange.register(listener.url("/in"))
    desk.create()
    stranger = exchange.worker(secrets=SecretBox(Fernet.generate_key()))
    with pytest.raises(InvalidSettings, match="key file is not the one"):
        stranger.start()
    exchange.stop(stranger)
    exchange.start()
    listener.wait_for(1, "/in")


def test_nothing_is_told_past_listeners_that_cannot_be_read(
    exchange: Exchange, desk: Desk, listener: Listener, log: io.StringIO
) -> None:
    """A registration sealed with another key comes while the sender runs: it waits, and loses no event."""
    exchange.start()
    foreign = SecretBox(Fernet.generate_key())
    exchange.registrations._secrets, own = foreign, exchange.secrets
    strange = exchange.register(listener.url("/strange"))
    exchange.registrations._secrets = own
    exchange.register(listener.url("/in"))
    until(lambda: logged(log, "delivery.failed"))
    desk.create()
    exchange.unregister(strange)
    listener.wait_for(1, "/in")
