"""Tokens of OAuth 2.0 before a delivery: got once, renewed in time, and without one nothing leaves."""

import base64
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network
from threading import Event, Thread
from urllib.parse import parse_qsl

import orjson
import pytest

from hub.delivery.control import ControlClient
from hub.delivery.outcome import Outcome, judge
from hub.delivery.resolve import Resolver
from hub.delivery.tokens import FAILURE_TTL, Tokens
from hub.delivery.transport.authorising import AuthorisingTransport
from hub.delivery.transport.port import SendResult, Transport
from hub.model.credentials import OAuthClient
from hub.subscriptions.addresses import AddressGuard
from tests.contract.transports import KINDS, post, results, transports
from tests.fakes import listener as fake
from tests.fakes.listener import Answer, Line, Listener, answer, held
from tests.rooms import until

SECRET = "not-to-be-told"
LOOPBACK = ("127.0.0.0/8",)


class Turning:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def token(text: str, expires_in: object = 3600, **more: object) -> Answer:
    body = orjson.dumps({"access_token": text, "token_type": "Bearer", "expires_in": expires_in, **more})
    return answer(200, [("Content-Type", "application/json")], body)


@pytest.fixture
def endpoint() -> Iterator[Listener]:
    with Listener() as running:
        yield running


@pytest.fixture
def clock() -> Turning:
    return Turning()


@contextmanager
def authorising(
    kind: str, clock: Turning, *, allowed: Sequence[str] = LOOPBACK, deadline: float = 10.0
) -> Iterator[Transport]:
    """`allowed` holds for the token endpoint."""
    guard = AddressGuard([ip_network(network) for network in allowed])
    control = ControlClient(guard=guard, resolver=Resolver(guard), deadline=deadline)
    with transports(kind) as make:
        tokens = Tokens(control, monotonic=clock)
        transport = AuthorisingTransport(make(deadline=deadline), tokens, deadline=deadline)
        yield transport
        transport.close(0)


@pytest.fixture(params=sorted(KINDS))
def transport(request: pytest.FixtureRequest, clock: Turning) -> Iterator[Transport]:
    with authorising(request.param, clock) as made:
        yield made


def client_of(endpoint: Listener, path: str = "/token", **more: str) -> OAuthClient:
    return OAuthClient(token_url=endpoint.url(path), client_id="hub", client_secret=SECRET, **more)


def sent(transport: Transport, url: str, client: OAuthClient | None, count: int = 1) -> list[SendResult]:
    transport.submit([post(url, key=number, oauth=client) for number in range(count)])
    return results(transport, count)


def authorizations(listener: Listener) -> list[str | None]:
    return [received.headers.get("authorization") for received in listener.received()]


def test_a_token_is_got_once_and_carried_by_every_request(
    transport: Transport, endpoint: Listener, listener: Listener
) -> None:
    endpoint.on("/token", token("t-1"))
    client = client_of(endpoint, scope="events:write more", audience="https://listener.test")
    found = sent(transport, listener.url(), client, 20)
    assert {judge(result) for result in found} == {Outcome.DELIVERED}
    assert {result.key for result in found} == set(range(20))
    assert authorizations(listener) == ["Bearer t-1"] * 20
    [asked] = endpoint.received()
    assert dict(parse_qsl(asked.body.decode())) == {
        "grant_type": "client_credentials",
        "scope": "events:write more",
        "audience": "https://listener.test",
    }
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode() == f"hub:{SECRET}"


def test_a_client_may_send_its_credentials_in_the_body(
    transport: Transport, endpoint: Listener, listener: Listener
) -> None:
    endpoint.on("/token", token("t-1"))
    [result] = sent(transport, listener.url(), client_of(endpoint, client_auth="post"))
    assert judge(result) is Outcome.DELIVERED
    [asked] = endpoint.received()
    assert "authorization" not in asked.headers
    form = dict(parse_qsl(asked.body.decode()))
    assert (form["client_id"], form["client_secret"]) == ("hub", SECRET)


def test_a_request_without_a_client_waits_for_nobody(
    transport: Transport, endpoint: Listener, listener: Listener
) -> None:
    """A token endpoint that hangs delays those who need its token, and no other listener."""
    endpoint.on("/token", fake.hang)
    transport.submit([post(listener.url("/waits"), key=("waits", n), oauth=client_of(endpoint)) for n in range(5)])
    [result] = sent(transport, listener.url("/plain"), None)
    assert judge(result) is Outcome.DELIVERED
    assert [received.path for received in listener.received()] == ["/plain"]


def test_a_token_is_renewed_in_the_background_before_its_end(
    transport: Transport, clock: Turning, endpoint: Listener, listener: Listener
) -> None:
    endpoint.on("/token", token("t-1", 100), token("t-2", 100))
    client = client_of(endpoint)
    sent(transport, listener.url(), client)
    clock.now += 79
    sent(transport, listener.url(), client)
    assert len(endpoint.received()) == 1
    clock.now += 2
    sent(transport, listener.url(), client)
    endpoint.wait_for(2)
    until(lambda: authorizations_after(transport, listener, client) == "Bearer t-2")
    assert authorizations(listener)[:3] == ["Bearer t-1"] * 3
    assert len(endpoint.received()) == 2


def authorizations_after(transport: Transport, listener: Listener, client: OAuthClient) -> str | None:
    sent(transport, listener.url(), client)
    return authorizations(listener)[-1]


def test_a_token_that_is_still_good_outlives_a_renewal_that_fails(
    transport: Transport, clock: Turning, endpoint: Listener, listener: Listener
) -> None:
    endpoint.on("/token", token("t-1", 100), answer(503))
    client = client_of(endpoint)
    sent(transport, listener.url(), client)
    clock.now += 90
    [result] = sent(transport, listener.url(), client)
    endpoint.wait_for(2)
    assert judge(result) is Outcome.DELIVERED
    [result] = sent(transport, listener.url(), client)
    assert judge(result) is Outcome.DELIVERED
    assert set(authorizations(listener)) == {"Bearer t-1"}


def test_a_token_that_a_listener_refuses_is_not_used_again(
    transport: Transport, endpoint: Listener, listener: Listener
) -> None:
    endpoint.on("/token", token("t-1"), token("t-2"))
    listener.on("/", answer(401), answer(204))
    client = client_of(endpoint)
    [first] = sent(transport, listener.url(), client)
    [second] = sent(transport, listener.url(), client)
    assert (first.status, judge(first)) == (401, Outcome.CLIENT_ERROR)
    assert judge(second) is Outcome.DELIVERED
    assert authorizations(listener) == ["Bearer t-1", "Bearer t-2"]


BAD = {
    "a refusal": answer(401, body=orjson.dumps({"error": "invalid_client", "error_description": SECRET})),
    "a failure": answer(500, body=SECRET.encode()),
    "a redirect": fake.redirect("http://169.254.169.254/token"),
    "no JSON": answer(200, body=f"<html>{SECRET}".encode()),
    "no token": answer(200, body=b"{}"),
    "a token that breaks a header": token("t\r\nX-Bad: 1"),
    "a token of another type": token("t-1", token_type="mac"),
    "an empty token": token(""),
    "a token without an end": answer(200, body=b'{"access_token": "' + b"t" * 100_000 + b'"}'),
    "a reset": fake.reset,
    "an end without an answer": fake.close_silently,
    "a head that breaks off": fake.then_close(lambda line: line.send(b"HTTP/1.1 200 OK\r\nx-one: ")),
    "a body that breaks off": fake.reset_midway,
    "garbage": fake.garbage,
}


@pytest.mark.parametrize("what", BAD)
def test_without_a_token_nothing_leaves(
    transport: Transport, endpoint: Listener, listener: Listener, what: str
) -> None:
    endpoint.on("/token", BAD[what])
    found = sent(transport, listener.url(), client_of(endpoint), 3)
    assert {judge(result) for result in found} == {Outcome.AUTHENTICATION_FAILED}
    assert {result.key for result in found} == {0, 1, 2}
    assert all("no token could be got" in (result.error_text or "") for result in found)
    assert not any(SECRET in (result.error_text or "") for result in found)
    assert not any("('" in (result.error_text or "") for result in found)
    assert listener.connections == 0
    assert len(endpoint.received()) == 1


def test_a_refusal_is_remembered_for_a_few_seconds_and_then_asked_about_again(
    transport: Transport, clock: Turning, endpoint: Listener, listener: Listener
) -> None:
    endpoint.on("/token", answer(503), token("t-1"))
    client = client_of(endpoint)
    for _ in range(3):
        [result] = sent(transport, listener.url(), client)
        assert judge(result) is Outcome.AUTHENTICATION_FAILED
    assert len(endpoint.received()) == 1
    clock.now += FAILURE_TTL
    [result] = sent(transport, listener.url(), client)
    assert judge(result) is Outcome.DELIVERED


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("behave", [fake.hang, fake.drip_head, fake.drip_body])
def test_an_endpoint_that_takes_for_ever_ends_within_the_deadline(
    kind: str, clock: Turning, endpoint: Listener, listener: Listener, behave: Answer
) -> None:
    endpoint.on("/token", behave)
    with authorising(kind, clock, deadline=0.4) as transport:
        [result] = sent(transport, listener.url(), client_of(endpoint))
    assert judge(result) is Outcome.AUTHENTICATION_FAILED
    assert 390 <= result.timing.total < 10_000
    assert listener.connections == 0


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_time_for_the_token_counts_for_the_attempt(
    kind: str, clock: Turning, endpoint: Listener, listener: Listener
) -> None:
    def slowly(line: Line) -> None:
        line.gone(0.3)
        token("t-1")(line)

    endpoint.on("/token", slowly)
    listener.on("/", fake.hang)
    with authorising(kind, clock, deadline=1.0) as transport:
        [result] = sent(transport, listener.url(), client_of(endpoint))
    assert judge(result) is Outcome.TIMEOUT
    assert 990 <= result.timing.total < 1300 + 10_000
    assert authorizations(listener) == ["Bearer t-1"]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_token_endpoint_is_under_the_same_guard(
    kind: str, clock: Turning, endpoint: Listener, listener: Listener
) -> None:
    with authorising(kind, clock, allowed=()) as transport:
        [result] = sent(transport, listener.url(), client_of(endpoint))
    assert judge(result) is Outcome.AUTHENTICATION_FAILED
    assert "127.0.0.1 is not a public address" in (result.error_text or "")
    assert endpoint.connections == listener.connections == 0


def test_who_uses_the_same_client_shares_its_token_and_others_do_not(
    transport: Transport, endpoint: Listener, listener: Listener
) -> None:
    endpoint.on("/token", token("t-1"), token("t-2"))
    one, same, other = client_of(endpoint), client_of(endpoint), client_of(endpoint, scope="other")
    for client in (one, same, other):
        sent(transport, listener.url(), client)
    assert authorizations(listener) == ["Bearer t-1", "Bearer t-1", "Bearer t-2"]


def test_close_gives_back_what_waits_for_a_token_as_it_was_given(
    transport: Transport, endpoint: Listener, listener: Listener
) -> None:
    released = Event()
    endpoint.on("/token", held(released, token("t-1")))
    listener.on("/", fake.hang)
    client = client_of(endpoint)
    given = post(listener.url(), key="waiting", oauth=client)
    transport.submit([given])
    endpoint.wait_for(1)
    assert transport.in_flight() == 1
    closed = transport.close(0)
    released.set()
    [unfinished] = closed.unfinished
    assert (unfinished.key, unfinished.headers) == ("waiting", given.headers)
    assert closed.finished == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_close_gives_back_what_is_under_way_without_its_token(
    kind: str, clock: Turning, endpoint: Listener, listener: Listener
) -> None:
    endpoint.on("/token", token("t-1"))
    listener.on("/", fake.hang)
    given = post(listener.url(), key="under way", oauth=client_of(endpoint))
    with authorising(kind, clock) as transport:
        transport.submit([given])
        until(lambda: transport.wait(0.05) == [] and len(listener.received()) == 1)
        [unfinished] = transport.close(0).unfinished
    assert (unfinished.key, unfinished.headers) == ("under way", given.headers)


def test_a_token_is_asked_for_again_after_no_thread_could_be_had(
    transport: Transport, endpoint: Listener, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.on("/token", token("t-1"))
    client = client_of(endpoint)

    def refuse(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr("hub.delivery.tokens.Thread.start", refuse)
        [failed] = sent(transport, listener.url(), client)
    assert judge(failed) is Outcome.NO_RESOURCES
    [result] = sent(transport, listener.url(), client)
    assert judge(result) is Outcome.DELIVERED
    assert authorizations(listener) == ["Bearer t-1"]


def test_nobody_at_the_endpoint_is_a_failed_authentication(transport: Transport, listener: Listener) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    client = OAuthClient(token_url=f"http://127.0.0.1:{port}/token", client_id="hub", client_secret=SECRET)
    [result] = sent(transport, listener.url(), client)
    assert judge(result) is Outcome.AUTHENTICATION_FAILED
    why = f"connectionFailed: 127.0.0.1 port {port}: Connection refused"
    assert result.error_text == f"no token could be got: {why}"
