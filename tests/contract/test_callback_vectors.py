"""No transport connects to an address that is closed, however it is written and wherever it comes from."""

import socket
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from hub.delivery.outcome import Outcome, judge
from hub.subscriptions.addresses import AddressGuard
from tests.contract.transports import KINDS, Make, post, results, send, transports
from tests.fakes.listener import Listener

CLOSED = {
    "this network": "0.0.0.0",
    "loopback": "127.0.0.1",
    "private": "10.0.0.1",
    "link-local, metadata": "169.254.169.254",
    "CGNAT": "100.64.0.1",
    "IPv4 dummy": "192.0.0.8",
    "6to4 relay": "192.88.99.1",
    "multicast": "224.0.0.1",
    "broadcast": "255.255.255.255",
    "unspecified": "::",
    "loopback, v6": "::1",
    "IPv4-mapped": "::ffff:127.0.0.1",
    "IPv4-compatible": "::7f00:1",
    "SIIT": "::ffff:0:7f00:1",
    "ISATAP": "::5efe:7f00:1",
    "ISATAP in a global network": "2001:4860::5efe:7f00:1",
    "6to4": "2002:7f00:1::1",
    "Teredo": "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "NAT64": "64:ff9b::7f00:1",
    "NAT64 of metadata": "64:ff9b::a9fe:a9fe",
    "local NAT64": "64:ff9b:1::7f00:1",
    "private, v6": "fd00::1",
    "link-local, v6": "fe80::1",
    "site-local": "fec0::1",
    "multicast, v6": "ff02::1",
    "SRv6": "5f00::1",
    "documentation": "3fff::1",
}
SPELLINGS = (
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0x7f.1",
    "127.0.0.1.",
    "0",
    "1２7.0.0.1",
    "127。0。0。1",
)
BAD_URLS = (
    "http://user:word@127.0.0.1:{port}/",
    "http://listener.test@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@listener.test/",
    "http://[::1%25lo]:{port}/",
    "http://127.0.0.1:{port}#@listener.test/",
    "ftp://127.0.0.1:{port}/",
    "file:///etc/passwd",
)


@pytest.fixture(params=sorted(KINDS))
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    with transports(request.param) as make:
        yield make


def in_url(address: IPv4Address | IPv6Address) -> str:
    return f"[{address}]" if address.version == 6 else str(address)


@pytest.mark.parametrize("what", CLOSED)
def test_a_closed_address_is_refused_as_a_host_and_as_the_answer_of_a_name(
    make: Make, listener: Listener, what: str
) -> None:
    address = ip_address(CLOSED[what])
    transport = make(guard=AddressGuard(), lookup=lambda name: (str(address),))
    for host in (in_url(address), "listener.test", "localhost"):
        result = send(transport, f"http://{host}:{listener.port}/")
        assert judge(result) is Outcome.ADDRESS_REFUSED, (host, result.error_text)
        assert str(address) in (result.error_text or "")
        assert result.peer_address is None
    assert listener.connections == 0


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_another_spelling_of_this_machine_is_no_host_and_no_name_to_ask_for(
    make: Make, listener: Listener, spelling: str
) -> None:
    asked: list[str] = []

    def lookup(name: str) -> Sequence[str]:
        asked.append(name)
        return ("127.0.0.1",)

    result = send(make(guard=AddressGuard(), lookup=lookup), f"http://{spelling}:{listener.port}/")
    assert judge(result) in (Outcome.CONNECTION_FAILED, Outcome.ADDRESS_REFUSED)
    assert asked == []
    assert listener.connections == 0


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_url_that_readers_could_read_differently_is_not_called(make: Make, listener: Listener, url: str) -> None:
    """The network is open here: it is the text that is refused."""
    result = send(make(), url.format(port=listener.port))
    assert judge(result) is Outcome.CONNECTION_FAILED
    assert (result.error_text or "").startswith("the callback ")
    assert listener.connections == 0


def test_a_name_in_another_script_is_asked_for_in_its_one_spelling(make: Make, listener: Listener) -> None:
    asked: list[str] = []

    def lookup(name: str) -> Sequence[str]:
        asked.append(name)
        return ("127.0.0.1",)

    transport = make(lookup=lookup)
    result = send(transport, f"http://xn--bcher-kva.test:{listener.port}/")
    assert judge(result) is Outcome.DELIVERED
    assert asked == ["xn--bcher-kva.test"]
    assert listener.received()[0].headers["host"] == f"xn--bcher-kva.test:{listener.port}"


def test_an_answer_that_changes_between_the_check_and_the_use_is_not_used(make: Make, listener: Listener) -> None:
    """The name is looked up once; every later answer is vetted anew, and requests under way keep to the first."""
    answers = [("127.0.0.1",), ("169.254.169.254",), ("10.0.0.1",)]
    asked: list[str] = []

    def lookup(name: str) -> Sequence[str]:
        asked.append(name)
        return answers[min(len(asked), len(answers)) - 1]

    transport = make(lookup=lookup)
    transport.submit([post(listener.url(host="listener.test"), key=number) for number in range(20)])
    found = results(transport, 20)
    assert {(judge(result), result.peer_address) for result in found} == {(Outcome.DELIVERED, "127.0.0.1")}
    assert len(asked) == 1


def test_the_systems_resolver_is_never_asked_by_a_transport(
    make: Make, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What connects gets addresses only: a library that looked the name up by itself could get another answer."""
    real = socket.getaddrinfo
    asked: list[object] = []

    def watching(host: object, *rest: object, **more: object) -> object:
        asked.append(host)
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", watching)
    assert judge(send(make(), listener.url(host="listener.test"))) is Outcome.DELIVERED
    assert all(host == "127.0.0.1" for host in asked)
