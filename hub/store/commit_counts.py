"""What the writer counts of its commits: plain numbers of its own thread, read by whoever scrapes."""

from collections.abc import Iterator
from time import perf_counter

from hub.telemetry import catalogue
from hub.telemetry.histogram import QUICK, SIZES, Histogram
from hub.telemetry.metric import Reading


class CommitCounts:
    def __init__(self) -> None:
        self._jobs = Histogram(SIZES)
        self._transactions = Histogram(QUICK)
        self._commits = Histogram(QUICK)
        self._failed = 0

    def committed(self, jobs: int, began: float, committing: float) -> None:
        """A commit has just ended; both times are of `perf_counter`."""
        now = perf_counter()
        self._jobs.observe(jobs)
        self._transactions.observe(now - began)
        self._commits.observe(now - committing)

    def failed(self) -> None:
        """Nothing of a transaction was kept."""
        self._failed += 1

    def readings(self) -> Iterator[Reading]:
        yield Reading(catalogue.COMMIT_JOBS, self._jobs)
        yield Reading(catalogue.TRANSACTION_SECONDS, self._transactions)
        yield Reading(catalogue.COMMIT_SECONDS, self._commits)
        yield Reading(catalogue.COMMITS_FAILED, self._failed)
