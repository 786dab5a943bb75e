"""The transport of our own for http, with libcurl's for https in the same loop: one thread, one wait for both."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from hub.delivery.resolve import NotPinned, Resolution, Resolver
from hub.delivery.transport.curl_transport import CurlTransport
from hub.delivery.transport.direct_exchange import Exchange
from hub.delivery.transport.direct_lines import IN, Lines
from hub.delivery.transport.direct_route import Route, Routes
from hub.delivery.transport.direct_sender import Sender
from hub.delivery.transport.port import Closed, Failure, Outgoing, SendResult
from hub.delivery.transport.waker import Waker
from hub.model.times import Clock, system_clock, to_micros
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.callback import BadCallback

URL = attrgetter("url")

SWEEP_SECONDS = 1.0
"""How often connections that rest are looked at."""


class DirectTransport:
    """Implements `Transport`.

    A plain HTTP/1.1 connection is a socket of our own, read and written in this loop. What goes to https is handed to
    a `CurlTransport`, which speaks HTTP/2 where the listener does; its descriptor and its timer are watched here.
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
        self._routes = Routes(guard)
        self._secure = CurlTransport(
            guard=guard,
            resolver=resolver,
            deadline=deadline,
            response_limit=response_limit,
            max_connections=max_connections,
            ca_file=ca_file,
            clock=clock,
            monotonic=monotonic,
        )
        self._lines = Lines(max_connections, response_limit, self._secure.kept_at_most)
        self._sender = Sender(self._lines, guard, monotonic)
        self._waker = Waker()
        self._lines.epoll.register(self._waker.descriptor, IN)
        self._lines.epoll.register(self._secure.fileno(), IN)
        self._asking: dict[str, list[Exchange]] = {}
        self._resolved: deque[tuple[str, Resolution]] = deque()
        self._next_sweep = 0.0
        self._woken = False
        self._closed = False

    def submit(self, outgoing: Sequence[Outgoing]) -> None:
        started, now = to_micros(self._clock()), self._monotonic()
        secure: list[Outgoing] = []
        # Those to one listener come in a row: what holds for all of them is found once.
        for url, group in groupby(outgoing, URL):
            try:
                route = self._routes.of(url)
            except BadCallback as bad:
                self._refuse(group, started, f"the callback {bad}")
                continue
            if route.secure:
                secure += group
            else:
                end = now + self._deadline
                self._begin(route, [Exchange(each, route, started, now, end) for each in group], now)
        if secure:
            self._secure.submit(secure)

    def wait(self, timeout: float | None) -> list[SendResult]:
        end = None if timeout is None else self._monotonic() + timeout
        while not self._sender.finished:
            left = None if end is None else end - self._monotonic()
            self._turn(left if left is None else max(left, 0.0))
            if self._woken or (left is not None and left <= 0):
                break
        self._woken = False
        finished, self._sender.finished = self._sender.finished, []
        return finished

    def wake(self) -> None:
        self._woken = True
        self._waker.wake()

    def in_flight(self) -> int:
        return len(self._sender.active) + len(self._sender.finished) + self._secure.in_flight()

    def close(self, grace: float) -> Closed:
        if self._closed:
            return Closed(finished=[], unfinished=[])
        end = self._monotonic() + grace
        finished: list[SendResult] = []
        while self.in_flight() and (left := end - self._monotonic()) > 0:
            finished += self.wait(left)
        finished += self.wait(0)
        self._closed = True
        secure = self._secure.close(0)
        unfinished = [exchange.outgoing for exchange in self._sender.active]
        self._sender.active.clear()
        self._lines.close_all()
        self._waker.close()
        return Closed(finished=finished + secure.finished, unfinished=unfinished + secure.unfinished)

    def _turn(self, timeout: float | None) -> None:
        lines, happened, secure = self._lines, self._sender.happened, False
        self._sender.go_on(self._monotonic())
        for descriptor, events in lines.epoll.poll(self._patience(timeout)):
            line = lines.open.get(descriptor)
            if line is not None:
                happened(line, events)
            elif descriptor == self._waker.descriptor:
                self._waker.note()
            else:
                secure = True
        while self._resolved:
            self._continue(*self._resolved.popleft())
        now = self._monotonic()
        if now >= self._sender.next_look:
            self._sender.give_up_late(now)
        self._sender.go_on(now)
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_SECONDS
            lines.close_idle(now)
            self._secure.close_idle(now)
        if secure or self._secure.patience() == 0:
            self._take_secure(self._secure.wait(0))
        lines.keep_within()

    def _take_secure(self, finished: list[SendResult]) -> None:
        self._sender.finished += finished
        if any(result.error is Failure.NO_RESOURCES for result in finished):
            self._lines.close_resting()

    def _patience(self, timeout: float | None) -> float | None:
        """How long to wait at most: until the first deadline, or until libcurl has something to do."""
        limits = [] if timeout is None else [timeout]
        if self._sender.next_look < math.inf:
            limits.append(max(self._sender.next_look - self._monotonic(), 0.0))
        secure = self._secure.patience()
        if secure is not None:
            limits.append(secure)
        return min(limits, default=None)

    def _begin(self, route: Route, exchanges: list[Exchange], now: float) -> None:
        self._sender.note(exchanges)
        if route.objection is not None:
            for exchange in exchanges:
                self._sender.fail(exchange, Failure.ADDRESS_REFUSED, f"the callback {route.objection}", now)
            return
        host = route.target.host
        resolution = self._resolver.known(host)
        if resolution is not None:
            self._start(exchanges, resolution, now)
        elif host in self._asking:
            self._asking[host] += exchanges
        else:
            self._asking[host] = exchanges
            self._resolver.look_up(host, self._answered)

    def _answered(self, host: str, resolution: Resolution) -> None:
        """Called by a look-up's thread."""
        self._resolved.append((host, resolution))
        self._waker.wake()

    def _continue(self, host: str, resolution: Resolution) -> None:
        active = self._sender.active  # whoever is not in it was given up meanwhile
        self._start([each for each in self._asking.pop(host, ()) if each in active], resolution, self._monotonic())

    def _start(self, exchanges: Iterable[Exchange], resolution: Resolution, now: float) -> None:
        for exchange in exchanges:
            exchange.looked_up = now
            if isinstance(resolution, NotPinned):
                self._sender.fail(exchange, resolution.failure, resolution.reason, now)
                continue
            if exchange.route.pinned is not resolution:
                self._routes.pin(exchange.route, resolution)
            self._sender.begin(exchange, now)

    def _refuse(self, outgoing: Iterable[Outgoing], started: int, text: str) -> None:
        for each in outgoing:
            result = SendResult(key=each.key, started=started, error=Failure.CONNECTION_FAILED, error_text=text)
            self._sender.finished.append(result)
