"""How long one query may run, and how many long ones may run at the same time."""

import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from math import inf
from threading import Lock
from typing import TypeVar

from hub.errors import InvalidInput, QueryTooSlow, StoreBusy, Violation

T = TypeVar("T")

STEPS = 10_000
"""SQLite's steps between two looks at the clock: a fraction of a millisecond."""

WAITING_MAXIMUM = 8
"""How many queries may wait for each that runs."""


TOO_MUCH = Violation(
    field="filter", message="with the other filters is more than the database reads; ask for less"
)


class TimeLimit:
    """Ends the queries of one connection that run for too long. Without a limit set it costs nothing to speak of."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._end = inf
        connection.set_progress_handler(self._is_late, STEPS)

    def _is_late(self) -> bool:
        return time.monotonic() > self._end

    def run(self, seconds: float, work: Callable[[], T]) -> T:
        """Raises QueryTooSlow, or InvalidInput when it is more than SQLite reads."""
        self._end = time.monotonic() + seconds
        try:
            return work()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise QueryTooSlow(f"the query took longer than {seconds:g} s") from error
            if _is_too_much(error):
                raise InvalidInput(violations=[TOO_MUCH]) from error
            raise
        finally:
            self._end = inf


def _is_too_much(error: sqlite3.OperationalError) -> bool:
    """Whether the statement was more than SQLite's parser takes; a statement of ours that is wrong says otherwise."""
    return any(word in str(error) for word in ("parser stack overflow", "too large", "too many", "at most"))


class Scans:
    """Threads for queries that take long: few, so that they leave the machine to others."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="store-scan")
        self._lock = Lock()
        self._inside = 0

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Raises StoreBusy when too many wait already."""
        with self._lock:
            if self._inside >= self._threads * (1 + WAITING_MAXIMUM):
                message = f"{self._inside} queries without an index are running or waiting; try again"
                raise StoreBusy(message, headers={"Retry-After": "1"})
            self._inside += 1
        future = self._pool.submit(work)
        future.add_done_callback(self._leave)
        return future

    def _leave(self, _future: object) -> None:
        with self._lock:
            self._inside -= 1

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
