"""The store on SQLite: WAL, one writing thread with group commit, a reading connection for each thread."""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from hub.errors import QueryTooSlow, StoreUnavailable
from hub.query.patterns import is_found
from hub.store.connection import Connection, GatheringConnection
from hub.store.followed import followed
from hub.store.migrations import MIGRATIONS
from hub.store.scans import Scans, TimeLimit
from hub.store.tables import Tables
from hub.store.writer import Job, Writer
from hub.telemetry import catalogue, logger
from hub.telemetry.metric import Reading

log = logger("hub.store")

T = TypeVar("T")

DIALECT = "sqlite"

CACHE_KIB = 16384
"""The page cache of a connection, in KiB; the operating system caches the file for all of them."""

WAL_PAGES = 4000
"""After so many pages in the write-ahead log, 16 MB, they are brought into the database. One page of a source changes
more than SQLite's own 1,000, and the next one many of them again.
"""

AT_ONCE = 0.02
"""The seconds after which a query that should have been quick is given to a thread."""

BATCH = 1000
"""How many reports are indexed, or entries of an index removed, in one transaction."""

Listener = Callable[[frozenset[str]], None]
"""Told, on the writer's thread and after the commit, which signals the commit carried."""


class Store:
    """Reads at once on the caller's thread; writes through the writer.

    `write` waits for the commit, `hand_over` gives a future of it, `submit` calls back after it, `awrite` awaits it.
    `aread` reads in the event loop what is quick, and in one of `scans` threads, for at most `query_time_limit`
    seconds, what is not.
    `indexed_paths` become those of the database, which is done before the first caller is served; None leaves them
    as they are.
    """

    def __init__(
        self,
        database: Path,
        *,
        synchronous: str = "FULL",
        group_commit: int = 128,
        busy_timeout: float = 5.0,
        query_time_limit: float = 2.0,
        scans: int = 2,
        indexed_paths: Sequence[str] | None = None,
    ) -> None:
        self.database = database
        self._synchronous = synchronous
        self._busy_timeout = busy_timeout
        self._listeners: list[Listener] = []
        self._local = threading.local()
        self._gates: dict[asyncio.AbstractEventLoop, _Gate] = {}
        self._migrate()
        self._writer = Writer(
            lambda: Tables(self._connect(GatheringConnection), DIALECT),
            group_commit=group_commit,
            signal=self._publish,
        )
        self._writer.start()
        self.query_time_limit = query_time_limit
        self._scans = Scans(scans)
        if indexed_paths is not None:
            self._index(indexed_paths)

    def _index(self, paths: Sequence[str]) -> None:
        """Index these paths and no others, in short transactions: whoever is killed between two goes on next time."""
        new, gone = self.write(lambda tables: tables.problems.paths.declare(paths))
        if new or gone:
            log.info("store.indexing", new=new, dropped=gone)
        while (reached := self.write(lambda tables: tables.problems.paths.fill(BATCH))) is not None:
            if reached % (100 * BATCH) < BATCH:
                log.info("store.indexing", reached=reached)
        while self.write(lambda tables: tables.problems.paths.clear(BATCH)):
            pass
        if new or gone:
            log.info("store.indexed")

    def _connect(self, factory: type[Connection] = Connection) -> Connection:
        connection = sqlite3.connect(
            self.database,
            timeout=self._busy_timeout,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            factory=factory,
        )
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        # The savepoint of each job keeps what it would take back: in memory, not in a file of its own.
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        connection.create_function("pattern_found", 2, is_found, deterministic=True)
        return connection

    def _migrate(self) -> None:
        """Bring the file to the present tables.

        Raises StoreUnavailable when it cannot be opened or written.
        """
        try:
            connection = self._connect()
            self._use_wal(connection)
            connection.execute("BEGIN IMMEDIATE")
            MIGRATIONS.apply(Database(connection))
            connection.execute("UPDATE mark SET value = value WHERE FALSE")  # fails where nothing can be written
            connection.execute("COMMIT")
            connection.close()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"cannot open the database {self.database}: {error}") from error

    def _use_wal(self, connection: sqlite3.Connection) -> None:
        """Another process may be doing the same on a new file, and here SQLite does not wait for it by itself."""
        retrying = Retrying(
            retry=retry_if_exception(_is_busy),
            stop=stop_after_delay(self._busy_timeout),
            wait=wait_random(0.005, 0.05),
            reraise=True,
        )
        retrying(connection.execute, "PRAGMA journal_mode = WAL")

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def _publish(self, signals: frozenset[str]) -> None:
        for listener in self._listeners:
            listener(signals)

    @property
    def read(self) -> Tables:
        """The tables for reading, on this thread's own connection."""
        tables: Tables | None = getattr(self._local, "tables", None)
        if tables is None:
            connection = self._connect()
            connection.execute("PRAGMA query_only = ON")
            self._local.limit = TimeLimit(connection)
            tables = self._local.tables = Tables(connection, DIALECT)
        return tables

    def submit(self, work: Callable[[Tables], T], done: Callable[[T | None, BaseException | None], None]) -> None:
        self._writer.submit(*followed(work, done))

    def write(self, work: Callable[[Tables], T]) -> T:
        return self.hand_over(work).result()

    def hand_over(self, work: Callable[[Tables], T]) -> Future[T]:
        """The same without waiting: the future has its result after the commit."""
        future: Future[T] = Future()

        def done(result: T, error: BaseException | None) -> None:
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self._writer.submit(*followed(work, done))
        return future

    async def awrite(self, work: Callable[[Tables], T], *, repeatable: bool = False) -> T:
        """`repeatable` work does nothing but read and write the tables: that is cheaper where many come together."""
        loop = self._running_loop()
        gate = self._gates.get(loop)
        if gate is None:
            gate = self._gates[loop] = _Gate(loop, self._writer)
        future: asyncio.Future[T] = loop.create_future()
        gate.submit(work, future, repeatable)
        return await future

    def within(self, seconds: float, work: Callable[[Tables], T]) -> T:
        """Read for at most so long. Raises QueryTooSlow, or InvalidInput."""
        tables = self.read
        limit: TimeLimit = self._local.limit
        return limit.run(seconds, partial(work, tables))

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """Python 3.11 asks the system for the process at each look for the running loop, so this thread keeps it."""
        loop: asyncio.AbstractEventLoop | None = getattr(self._local, "loop", None)
        if loop is None or not loop.is_running():
            loop = self._local.loop = asyncio.get_running_loop()
        return loop

    async def aread(self, work: Callable[[Tables], T], *, quick: bool) -> T:
        """Read what may take long. Raises QueryTooSlow, or StoreBusy when too many wait."""
        if quick:
            try:
                return self.within(AT_ONCE, work)
            except QueryTooSlow:
                log.debug("store.not_quick")
        return await asyncio.wrap_future(self._scans.submit(partial(self.within, self.query_time_limit, work)))

    def data_version(self) -> int:
        """A number that changes when another process has committed."""
        return int(self.read.connection.execute("PRAGMA data_version").fetchone()[0])

    def readings(self) -> Iterator[Reading]:
        """What is to be measured of the writer; callable from any thread."""
        yield from self._writer.counts.readings()
        yield Reading(catalogue.WRITER_QUEUE, self._writer.queue_length())

    def close(self) -> None:
        self._scans.close()
        self._writer.close()


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY


class _Gate:
    """Between an event loop and the writer: what goes over together goes over with one wake-up, not one for each.

    The jobs of one round of the loop go to the writer together. One by one, the first would wake it, and then the
    two threads would fight for the interpreter while the loop makes the other jobs ready.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, writer: Writer) -> None:
        self._loop = loop
        self._writer = writer
        self._jobs: list[Job] = []
        self._results: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._woken = False

    def submit(self, work: Callable[[Tables], Any], future: asyncio.Future[Any], repeatable: bool) -> None:
        if not self._jobs:
            self._loop.call_soon(self._hand_over)
        work, done = followed(work, partial(self._put, future))
        self._jobs.append(Job(work, done, repeatable))

    def _hand_over(self) -> None:
        jobs, self._jobs = self._jobs, []
        try:
            self._writer.submit_all(jobs)
        except StoreUnavailable as error:
            for job in jobs:
                job.done(None, error)

    def _put(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        self._results.append((future, result, error))
        if not self._woken:
            self._woken = True
            try:
                self._loop.call_soon_threadsafe(self._deliver)
            except RuntimeError:  # the loop is closed: nobody waits any more
                self._results.clear()

    def _deliver(self) -> None:
        self._woken = False
        while self._results:
            future, result, error = self._results.popleft()
            if future.cancelled():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
