"""The callback policy: which URLs a listener may register, and the one spelling under which each is kept."""

import re
import socket
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, urlsplit

import idna

from hub.errors import InvalidInput, Violation
from hub.subscriptions.addresses import AddressGuard

Lookup = Callable[[str], Sequence[str]]
"""Gives every address of a host name; raises OSError when there is none."""

FIELD = "callback"
LONGEST_URL = 2048
LONGEST_NAME = 253
DEFAULT_PORTS = {"https": 443, "http": 80}
FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]|\s")
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
BRACKETED = re.compile(r"\[[^\[\]]*\](:[0-9]*)?")
USER = re.compile(r"^([a-z][a-z0-9+.-]*:[/\\]+|[/\\]*)[^/?#]*@", re.IGNORECASE)
ENCODED = "xn--"
NO_TEXT = frozenset({"Cc", "Cs"})
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class BadCallback(ValueError):
    """A URL that no policy accepts; the message says what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a callback leads. `place` is host and port as an HTTP `Host` field has them; `literal`: no name."""

    scheme: str
    host: str
    port: int
    place: str
    literal: bool
    url: str


def system_lookup(name: str) -> list[str]:
    """Every address of a name, by the system's resolver."""
    answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def without_user(url: str) -> str:
    """A URL, good or bad, as it may be shown: without the user name and password that stand in it."""
    return USER.sub(r"\1", url)


def target_of(url: str) -> Target:
    """Takes a callback apart; raises BadCallback when it is not a plain absolute http or https URL."""
    parts = _split(url)
    host, literal = _host(parts)
    port = _port(parts)
    name = f"[{host}]" if ":" in host else host
    place = name if port == DEFAULT_PORTS[parts.scheme] else f"{name}:{port}"
    written = f"{parts.scheme}://{place}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
    return Target(scheme=parts.scheme, host=host, port=port, place=place, literal=literal, url=written)


def _split(url: str) -> SplitResult:
    # urlsplit removes tabs and line ends silently, and other programs read a backslash as a slash: both are
    # refused before parsing, so that every reader of the URL sees the same host.
    if len(url) > LONGEST_URL:
        raise BadCallback(f"is {len(url)} characters long; at most {LONGEST_URL} are accepted")
    if FORBIDDEN.search(url):
        raise BadCallback("holds white space, a control character or a backslash; write them percent-encoded")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadCallback(f"is not a URL: {error}") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise BadCallback("is not an absolute URL that begins with https:// or http://")
    if "@" in parts.netloc:
        raise BadCallback("holds a user name or password; they are not accepted in a URL")
    if "#" in url:
        raise BadCallback("holds a fragment (#...), which is never sent")
    if not (parts.path + parts.query).isascii():
        raise BadCallback("holds characters outside ASCII after the host; write them percent-encoded")
    return parts


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise BadCallback("has a port that is not a number from 1 to 65535") from error
    if port == 0:
        raise BadCallback("has a port that is not a number from 1 to 65535")
    return port or DEFAULT_PORTS[parts.scheme]


def _host(parts: SplitResult) -> tuple[str, bool]:
    host = parts.hostname or ""
    if not host:
        raise BadCallback("names no host")
    if "[" in parts.netloc:
        return _ipv6(host, parts.netloc), True
    name = _ascii_name(host)
    labels = name.removesuffix(".").split(".")
    if NUMBER.fullmatch(labels[-1]):
        return _ipv4(host, name), True
    if len(name) > LONGEST_NAME or not all(LABEL.fullmatch(label) for label in labels):
        raise BadCallback(f"names the host {host!r}, which is not a host name")
    for label in labels:
        if label.startswith(ENCODED) and not _is_encoded(label.removeprefix(ENCODED)):
            raise BadCallback(f"names the host {host!r}, which is not a host name: {label!r} is no punycode")
    return name, False


def _is_encoded(text: str) -> bool:
    """Whether it is punycode of what needs it. Which characters a domain takes is the matter of its registry."""
    try:
        plain = text.encode().decode("punycode")
    except UnicodeError:
        return False
    return not plain.isascii() and not any(unicodedata.category(each) in NO_TEXT for each in plain)


def _ascii_name(host: str) -> str:
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise BadCallback(f"names the host {host!r}, which is not a host name: {error}") from error


def _ipv4(host: str, name: str) -> str:
    # inet_aton reads 127.1, 2130706433, 0x7f000001 and 0177.0.0.1 as the loopback address: one spelling is enough.
    try:
        return str(IPv4Address(name))
    except ValueError as error:
        raise BadCallback(f"names the host {host!r}; write an IPv4 address as four decimal numbers") from error


def _ipv6(host: str, place: str) -> str:
    # urlsplit overlooks what stands before and behind the brackets.
    try:
        address = IPv6Address(host if BRACKETED.fullmatch(place) else place)
    except ValueError as error:
        raise BadCallback(f"names the host {place!r}, which is not an IPv6 address in brackets") from error
    if address.scope_id is not None:
        raise BadCallback(f"names the host [{host}] with a zone, which means something on one machine only")
    return str(address)


class CallbackPolicy:
    """What the operator lets listeners register.

    A name that has no address now is accepted: its listener may be set up later, and every connection is checked
    again when it is made. A name that has even one refused address is refused.
    """

    def __init__(self, guard: AddressGuard, lookup: Lookup = system_lookup) -> None:
        self._guard = guard
        self._lookup = lookup

    def violations(self, url: str) -> list[Violation]:
        """What is wrong with a callback, as far as its text tells; asks no name server."""
        try:
            target = target_of(url)
        except BadCallback as bad:
            return [Violation(field=FIELD, message=str(bad), value=without_user(url))]
        return [Violation(field=FIELD, message=message, value=url) for message in self._objections(target)]

    def resolve_violations(self, url: str) -> list[Violation]:
        """What is wrong with a callback, its name looked up; blocks for as long as the look-up does."""
        found = self.violations(url)
        if found:
            return found
        target = target_of(url)
        why = None if target.literal else self._guard.refusal_of_any(self._addresses(target.host))
        return [Violation(field=FIELD, message=f"{target.host}: {why}", value=url)] if why else []

    def normalised(self, url: str) -> str:
        """The one spelling in which a callback is kept, compared and called; raises InvalidInput for a bad URL."""
        found = self.violations(url)
        if found:
            raise InvalidInput(violations=found)
        return target_of(url).url

    def _objections(self, target: Target) -> list[str]:
        objections = self._guard.objections(target.scheme, target.port)
        if target.literal and (why := self._guard.refusal(target.host)):
            objections.append(why)
        return objections

    def _addresses(self, host: str) -> Sequence[str]:
        try:
            return self._lookup(host)
        except (OSError, UnicodeError):
            # UnicodeError: the system's resolver refuses a name with its own codec.
            return ()
