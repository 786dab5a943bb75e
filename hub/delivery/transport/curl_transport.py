"""The transport over libcurl: thousands of requests at once on one thread, with kept connections and HTTP/2."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pycurl

from hub.delivery.resolve import NotPinned, Pinned, Resolution, Resolver
from hub.delivery.transport.curl_loop import CurlLoop
from hub.delivery.transport.curl_slot import IDLE_SECONDS, Rules, Slot
from hub.delivery.transport.port import Closed, Failure, Outgoing, SendResult
from hub.model.credentials import TlsIdentity
from hub.model.delivery import Timing
from hub.model.times import Clock, system_clock, to_micros
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.callback import BadCallback, target_of

MOMENT = 1.0
"""Seconds without a request after which more connections than may rest are closed."""

known_target = lru_cache(maxsize=4096)(target_of)


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A request whose host is being looked up."""

    outgoing: Outgoing
    started: int
    since: float


class CurlTransport:
    """Implements `Transport`.

    A request on a kept connection that died before any byte of an answer is sent once more by libcurl itself, on
    a new connection.
    """

    def __init__(
        self,
        *,
        guard: AddressGuard,
        resolver: Resolver,
        deadline: float = 15.0,
        response_limit: int = 8192,
        max_connections: int = 512,
        ca_file: str | None = None,
        clock: Clock = system_clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolver = resolver
        self._deadline = deadline
        self._clock = clock
        self._monotonic = monotonic
        self._rules = Rules(guard=guard, response_limit=response_limit, ca_file=ca_file)
        self._max_idle = max_connections
        self._most_resting = max(1, max_connections // 2)
        self._opened = 0
        self._used = monotonic()
        self._loop = CurlLoop(max_connections)
        self._avoided: dict[tuple[str, int], float] = {}
        self._busy: dict[pycurl.Curl, Slot] = {}
        self._idle: list[Slot] = []
        self._waiting: dict[str, list[Waiting]] = {}
        self._resolved: deque[tuple[str, Resolution]] = deque()
        self._finished: list[SendResult] = []
        self._woken = False
        self._closed = False

    def submit(self, outgoing: Sequence[Outgoing]) -> None:
        started, now = to_micros(self._clock()), self._monotonic()
        for each in outgoing:
            ago = 0.0 if each.began is None else now - each.began
            self._begin(Waiting(outgoing=each, started=started - round(ago * 1e6), since=now - ago), now)
        self._loop.run_timer()
        self._collect()  # Of what is over already, no descriptor tells another loop.

    def wait(self, timeout: float | None) -> list[SendResult]:
        end = None if timeout is None else self._monotonic() + timeout
        self._collect()
        while not self._finished:
            left = None if end is None else end - self._monotonic()
            self._turn(left if left is None else max(left, 0.0))
            if self._woken or (left is not None and left <= 0):
                break
        self._woken = False
        finished, self._finished = self._finished, []
        return finished

    def wake(self) -> None:
        self._woken = True
        self._loop.wake()

    def fileno(self) -> int:
        """A descriptor that is readable when there is something to do, for another loop to watch."""
        return self._loop.fileno()

    def patience(self) -> float | None:
        """How many seconds another loop may let pass until it calls `wait`, whatever `fileno` shows; None: any."""
        return 0.0 if self._finished else self._loop.patience(self._patience(None))

    def kept_at_most(self) -> int:
        """How many connections rest here, at most: libcurl does not say how many it has closed."""
        return min(self._opened, self._most_resting)

    def close_idle(self, now: float) -> None:
        """Closes every connection that has rested for too long; or all after a moment, when too many may rest.

        libcurl closes one by itself only where it takes another one back.
        """
        patience = IDLE_SECONDS if self._opened <= self._most_resting else MOMENT
        if self._opened and now - self._used >= patience:
            self._close_resting()

    def _close_resting(self) -> None:
        if not self._busy:
            self._loop.close_resting()
            self._opened = 0

    def _note_opening(self) -> None:
        self._opened += 1
        self._loop.forget_resting()

    def in_flight(self) -> int:
        return len(self._busy) + len(self._finished) + sum(map(len, self._waiting.values()))

    def close(self, grace: float) -> Closed:
        end = self._monotonic() + grace
        finished: list[SendResult] = []
        while self.in_flight() and (left := end - self._monotonic()) > 0:
            finished += self.wait(left)
        if not self._closed:
            finished += self.wait(0)
        self._closed = True
        unfinished = self._break_off()
        self._loop.close()
        return Closed(finished=finished, unfinished=unfinished)

    def _break_off(self) -> list[Outgoing]:
        unfinished = [waiting.outgoing for group in self._waiting.values() for waiting in group]
        self._waiting.clear()
        while self._busy:
            easy, slot = self._busy.popitem()
            self._loop.multi.remove_handle(easy)
            unfinished += [slot.outgoing] if slot.outgoing else []
            slot.empty()
            self._idle.append(slot)
        while self._idle:
            self._idle.pop().easy.close()
        return unfinished

    def _turn(self, timeout: float | None) -> None:
        self._loop.turn(self._patience(timeout))
        self.close_idle(self._monotonic())
        while self._resolved:
            self._continue(*self._resolved.popleft())
        if self._waiting:
            self._expire()
        self._collect()

    def _patience(self, timeout: float | None) -> float | None:
        """How long to wait at most: no longer than the first deadline among those whose look-up is not done."""
        if not self._waiting:
            return timeout
        first = min(each.since for group in self._waiting.values() for each in group) + self._deadline
        left = max(first - self._monotonic(), 0.0)
        return left if timeout is None else min(left, timeout)

    def _begin(self, waiting: Waiting, now: float) -> None:
        try:
            target = known_target(waiting.outgoing.url)
        except BadCallback as bad:
            self._fail(waiting, now, Failure.CONNECTION_FAILED, f"the callback {bad}")
            return
        host = target.host
        objections = self._rules.guard.objections(target.scheme, target.port)
        if objections:
            self._fail(waiting, now, Failure.ADDRESS_REFUSED, f"the callback {objections[0]}")
            return
        resolution = self._resolver.known(host)
        if resolution is not None:
            self._start(waiting, resolution, now)
        elif host in self._waiting:
            self._waiting[host].append(waiting)
        else:
            self._waiting[host] = [waiting]
            self._resolver.look_up(host, self._answered)

    def _answered(self, host: str, resolution: Resolution) -> None:
        """Called by a look-up's thread."""
        self._resolved.append((host, resolution))
        self._loop.wake()

    def _continue(self, host: str, resolution: Resolution) -> None:
        now = self._monotonic()
        for waiting in self._waiting.pop(host, ()):
            self._start(waiting, resolution, now)

    def _start(self, waiting: Waiting, resolution: Resolution, now: float) -> None:
        remaining = int((waiting.since + self._deadline - now) * 1000)
        match resolution:
            case NotPinned(failure=failure, reason=reason):
                self._fail(waiting, now, failure, reason)
            case Pinned() if remaining <= 0:
                self._fail(waiting, now, Failure.TIMEOUT, "the look-up of the name took all the time")
            case Pinned():
                slot, target = self._slot(waiting.outgoing.tls), known_target(waiting.outgoing.url)
                slot.fill(
                    waiting.outgoing,
                    target,
                    resolution,
                    anew=bool(self._avoided) and self._avoided.get((target.host, target.port), 0.0) > now,
                    started=waiting.started,
                    looked_up_ms=(now - waiting.since) * 1000,
                    remaining_ms=remaining,
                )
                self._busy[slot.easy] = slot
                self._loop.keep(len(self._busy) + self._most_resting)
                self._used = now
                self._loop.multi.add_handle(slot.easy)

    def _slot(self, tls: TlsIdentity | None) -> Slot:
        if tls is None and self._idle:
            return self._idle.pop()
        return Slot(self._rules, self._note_opening, tls)

    def _collect(self) -> None:
        """Takes over what libcurl finished."""
        more = 1
        while more:
            more, complete, failed = self._loop.multi.info_read()
            for easy in complete:
                self._finish(easy, 0, "")
            for easy, errno, text in failed:
                self._finish(easy, errno, text)
            self._loop.keep(len(self._busy) + self._most_resting)
        if any(result.error is Failure.NO_RESOURCES for result in self._finished):
            self._close_resting()

    def _finish(self, easy: pycurl.Curl, errno: int, text: str) -> None:
        slot = self._busy.pop(easy)
        if errno and slot.hung_on_a_kept_connection(errno):
            self._avoid(slot)
        self._finished.append(slot.result(errno, text))
        self._loop.multi.remove_handle(easy)
        slot.empty()
        if slot.tls is None and len(self._idle) < self._max_idle:
            self._idle.append(slot)
        else:
            easy.close()

    def _avoid(self, slot: Slot) -> None:
        """The connection may lead nowhere any more, and one of HTTP/2 is kept: new ones are used till it is too old."""
        assert slot.outgoing is not None
        target, now = known_target(slot.outgoing.url), self._monotonic()
        self._avoided = {place: until for place, until in self._avoided.items() if until > now}
        self._avoided[target.host, target.port] = now + IDLE_SECONDS + MOMENT

    def _expire(self) -> None:
        """Gives up requests whose name was not found in time."""
        now = self._monotonic()
        for host, group in list(self._waiting.items()):
            for late in [each for each in group if each.since + self._deadline <= now]:
                group.remove(late)
                self._fail(late, now, Failure.TIMEOUT, f"{host}: the name server did not answer in time")
            if not group:
                del self._waiting[host]

    def _fail(self, waiting: Waiting, now: float, failure: Failure, text: str) -> None:
        spent = (now - waiting.since) * 1000
        result = SendResult(
            key=waiting.outgoing.key,
            started=waiting.started,
            error=failure,
            error_text=text,
            timing=Timing(name_lookup=None if failure is Failure.TIMEOUT else spent, total=spent),
        )
        self._finished.append(result)
