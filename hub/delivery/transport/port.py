"""The transport port: what the delivery loop hands out, and what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from hub.model.credentials import OAuthClient, TlsIdentity
from hub.model.delivery import NOT_TIMED, Timing
from hub.redaction import Redaction

Headers = tuple[tuple[str, str], ...]

HEAD_LIMIT = 65_536
"""The most bytes of an answer's status line and header fields, interim answers (1xx) included."""


class Failure(StrEnum):
    """Why no complete answer came; each word is also an `Outcome`."""

    TIMEOUT = "timeout"
    NAME_NOT_RESOLVED = "nameNotResolved"
    ADDRESS_REFUSED = "addressRefused"
    CONNECTION_FAILED = "connectionFailed"
    TLS_FAILED = "tlsFailed"
    AUTHENTICATION_FAILED = "authenticationFailed"
    BROKEN = "broken"
    NO_RESOURCES = "noResources"
    """Nothing of the other side: this process is out of descriptors, ports, memory or threads."""


# Two of these are made for every attempt: a tuple with names costs a third of a frozen dataclass.
class Outgoing(NamedTuple):
    """One POST. `key` is the sender's own and comes back with the result; `url` is a normalised callback.

    `tls` is our side of TLS towards this listener; requests of different ones never share a connection. `oauth` is
    whose token has to be got first. `hidden` hides the secrets in its headers, which no result repeats. `began` is the
    monotonic instant from which its time counts; None: `submit`.
    """

    key: Any
    url: str
    headers: Headers
    body: bytes
    lane: str = ""
    tls: TlsIdentity | None = None
    oauth: OAuthClient | None = None
    hidden: Redaction | None = None
    began: float | None = None


class SendResult(NamedTuple):
    """What became of one POST.

    `status` is None when no answer began; `error` is None when an answer was read, whatever it says. `headers` are
    those of an answer that is not a success; `body` is the beginning of the answer, up to the transport's limit.
    `started` is the instant of `submit` in microseconds, from which `timing` counts.
    """

    key: Any
    started: int
    status: int | None = None
    headers: Headers = ()
    body: bytes = b""
    error: Failure | None = None
    error_text: str | None = None
    timing: Timing = NOT_TIMED
    peer_address: str | None = None
    reused: bool = False


@dataclass(frozen=True, kw_only=True)
class Closed:
    """What a transport gives back at its end: results that came in the grace, and what it broke off."""

    finished: list[SendResult]
    unfinished: list[Outgoing]


class Transport(Protocol):
    """Sends POSTs at once. One thread calls it; only `wake` may be called from others.

    Promises of every transport: every address is vetted by the guard before a connection and the vetted address is
    the one connected to; no redirect is followed; no proxy or other setting is taken from the environment; one
    deadline counts from `submit` over all phases; no more of an answer is read than the limit, nor of its header than
    `HEAD_LIMIT`, and nothing is unpacked; who is at the other end of a new connection is vetted again, before
    anything is sent to it. A request is sent
    again by the transport itself only when a kept connection turns out to be dead before any byte of an answer.
    """

    def submit(self, outgoing: Sequence[Outgoing]) -> None:
        """Start these requests; never blocks. Of what it raises for, no result needs to come."""
        ...

    def wait(self, timeout: float | None) -> list[SendResult]:
        """Run until something finished, `wake` was called, or `timeout` seconds passed; gives what finished."""
        ...

    def wake(self) -> None:
        """Make the present or the next `wait` return early; callable from any thread."""
        ...

    def in_flight(self) -> int:
        """How many submitted requests have not been given back yet."""
        ...

    def close(self, grace: float) -> Closed:
        """Run for up to `grace` seconds more, then break off the rest and release every resource."""
        ...
