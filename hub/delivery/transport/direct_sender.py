"""Moves POSTs over plain connections: takes or opens one, writes, reads the answer, and gives up what is late."""

import math
import time
from collections import deque
from collections.abc import Callable, Sequence

from hub.delivery.shortage import is_short
from hub.delivery.transport.direct_answer import BadAnswer
from hub.delivery.transport.direct_exchange import Exchange
from hub.delivery.transport.direct_line import PIECE, Line
from hub.delivery.transport.direct_lines import OUT, Lines
from hub.delivery.transport.direct_request import BadRequest, written
from hub.delivery.transport.port import Failure, SendResult
from hub.subscriptions.addresses import AddressGuard

LOOK_SECONDS = 0.005
"""The least time between two looks for what is late."""


class Sender:
    """`active` has every exchange that is not finished, `finished` their results until somebody takes them."""

    def __init__(self, lines: Lines, guard: AddressGuard, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.active: set[Exchange] = set()
        self.finished: list[SendResult] = []
        self.next_look = math.inf
        self._lines = lines
        self._guard = guard
        self._monotonic = monotonic
        self._queue: deque[Exchange] = deque()

    def note(self, exchanges: Sequence[Exchange]) -> None:
        """They are on their way from now on, and given up when they are late."""
        self.active.update(exchanges)
        self.next_look = min(self.next_look, *[exchange.due for exchange in exchanges])

    def begin(self, exchange: Exchange, now: float) -> None:
        """Sends it on a connection that is kept, or a new one, or after those who wait for room."""
        if self._queue:
            self._queue.append(exchange)
        else:
            self._begin(exchange, now)

    def go_on(self, now: float) -> None:
        """Begins those who wait for room, while there is some: to be called before each wait, and after it."""
        while self._queue:
            exchange = self._queue[0]
            if exchange in self.active:
                if not (exchange.route.pool.idle or self._lines.has_room()):
                    return
                self._begin(exchange, now)
            self._queue.popleft()

    def _begin(self, exchange: Exchange, now: float) -> None:
        line = self._lines.take(exchange.route.pool, now)
        if line is None:
            self._begin_anew(exchange, now)
        else:
            exchange.reused = True
            self._write(line, exchange)

    def happened(self, line: Line, events: int) -> None:
        """Acts on what the epoll tells of a connection."""
        if line.peer is None:
            self._opened(line)
            return
        if events != OUT:
            self._read(line)
        if line.unsent is not None and line.exchange is not None and events & OUT:
            self._write_on(line)

    def fail(self, exchange: Exchange, failure: Failure, text: str, now: float) -> None:
        """It ends here; the connection that it is on ends with it."""
        line, exchange.line = exchange.line, None
        self.active.discard(exchange)
        self.finished.append(exchange.failed(failure, text, now, line.answer if line else None))
        if line is not None:
            self._lines.close(line)

    def give_up_late(self, now: float) -> None:
        """Ends what is over its deadline; where an address took its share of the time, the next one is tried."""
        for exchange in [each for each in self.active if each.due <= now]:
            if exchange.addresses and now < exchange.end:
                self._try_next(exchange, "did not answer in time", now)
            else:
                if exchange.reused:
                    # What forgot this connection, such as a firewall, may have forgotten those that rest, too.
                    self._lines.leave(exchange.route.pool)
                self.fail(exchange, Failure.TIMEOUT, _late(exchange), now)
        first = min((each.due for each in self.active), default=math.inf)
        self.next_look = max(first, now + LOOK_SECONDS)

    def _begin_anew(self, exchange: Exchange, now: float) -> None:
        assert exchange.route.pinned is not None
        exchange.addresses = exchange.route.pinned.addresses
        if self._lines.has_room():
            self._connect(exchange, now)
        else:
            self._queue.append(exchange)

    def _connect(self, exchange: Exchange, now: float) -> None:
        """To the next address that can be tried. Each has an equal share of the time that is left."""
        target, pool = exchange.route.target, exchange.route.pool
        while exchange.addresses:
            exchange.due = now + (exchange.end - now) / len(exchange.addresses)
            address, *exchange.addresses = exchange.addresses
            refusal = self._guard.refusal(address)
            if refusal is not None:
                self.fail(exchange, Failure.ADDRESS_REFUSED, refusal, now)
                return
            exchange.trouble = f"{address} port {target.port}: "
            try:
                exchange.line = line = self._lines.start(address, target.port, pool, now)
            except OSError as error:
                exchange.trouble += error.strerror or str(error)
                if is_short(error.errno, address):
                    self._lines.close_resting()
                    self.fail(exchange, Failure.NO_RESOURCES, exchange.trouble, now)
                    return
                continue
            line.exchange = exchange
            self.next_look = min(self.next_look, exchange.due)
            return
        self.fail(exchange, Failure.CONNECTION_FAILED, exchange.trouble, now)

    def _try_next(self, exchange: Exchange, trouble: str, now: float) -> None:
        assert exchange.line is not None
        line, exchange.line = exchange.line, None
        self._lines.close(line)
        exchange.trouble += trouble
        self._connect(exchange, now)

    def _opened(self, line: Line) -> None:
        exchange, now = line.exchange, self._monotonic()
        assert exchange is not None
        try:
            peer = line.connected()
        except OSError as error:
            self._try_next(exchange, error.strerror or str(error), now)
            return
        if peer is None:
            return
        # A packet filter may have led the connection elsewhere.
        refusal = self._guard.refusal(peer)
        if refusal is not None:
            self.fail(exchange, Failure.ADDRESS_REFUSED, refusal, now)
            return
        line.peer = peer
        exchange.connected, exchange.due, exchange.addresses = now, exchange.end, ()
        self._lines.watch(line)
        self._write(line, exchange)

    def _write(self, line: Line, exchange: Exchange) -> None:
        line.exchange, exchange.line, exchange.peer = exchange, line, line.peer
        try:
            if not line.write(written(exchange.route.start, exchange.outgoing)):
                self._lines.watch(line, writing=True)
        except BadRequest as bad:
            self.fail(exchange, Failure.BROKEN, str(bad), self._monotonic())
        except OSError as error:
            self._died(line, error.strerror or str(error))

    def _write_on(self, line: Line) -> None:
        try:
            if line.write_on():
                self._lines.watch(line)
        except OSError as error:
            self._died(line, error.strerror or str(error))

    def _read(self, line: Line) -> None:
        exchange = line.exchange
        try:
            data = line.recv(PIECE)
            if exchange is None or not data:
                self._hung_up(line)
                return
            now = self._monotonic()
            if exchange.first_byte is None:
                exchange.first_byte = now
            if not line.answer.feed(data):
                return
        except BlockingIOError:
            return
        except BadAnswer as bad:
            assert exchange is not None
            self.fail(exchange, Failure.BROKEN, str(bad), self._monotonic())
            return
        except OSError as error:
            self._died(line, error.strerror or str(error))
            return
        self._finish(line, exchange, now)

    def _hung_up(self, line: Line) -> None:
        """The other side closed the connection; at rest there is nothing to be said but farewell."""
        exchange, now = line.exchange, self._monotonic()
        if exchange is None or (exchange.reused and not line.answer.begun):
            self._died(line, "the connection was closed before an answer")
            return
        try:
            line.answer.end()
        except BadAnswer as bad:
            self.fail(exchange, Failure.BROKEN, str(bad), now)
        else:
            self._finish(line, exchange, now)

    def _finish(self, line: Line, exchange: Exchange, now: float) -> None:
        self.active.discard(exchange)
        self.finished.append(exchange.answered(line.answer, now))
        exchange.line = None
        if line.answer.kept and line.unsent is None:
            self._lines.rest(line, now)
        else:
            self._lines.close(line)

    def _died(self, line: Line, trouble: str) -> None:
        """Sends once more what a kept connection lost before any byte of an answer; anything else is broken."""
        exchange, now = line.exchange, self._monotonic()
        if exchange is None:
            self._lines.close(line)
        elif exchange.reused and not exchange.sent_again and not line.answer.begun:
            self._lines.close(line)
            exchange.sent_again, exchange.reused = True, False
            exchange.line = exchange.peer = None
            self._begin_anew(exchange, now)
        else:
            self.fail(exchange, Failure.BROKEN, trouble, now)


def _late(exchange: Exchange) -> str:
    if exchange.looked_up is None:
        return f"{exchange.route.target.host}: the name server did not answer in time"
    if exchange.line is None:
        return "all connections were in use for too long"
    if exchange.line.peer is None:
        return f"{exchange.trouble}no connection in time"
    return "the answer was not complete in time" if exchange.line.answer.begun else "no answer in time"
