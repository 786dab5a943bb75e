"""A hostile listener ends as a named outcome within the deadline, costs little memory, and harms nobody else."""

import gc
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from socket import socket

import pytest
import trustme

from hub.delivery.outcome import Outcome, judge
from hub.delivery.transport.port import HEAD_LIMIT, Failure
from hub.subscriptions.addresses import AddressGuard
from tests.contract.transports import KINDS, Make, post, results, send, transports
from tests.fakes import listener as fake
from tests.fakes import zoo
from tests.fakes.listener import Line, Listener, answer
from tests.fakes.zoo import ANIMALS, Animal, door

DEADLINE = 2.0
SLACK = 20.0
"""Seconds that a loaded machine may be late."""
NEIGHBOURS = 8


@pytest.fixture(params=sorted(KINDS))
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    with transports(request.param) as make:
        yield make


@pytest.mark.parametrize("animal", ANIMALS, ids=str)
def test_each_ends_as_a_named_outcome_in_time_and_harms_no_neighbour(
    make: Make, listener: Listener, animal: Animal
) -> None:
    listener.on("/hostile", animal.behave)
    listener.on("/good", answer(200, body=b"thanks"))
    transport = make(deadline=DEADLINE, response_limit=1000)
    urls = [*[("/good", n) for n in range(NEIGHBOURS // 2)], ("/hostile", "hostile")]
    urls += [("/good", n) for n in range(NEIGHBOURS // 2, NEIGHBOURS)]
    transport.submit([post(listener.url(path), key=key) for path, key in urls])
    found = {result.key: result for result in results(transport, NEIGHBOURS + 1)}
    hostile = found.pop("hostile")
    assert judge(hostile) in animal.outcomes, hostile.error_text
    assert hostile.timing.total < (DEADLINE + SLACK) * 1000
    assert len(hostile.body) <= 1000
    assert sum(len(name) + len(value) for name, value in hostile.headers) <= HEAD_LIMIT
    assert bool(hostile.error) == bool(hostile.error_text)
    assert {judge(result) for result in found.values()} == {Outcome.DELIVERED}
    assert {result.body for result in found.values()} == {b"thanks"}
    # Nothing of it is left on a line that another request uses.
    after = send(transport, listener.url("/good"))
    assert (judge(after), after.body) == (Outcome.DELIVERED, b"thanks")


@pytest.mark.parametrize(
    ("behave", "outcomes"),
    [
        (zoo.never_reads, {Outcome.TIMEOUT}),
        (zoo.resets_at_once, {Outcome.BROKEN, Outcome.CONNECTION_FAILED}),
        (zoo.speaks_first, {Outcome.DELIVERED, Outcome.BROKEN, Outcome.CONNECTION_FAILED}),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
# CPython 3.11 forgets to close a socket that was reset just before its handshake began.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_a_door_that_is_no_listener_ends_in_time_too(
    make: Make, listener: Listener, behave: Callable[[socket], None], outcomes: set[Outcome], scheme: str
) -> None:
    transport = make(deadline=DEADLINE)
    with door(behave) as port:
        transport.submit([post(f"{scheme}://127.0.0.1:{port}/", key="hostile"), post(listener.url(), key="good")])
        found = {result.key: result for result in results(transport, 2)}
    assert judge(found["good"]) is Outcome.DELIVERED
    allowed = outcomes if scheme == "http" else outcomes - {Outcome.DELIVERED} | {Outcome.TLS_FAILED}
    assert judge(found["hostile"]) in allowed, found["hostile"].error_text
    assert found["hostile"].timing.total < (DEADLINE + SLACK) * 1000
    gc.collect()


class Counted:
    """An answer that counts what it could send before the other side had enough."""

    def __init__(self, begin: bytes, again: bytes) -> None:
        self.sent = 0
        self._begin = begin
        self._again = again

    def __call__(self, line: Line) -> None:
        line.send(self._begin)
        while not line.stopped.is_set() and self.sent < 1 << 30:
            line.send(self._again)
            self.sent += len(self._again)


@pytest.mark.parametrize(
    "begin",
    [b"HTTP/1.1 200 Said\r\n", b"HTTP/1.1 200 Said\r\nContent-Length: 1099511627776\r\n\r\n"],
    ids=["header", "body"],
)
def test_no_more_of_an_endless_answer_is_taken_than_fits_the_limits_and_the_buffers(
    make: Make, listener: Listener, begin: bytes
) -> None:
    flood = Counted(begin, b"X-More: and more\r\n" * 200)
    listener.on("/", flood)
    result = send(make(response_limit=1000), listener.url())
    assert result.error is (Failure.BROKEN if begin.count(b"\r\n") == 1 else None)
    listener.stop()
    # The limits are 64 KiB and 1,000 bytes; the rest is what sockets hold.
    assert flood.sent < 32 << 20
    if result.error:
        words = ("longer than 65536 bytes", "more than 100 headers")
        assert any(each in (result.error_text or "") for each in words)


def test_the_header_of_an_answer_may_be_as_long_as_the_limit(make: Make, listener: Listener) -> None:
    fields = [(f"X-{number}", "y" * 1000) for number in range(60)]
    listener.on("/", answer(503, fields))
    result = send(make(), listener.url())
    assert judge(result) is Outcome.SERVER_ERROR
    assert len(result.headers) == 61


def test_a_connection_that_is_closed_just_when_it_is_used_again_costs_nothing(
    make: Make, listener: Listener
) -> None:
    """The race of keep-alive, many times: each request that meets a closed line is sent again on a new one."""
    listener.on("/", fake.then_close(answer(204)))
    transport = make(max_connections=2)
    found = [send(transport, listener.url()) for _ in range(40)]
    assert {judge(result) for result in found} == {Outcome.DELIVERED}
    assert len(listener.received()) == 40


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def context(authority: trustme.CA, name: str, not_after: datetime | None = None) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=not_after).configure_cert(made)
    return made


@pytest.mark.parametrize("fault", ["wrong name", "expired", "unknown authority"])
def test_a_certificate_that_proves_nothing_ends_the_attempt_before_anything_is_sent(
    make: Make, listener: Listener, authority: trustme.CA, tmp_path: Path, fault: str
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    not_after = datetime.now(UTC) - timedelta(days=1) if fault == "expired" else None
    issuer = trustme.CA() if fault == "unknown authority" else authority
    server = context(issuer, "other.test" if fault == "wrong name" else "listener.test", not_after)
    transport = make(ca_file=str(tmp_path / "ca.pem"))
    with Listener(tls=server) as hostile:
        transport.submit(
            [post(hostile.url(host="listener.test"), key="hostile"), post(listener.url(), key="good")]
        )
        found = {result.key: result for result in results(transport, 2)}
        assert judge(found["hostile"]) is Outcome.TLS_FAILED, found["hostile"].error_text
        assert found["hostile"].error_text
        assert hostile.received() == []
    assert judge(found["good"]) is Outcome.DELIVERED


class Counting(AddressGuard):
    """Lets an address pass when it was looked up and when it is connected to, and not when it has answered."""

    def __init__(self) -> None:
        super().__init__([ip_network("127.0.0.0/8")])
        self.asked = 0

    def refusal(self, address: str) -> str | None:
        self.asked += 1
        return f"{address} is somebody else" if self.asked == 3 else super().refusal(address)


def test_who_is_at_the_other_end_is_vetted_again_before_anything_is_sent(make: Make, listener: Listener) -> None:
    guard = Counting()
    transport = make(guard=guard)
    result = send(transport, listener.url())
    assert (guard.asked, judge(result)) == (3, Outcome.ADDRESS_REFUSED)
    assert result.error_text == "127.0.0.1 is somebody else"
    assert judge(send(transport, listener.url("/next"))) is Outcome.DELIVERED
    assert [received.path for received in listener.received()] == ["/next"]


def test_a_port_or_a_scheme_that_the_settings_no_longer_open_is_not_connected_to(
    make: Make, listener: Listener
) -> None:
    local = [ip_network("127.0.0.0/8")]
    for guard, words in (
        (AddressGuard(local, ports=(443,)), f"uses port {listener.port}; accepted: 443"),
        (AddressGuard(local, schemes=("https",)), "uses http; accepted: https"),
    ):
        result = send(make(guard=guard), listener.url())
        assert judge(result) is Outcome.ADDRESS_REFUSED
        assert result.error_text == f"the callback {words}"
    assert listener.connections == 0
