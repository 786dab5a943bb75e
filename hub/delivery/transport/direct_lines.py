"""All plain connections: watched by one epoll, kept between requests, bounded in number, idleness and age."""

import select
from collections.abc import Callable

from hub.delivery.shortage import is_short
from hub.delivery.transport.curl_slot import IDLE_SECONDS, LIFE_SECONDS
from hub.delivery.transport.direct_answer import Answer, Known
from hub.delivery.transport.direct_line import Line
from hub.delivery.transport.direct_route import Pool

IN, OUT = select.EPOLLIN, select.EPOLLOUT


class Lines:
    """A connection stays registered for reading all its life: at rest, that shows when the other side hangs up.

    `most` are open at once; of those that rest, `kept_elsewhere` counts as well, for the bound is that of both.
    """

    def __init__(self, most: int, response_limit: int, kept_elsewhere: Callable[[], int] = lambda: 0) -> None:
        self.epoll = select.epoll()
        self.open: dict[int, Line] = {}
        self._most = most
        self._kept_elsewhere = kept_elsewhere
        self._response_limit = response_limit
        self._known = Known()
        # In the order in which they came to rest.
        self._resting: dict[Line, None] = {}

    def take(self, pool: Pool, now: float) -> Line | None:
        """A connection at rest that leads where the pool's do, the one used last; None when there is none."""
        while pool.idle:
            line = pool.idle.pop()
            del self._resting[line]
            if now - line.rested < IDLE_SECONDS and now - line.born < LIFE_SECONDS:
                return line
            self._end(line)
        return None

    def rest(self, line: Line, now: float) -> None:
        line.exchange = None
        line.answer.renew()
        line.rested = now
        line.pool.idle.append(line)
        self._resting[line] = None

    def keep_within(self) -> None:
        """Closes those that rest beyond the bound: to be called when some have come to rest."""
        while len(self._resting) > self._most - self._kept_elsewhere():
            self.close(next(iter(self._resting)))

    def has_room(self) -> bool:
        """Whether one more can be opened; for that, the one that rests longest may have to go."""
        if len(self.open) >= self._most and self._resting:
            self.close(next(iter(self._resting)))
        return len(self.open) < self._most

    def start(self, address: str, port: int, pool: Pool, now: float) -> Line:
        """Begins a new one. Raises OSError; for want of a descriptor only when none that rests could give one."""
        try:
            line = self._begun(address, port, pool, now)
        except OSError as error:
            if not is_short(error.errno, address) or not self._resting:
                raise
            self.close_resting()
            line = self._begun(address, port, pool, now)
        self.open[line.descriptor] = line
        self.epoll.register(line.descriptor, OUT)
        return line

    def _begun(self, address: str, port: int, pool: Pool, now: float) -> Line:
        return Line(address, port, Answer(self._response_limit, self._known), pool, now)

    def watch(self, line: Line, *, writing: bool = False) -> None:
        self.epoll.modify(line.descriptor, IN | OUT if writing else IN)

    def close(self, line: Line) -> None:
        if line in self._resting:
            del self._resting[line]
            line.pool.idle.remove(line)
        self._end(line)

    def close_idle(self, now: float) -> None:
        """Closes those that have rested for too long."""
        late = []
        for line in self._resting:
            if now - line.rested < IDLE_SECONDS:
                break
            late.append(line)
        for line in late:
            self.close(line)

    def leave(self, pool: Pool) -> None:
        """Closes those of a pool that rest."""
        for line in list(pool.idle):
            self.close(line)

    def close_resting(self) -> None:
        for line in list(self._resting):
            self.close(line)

    def close_all(self) -> None:
        for line in list(self.open.values()):
            self.close(line)
        self.epoll.close()

    def _end(self, line: Line) -> None:
        # A closed descriptor leaves the epoll by itself.
        del self.open[line.descriptor]
        line.sock.close()
