"""A request with an `Idempotency-Key` is done once: who sends it again is given the answer again.

The answer is kept in the transaction that does the work, so that one is never without the other. What failed is not
kept: the same key may be sent again with a request that is right.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

import orjson

from hub.api.messages import Request, Response
from hub.api.routing import usual_spelling
from hub.errors import InvalidInput, UnprocessableKey, Violation
from hub.model.times import Clock, to_micros
from hub.store.idempotency_keys import KeptAnswer
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.subscriptions.secrets import SecretBox

T = TypeVar("T")

HEADER = "Idempotency-Key"
REPLAYED = ("Idempotent-Replayed", "true")
"""The header of an answer that is given again."""

PURGED_AT_ONCE = 100
"""How many old answers are forgotten whenever a new one is kept."""

_KEY = re.compile(rb'[\x21\x23-\x7e]{1,255}|"[\x20\x21\x23-\x5b\x5d-\x7e]{1,255}"')


class Once:
    """`lifetime` is in seconds."""

    def __init__(self, *, store: Store, clock: Clock, lifetime: float, secrets: SecretBox) -> None:
        self._store = store
        self._clock = clock
        self._lifetime = round(lifetime * 1e6)
        self._secrets = secrets

    async def write(
        self,
        request: Request,
        work: Callable[[Tables], T],
        answer: Callable[[T], Response],
        *,
        secret: bool = False,
        repeatable: bool = False,
    ) -> Response:
        """Do the work in a transaction and answer with its result; with a key that was used, answer as then.

        `secret` keeps the answer encrypted; `repeatable` is as for `Store.awrite`.
        Raises InvalidInput for a malformed key, UnprocessableKey for one of another request, and what the work raises.
        """
        key = key_of(request)
        if key is None:
            return answer(await self._store.awrite(work, repeatable=repeatable))

        def once(tables: Tables) -> Response:
            kept = self._kept(tables, request, key)
            if kept is not None:
                return kept
            response = answer(work(tables))
            self._keep(tables, request, key, response, secret=secret)
            return response

        return await self._store.awrite(once)

    def before(self, request: Request) -> Response | None:
        """The answer that was given already, for a handler that has much to do before it writes."""
        key = key_of(request)
        return None if key is None else self._kept(self._store.read, request, key)

    def _kept(self, tables: Tables, request: Request, key: str) -> Response | None:
        since = to_micros(self._clock()) - self._lifetime
        kept = tables.idempotency_keys.get(_owner(request), key, since=since)
        if kept is None:
            return None
        if self._opened(kept) != _digest(request):
            same = kept.operation == _operation(request)
            other = "another request to the same operation" if same else kept.operation
            violation = Violation(field=HEADER, value=key, message=f"{key} was used for {other}")
            raise UnprocessableKey(violations=[violation])
        body = self._secrets.open(kept.body) if kept.sealed else kept.body
        return Response(status=kept.status, body=body, headers=(*kept.headers, REPLAYED))

    def _opened(self, kept: KeptAnswer) -> bytes:
        """The digest. That of a request with a secret is encrypted, since a short secret can be found by trying."""
        plain = not kept.sealed or len(kept.digest) == sha256().digest_size
        return kept.digest if plain else self._secrets.open(kept.digest)

    def _keep(self, tables: Tables, request: Request, key: str, response: Response, *, secret: bool) -> None:
        now = to_micros(self._clock())
        headers = (*response.headers, ("ETag", response.etag)) if response.etag else response.headers
        kept = KeptAnswer(
            operation=_operation(request),
            digest=self._secrets.seal(_digest(request)) if secret else _digest(request),
            status=response.status,
            headers=headers,
            body=self._secrets.seal(response.body) if secret else response.body,
            sealed=secret,
        )
        tables.idempotency_keys.purge(until=now - self._lifetime, most=PURGED_AT_ONCE)
        tables.idempotency_keys.insert(_owner(request), key, kept, now=now)


def key_of(request: Request) -> str | None:
    """The key of a request, without the quotes that it may have. Raises InvalidInput."""
    given = request.headers.get(b"idempotency-key")
    if given is None:
        return None
    text = given.decode("latin-1")
    if not _KEY.fullmatch(given):
        message = "must be 1 to 255 characters of ASCII, and in quotes when there is a space among them"
        raise InvalidInput(violations=[Violation(field=HEADER, value=text, message=message)])
    return text.strip('"')


def _owner(request: Request) -> str:
    """To whom a key belongs: a name of which each party has one, as tokens may have it, is several callers."""
    caller = request.caller
    return caller.name if caller.party is None else f"{caller.name}\n{caller.party}"


def _operation(request: Request) -> str:
    return f"{request.method} {usual_spelling(request.path, request.path_params)}"


def _digest(request: Request) -> bytes:
    """Of all that makes two requests the same: bodies are compared as JSON, not as bytes."""
    parts = [_operation(request), request.query_string.decode("latin-1"), request.media_type, request.body]
    return sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).digest()
