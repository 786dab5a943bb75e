"""A job in the hands of its runner: the lease on it, and the ways in which a run ends early."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from hub.errors import StoreUnavailable
from hub.model.job import Job
from hub.model.times import Clock, to_micros
from hub.store.sqlite import Store
from hub.store.tables import Tables

T = TypeVar("T")

LEASE = 60.0
"""Seconds for which a runner holds a job after each step of it."""

AGAIN = 1.0
"""Seconds between two tries of a write that the database refused."""


class Gone(Exception):
    """Somebody deleted the job, or another runner holds it now."""


class Stopped(Exception):
    """The hub stops; the job goes on after the next start."""


class JobFailed(Exception):
    """The job cannot be done; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """`patience` is how many seconds a write is tried again that the database refuses; `stopped` tells of a stop."""

    job: Job
    token: str
    store: Store
    clock: Clock
    stopped: Callable[[], bool]
    patience: float

    def lease_until(self) -> int:
        return to_micros(self.clock()) + round(LEASE * 1e6)

    def check(self) -> None:
        """Raises Stopped when it is time to end."""
        if self.stopped():
            raise Stopped

    def write(self, work: Callable[[Tables], T]) -> T:
        """Raises JobFailed when the database refuses for longer than is to be waited."""
        retrying = Retrying(
            retry=retry_if_exception_type(StoreUnavailable),
            stop=stop_after_delay(self.patience),
            wait=wait_fixed(min(AGAIN, self.patience)),
            reraise=True,
        )
        try:
            kept: T = retrying(self.store.write, self._checked(work))
        except StoreUnavailable as error:
            raise JobFailed(f"the database cannot be written: {error.message}") from error
        return kept

    def _checked(self, work: Callable[[Tables], T]) -> Callable[[Tables], T]:
        def checked(tables: Tables) -> T:
            self.check()
            return work(tables)

        return checked
