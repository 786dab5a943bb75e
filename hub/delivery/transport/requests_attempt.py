"""One attempt by `requests`, from the look-up of the name to the end of the answer."""

import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import RemoteDisconnected
from queue import Empty, SimpleQueue

import certifi
import requests
import urllib3
from urllib3.exceptions import HTTPError

from hub.delivery.resolve import NotPinned, Resolution, Resolver
from hub.delivery.shortage import is_caused_by_want
from hub.delivery.transport import tls_refusal
from hub.delivery.transport.port import Failure, Outgoing, SendResult
from hub.delivery.transport.requests_line import Line, PinnedAdapter, RefusedAddress
from hub.delivery.transport.tls_contexts import TlsContexts
from hub.model.delivery import Timing
from hub.reasons import causes, words_of
from hub.subscriptions.callback import BadCallback, Target, target_of

DEAD = (RemoteDisconnected, ConnectionResetError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""How a kept connection shows that the other side closed it before it read our request."""
PIECE = 1 << 16
"""The most bytes that are asked for at once: the room for them is taken before they come."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Job:
    """A submitted request and the means to end it from another thread."""

    outgoing: Outgoing
    started: int
    since: float
    line: Line
    method: str = "POST"
    headers_of_success: bool = False
    answers: "SimpleQueue[Resolution | None]" = field(default_factory=SimpleQueue)

    def cut(self) -> None:
        self.line.cut()
        self.answers.put(None)


class Trust:
    """Whom to trust, and our own side of TLS: the usual one, or that of an identity."""

    def __init__(self, ca_file: str | None) -> None:
        self.ca_file = ca_file or certifi.where()
        self.contexts = TlsContexts(self.ca_file)


class Attempt:
    """Sends one job's request with one thread's adapter."""

    def __init__(
        self,
        job: Job,
        resolver: Resolver,
        adapter: PinnedAdapter,
        trust: Trust,
        response_limit: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._job = job
        self._line = job.line
        self._resolver = resolver
        self._adapter = adapter
        self._trust = trust
        self._room = response_limit
        self._monotonic = monotonic
        self._address = ""
        self._looked_up: float | None = None
        self._first_byte: float | None = None
        self._secure = False
        self._raw: urllib3.BaseHTTPResponse | None = None
        self._body: list[bytes] = []

    def run(self) -> SendResult:
        try:
            target = target_of(self._job.outgoing.url)
        except BadCallback as bad:
            return self._result(Failure.CONNECTION_FAILED, f"the callback {bad}")
        objections = self._line.guard.objections(target.scheme, target.port)
        if objections:
            return self._result(Failure.ADDRESS_REFUSED, f"the callback {objections[0]}")
        self._secure = target.scheme == "https"
        resolution = self._resolution(target.host)
        if resolution is None:
            return self._result(Failure.TIMEOUT, f"{target.host}: the name server did not answer in time")
        if isinstance(resolution, NotPinned):
            return self._result(resolution.failure, resolution.reason)
        return self._exchange(target, resolution.addresses)

    def _resolution(self, host: str) -> Resolution | None:
        if self._line.cut_off:
            return None
        found = self._resolver.known(host)
        if found is None:
            self._resolver.look_up(host, lambda _, resolution: self._job.answers.put(resolution))
            try:
                found = self._job.answers.get(timeout=self._line.left())
            except Empty:
                return None
        self._looked_up = self._monotonic()
        return found

    def _exchange(self, target: Target, addresses: tuple[str, ...]) -> SendResult:
        try:
            response = self._send(target, addresses)
            self._first_byte = self._monotonic()
            self._raw = response.raw
            self._read(response.raw)
        except (requests.RequestException, HTTPError, OSError, RefusedAddress) as error:
            return self._failed(error, target.port)
        if self._line.cut_off:
            # A body without a length looks complete when its line is cut.
            return self._result(Failure.TIMEOUT, "the answer was not complete in time")
        return self._result(None, None)

    def _send(self, target: Target, addresses: tuple[str, ...]) -> requests.Response:
        request = _prepared(target, self._job)
        context = self._trust.contexts.of(self._job.outgoing.tls) if self._secure else None
        tries = iter(_patiences(addresses))
        address, share = next(tries)
        again = True
        while True:
            self._address = address
            try:
                patience = self._line.left() * share
                return self._adapter.send_on(self._line, request, address, patience, self._trust.ca_file, context)
            except requests.ConnectionError as error:
                if again and self._reused() and _died(error):
                    again = False
                    self._line.forget()
                    continue
                following = None if self._line.peer else next(tries, None)
                if following is None or self._line.cut_off:
                    raise
                address, share = following

    def _reused(self) -> bool:
        return self._line.peer is not None and self._line.opened is None

    def _read(self, raw: urllib3.BaseHTTPResponse) -> None:
        """Keeps the answer's beginning; a connection is kept only after an answer that is read to its end."""
        while piece := raw.read1(min(self._room, PIECE) + 1, decode_content=False):
            self._body.append(piece[: self._room])
            if len(piece) > self._room:
                raw.close()
                return
            self._room -= len(piece)
        raw.release_conn()

    def _failed(self, error: Exception, port: int) -> SendResult:
        failure, text = self._failure(error), words_of(error, ours=(RefusedAddress,))
        if failure is Failure.TIMEOUT:
            text = self._what_is_late()
        elif failure is Failure.CONNECTION_FAILED:
            text = f"{self._address} port {port}: {text}"
        elif failure in (Failure.TLS_FAILED, Failure.BROKEN) and self._line.opened is not None:
            refusal = self._refusal(text)
            if refusal is not None:
                return self._result(Failure.TLS_FAILED, refusal)
            if self._is_closed_after_handshake(error):
                text += tls_refusal.HINT
        return self._result(failure, text)

    def _refusal(self, text: str) -> str | None:
        """How the listener refused our certificate on this new connection; None when it did not."""
        certificate = self._job.outgoing.tls is not None and bool(self._job.outgoing.tls.certificate)
        alerted = self._raw is None and self._line.secured is not None and self._line.holds_alert()
        return tls_refusal.words(text, certificate=certificate, alerted=alerted)

    def _is_closed_after_handshake(self, error: Exception) -> bool:
        unanswered = self._raw is None and self._line.secured is not None
        # What TLS reads of a reset is an end: http.client's word for that is of this class, too.
        return unanswered and any(isinstance(each, ConnectionResetError) for each in causes(error))

    def _what_is_late(self) -> str:
        if self._raw is not None:
            return "the answer was not complete in time"
        return "no connection in time" if self._line.peer is None else "no answer in time"

    def _failure(self, error: Exception) -> Failure:
        match error:
            case _ if self._line.cut_off:
                return Failure.TIMEOUT
            case _ if is_caused_by_want(error, self._address):
                return Failure.NO_RESOURCES
            case RefusedAddress():
                return Failure.ADDRESS_REFUSED
            case requests.Timeout() | urllib3.exceptions.TimeoutError():
                return Failure.TIMEOUT
            case requests.exceptions.SSLError() | ssl.SSLError():
                return Failure.TLS_FAILED
            case _ if self._line.peer is None:
                return Failure.CONNECTION_FAILED
            case _ if self._secure and self._line.opened is not None and self._line.secured is None:
                return Failure.TLS_FAILED
            case _:
                return Failure.BROKEN

    def _result(self, failure: Failure | None, text: str | None) -> SendResult:
        status = None if self._raw is None else self._raw.status
        if failure is not None and self._raw is not None:
            self._raw.close()
        wanted = self._job.headers_of_success or not (status and 200 <= status < 300)
        told = tuple(self._raw.headers.items()) if self._raw is not None and wanted else ()
        return SendResult(
            key=self._job.outgoing.key,
            started=self._job.started,
            status=status,
            headers=told,
            body=b"".join(self._body),
            error=failure,
            error_text=text,
            timing=self._timing(),
            peer_address=self._line.peer,
            reused=self._reused(),
        )

    def _timing(self) -> Timing:
        return Timing(
            name_lookup=self._since(self._looked_up),
            connect=self._since(self._line.opened),
            tls=self._since(self._line.secured),
            first_byte=self._since(self._first_byte),
            total=(self._monotonic() - self._job.since) * 1000,
        )

    def _since(self, instant: float | None) -> float | None:
        return None if instant is None else (instant - self._job.since) * 1000


def _patiences(addresses: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """Each address with the share of the time left that its connection may take: an address that swallows
    everything leaves some for the others."""
    for position, address in enumerate(addresses):
        yield address, 1 / (len(addresses) - position)


def _prepared(target: Target, job: Job) -> requests.PreparedRequest:
    headers = dict(job.outgoing.headers) | {"Host": target.place}
    return requests.Request(job.method, target.url, headers=headers, data=job.outgoing.body).prepare()


def _died(error: requests.ConnectionError) -> bool:
    return any(isinstance(cause, DEAD) for cause in causes(error))
