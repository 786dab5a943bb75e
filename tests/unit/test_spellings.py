"""Every spelling of a closed address is refused: as the host of a callback, and inside an IPv6 address."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.subscriptions.addresses import CLOSED, AddressGuard
from hub.subscriptions.callback import CallbackPolicy

GUARD = AddressGuard()
POLICY = CallbackPolicy(GUARD)
NETWORKS = [network for network, _ in CLOSED if network.version == 4]
WIDE = str.maketrans("0123456789abcdefxABCDEFX.", "０１２３４５６７８９ａｂｃｄｅｆｘＡＢＣＤＥＦＸ．")

closed = st.sampled_from(NETWORKS).flatmap(lambda network: st.ip_addresses(v=4, network=str(network)))


def numeral(value: int) -> st.SearchStrategy[str]:
    """One number as `inet_aton` reads it: decimal, octal or hexadecimal, with as many zeros as one likes."""
    zeros = st.integers(0, 3).map(lambda count: "0" * count)
    return st.one_of(
        st.just(str(value)),
        zeros.map(lambda begin: f"0{begin}{value:o}"),
        st.tuples(st.sampled_from(["0x", "0X"]), zeros).map(lambda begin: f"{begin[0]}{begin[1]}{value:x}"),
    )


@st.composite
def spellings(draw: st.DrawFn, address: IPv4Address) -> str:
    """The address in one to four parts, the last of which takes what is left."""
    count = draw(st.integers(1, 4))
    packed = address.packed
    head, tail = packed[: count - 1], int.from_bytes(packed[count - 1 :])
    parts = [draw(numeral(value)) for value in (*head, tail)]
    return ".".join(parts) + draw(st.sampled_from(["", "."]))


@given(address=closed, data=st.data())
def test_no_spelling_of_a_closed_ipv4_address_is_accepted(address: IPv4Address, data: st.DataObject) -> None:
    host = data.draw(spellings(address))
    for written in (host, host.translate(WIDE), host.replace(".", "。"), host.upper()):
        [violation] = POLICY.violations(f"https://{written}/in")
        assert "four decimal numbers" in violation.message or "not a public address" in violation.message


@given(address=closed, data=st.data())
def test_the_resolvers_reading_of_a_spelling_is_not_taken_for_an_address(
    address: IPv4Address, data: st.DataObject
) -> None:
    """The guard is asked with what a resolver or a socket told; it takes nothing but an address in its one form."""
    assert GUARD.refusal(data.draw(spellings(address)))


def teredo(address: IPv4Address) -> int:
    return int(IPv6Address("2001::")) | (int(address) ^ 0xFFFF_FFFF)


EMBEDDINGS: dict[str, Callable[[IPv4Address], int]] = {
    "mapped": lambda v4: int(IPv6Address("::ffff:0:0")) | int(v4),
    "compatible": int,
    "SIIT": lambda v4: int(IPv6Address("::ffff:0:0:0")) | int(v4),
    "NAT64": lambda v4: int(IPv6Address("64:ff9b::")) | int(v4),
    "local NAT64": lambda v4: int(IPv6Address("64:ff9b:1::")) | int(v4),
    "6to4": lambda v4: int(IPv6Address("2002::")) | int(v4) << 80,
    "Teredo": teredo,
    "ISATAP, link-local": lambda v4: int(IPv6Address("fe80::5efe:0:0")) | int(v4),
    "ISATAP, global": lambda v4: int(IPv6Address("2001:4860::5efe:0:0")) | int(v4),
    "ISATAP, universal": lambda v4: int(IPv6Address("2a00:1450::200:5efe:0:0")) | int(v4),
}


@pytest.mark.parametrize("way", EMBEDDINGS)
@given(address=closed)
def test_no_embedding_of_a_closed_ipv4_address_in_ipv6_is_accepted(way: str, address: IPv4Address) -> None:
    inside = IPv6Address(EMBEDDINGS[way](address))
    assert GUARD.refusal(str(inside))
    assert GUARD.refusal(inside.exploded)
    for host in (inside.compressed, inside.exploded, inside.exploded.upper()):
        assert POLICY.violations(f"https://[{host}]/in"), host


@given(address=closed, count=st.integers(0, 3), place=st.integers(0, 3))
def test_a_closed_address_among_the_answers_of_a_name_spoils_it_wherever_it_stands(
    address: IPv4Address, count: int, place: int
) -> None:
    answers = ["8.8.8.8", "2606:4700::1111", "1.1.1.1"][:count]
    answers.insert(min(place, count), str(address))
    policy = CallbackPolicy(AddressGuard(), lookup=lambda name: answers)
    assert policy.resolve_violations("https://listener.example.com/in")


def test_an_isatap_address_of_a_public_host_is_public_and_a_named_network_opens_no_tunnel_into_it() -> None:
    assert GUARD.refusal("2001:4860::5efe:808:808") is None
    assert AddressGuard([ip_network("10.0.0.0/8")]).refusal("2001:4860::5efe:a00:1")


@pytest.mark.parametrize(
    ("scheme", "port", "words"),
    [
        ("http", 443, "uses http; accepted: https"),
        ("https", 8080, "uses port 8080; accepted: 443, 8443"),
        ("https", 443, None),
        ("https", 8443, None),
    ],
)
def test_schemes_and_ports_are_those_of_the_settings(scheme: str, port: int, words: str | None) -> None:
    guard = AddressGuard(schemes=("https",), ports=(8443, 443))
    assert guard.objections(scheme, port) == ([words] if words else [])
    assert AddressGuard().objections(scheme, port) == []
    url = f"{scheme}://listener.example.com:{port}/in"
    assert [violation.message for violation in CallbackPolicy(guard).violations(url)] == ([words] if words else [])


@pytest.mark.parametrize(
    "host",
    ["ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "LOCALHOST", "localhost.", "loc\u00adalhost", "①②⑦.0.0.1", "127.0.0.1\u3002"],
)
def test_what_unicode_writes_for_a_name_of_this_machine_is_refused(host: str) -> None:
    """Letters in circles, soft hyphens and other stops are what IDNA maps them to, and are judged as that."""
    policy = CallbackPolicy(AddressGuard(), lookup=lambda name: ("127.0.0.1",))
    assert policy.resolve_violations(f"https://{host}/in")
