"""Tokens of OAuth 2.0 by client credentials: got once for all who use the same, renewed before their end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any
from urllib.parse import quote_plus, urlencode

import orjson

from hub.delivery.control import ControlClient
from hub.delivery.proof import basic, hiding
from hub.delivery.transport.port import Failure, Outgoing, SendResult
from hub.delivery.transport.redacted import redacted
from hub.model.credentials import OAuthClient
from hub.redaction import Redaction
from hub.telemetry import logger

log = logger("hub.delivery")

ASSUMED_LIFE = 300.0
"""Seconds for which a token is used whose life the answer does not tell."""
EARLY = 0.2
"""The last part of a token's life in which the next one is got while this one is still used."""
FAILURE_TTL = 5.0
"""Seconds for which a refusal is remembered, so that a queue of deliveries is not a queue of calls."""
MOST = 10_000
LONGEST_TOKEN = 16_384


@dataclass(frozen=True, kw_only=True)
class Token:
    """`renew` and `end` are monotonic instants: from the first the next one is got, from the second it is useless.

    `hidden` hides it in what listeners answer.
    """

    text: str
    renew: float
    end: float
    hidden: Redaction


@dataclass(frozen=True, kw_only=True)
class NoToken:
    """Why there is none; without a secret in it. `end` is when to ask again."""

    reason: str
    end: float
    failure: Failure = Failure.AUTHENTICATION_FAILED


Found = Token | NoToken
Done = Callable[[Found], None]


class Tokens:
    """One call at a time for each client, each on a thread of its own: who waits for one delays no other."""

    def __init__(self, control: ControlClient, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._control = control
        self._monotonic = monotonic
        self._kept: dict[OAuthClient, Found] = {}
        self._asking: dict[OAuthClient, list[Done]] = {}
        self._lock = Lock()

    def known(self, client: OAuthClient) -> Found | None:
        """What holds now, without waiting; None when one has to be got. One that ages is renewed in the background."""
        kept, now = self._kept.get(client), self._monotonic()
        if kept is None or now >= kept.end:
            return None
        if isinstance(kept, Token) and now >= kept.renew:
            self.get(client, None)
        return kept

    def get(self, client: OAuthClient, done: Done | None, *, began: float | None = None) -> None:
        """Gets a token in the background and calls `done` from there; who asks meanwhile shares the answer."""
        waits = [] if done is None else [done]
        with self._lock:
            if client in self._asking:
                self._asking[client] += waits
                return
            self._asking[client] = waits
        try:
            Thread(target=self._ask, args=(client, began), name="token", daemon=True).start()
        except RuntimeError as error:
            self._tell(client, self._none(str(error), Failure.NO_RESOURCES))

    def refused(self, client: OAuthClient, text: str) -> None:
        """A listener did not take this token: it is not used again."""
        kept = self._kept.get(client)
        if isinstance(kept, Token) and kept.text == text:
            self._kept.pop(client, None)

    def _ask(self, client: OAuthClient, began: float | None) -> None:
        try:
            found = self._read(client, self._control.call(_request(client, began)))
        except Exception as error:  # the outermost frame of a thread: who waits must hear of it
            log.error("token.failed", error=type(error).__name__)
            found = self._none(f"internal: {type(error).__name__}")
        self._tell(client, found)

    def _tell(self, client: OAuthClient, found: Found) -> None:
        with self._lock:
            self._keep(client, found)
            waiting = self._asking.pop(client)
        for done in waiting:
            done(found)

    def _keep(self, client: OAuthClient, found: Found) -> None:
        """A token that is still good outlives a renewal that failed."""
        kept, now = self._kept.get(client), self._monotonic()
        if isinstance(found, NoToken) and isinstance(kept, Token) and now < kept.end:
            return
        if isinstance(found, NoToken) and found.failure is Failure.NO_RESOURCES:
            return
        if len(self._kept) >= MOST:
            self._kept = {each: one for each, one in self._kept.items() if now < one.end}
        self._kept[client] = found

    def _read(self, client: OAuthClient, result: SendResult) -> Found:
        if result.error is not None:
            result = redacted(result, _hidden(client))
            own = result.error is Failure.NO_RESOURCES
            failure = Failure.NO_RESOURCES if own else Failure.AUTHENTICATION_FAILED
            return self._none(f"{result.error}: {result.error_text}", failure)
        if result.status != 200:
            return self._none(f"the token endpoint answered {result.status}{_why(result.body)}")
        answer = _object(result.body)
        text, kind = answer.get("access_token"), answer.get("token_type", "bearer")
        if not isinstance(text, str) or not _is_token(text):
            return self._none("the token endpoint answered without a token")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            return self._none("the token endpoint answered with a token of another type than bearer")
        life, now = _life(answer.get("expires_in")), self._monotonic()
        return Token(text=text, renew=now + life * (1 - EARLY), end=now + life, hidden=hiding([text]))

    def _none(self, reason: str, failure: Failure = Failure.AUTHENTICATION_FAILED) -> NoToken:
        return NoToken(reason=reason, end=self._monotonic() + FAILURE_TTL, failure=failure)


def _request(client: OAuthClient, began: float | None) -> Outgoing:
    form = {"grant_type": "client_credentials"}
    form |= {name: value for name, value in (("scope", client.scope), ("audience", client.audience)) if value}
    headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")]
    if client.client_auth == "basic":
        # RFC 6749, 2.3.1: both are encoded as in a form before they are put together.
        headers.append(basic(quote_plus(client.client_id), quote_plus(client.client_secret)))
    else:
        form |= {"client_id": client.client_id, "client_secret": client.client_secret}
    return Outgoing(
        key=None,
        url=client.token_url,
        headers=(*headers, ("user-agent", "qos-hub")),
        body=urlencode(form).encode(),
        began=began,
    )


def _hidden(client: OAuthClient) -> Redaction:
    """Hides what is secret in a request for a token, as it is written there."""
    return hiding([client.client_secret], [(quote_plus(client.client_id), quote_plus(client.client_secret))])


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _why(body: bytes) -> str:
    """The word of RFC 6749, 5.2; nothing else of an answer is repeated, for it may hold what was sent."""
    word = _object(body).get("error")
    known = {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "invalid_scope"}
    return f" ({word})" if word in known else ""


def _is_token(text: str) -> bool:
    return 0 < len(text) <= LONGEST_TOKEN and text.isascii() and text.isprintable() and " " not in text


def _life(told: Any) -> float:
    """Seconds; some endpoints write the number as a text."""
    try:
        life = float(told)
    except (TypeError, ValueError):
        return ASSUMED_LIFE
    return min(max(life, 0.0), 86_400.0) if life == life else ASSUMED_LIFE
