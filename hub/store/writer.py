"""The one thread that writes: it commits together what is waiting, and answers after the commit.

A job is a function of the tables. One that fails takes back its own writes and no others: each runs in a savepoint of
its own, or, where several may be run again, in one for all of them; one that is alone needs none. When the commit
itself fails, every job in it has failed and nothing of them is kept.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic, perf_counter
from typing import Any

from hub.errors import StoreUnavailable
from hub.store.commit_counts import CommitCounts
from hub.store.tables import Tables

Work = Callable[[Tables], Any]
Done = Callable[[Any, BaseException | None], None]
"""Told (result, None) after the commit, or (None, error); it runs on the writer's thread and must be brief."""


GATHER = 0.0005
"""Seconds that a job waits for others, where the commit before had more than twice as many.

Callers who were answered together ask again together, but for the first, who would get a commit of his own each time.
"""

Outcome = tuple[Any, BaseException | None]
"""(result, None), or (None, error)."""


@dataclass(slots=True)
class Job:
    """`repeatable` tells that the work does nothing but read and write the tables, so that it can be run again."""

    work: Work
    done: Done
    repeatable: bool = False


class Writer:
    def __init__(
        self,
        open_tables: Callable[[], Tables],
        *,
        group_commit: int,
        signal: Callable[[frozenset[str]], None],
    ) -> None:
        self._open = open_tables
        self._group_commit = group_commit
        self._signal = signal
        self._jobs: SimpleQueue[Sequence[Job]] = SimpleQueue()
        self._thread = Thread(target=self._run, name="store-writer", daemon=True)
        self._closed = False
        self.counts = CommitCounts()
        self._waiting: deque[Job] = deque()
        self._last = 0
        """How many jobs the last commit had."""

    def start(self) -> None:
        self._thread.start()

    def submit(self, work: Work, done: Done) -> None:
        self.submit_all([Job(work, done)])

    def submit_all(self, jobs: Sequence[Job]) -> None:
        """Jobs that may be committed together. Raises StoreUnavailable."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        self._jobs.put(jobs)

    def queue_length(self) -> int:
        """How many jobs wait; those that were handed over together, and are not taken yet, count as one."""
        return len(self._waiting) + self._jobs.qsize()

    def close(self) -> None:
        """Commit what is waiting, then stop."""
        if not self._closed:
            self._closed = True
            self._jobs.put(())
            self._thread.join()

    def _run(self) -> None:
        tables = self._open()
        waiting = self._waiting
        while self._fill(waiting):
            self._commit(tables, [waiting.popleft() for _ in range(min(len(waiting), self._group_commit))])
        tables.connection.close()

    def _fill(self, waiting: deque[Job]) -> bool:
        """Wait for jobs, then take what else is there or about to come; False at the end."""
        if not waiting and not self._take(waiting, None):
            return False
        end = monotonic() + GATHER
        while len(waiting) < self._group_commit:
            is_early = 2 * len(waiting) < self._last
            if not self._take(waiting, max(end - monotonic(), 0.0) if is_early else 0.0):
                break
        self._last = min(len(waiting), self._group_commit)
        return True

    def _take(self, waiting: deque[Job], patience: float | None) -> bool:
        """Take the jobs that come next; False where none came within `patience` seconds, and at the end."""
        try:
            jobs = self._jobs.get(block=patience != 0.0, timeout=patience or None)
        except Empty:
            return False
        if not jobs:  # the end, which stays there: what waits is committed first
            self._jobs.put(())
            return False
        waiting.extend(jobs)
        return True

    def _commit(self, tables: Tables, batch: list[Job]) -> None:
        connection = tables.connection
        tables.signals.clear()
        signals: set[str] = set()
        outcomes: list[Outcome] = []
        began = perf_counter()
        try:
            connection.execute("BEGIN IMMEDIATE")
            tables.problems.begin()
            if len(batch) == 1:
                outcomes.append(_attempt_alone(tables, batch[0].work))
                signals |= tables.signals
            else:
                for _, group in groupby(batch, key=_is_repeatable):
                    outcomes += _attempt_together(tables, list(group), signals)
            tables.problems.end()
            committing = perf_counter()
            connection.execute("COMMIT")
            self.counts.committed(len(batch), began, committing)
        except sqlite3.Error as error:
            signals.clear()
            self.counts.failed()
            outcomes = [(None, _unavailable(error)) for _ in batch]
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        if signals:
            self._signal(frozenset(signals))
        for job, (result, failure) in zip(batch, outcomes, strict=True):
            job.done(result, failure)


def _is_repeatable(job: Job) -> bool:
    return job.repeatable


def _attempt_together(tables: Tables, jobs: list[Job], signals: set[str]) -> list[Outcome]:
    """Run jobs, and add what they signal; in one savepoint if that is possible.

    In a savepoint SQLite copies each page before it changes it. With one for each job that is an eighth of what it
    takes to write a report, and nearly all jobs succeed.
    """
    if len(jobs) > 1 and jobs[0].repeatable:
        told: set[str] = set()
        found, failure = _attempt(tables, lambda tables: _gathered(tables, jobs, told))
        if failure is None:
            signals |= told
            return list(found)
    outcomes: list[Outcome] = []
    for job in jobs:
        outcomes.append(_attempt(tables, job.work))
        signals |= tables.signals
        tables.signals.clear()
    return outcomes


def _gathered(tables: Tables, jobs: list[Job], signals: set[str]) -> list[Outcome]:
    """Run jobs, and write what they have for each table together."""
    with tables.connection.gathering():
        return [_unharmed(tables, job.work, signals) for job in jobs]


class _Harmed(Exception):
    """A job failed after it had written something."""


def _unharmed(tables: Tables, work: Work, signals: set[str]) -> Outcome:
    """Run a job within the savepoint of several. Raises _Harmed."""
    connection = tables.connection
    before = connection.changes
    try:
        result = work(tables)
    except BaseException as error:
        if connection.changes != before or isinstance(error, sqlite3.Error):
            raise _Harmed(str(error)) from error
        tables.signals.clear()
        return None, error
    signals |= tables.signals
    tables.signals.clear()
    return result, None


def _attempt_alone(tables: Tables, work: Work) -> Outcome:
    """Run the only job of a transaction, which begins anew where it fails.

    Raises sqlite3.Error when SQLite has given up the transaction itself.
    """
    connection = tables.connection
    try:
        return work(tables), None
    except BaseException as error:  # the job's own failure goes to its caller, whatever it is
        tables.signals.clear()
        if not connection.in_transaction:
            raise error if isinstance(error, sqlite3.Error) else sqlite3.OperationalError(str(error)) from error
        connection.execute("ROLLBACK")
        connection.execute("BEGIN IMMEDIATE")
        tables.problems.begin()
        return None, _as_failure(error)


def _attempt(tables: Tables, work: Work) -> Outcome:
    """Run one job in its savepoint.

    Raises sqlite3.Error when SQLite has given up the whole transaction (a full disk does that).
    """
    connection = tables.connection
    mark = tables.problems.tally.mark()
    connection.execute("SAVEPOINT job")
    try:
        result = work(tables)
    except BaseException as error:  # the job's own failure goes to its caller, whatever it is
        tables.signals.clear()
        if not connection.in_transaction:
            raise error if isinstance(error, sqlite3.Error) else sqlite3.OperationalError(str(error)) from error
        connection.execute("ROLLBACK TO job")
        tables.problems.undo(mark)
        connection.execute("RELEASE job")
        return None, _as_failure(error)
    connection.execute("RELEASE job")
    return result, None


def _as_failure(error: BaseException) -> BaseException:
    return _unavailable(error) if isinstance(error, sqlite3.OperationalError) else error


def _unavailable(error: sqlite3.Error) -> StoreUnavailable:
    unavailable = StoreUnavailable(f"the database says: {error}")
    unavailable.__cause__ = error
    return unavailable
