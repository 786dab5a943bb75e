"""Watches over a fetch on a thread of its own: whether it is to go on, however little comes over its connection."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import TracebackType
from typing import Self

from urllib3.connection import HTTPConnection

EVERY = 0.25
"""Seconds between two looks."""


class Watch:
    """`look` raises why the fetch is to end; what is being read is cut off then."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look
        self._over, self._ended = Event(), Event()
        self._why: Exception | None = None
        self._connection: HTTPConnection | None = None
        self._thread = Thread(target=self._run, name="jobs-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    @contextmanager
    def over(self, connection: HTTPConnection) -> Iterator[None]:
        """While a connection is used, which is closed in the end."""
        self._connection = connection
        try:
            yield
        finally:
            self._connection = None
            connection.close()

    def check(self) -> None:
        """Raises what the last look raised: what was read after it may be cut off."""
        if self._why is not None:
            raise self._why

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than the fetch is to go on."""
        self._ended.wait(seconds)

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            try:
                self._look()
            except Exception as why:  # whatever it is, it is for the thread that fetches
                self._why = why
                self._ended.set()
                self._cut(self._connection)
                return

    def _cut(self, connection: HTTPConnection | None) -> None:
        line = connection.sock if connection is not None else None
        if line is not None:
            with contextlib.suppress(OSError):  # it has ended by itself
                line.shutdown(socket.SHUT_RDWR)
