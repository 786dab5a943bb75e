"""Keeps other sites away from a hub that asks for no credentials."""

import ipaddress
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from hub.errors import OtherSite, Violation


class LocalCallers:
    """Keeps out pages of other sites, which a browser on this machine would let speak to a server on loopback.

    A call must name this server in `Host` (a name that leads here by a trick of DNS is another name), and what a
    page of another site sends says so in `Origin`. `names` are the hosts that are ours beside the loopback ones.
    `origins` are the sites that may call all the same, as `Origin` names them.
    `applies` says whether the hub asks for no credentials; where it asks for one, that is what keeps strangers out.
    """

    def __init__(self, *, names: Sequence[str], origins: Sequence[str], applies: Callable[[], bool]) -> None:
        self._origins = frozenset(origins)
        self._applies = applies
        self._names = frozenset(name.lower() for name in names if name)
        self._known: set[bytes] = set()

    def check(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        """Whether the hub asks for no credentials; if so, the call is from here. Raises OtherSite."""
        if not self._applies():
            return False
        for name, value in headers:
            if name in (b"host", b"origin") and value not in self._known:
                self._check(name.decode(), value)
        return True

    def _check(self, header: str, value: bytes) -> None:
        text = value.decode("latin-1")
        host = _host(text if header == "origin" else f"//{text}")
        if not (host in self._names or is_loopback(host) or (header == "origin" and text in self._origins)):
            message = f"without keys only callers on this machine are served, and {text!r} is not it"
            raise OtherSite(violations=[Violation(field=header.title(), value=text, message=message)])
        if len(self._known) < MOST_KNOWN:
            self._known.add(value)


MOST_KNOWN = 64
"""How many good header values are remembered, so that they need not be taken apart again."""


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
