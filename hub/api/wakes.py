"""Trouble systems ring: a source that calls is polled at once, when it shows that it knows its secret."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hub.api.messages import Request, Response, json_response
from hub.errors import TooLarge, Unauthorized, Violation
from hub.model.times import Clock, to_micros
from hub.store.sqlite import Store

WAKE = "/wake/"
"""What stands before a secret in a path."""

PREFIX = re.compile(r"(sha256|v[0-9]+)=")
"""What senders write before a signature."""


@dataclass(frozen=True, kw_only=True)
class WakeKey:
    """The secret of one source, and the header (in lower case) that carries its signatures."""

    secret: str
    header: str

    def is_signed(self, content: bytes, signatures: str) -> bool:
        """Whether one of the signatures, separated by commas, is the HMAC-SHA256 of the content."""
        own = hmac.new(self.secret.encode(), content, hashlib.sha256).digest()
        return any([hmac.compare_digest(own, signature) for signature in _signatures(signatures)])

    def is_known(self, secret: str) -> bool:
        return hmac.compare_digest(self.secret.encode(), secret.encode())


class WakeOperations:
    """`keys` are by source; one without a key cannot be woken. Of a body, `body_limit` bytes are read."""

    def __init__(self, *, store: Store, clock: Clock, keys: Mapping[str, WakeKey], body_limit: int) -> None:
        self._store = store
        self._clock = clock
        self._keys = keys
        self._body_limit = body_limit

    async def by_signature(self, request: Request) -> Response:
        name = request.path_params["name"]
        content = await self._content(request)
        key = self._keys.get(name)
        signatures = request.headers.get(key.header.encode(), b"").decode("latin-1") if key else ""
        if key is None or not key.is_signed(content, signatures):
            raise _refused(name)
        return await self._wake(name)

    async def by_secret(self, request: Request) -> Response:
        name = request.path_params["name"]
        await self._content(request)
        key = self._keys.get(name)
        if key is None or not key.is_known(request.path_params["secret"]):
            raise _refused(name)
        return await self._wake(name)

    async def _wake(self, name: str) -> Response:
        """What is written already is not written again, however often the source calls until its poll begins."""
        now = to_micros(self._clock())
        row = self._store.read.sources.get(name)
        waits = row is not None and row.woken is not None
        asked = not waits and await self._store.awrite(lambda tables: tables.sources.wake(name, now))
        return json_response({"name": name, "asked": asked}, status=202)

    async def _content(self, request: Request) -> bytes:
        """The body as it came: that is what was signed. Raises TooLarge."""
        content, more = b"", request.receive is not None
        while more and request.receive is not None:
            message = await request.receive()
            content, more = content + message.get("body", b""), message.get("more_body", False)
            if len(content) > self._body_limit:
                told = f"the body has more than {self._body_limit} bytes"
                raise TooLarge(violations=[Violation(field="body", value=len(content), message=told)])
        return content


def _signatures(text: str) -> Iterator[bytes]:
    """The bytes of each signature, be it in hexadecimal or in base64; what is neither is none."""
    for part in text.split(","):
        value = PREFIX.sub("", part.strip(), count=1)
        try:
            yield bytes.fromhex(value) if len(value) == 64 else base64.b64decode(value, validate=True)
        except ValueError:
            continue


def _refused(name: str) -> Unauthorized:
    """The same for a source that is not there, so that nobody learns which there are."""
    return Unauthorized(f"this is not a call of the source {name}", headers={"WWW-Authenticate": "Signature"})


def without_secret(path: str) -> str:
    """A path as it may be logged and traced."""
    before, wake, secret = path.partition(WAKE)
    return f"{before}{wake}…" if secret else path
