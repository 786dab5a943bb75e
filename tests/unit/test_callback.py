"""The callback policy: which URLs it refuses, and with which words."""

import socket
from collections.abc import Sequence
from ipaddress import ip_network

import pytest

from hub.errors import InvalidInput
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.callback import CallbackPolicy, system_lookup, without_user

POLICY = CallbackPolicy(AddressGuard())


def answering(*addresses: str) -> CallbackPolicy:
    return CallbackPolicy(AddressGuard(), lookup=lambda name: addresses)


REFUSED = [
    ("", "absolute URL"),
    ("listener.example.com/x", "absolute URL"),
    ("/x", "absolute URL"),
    ("ftp://listener.example.com/", "absolute URL"),
    ("file:///etc/passwd", "absolute URL"),
    ("gopher://127.0.0.1/", "absolute URL"),
    ("https://", "names no host"),
    ("https:///x", "names no host"),
    ("https://:8080/", "names no host"),
    ("https://user@listener.example.com/", "user name"),
    ("https://user:word@listener.example.com/", "user name"),
    ("https://@listener.example.com/", "user name"),
    ("https://listener.example.com/#part", "fragment"),
    ("https://listener.example.com/#", "fragment"),
    ("https://listener.example.com:0/", "port"),
    ("https://listener.example.com:65536/", "port"),
    ("https://listener.example.com:-1/", "port"),
    ("https://listener.example.com:http/", "port"),
    ("https://listener.example.com/a b", "white space"),
    (" https://listener.example.com/", "white space"),
    ("https://listener.example.com/\r\nHost: other", "white space"),
    ("https://listener.example.com/\x00", "control"),
    ("https://listener.example.com\\@other.example.com/", "backslash"),
    ("https://listener.example.com/\u00e4", "percent-encoded"),
    ("https://listener.example.com/?q=\u00e4", "percent-encoded"),
    ("https://listener.example.com/" + "a" * 2048, "at most 2048"),
    ("https://127.1/", "four decimal numbers"),
    ("https://2130706433/", "four decimal numbers"),
    ("https://0x7f000001/", "four decimal numbers"),
    ("https://0x7f.0.0.1/", "four decimal numbers"),
    ("https://0177.0.0.1/", "four decimal numbers"),
    ("https://127.0.0.1./", "four decimal numbers"),
    ("https://1.2.3.4.5/", "four decimal numbers"),
    ("https://256.1.1.1/", "four decimal numbers"),
    ("https://listener.0x10/", "four decimal numbers"),
    ("https://127.0.0.1/", "loopback"),
    ("https://\uff11\uff12\uff17.0.0.1/", "loopback"),
    ("https://169.254.169.254/latest/meta-data", "link-local"),
    ("https://[::1]/", "loopback"),
    ("https://[::ffff:127.0.0.1]/", "loopback"),
    ("https://[fe80::1%25eth0]/", "zone"),
    ("https://[fe80::1%eth0]/", "zone"),
    ("https://[::1/", "not a URL"),
    ("https://[::g]/", ""),
    ("https://[2606:4700::1111]other/", ""),
    ("https://-listener.example.com/", "not a host name"),
    ("https://listener..example.com/", "not a host name"),
    ("https://listener.exam%70le.com/", "not a host name"),
    ("https://" + "a" * 64 + ".example.com/", "not a host name"),
    ("https://" + "a." * 127 + "com/", "not a host name"),
    ("https://./", "not a host name"),
    ("https://\u2603\u200d.example/", "not a host name"),
    ("http://xn--a/", "names the host 'xn--a', which is not a host name: 'xn--a' is no punycode"),
    ("https://listener.XN--A.example/", "'xn--a' is no punycode"),
    ("https://xn--/", "not a host name"),
    ("https://xn--abc/", "not a host name"),
    ("https://xn--0000h.example/", "not a host name"),
    ("https://xn--99999999999.example/", "not a host name"),
]


@pytest.mark.parametrize(("url", "words"), REFUSED)
def test_a_bad_callback_is_refused_with_its_reason_and_value(url: str, words: str) -> None:
    [violation] = POLICY.violations(url)
    assert violation.field == "callback"
    assert violation.value == without_user(url)
    assert words in violation.message


NORMAL = [
    ("https://listener.example.com", "https://listener.example.com/"),
    ("HTTPS://Listener.Example.COM:443/Path?q=A", "https://listener.example.com/Path?q=A"),
    ("http://listener.example.com:80/", "http://listener.example.com/"),
    ("http://listener.example.com:8080/x", "http://listener.example.com:8080/x"),
    ("https://8.8.8.8/x", "https://8.8.8.8/x"),
    ("https://[2606:4700:4700:0::1111]:8443/x", "https://[2606:4700:4700::1111]:8443/x"),
    ("https://b\u00fccher.example/x", "https://xn--bcher-kva.example/x"),
    ("https://XN--Bcher-KVA.xn--p1ai/x", "https://xn--bcher-kva.xn--p1ai/x"),
    ("https://xn--ls8h.example/", "https://xn--ls8h.example/"),
    ("https://listener_1.example.com./", "https://listener_1.example.com./"),
    ("https://listener/", "https://listener/"),
    ("https://localhost/", "https://localhost/"),
]


@pytest.mark.parametrize(
    "url",
    [
        "https://ann:pa55@listener.example.com/in",
        "https://ann:pa55@other@listener.example.com/in",
        "https://ann:pa55@listener.example.com/in with a space",
        "ftp://ann:pa55@listener.example.com/in",
        "https:\\\\ann:pa55@listener.example.com/in",
        "//ann:pa55@listener.example.com/in",
        "ann:pa55@listener.example.com/in",
    ],
)
def test_a_password_in_a_url_is_not_repeated(url: str) -> None:
    (violation,) = POLICY.violations(url)
    assert "listener.example.com/in" in violation.value
    assert "pa55" not in str(violation)
    assert "ann" not in str(violation)


@pytest.mark.parametrize(("url", "kept"), NORMAL)
def test_a_good_callback_is_kept_in_one_spelling(url: str, kept: str) -> None:
    assert POLICY.violations(url) == []
    assert POLICY.normalised(url) == kept
    assert POLICY.normalised(kept) == kept


def test_a_bad_callback_has_no_spelling() -> None:
    with pytest.raises(InvalidInput, match="names no host"):
        POLICY.normalised("https://")


def test_every_objection_is_named_at_once() -> None:
    policy = CallbackPolicy(AddressGuard(schemes=("https",), ports=(443, 8443)))
    messages = [violation.message for violation in policy.violations("http://127.0.0.1:81/")]
    assert len(messages) == 3
    assert messages[0] == "uses http; accepted: https"
    assert messages[1] == "uses port 81; accepted: 443, 8443"
    assert policy.violations("https://listener.example.com/") == []
    assert policy.violations("https://listener.example.com:8443/") == []


def test_an_allowed_network_opens_its_literal_addresses() -> None:
    policy = CallbackPolicy(AddressGuard([ip_network("127.0.0.0/8")]))
    assert policy.violations("http://127.0.0.1:9000/x") == []
    assert policy.violations("http://10.0.0.1:9000/x")


def test_a_name_with_one_good_and_one_bad_answer_is_refused() -> None:
    [violation] = answering("8.8.8.8", "10.0.0.1").resolve_violations("https://listener.example.com/")
    assert violation.message.startswith("listener.example.com: 10.0.0.1 is not a public address")
    assert answering("8.8.8.8", "2606:4700::1111").resolve_violations("https://listener.example.com/") == []


def test_a_name_without_an_address_is_accepted_because_its_listener_may_come_later() -> None:
    def nobody(name: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    policy = CallbackPolicy(AddressGuard(), lookup=nobody)
    assert policy.resolve_violations("https://listener.example.com/") == []


def test_a_bad_url_and_a_literal_address_ask_no_name_server() -> None:
    asked: list[str] = []

    def noting(name: str) -> Sequence[str]:
        asked.append(name)
        return ()

    policy = CallbackPolicy(AddressGuard(), lookup=noting)
    assert policy.resolve_violations("https://8.8.8.8/") == []
    assert policy.resolve_violations("https://10.0.0.1/")
    assert policy.resolve_violations("https://user@listener.example.com/")
    assert asked == []


def test_localhost_is_a_name_and_its_address_is_refused() -> None:
    assert POLICY.violations("http://localhost/") == []
    assert POLICY.resolve_violations("http://localhost/")
    assert "127.0.0.1" in system_lookup("localhost") or "::1" in system_lookup("localhost")
