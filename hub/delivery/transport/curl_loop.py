"""Drives a libcurl multi handle by epoll: its sockets, its timer, and a way to be woken from another thread."""

import os
import select
import time
from contextlib import suppress
from threading import Lock

import pycurl

_EPOLL_MASKS = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}
_FAULT = select.EPOLLERR | select.EPOLLHUP


class CurlLoop:
    """A multi handle and what it waits for.

    A connection that rests between two requests stays registered, which saves two system calls a request.
    """

    def __init__(self, max_connections: int) -> None:
        self._max_connections = max_connections
        self._kept = 0
        self.multi = self._fresh()
        self._epoll = select.epoll()
        self._open = Lock()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll.register(self._wake, select.EPOLLIN)
        self._masks: dict[int, int] = {}
        self._resting: set[int] = set()
        self._timer: float | None = None

    def _fresh(self) -> pycurl.CurlMulti:
        multi = pycurl.CurlMulti()
        multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, self._max_connections)
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        return multi

    def keep(self, count: int) -> None:
        """How many connections libcurl keeps at most, in use and at rest; it closes more as it goes on."""
        if count != self._kept:
            self._kept = count
            self.multi.setopt(pycurl.M_MAXCONNECTS, count)

    def close_resting(self) -> None:
        """Closes every connection; to be called while none is in use, for libcurl closes none by itself."""
        self.multi.close()
        self._timer = None
        self._masks.clear()
        self._resting.clear()
        self._kept = 0
        self.multi = self._fresh()

    def turn(self, timeout: float | None) -> None:
        """Waits once for a socket, the timer, `wake` or the timeout, and lets libcurl act on what happened."""
        for descriptor, events in self._epoll.poll(self.patience(timeout)):
            if descriptor == self._wake:
                os.eventfd_read(self._wake)
            elif descriptor in self._resting:
                self._forget(descriptor)
            else:
                self.multi.socket_action(descriptor, _action(events))
        self.run_timer()

    def wake(self) -> None:
        # A look-up may end after the close, when the number of the descriptor belongs to something else.
        with self._open:
            if self._wake >= 0:
                os.eventfd_write(self._wake, 1)

    def forget_resting(self) -> None:
        """To be called before a socket is opened, because it may get the number of one that was closed."""
        for descriptor in tuple(self._resting):
            self._forget(descriptor)

    def run_timer(self) -> None:
        """Lets libcurl act where its timer is due; a request that was just added starts by it."""
        if self._timer is not None and self._timer <= time.monotonic():
            self._timer = None
            self.multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def close(self) -> None:
        self.multi.close()
        self._epoll.close()
        with self._open:
            if self._wake >= 0:
                os.close(self._wake)
            self._wake = -1

    def fileno(self) -> int:
        return self._epoll.fileno()

    def patience(self, timeout: float | None) -> float | None:
        """How long to wait at most: until libcurl's timer is due."""
        if self._timer is None:
            return timeout
        left = max(self._timer - time.monotonic(), 0.0)
        return left if timeout is None else min(left, timeout)

    def _set_timer(self, milliseconds: int) -> None:
        self._timer = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def _watch(self, what: int, descriptor: int, multi: object, data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            self._resting.add(descriptor)
            return
        self._resting.discard(descriptor)
        mask = _EPOLL_MASKS[what]
        known = self._masks.get(descriptor)
        if known is None:
            self._epoll.register(descriptor, mask)
        elif known != mask:
            self._epoll.modify(descriptor, mask)
        self._masks[descriptor] = mask

    def _forget(self, descriptor: int) -> None:
        self._resting.discard(descriptor)
        del self._masks[descriptor]
        # A closed descriptor has left the epoll by itself.
        with suppress(OSError):
            self._epoll.unregister(descriptor)


def _action(events: int) -> int:
    action = 0
    if events & select.EPOLLIN:
        action |= pycurl.CSELECT_IN
    if events & select.EPOLLOUT:
        action |= pycurl.CSELECT_OUT
    if events & _FAULT:
        action |= pycurl.CSELECT_ERR
    return action
