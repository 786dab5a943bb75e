"""The address guard: what it refuses, and what the operator can open."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.subscriptions.addresses import OPEN_ASSIGNMENTS, AddressGuard

GUARD = AddressGuard()

REFUSED = [
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.1", "100.127.255.255",
    "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8",
    "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::8.8.8.8",
    "::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:0:7f00:1", "::5efe:7f00:1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "64:ff9b:1::808:808", "100::1",
    "2001::1", "2001:2::1", "2001:10::1", "2001:1::4", "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1",
    "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%lo", "fec0::1",
    "ff02::1",
]  # fmt: skip

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.1", "172.15.255.255", "172.32.0.0", "192.0.1.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
    "64:ff9b::808:808", "::ffff:8.8.8.8", "2001:1::1", "2001:3::1", "2001:4:112::1", "2001:20::1", "2001:30::1",
    "2001:200::1", "2001:4860:4860::8888", "2606:4700:4700::1111", "2a00:1450::1", "3ffe::1", "3fff:1000::1",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused_with_a_reason(address: str) -> None:
    assert address in (GUARD.refusal(address) or "")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_accepted(address: str) -> None:
    assert GUARD.refusal(address) is None


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "0x7f.1", "2130706433", "1.2.3.4.5", "::g", "010.1.1.1"]
)
def test_what_is_not_an_address_is_refused(text: str) -> None:
    assert GUARD.refusal(text) == f"{text!r} is not an IP address"


def test_a_named_network_is_open_in_every_disguise_of_its_addresses() -> None:
    guard = AddressGuard([ip_network("127.0.0.0/8"), ip_network("fd00::/8")])
    for address in ("127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00::7"):
        assert guard.refusal(address) is None
    for address in ("10.0.0.1", "::ffff:10.0.0.1", "::1", "fc00::1", "::7f00:1"):
        assert guard.refusal(address)


def test_a_mapped_network_opens_the_mapped_spelling_only() -> None:
    guard = AddressGuard([ip_network("::ffff:10.0.0.0/104")])
    assert guard.refusal("::ffff:10.0.0.1") is None
    assert guard.refusal("10.0.0.1")


def test_one_bad_answer_spoils_a_name() -> None:
    assert GUARD.refusal_of_any(["8.8.8.8", "10.0.0.1"])
    assert GUARD.refusal_of_any(["8.8.8.8", "1.1.1.1"]) is None
    assert GUARD.refusal_of_any([]) is None


@given(st.ip_addresses(v=4))
def test_a_disguised_ipv4_address_has_the_verdict_of_the_plain_one(address: IPv4Address) -> None:
    plain = GUARD.refusal(str(address)) is None
    assert (GUARD.refusal(f"::ffff:{address}") is None) == plain
    assert (GUARD.refusal(f"64:ff9b::{address}") is None) == plain


@given(st.ip_addresses())
def test_whatever_python_calls_private_is_refused(address: IPv4Address | IPv6Address) -> None:
    # Python 3.11 calls all of 2001::/23 private; the registry marks parts of it as global.
    if address.is_private and not any(address in network for network in OPEN_ASSIGNMENTS):
        assert GUARD.refusal(str(address))
