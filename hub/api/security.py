"""Who may call: with API keys in the settings every call needs one; without them only this machine's own programs."""

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from hub.errors import Forbidden, Unauthorized, Violation

HEALTH = "/qos-hub/v1/health"
"""Open to everybody: what watches over a process has no key."""


class ApiKeys:
    """`keys` are "name:sha256 of the key in hexadecimal"; a caller shows the key itself."""

    def __init__(self, app: ASGIApp, *, keys: Sequence[str]) -> None:
        self._app = app
        self._digests = [bytes.fromhex(key.rpartition(":")[2]) for key in keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != HEALTH:
            self._check(dict(scope["headers"]))
        await self._app(scope, receive, send)

    def _check(self, headers: dict[bytes, bytes]) -> None:
        key = headers.get(b"x-api-key") or headers.get(b"authorization", b"").removeprefix(b"Bearer ").strip()
        digest = hashlib.sha256(key).digest()
        # All are compared, so that the time taken does not tell which one came near.
        known = [hmac.compare_digest(digest, one) for one in self._digests]
        if not any(known):
            message = "send a known key as `X-API-Key: …` or `Authorization: Bearer …`"
            raise Unauthorized(
                violations=[Violation(field="X-API-Key", message=message)], headers={"WWW-Authenticate": "Bearer"}
            )


class LocalCallers:
    """Keeps out pages of other sites, which a browser on this machine would let speak to a server on loopback.

    A call must name this server in `Host` (a name that leads here by a trick of DNS is another name), and what a
    page of another site sends says so in `Origin`. `names` are the hosts that are ours beside the loopback ones.
    """

    def __init__(self, app: ASGIApp, *, names: Sequence[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names if name)
        self._known: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for name, value in scope["headers"]:
                if name in (b"host", b"origin") and value not in self._known:
                    self._check(name.decode(), value)
        await self._app(scope, receive, send)

    def _check(self, header: str, value: bytes) -> None:
        text = value.decode("latin-1")
        host = _host(text if header == "origin" else f"//{text}")
        if not (host in self._names or is_loopback(host)):
            message = (
                f"without [security] api_keys only callers on this machine are served, and {text!r} is not it"
            )
            raise Forbidden(violations=[Violation(field=header.title(), value=text, message=message)])
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
