"""A transport that gets tokens before it sends: a request without its token never leaves."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from hub.delivery.proof import bearer
from hub.delivery.tokens import Found, NoToken, Token, Tokens
from hub.delivery.transport.port import Closed, Failure, Outgoing, SendResult, Transport
from hub.delivery.transport.redacted import redacted
from hub.model.credentials import OAuthClient
from hub.model.delivery import Timing
from hub.model.times import Clock, system_clock, to_micros
from hub.redaction import Redaction

REFUSED = 401


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Kept:
    """The key under which a request goes on: the sender's own, what hides its secrets, and whose token it carries."""

    key: object
    hidden: Redaction
    client: OAuthClient | None = None
    token: str = ""


class AuthorisingTransport:
    """Implements `Transport` around another one.

    Requests without `oauth` pass through; no result repeats what was secret in its request. The time in which a token
    is waited for is part of the deadline; when none comes, the outcome is `authenticationFailed`. A token that a
    listener answers with 401 is not used again.
    """

    def __init__(
        self,
        inner: Transport,
        tokens: Tokens,
        *,
        deadline: float,
        clock: Clock = system_clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._tokens = tokens
        self._deadline = deadline
        self._clock = clock
        self._monotonic = monotonic
        self._waiting: dict[OAuthClient, list[Outgoing]] = {}
        self._found: deque[tuple[OAuthClient, Found]] = deque()
        self._failed: list[SendResult] = []

    def submit(self, outgoing: Sequence[Outgoing]) -> None:
        ready = [
            _wrapped(each, each.hidden) if each.hidden is not None else each
            for each in outgoing
            if each.oauth is None
        ]
        self._inner.submit(ready)
        for each in outgoing if len(ready) < len(outgoing) else ():
            if each.oauth is not None:
                self._begin(each._replace(began=self._monotonic()), each.oauth)

    def wait(self, timeout: float | None) -> list[SendResult]:
        self._go_on()
        finished = self._inner.wait(0 if self._failed else self._patience(timeout))
        self._go_on()
        failed, self._failed = self._failed, []
        for at, result in enumerate(finished):
            if type(result.key) is _Kept:
                finished[at] = self._unwrapped(result)
        return failed + finished if failed else finished

    def wake(self) -> None:
        self._inner.wake()

    def in_flight(self) -> int:
        return self._inner.in_flight() + len(self._failed) + sum(map(len, self._waiting.values()))

    def close(self, grace: float) -> Closed:
        end = self._monotonic() + grace
        finished: list[SendResult] = []
        while self.in_flight() and (left := end - self._monotonic()) > 0:
            finished += self.wait(left)
        finished += self._failed
        unfinished = [each for group in self._waiting.values() for each in group]
        self._failed, self._waiting = [], {}
        closed = self._inner.close(0)
        return Closed(
            finished=finished + [self._unwrapped(result) for result in closed.finished],
            unfinished=unfinished + [_plain(each) for each in closed.unfinished],
        )

    def _begin(self, outgoing: Outgoing, client: OAuthClient) -> None:
        found = self._tokens.known(client)
        if found is not None:
            self._send(outgoing, client, found)
            return
        waiting = self._waiting.setdefault(client, [])
        waiting.append(outgoing)
        if len(waiting) == 1:
            self._tokens.get(client, partial(self._answered, client), began=outgoing.began)

    def _answered(self, client: OAuthClient, found: Found) -> None:
        """Called by the thread that got the token."""
        self._found.append((client, found))
        self._inner.wake()

    def _go_on(self) -> None:
        while self._found:
            client, found = self._found.popleft()
            for outgoing in self._waiting.pop(client, ()):
                self._send(outgoing, client, found)
        if self._waiting:
            self._expire()

    def _send(self, outgoing: Outgoing, client: OAuthClient, found: Found) -> None:
        match found:
            case NoToken(reason=reason, failure=failure):
                self._fail(outgoing, reason, failure)
            case Token(text=text, hidden=hidden):
                key = _Kept(key=outgoing.key, hidden=hidden, client=client, token=text)
                headers = (*outgoing.headers, bearer(text))
                self._inner.submit([outgoing._replace(key=key, headers=headers)])

    def _patience(self, timeout: float | None) -> float | None:
        """No longer than until the first of those who wait for a token has no time left."""
        if not self._waiting:
            return timeout
        first = min(each.began or 0.0 for group in self._waiting.values() for each in group)
        left = max(first + self._deadline - self._monotonic(), 0.0)
        return left if timeout is None else min(left, timeout)

    def _expire(self) -> None:
        now = self._monotonic()
        for client, group in list(self._waiting.items()):
            for late in [each for each in group if (each.began or 0.0) + self._deadline <= now]:
                group.remove(late)
                self._fail(late, "the token endpoint did not answer in time")
            if not group:
                del self._waiting[client]

    def _fail(self, outgoing: Outgoing, reason: str, failure: Failure = Failure.AUTHENTICATION_FAILED) -> None:
        spent = self._monotonic() - (outgoing.began or 0.0)
        self._failed.append(
            SendResult(
                key=outgoing.key,
                started=to_micros(self._clock()) - round(spent * 1e6),
                error=failure,
                error_text=f"no token could be got: {reason}",
                timing=Timing(total=spent * 1000),
            )
        )

    def _unwrapped(self, result: SendResult) -> SendResult:
        kept = result.key
        if not isinstance(kept, _Kept):
            return result
        if result.status == REFUSED and kept.client is not None:
            self._tokens.refused(kept.client, kept.token)
        return redacted(result._replace(key=kept.key), kept.hidden)


def _wrapped(outgoing: Outgoing, hidden: Redaction) -> Outgoing:
    return outgoing._replace(key=_Kept(key=outgoing.key, hidden=hidden))


def _plain(outgoing: Outgoing) -> Outgoing:
    """As it was submitted."""
    kept = outgoing.key
    if not isinstance(kept, _Kept):
        return outgoing
    if kept.client is None:
        return outgoing._replace(key=kept.key)
    return outgoing._replace(key=kept.key, headers=outgoing.headers[:-1], began=None)
