"""What every transport promises, held against real connections to a friendly and hostile listener."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from hub.delivery.outcome import Outcome, judge
from hub.delivery.resolve import Resolver
from hub.delivery.transport.curl_transport import CurlTransport
from hub.delivery.transport.direct_transport import DirectTransport
from hub.delivery.transport.port import Closed, Outgoing, SendResult, Transport
from hub.delivery.transport.requests_transport import RequestsTransport
from hub.model.times import EPOCH, from_micros, system_clock
from hub.subscriptions.addresses import AddressGuard
from tests.fakes import listener as fake
from tests.fakes.listener import Listener

BODY = b'{"eventType":"ServiceProblemCreateEvent"}'
PATIENCE = 20.0
Make = Callable[..., Transport]


@pytest.fixture(params=[DirectTransport, CurlTransport, RequestsTransport], ids=["direct", "pycurl", "requests"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    made: list[Transport] = []

    def build(
        allowed: Sequence[str] = ("127.0.0.0/8",),
        lookup: Callable[[str], Sequence[str]] = lambda name: ("127.0.0.1",),
        ttl: float = 60.0,
        deadline: float = 10.0,
        **options: object,
    ) -> Transport:
        guard = AddressGuard([ip_network(network) for network in allowed])
        resolver = Resolver(guard, lookup=lookup, ttl=ttl)
        transport: Transport = request.param(guard=guard, resolver=resolver, deadline=deadline, **options)
        made.append(transport)
        return transport

    yield build
    for transport in made:
        transport.close(0)


def post(url: str, key: object = "k", headers: Sequence[tuple[str, str]] = ()) -> Outgoing:
    return Outgoing(key=key, url=url, headers=(("content-type", "application/json"), *headers), body=BODY)


def results(transport: Transport, count: int) -> list[SendResult]:
    """The next `count` results; fails when they take too long."""
    found: list[SendResult] = []
    end = time.monotonic() + PATIENCE
    while len(found) < count and time.monotonic() < end:
        found += transport.wait(1.0)
    assert len(found) == count
    return found


def send(transport: Transport, url: str) -> SendResult:
    transport.submit([post(url)])
    return results(transport, 1)[0]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def test_a_post_arrives_as_it_was_given_and_its_answer_comes_back(make: Make, listener: Listener) -> None:
    listener.on("/a/b?c=d%20e", fake.answer(201, [("X-Told", "yes")], b"thanks"))
    transport = make()
    before = system_clock()
    transport.submit([post(listener.url("/a/b?c=d%20e"), key=("one", 1), headers=[("webhook-id", "e-1")])])
    assert transport.in_flight() == 1
    [result] = results(transport, 1)
    assert transport.in_flight() == 0
    [received] = listener.received()
    assert received.path == "/a/b?c=d%20e"
    assert received.body == BODY
    assert received.headers["content-type"] == "application/json"
    assert received.headers["webhook-id"] == "e-1"
    assert received.headers["host"] == f"127.0.0.1:{listener.port}"
    assert received.headers["content-length"] == str(len(BODY))
    assert received.headers["accept-encoding"] == "identity"
    assert "expect" not in received.headers
    assert (result.key, result.status, result.body, result.error) == (("one", 1), 201, b"thanks", None)
    assert result.peer_address == "127.0.0.1"
    assert before <= from_micros(result.started) <= system_clock()
    assert judge(result) is Outcome.DELIVERED


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (304, Outcome.REDIRECT),
        (400, Outcome.CLIENT_ERROR),
        (401, Outcome.CLIENT_ERROR),
        (407, Outcome.CLIENT_ERROR),
        (410, Outcome.GONE),
        (429, Outcome.CLIENT_ERROR),
        (500, Outcome.SERVER_ERROR),
        (503, Outcome.SERVER_ERROR),
    ],
)
def test_every_status_is_judged_by_its_word(make: Make, listener: Listener, status: int, outcome: Outcome) -> None:
    listener.on("/", fake.answer(status))
    result = send(make(), listener.url())
    assert (result.status, judge(result)) == (status, outcome)


def test_the_header_of_a_failing_answer_is_told(make: Make, listener: Listener) -> None:
    listener.on("/", fake.answer(503, [("Retry-After", "17"), ("X-Why", "caf\u00e9")], b"busy"))
    result = send(make(), listener.url())
    told = {name.lower(): value for name, value in result.headers}
    assert told["retry-after"] == "17"
    assert result.body == b"busy"


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (fake.close_silently, Outcome.BROKEN),
        (fake.reset, Outcome.BROKEN),
        (fake.reset_midway, Outcome.BROKEN),
        (fake.garbage, Outcome.BROKEN),
    ],
)
def test_a_broken_answer_is_said_to_be_broken(
    make: Make, listener: Listener, behaviour: fake.Answer, outcome: Outcome
) -> None:
    listener.on("/", behaviour)
    result = send(make(), listener.url())
    assert judge(result) is outcome
    assert result.error_text
    assert len(listener.received()) == 1


def test_nobody_at_the_port_is_a_failed_connection(make: Make) -> None:
    result = send(make(), f"http://127.0.0.1:{closed_port()}/")
    assert judge(result) is Outcome.CONNECTION_FAILED
    assert result.status is None
    assert result.error_text


def test_a_name_that_nobody_knows_is_not_resolved(make: Make) -> None:
    def nobody(name: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    result = send(make(lookup=nobody), "http://listener.test/")
    assert judge(result) is Outcome.NAME_NOT_RESOLVED
    assert result.error_text == "listener.test: Name or service not known"
    assert judge(send(make(lookup=lambda name: ()), "http://listener.test/")) is Outcome.NAME_NOT_RESOLVED


@pytest.mark.parametrize("behaviour", [fake.hang, fake.drip_head, fake.drip_body])
def test_the_deadline_beats_a_listener_that_takes_for_ever(
    make: Make, listener: Listener, behaviour: fake.Answer
) -> None:
    listener.on("/", behaviour)
    begun = time.monotonic()
    result = send(make(deadline=0.3), listener.url())
    assert judge(result) is Outcome.TIMEOUT
    assert 0.29 <= time.monotonic() - begun < 5
    assert 290 <= result.timing.total < 5000


def test_the_deadline_covers_the_look_up_of_the_name(make: Make, listener: Listener) -> None:
    answered = threading.Event()

    def slow(name: str) -> Sequence[str]:
        answered.wait(PATIENCE)
        return ("127.0.0.1",)

    transport = make(lookup=slow, deadline=0.2)
    result = send(transport, listener.url(host="listener.test"))
    assert judge(result) is Outcome.TIMEOUT
    # The late answer starts nothing.
    answered.set()
    assert transport.wait(0.2) == []
    assert transport.in_flight() == 0
    assert listener.connections == 0


def test_a_slow_look_up_delays_no_other_name(make: Make, listener: Listener) -> None:
    answered = threading.Event()

    def lookup(name: str) -> Sequence[str]:
        if name == "slow.test":
            answered.wait(PATIENCE)
        return ("127.0.0.1",)

    transport = make(lookup=lookup)
    transport.submit([post(listener.url("/s", "slow.test"), key=n) for n in range(20)])
    transport.submit([post(listener.url("/q", "quick.test"), key="quick")])
    [first] = results(transport, 1)
    assert first.key == "quick"
    answered.set()
    rest = results(transport, 20)
    assert {result.key for result in rest} == set(range(20))
    assert all(judge(result) is Outcome.DELIVERED for result in rest)


def test_a_redirect_is_not_followed(make: Make, listener: Listener) -> None:
    with Listener() as other:
        for status in (301, 302, 303, 307, 308):
            listener.on("/", fake.redirect(other.url("/secret"), status))
            result = send(make(), listener.url())
            assert (result.status, judge(result)) == (status, Outcome.REDIRECT)
        assert other.connections == 0
    assert [received.path for received in listener.received()] == ["/"] * 5


@pytest.mark.parametrize(("status", "outcome"), [(200, Outcome.DELIVERED), (500, Outcome.SERVER_ERROR)])
def test_of_a_huge_answer_the_beginning_is_kept_and_its_status_counts(
    make: Make, listener: Listener, status: int, outcome: Outcome
) -> None:
    listener.on("/", fake.huge(status, 50_000_000))
    result = send(make(response_limit=1000), listener.url())
    assert result.body == b"x" * 1000
    assert (result.error, judge(result)) == (None, outcome)


def test_an_answer_of_just_the_limit_is_whole_and_its_connection_is_kept(make: Make, listener: Listener) -> None:
    listener.on("/", fake.answer(200, body=b"y" * 1000))
    transport = make(response_limit=1000)
    assert send(transport, listener.url()).body == b"y" * 1000
    assert send(transport, listener.url()).reused
    assert listener.connections == 1


def test_a_chunked_answer_is_read(make: Make, listener: Listener) -> None:
    def chunked(line: fake.Line) -> None:
        line.send(fake.head(200, [("Transfer-Encoding", "chunked")]) + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")

    listener.on("/", chunked)
    transport = make()
    assert send(transport, listener.url()).body == b"abcde"
    assert send(transport, listener.url()).reused


@pytest.mark.parametrize("url", ["http://127.0.0.1:{}/", "http://localhost:{}/", "http://listener.test:{}/"])
def test_a_refused_address_is_never_connected_to(make: Make, listener: Listener, url: str) -> None:
    result = send(make(allowed=()), url.format(listener.port))
    assert judge(result) is Outcome.ADDRESS_REFUSED
    assert "127.0.0.1 is not a public address" in (result.error_text or "")
    assert result.peer_address is None
    assert listener.connections == 0


def test_a_name_with_one_good_and_one_bad_answer_is_refused(make: Make, listener: Listener) -> None:
    for addresses in (("127.0.0.1", "10.0.0.1"), ("10.0.0.1", "127.0.0.1")):
        transport = make(lookup=lambda name, answers=addresses: answers)
        result = send(transport, listener.url(host="listener.test"))
        assert judge(result) is Outcome.ADDRESS_REFUSED
        assert "10.0.0.1" in (result.error_text or "")
    assert listener.connections == 0


class Flipping:
    """A name server that tells one address first and another one ever after."""

    def __init__(self, first: str, then: str) -> None:
        self.answers = [first, then]
        self.asked = 0

    def __call__(self, name: str) -> Sequence[str]:
        self.asked += 1
        return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0],)


def test_the_address_that_was_vetted_is_the_one_connected_to(make: Make, listener: Listener) -> None:
    lookup = Flipping("127.0.0.1", "127.0.0.2")
    transport = make(lookup=lookup)
    result = send(transport, listener.url(host="listener.test"))
    assert (result.peer_address, judge(result)) == ("127.0.0.1", Outcome.DELIVERED)
    assert lookup.asked == 1
    assert listener.received()[0].headers["host"] == f"listener.test:{listener.port}"


def test_a_name_that_turns_to_a_bad_address_is_refused_at_the_next_look_up(make: Make, listener: Listener) -> None:
    transport = make(lookup=Flipping("127.0.0.1", "169.254.169.254"), ttl=0)
    assert judge(send(transport, listener.url(host="listener.test"))) is Outcome.DELIVERED
    result = send(transport, listener.url(host="listener.test"))
    assert judge(result) is Outcome.ADDRESS_REFUSED


def test_a_name_that_moves_is_followed(make: Make, listener: Listener) -> None:
    listener.on("/", fake.then_close(fake.answer(204)))
    transport = make(lookup=Flipping("127.0.0.2", "127.0.0.1"), ttl=0)
    assert judge(send(transport, listener.url(host="listener.test"))) is Outcome.CONNECTION_FAILED
    result = send(transport, listener.url(host="listener.test"))
    assert (result.peer_address, judge(result)) == ("127.0.0.1", Outcome.DELIVERED)


def test_the_second_address_is_tried_when_the_first_does_not_answer(make: Make, listener: Listener) -> None:
    transport = make(lookup=lambda name: ("127.0.0.2", "127.0.0.1"))
    result = send(transport, listener.url(host="listener.test"))
    assert (result.peer_address, judge(result)) == ("127.0.0.1", Outcome.DELIVERED)


def test_the_guard_has_the_last_word_when_the_connection_is_made(listener: Listener) -> None:
    """Each transport asks the guard itself, so that a wrong look-up alone opens nothing."""
    careless = Resolver(AddressGuard([ip_network("0.0.0.0/0")]), lookup=lambda name: ("127.0.0.1",))
    transports: list[Transport] = [
        DirectTransport(guard=AddressGuard(), resolver=careless),
        CurlTransport(guard=AddressGuard(), resolver=careless),
        RequestsTransport(guard=AddressGuard(), resolver=careless),
    ]
    for transport in transports:
        for host in ("127.0.0.1", "listener.test"):
            assert judge(send(transport, listener.url(host=host))) is Outcome.ADDRESS_REFUSED
        transport.close(0)
    assert listener.connections == 0


def test_a_proxy_in_the_environment_is_ignored(
    make: Make, listener: Listener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password hidden\n")
    with Listener() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        assert judge(send(make(), listener.url())) is Outcome.DELIVERED
        assert proxy.connections == 0
    [received] = listener.received()
    assert "authorization" not in received.headers


def test_a_connection_is_kept_for_the_next_request(make: Make, listener: Listener) -> None:
    transport = make(max_connections=1)
    first, *others = [send(transport, listener.url()) for _ in range(5)]
    assert not first.reused
    assert all(result.reused for result in others)
    assert listener.connections == 1


def test_a_request_on_a_connection_that_died_is_sent_again_at_once(make: Make, listener: Listener) -> None:
    listener.on("/", fake.answer(204), fake.close_silently, fake.answer(201))
    transport = make(max_connections=1)
    assert send(transport, listener.url()).status == 204
    result = send(transport, listener.url())
    assert (result.status, result.reused) == (201, False)
    assert [received.connection for received in listener.received()] == [1, 1, 2]


def test_a_request_is_not_sent_again_after_the_first_byte_of_an_answer(make: Make, listener: Listener) -> None:
    listener.on("/", fake.answer(204), fake.reset_midway, fake.answer(201))
    transport = make(max_connections=1)
    assert send(transport, listener.url()).status == 204
    assert judge(send(transport, listener.url())) is Outcome.BROKEN
    assert len(listener.received()) == 2


def test_a_listener_that_comes_back_is_reached_again(make: Make, listener: Listener) -> None:
    transport = make()
    assert judge(send(transport, listener.url())) is Outcome.DELIVERED
    listener.stop()
    assert judge(send(transport, listener.url())) is Outcome.CONNECTION_FAILED
    listener.start()
    assert judge(send(transport, listener.url())) is Outcome.DELIVERED


def test_a_hanging_listener_delays_no_other(make: Make, listener: Listener) -> None:
    released = threading.Event()
    listener.on("/slow", fake.held(released, fake.answer(200)))
    transport = make()
    transport.submit([post(listener.url("/slow"), key=n) for n in range(8)])
    for _ in range(20):
        assert judge(send(transport, listener.url("/quick"))) is Outcome.DELIVERED
    assert transport.in_flight() == 8
    released.set()
    assert {result.key for result in results(transport, 8)} == set(range(8))


def test_many_requests_are_each_given_back_once(make: Make, listener: Listener) -> None:
    transport = make(max_connections=16)
    transport.submit([post(listener.url(), key=n) for n in range(300)])
    found = results(transport, 300)
    assert sorted(result.key for result in found) == list(range(300))
    assert {judge(result) for result in found} == {Outcome.DELIVERED}
    assert len(listener.received()) == 300
    assert listener.connections <= 16


def test_connections_that_come_and_go_lose_no_request(make: Make, listener: Listener) -> None:
    listener.on("/closing", fake.then_close(fake.answer(204)))
    transport = make(max_connections=4)
    for turn in range(20):
        paths = ["/closing", "/kept", "/closing", "/kept", "/kept"]
        transport.submit([post(listener.url(path), key=(turn, n)) for n, path in enumerate(paths)])
        found = results(transport, len(paths))
        assert sorted(result.key for result in found) == [(turn, n) for n in range(len(paths))]
        assert {judge(result) for result in found} == {Outcome.DELIVERED}
    assert len(listener.received("/kept")) == 60


def test_wake_ends_a_wait_from_another_thread(make: Make) -> None:
    transport = make()
    begun = time.monotonic()
    waker = threading.Timer(0.1, transport.wake)
    waker.start()
    assert transport.wait(PATIENCE) == []
    assert time.monotonic() - begun < PATIENCE / 2
    waker.join()


def test_a_wake_before_the_wait_is_not_lost_and_counts_once(make: Make) -> None:
    transport = make()
    transport.wake()
    transport.wake()
    begun = time.monotonic()
    assert transport.wait(PATIENCE) == []
    assert time.monotonic() - begun < PATIENCE / 2
    begun = time.monotonic()
    assert transport.wait(0.1) == []
    assert time.monotonic() - begun >= 0.09


def test_close_gives_what_finishes_in_its_grace_and_breaks_off_the_rest(make: Make, listener: Listener) -> None:
    released = threading.Event()
    listener.on("/soon", fake.held(released, fake.answer(200)))
    listener.on("/never", fake.hang)
    transport = make()
    transport.submit([post(listener.url("/soon"), key="soon"), post(listener.url("/never"), key="never")])
    end = time.monotonic() + PATIENCE
    while len(listener.received()) < 2 and time.monotonic() < end:
        assert transport.wait(0.05) == []
    released.set()
    begun = time.monotonic()
    closed = transport.close(1.0)
    assert time.monotonic() - begun < 5
    assert [result.key for result in closed.finished] == ["soon"]
    assert [outgoing.key for outgoing in closed.unfinished] == ["never"]
    assert transport.in_flight() == 0


@pytest.mark.parametrize("grace", [0, 0.005, PATIENCE])
def test_close_accounts_for_every_request_once(make: Make, listener: Listener, grace: float) -> None:
    transport = make()
    transport.submit([post(f"http://10.0.0.1:{listener.port}/", key="refused")])
    transport.submit([post(listener.url(), key=str(n)) for n in range(30)])
    closed = transport.close(grace)
    keys = [result.key for result in closed.finished] + [outgoing.key for outgoing in closed.unfinished]
    assert sorted(keys) == sorted(["refused", *map(str, range(30))])
    assert grace < PATIENCE or closed.unfinished == []
    assert transport.close(0) == Closed(finished=[], unfinished=[])


def test_close_gives_back_what_waits_for_its_name(make: Make) -> None:
    answered = threading.Event()

    def slow(name: str) -> Sequence[str]:
        answered.wait(PATIENCE)
        return ("127.0.0.1",)

    transport = make(lookup=slow)
    transport.submit([post("http://listener.test/", key="waiting")])
    closed = transport.close(0)
    assert [outgoing.key for outgoing in closed.unfinished] == ["waiting"]
    answered.set()


def test_the_phases_of_an_attempt_are_timed_in_their_order(make: Make, listener: Listener) -> None:
    transport = make(max_connections=1)
    timing = send(transport, listener.url(host="listener.test")).timing
    assert timing.name_lookup is not None
    assert timing.connect is not None
    assert timing.first_byte is not None
    assert 0 <= timing.name_lookup <= timing.connect <= timing.first_byte <= timing.total < 10_000
    assert timing.tls is None
    again = send(transport, listener.url(host="listener.test")).timing
    assert again.connect is None


def test_the_start_of_an_attempt_is_told_by_the_given_clock(make: Make, listener: Listener) -> None:
    result = send(make(clock=lambda: EPOCH), listener.url())
    assert result.started == 0


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_tls_is_checked_by_the_name_although_the_address_is_pinned(
    make: Make, authority: trustme.CA, ca_file: str
) -> None:
    with Listener(tls=certified(authority, "listener.test")) as listener:
        transport = make(ca_file=ca_file, max_connections=1)
        result = send(transport, listener.url(host="listener.test"))
        assert judge(result) is Outcome.DELIVERED, result.error_text
        assert result.timing.connect is not None
        assert result.timing.tls is not None
        assert result.timing.first_byte is not None
        assert result.timing.connect <= result.timing.tls <= result.timing.first_byte
        assert send(transport, listener.url(host="listener.test")).reused
        assert judge(send(transport, listener.url(host="other.test"))) is Outcome.TLS_FAILED
        assert judge(send(transport, listener.url(host="127.0.0.1"))) is Outcome.TLS_FAILED
        assert {received.headers["host"] for received in listener.received()} == {f"listener.test:{listener.port}"}


def test_tls_to_a_literal_address_is_checked_by_the_address(
    make: Make, authority: trustme.CA, ca_file: str
) -> None:
    with Listener(tls=certified(authority, "127.0.0.1")) as listener:
        result = send(make(ca_file=ca_file), listener.url())
        assert judge(result) is Outcome.DELIVERED, result.error_text


@pytest.mark.parametrize("protocols", [[], ["http/1.1"]], ids=["says no protocol", "says HTTP/1.1"])
def test_over_tls_too_an_answer_that_hangs_delays_no_other(
    make: Make, authority: trustme.CA, ca_file: str, protocols: list[str]
) -> None:
    context = certified(authority, "listener.test")
    if protocols:
        context.set_alpn_protocols(protocols)
    with Listener(tls=context) as listener:
        released = threading.Event()
        listener.on("/slow", fake.held(released, fake.answer(200)))
        transport = make(ca_file=ca_file)
        for begun in (8, 16):  # without any connection, and beside some
            transport.submit([post(listener.url("/slow", "listener.test"), key=n) for n in range(8)])
            for _ in range(5):
                assert judge(send(transport, listener.url("/quick", "listener.test"))) is Outcome.DELIVERED
            assert transport.in_flight() == begun
        released.set()
        assert {judge(result) for result in results(transport, 16)} == {Outcome.DELIVERED}


def test_a_certificate_of_an_unknown_authority_is_refused(make: Make, authority: trustme.CA) -> None:
    with Listener(tls=certified(authority, "listener.test")) as listener:
        result = send(make(), listener.url(host="listener.test"))
        assert judge(result) is Outcome.TLS_FAILED
        assert result.error_text
        assert listener.received() == []


def test_a_listener_without_tls_behind_an_https_callback_is_a_failure_of_tls(
    make: Make, listener: Listener
) -> None:
    result = send(make(), f"https://127.0.0.1:{listener.port}/")
    assert judge(result) is Outcome.TLS_FAILED


def test_the_deadline_covers_the_tls_handshake(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        result = send(make(deadline=0.3), f"https://127.0.0.1:{silent.getsockname()[1]}/")
        assert judge(result) is Outcome.TIMEOUT
        assert time.monotonic() - begun < 5
