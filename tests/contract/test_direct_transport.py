"""What the transport of our own does beyond the promises of all: its connections, its one loop, and any bytes."""

import resource
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.delivery.outcome import Outcome, judge
from hub.delivery.transport.direct_transport import DirectTransport
from tests.contract.transports import BODY, Make, post, results, send, transports
from tests.fakes import listener as fake
from tests.fakes.black_hole import BlackHole
from tests.fakes.listener import Line, Listener, answer, held
from tests.rooms import until


@pytest.fixture
def make() -> Iterator[Make]:
    with transports("direct") as make:
        yield make


class Later:
    """A monotonic clock that a test can put forward."""

    def __init__(self) -> None:
        self.by = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.by


@pytest.fixture(scope="module")
def anything() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.binary(max_size=200), head=st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n"]), kept=st.booleans())
def test_whatever_bytes_a_listener_sends_the_attempt_ends_as_a_named_outcome(
    anything: Listener, said: bytes, head: bytes, kept: bool
) -> None:
    def behave(line: Line) -> None:
        line.send(head + said)
        if not kept:
            line.close()

    anything.on("/any", behave)
    with transports("direct") as make:
        transport = make(deadline=0.2 if kept else 20.0)
        result = send(transport, anything.url("/any"))
        assert isinstance(judge(result), Outcome)
        assert bool(result.error) == bool(result.error_text)
        assert kept or judge(result) is not Outcome.TIMEOUT
        assert transport.in_flight() == 0


@pytest.mark.parametrize("kind", ["direct", "pycurl"])
def test_when_a_kept_connection_leads_nowhere_any_more_none_of_the_others_is_tried(
    listener: Listener, kind: str
) -> None:
    released = Event()
    listener.on("/", held(released, answer(204)))
    with transports(kind) as make, BlackHole(listener.port) as hole:
        transport, url = make(deadline=3.0), f"http://127.0.0.1:{hole.port}/"
        transport.submit([post(url, key=number) for number in range(5)])
        until(lambda: hole.connections == 5 or transport.wait(0.01))
        released.set()
        assert {judge(each) for each in results(transport, 5)} == {Outcome.DELIVERED}
        hole.swallow()
        assert judge(send(transport, url)) is Outcome.TIMEOUT
        assert judge(send(transport, url)) is Outcome.DELIVERED


@pytest.mark.parametrize(("rests", "reused"), [(59, True), (61, False)])
def test_a_connection_that_rested_for_a_minute_is_not_used_again(
    make: Make, listener: Listener, rests: float, reused: bool
) -> None:
    clock = Later()
    transport = make(monotonic=clock)
    send(transport, listener.url())
    clock.by = rests
    assert send(transport, listener.url()).reused is reused


def test_a_connection_of_ten_minutes_is_not_used_again_however_busy(make: Make, listener: Listener) -> None:
    clock = Later()
    transport = make(monotonic=clock)
    reused = []
    for minute in range(0, 660, 30):
        clock.by = minute
        reused.append(send(transport, listener.url()).reused)
    assert reused.count(False) == 2


def test_a_connection_that_the_listener_closes_at_rest_is_noticed_and_let_go(
    make: Make, listener: Listener
) -> None:
    transport = make()
    assert isinstance(transport, DirectTransport)
    listener.on("/", fake.then_close(answer(204)))
    send(transport, listener.url())
    end = time.monotonic() + 20
    while transport._lines.open and time.monotonic() < end:
        transport.wait(0.05)
    assert transport._lines.open == {}


def test_a_connection_at_rest_makes_room_for_another_listener(make: Make, listener: Listener) -> None:
    with Listener() as other:
        transport = make(max_connections=1)
        for _ in range(3):
            for each in (listener, other):
                assert judge(send(transport, each.url())) is Outcome.DELIVERED
        assert (listener.connections, other.connections) == (3, 3)


def test_room_that_a_failure_leaves_is_taken_at_once(make: Make, listener: Listener) -> None:
    """Also by very many, each of which fails in its turn."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        nobody = f"http://127.0.0.1:{door.getsockname()[1]}/"
    transport = make(max_connections=1)
    urls = [nobody, listener.url(), *[nobody] * 2000, listener.url()]
    transport.submit([post(url, key=number) for number, url in enumerate(urls)])
    outcomes = [Outcome.DELIVERED if url == listener.url() else Outcome.CONNECTION_FAILED for url in urls]
    found = sorted(results(transport, len(urls)), key=lambda result: int(result.key))
    assert [judge(result) for result in found] == outcomes


def test_who_waits_for_room_is_not_overtaken(make: Make, listener: Listener) -> None:
    transport = make(max_connections=1)
    transport.submit([post(listener.url(f"/{number}"), key=number) for number in range(5)])
    transport.submit([post(listener.url(f"/{number}"), key=number) for number in range(5, 10)])
    results(transport, 10)
    assert [received.path for received in listener.received()] == [f"/{number}" for number in range(10)]


def test_a_large_body_arrives_whole_at_a_listener_that_reads_slowly(make: Make, listener: Listener) -> None:
    body = bytes(range(256)) * 40_000
    transport = make()
    transport.submit([post(listener.url())._replace(body=body), post(listener.url(), key="small")])
    assert {judge(result) for result in results(transport, 2)} == {Outcome.DELIVERED}
    assert {received.body for received in listener.received()} == {body, BODY}


def test_an_answer_before_the_whole_request_was_taken_counts_and_its_connection_is_not_kept(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        transport = make()
        url = f"http://127.0.0.1:{door.getsockname()[1]}/"
        transport.submit([post(url)._replace(body=bytes(50_000_000))])
        transport.wait(0.1)
        sock, _ = door.accept()
        with sock:
            sock.sendall(fake.head(413, [("Content-Length", "0")]))
            [result] = results(transport, 1)
    assert (result.status, judge(result)) == (413, Outcome.CLIENT_ERROR)
    assert isinstance(transport, DirectTransport)
    assert transport._lines.open == {}


def test_an_address_that_swallows_everything_leaves_time_for_the_next_one(make: Make) -> None:
    with Listener() as listener, socket.socket() as full:
        full.bind(("127.0.0.2", listener.port))
        full.listen(0)
        # The queue of a door that nobody opens holds one or two; then nothing is answered any more.
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.2", listener.port))
        transport = make(deadline=4.0, lookup=lambda name: ("127.0.0.2", "127.0.0.1"))
        result = send(transport, listener.url(host="listener.test"))
        assert (result.peer_address, judge(result)) == ("127.0.0.1", Outcome.DELIVERED)
        assert result.timing.connect is not None
        assert result.timing.connect >= 1900
        for each in waiting:
            each.close()


@pytest.mark.parametrize("value", ["one\r\nX-Two: two", "one\ntwo", "one\rtwo"])
def test_a_header_field_that_would_be_two_is_not_sent(make: Make, listener: Listener, value: str) -> None:
    result = send(make(), listener.url(), headers=[("x-one", value)])
    assert judge(result) is Outcome.BROKEN
    assert "end of a line" in (result.error_text or "")
    assert listener.received() == []


def test_one_wait_serves_plain_and_secure_listeners(make: Make, listener: Listener, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("secure.test").configure_cert(context)
    with Listener(tls=context) as secure:
        listener.on("/slow", fake.hang)
        transport = make(ca_file=str(tmp_path / "ca.pem"), deadline=2.0)
        urls = [listener.url(), secure.url(host="secure.test"), listener.url("/slow"), "gopher://nobody/"] * 5
        transport.submit([post(url, key=(number, url)) for number, url in enumerate(urls)])
        assert transport.in_flight() == 20
        found: dict[str, list[Outcome]] = {}
        for result in results(transport, 20):
            found.setdefault(result.key[1], []).append(judge(result))
    assert found == {
        listener.url(): [Outcome.DELIVERED] * 5,
        secure.url(host="secure.test"): [Outcome.DELIVERED] * 5,
        listener.url("/slow"): [Outcome.TIMEOUT] * 5,
        "gopher://nobody/": [Outcome.CONNECTION_FAILED] * 5,
    }


def open_to(port: int) -> int:
    """How many connections of this machine lead to a port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(1 for row in rows if row[2].endswith(f":{port:04X}") and row[3] == "01")


def test_the_connections_that_rest_are_bounded_together_whatever_they_speak(
    make: Make, listener: Listener, tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    clock = Later()
    with Listener(tls=context) as secure:
        transport = make(max_connections=4, ca_file=str(tmp_path / "ca.pem"), monotonic=clock)
        for urls in ([listener.url()] * 4, [secure.url()] * 4, [listener.url()] * 4, [secure.url()] * 4):
            transport.submit([post(url, key=number) for number, url in enumerate(urls)])
            assert {judge(result) for result in results(transport, 4)} == {Outcome.DELIVERED}
        clock.by = 2
        until(lambda: transport.wait(0.05) == [] and open_to(listener.port) + open_to(secure.port) <= 4)
        assert open_to(listener.port) >= 2
        clock.by = 63
        until(lambda: transport.wait(0.05) == [] and open_to(listener.port) + open_to(secure.port) == 0)
        assert judge(send(transport, secure.url())) is Outcome.DELIVERED


@pytest.mark.parametrize("kind", ["direct", "pycurl", "requests"])
def test_without_a_descriptor_the_fault_is_ours(kind: str, listener: Listener) -> None:
    """The limit is lowered to what is open now."""
    with transports(kind) as make:
        transport = make()
        assert judge(send(transport, listener.url())) is Outcome.DELIVERED
        allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        listener.on("/held", held(released := Event(), answer(204)))
        transport.submit([post(listener.url("/held"), key="held")])
        listener.wait_for(1, "/held")
        resource.setrlimit(resource.RLIMIT_NOFILE, (first_free(), most))
        try:
            result = send(transport, listener.url())
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
        assert (judge(result), result.error_text is not None) == (Outcome.NO_RESOURCES, True)
        released.set()
        assert judge(results(transport, 1)[0]) is Outcome.DELIVERED
        assert judge(send(transport, listener.url())) is Outcome.DELIVERED


def first_free() -> int:
    """The number that the next descriptor would get."""
    with open("/dev/null") as file:
        return file.fileno()
