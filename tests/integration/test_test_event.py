"""A test event on demand: whatever the listener does, it is told, and nothing else is touched."""

from collections.abc import Iterator
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from threading import Event, Thread

import orjson
import pytest
from standardwebhooks.webhooks import Webhook

from hub.delivery.control import ControlClient
from hub.delivery.probe import Prober
from hub.delivery.resolve import Resolver
from hub.delivery.tokens import Tokens
from hub.delivery.transport.authorising import AuthorisingTransport
from hub.delivery.transport.port import Transport
from hub.model.delivery import Attempt
from hub.model.ids import Uuid7
from hub.model.problem import Document
from hub.model.subscription import SubscriptionState
from hub.model.times import system_clock
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.kept_credentials import open_credentials
from tests.contract.transports import KINDS
from tests.fakes import listener as fake
from tests.fakes.listener import Listener, answer, held
from tests.rooms import Desk, Exchange, TurningClock, open_store

SECRET = "whsec_cW9zLWh1Yi1leGFtcGxlLWtleS1ub3Qtc2VjcmV0"
DEADLINE = 1.0


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def exchange(tmp_path: Path, listener: Listener) -> Iterator[Exchange]:
    exchange = Exchange(open_store(tmp_path), tmp_path)
    yield exchange
    exchange.close()


@pytest.fixture
def prober(kind: str) -> Prober:
    guard = AddressGuard([ip_network("127.0.0.0/8")])
    resolver = Resolver(guard)

    def make() -> Transport:
        inner = KINDS[kind](guard=guard, resolver=resolver, deadline=DEADLINE, max_connections=1)
        tokens = Tokens(ControlClient(guard=guard, resolver=resolver, deadline=DEADLINE))
        return AuthorisingTransport(inner, tokens, deadline=DEADLINE)

    return Prober(make_transport=make, clock=system_clock, new_id=Uuid7(system_clock), deadline=DEADLINE)


def probe(prober: Prober, exchange: Exchange) -> tuple[Document, Attempt]:
    [registered] = exchange.store.read.subscriptions.all()
    subscription = registered.subscription
    return prober.send(subscription, open_credentials(exchange.secrets, subscription))


def test_it_is_signed_authenticated_and_marked_and_stands_in_no_log(
    prober: Prober, exchange: Exchange, listener: Listener
) -> None:
    auth = {"type": "apiKey", "header": "X-Key", "value": "k"}
    exchange.register(listener.url("/in"), secret=SECRET, delivery={"auth": auth})
    event, attempt = probe(prober, exchange)
    [received] = listener.received("/in")
    assert Webhook(SECRET).verify(received.body, received.headers) == event
    assert (received.headers["x-key"], received.headers["qos-hub-test"]) == ("k", "true")
    assert event["eventType"] == "HubTestEvent"
    assert received.headers["webhook-id"] == event["eventId"]
    assert (attempt.outcome, attempt.status, attempt.peer_address) == ("delivered", 204, "127.0.0.1")
    assert exchange.log() == []


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (fake.hang, "timeout"),
        (fake.drip_body, "timeout"),
        (fake.reset, "broken"),
        (answer(503, body=b"busy"), "serverError"),
        (answer(410), "gone"),
        (fake.redirect("http://169.254.169.254/"), "redirect"),
    ],
)
def test_whatever_the_listener_does_is_told(
    prober: Prober, exchange: Exchange, listener: Listener, behaviour: fake.Answer, outcome: str
) -> None:
    exchange.register(listener.url("/in"))
    listener.on("/in", behaviour)
    _, attempt = probe(prober, exchange)
    assert attempt.outcome == outcome
    [registered] = exchange.store.read.subscriptions.all()
    assert registered.subscription.state is SubscriptionState.ACTIVE


def test_a_registration_that_is_disabled_is_tested_and_stays_so(
    prober: Prober, exchange: Exchange, listener: Listener
) -> None:
    registered = exchange.register(listener.url("/in"))
    disable = SubscriptionState.DISABLED
    exchange.store.write(lambda tables: tables.subscriptions.set_state(registered.seq, disable, "gone"))
    _, attempt = probe(prober, exchange)
    assert attempt.outcome == "delivered"
    [after] = exchange.store.read.subscriptions.all()
    assert after.subscription.state is disable


def test_it_passes_by_the_events_that_wait(prober: Prober, exchange: Exchange, listener: Listener) -> None:
    """Order is for events: a delivery that is held up does not hold up a test."""
    released = Event()
    exchange.register(listener.url("/in"))
    listener.on("/in", held(released, answer(204)), answer(204))
    desk = Desk(exchange.store, TurningClock(system_clock()))
    exchange.start()
    desk.create()
    listener.wait_for(1, "/in")
    _, attempt = probe(prober, exchange)
    assert attempt.outcome == "delivered"
    assert orjson.loads(listener.received("/in")[1].body)["eventType"] == "HubTestEvent"
    released.set()


def test_without_a_token_nothing_leaves(prober: Prober, exchange: Exchange, listener: Listener) -> None:
    listener.on("/token", answer(401))
    auth = {"type": "oauth2", "tokenUrl": listener.url("/token"), "clientId": "a", "clientSecret": "b"}
    exchange.register(listener.url("/in"), delivery={"auth": auth})
    _, attempt = probe(prober, exchange)
    assert attempt.outcome == "authenticationFailed"
    assert listener.received("/in") == []


def test_several_at_once_do_not_disturb_each_other(prober: Prober, exchange: Exchange, listener: Listener) -> None:
    exchange.register(listener.url("/in"))
    found: list[str] = []

    def run() -> None:
        found.append(probe(prober, exchange)[1].outcome)

    threads = [Thread(target=partial(run)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == ["delivered"] * 6
