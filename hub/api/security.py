"""Who may call: with API keys in the settings every call needs one; without them the server is on loopback only."""

import hashlib
import hmac
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from hub.errors import Unauthorized, Violation


class ApiKeys:
    """`keys` are "name:sha256 of the key in hexadecimal"; a caller shows the key itself."""

    def __init__(self, app: ASGIApp, *, keys: Sequence[str]) -> None:
        self._app = app
        self._digests = [bytes.fromhex(key.rpartition(":")[2]) for key in keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._digests and scope["type"] == "http":
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
