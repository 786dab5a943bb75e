"""One thread that does, a batch at a time, what is to be done by itself; whatever it does goes on after any end."""

import time
from collections.abc import Callable, Iterator, Sequence
from threading import Event, Thread
from typing import Protocol

from hub.errors import StoreUnavailable
from hub.store.erasures import ERASURES_CHANGED
from hub.store.recoveries import RECOVERIES_CHANGED
from hub.store.sqlite import Store
from hub.telemetry import logger

log = logger("hub.upkeep")

WATCH = 0.5
"""Seconds between two looks for work of other processes, which cannot call."""

SAID_AGAIN = 60.0
"""The seconds after which the log says again that a kind of work cannot be done: a disk may stay full for hours."""

SIGNALS = frozenset({RECOVERIES_CHANGED, ERASURES_CHANGED})
"""What wakes a housekeeper before the next look."""


class Task(Protocol):
    """A kind of work. `step` does a little of it, in short transactions, and tells whether there is more to do now."""

    name: str

    def step(self) -> bool: ...


class Housekeeper:
    """Lets each kind of work do a little in turn, until none has anything to do; then waits for a signal."""

    def __init__(
        self, *, store: Store, tasks: Sequence[Task], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._tasks = tasks
        self._monotonic = monotonic
        self._said: dict[str, float] = {}
        self._stopping = Event()
        self._bell = Event()
        self._thread = Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        self._store.listen(self._hear)
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """End after the present batch."""
        self._stopping.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _hear(self, signals: frozenset[str]) -> None:
        if SIGNALS & signals:
            self._bell.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not any(list(self._round())):
                self._bell.wait(WATCH)
                self._bell.clear()

    def _round(self) -> Iterator[bool]:
        for task in self._tasks:
            if not self._stopping.is_set():
                yield self._step(task)

    def _step(self, task: Task) -> bool:
        try:
            return task.step()
        except StoreUnavailable as error:
            if self._is_to_be_said(task):
                log.error("upkeep.refused", task=task.name, error=error.message)
        except Exception as error:  # one kind of work does not end the others; the log says which
            if self._is_to_be_said(task):
                log.error("upkeep.failed", task=task.name, error=str(error), exc_info=error)
        return False

    def _is_to_be_said(self, task: Task) -> bool:
        now = self._monotonic()
        if now - self._said.get(task.name, -SAID_AGAIN) < SAID_AGAIN:
            return False
        self._said[task.name] = now
        return True
