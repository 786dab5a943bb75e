"""Removes what was kept long enough, class by class, in rounds; each batch is a short transaction of its own."""

from collections.abc import Callable, Iterator
from functools import partial

from hub.model.ids import first_id_at
from hub.model.times import Clock, to_micros
from hub.settings import RetentionSettings
from hub.store.retention import Walked
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.upkeep")

BATCH = 500
"""How many rows are looked at, or removed, in one transaction."""

RESPONSES_EMPTIED = "responses emptied"
"""The mark that tells the last attempt whose answer is not kept any more."""

Batch = Callable[[Tables], int]


class RetentionTask:
    name = "retention"

    def __init__(self, *, store: Store, settings: RetentionSettings, clock: Clock, batch: int = BATCH) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._batch = batch
        self._next = 0
        self._round: Iterator[bool] | None = None
        self._removed: dict[str, int] = {}

    def step(self) -> bool:
        """One batch; True while the round goes on. What is killed begins its round anew: there is less to do then."""
        now = to_micros(self._clock())
        if self._round is None:
            if now < self._next:
                return False
            self._removed = {}
            self._round = self._rounds(now)
        if next(self._round, None) is not None:
            return True
        self._round = None
        self._next = now + round(self._settings.interval * 1e6)
        removed = {name: count for name, count in self._removed.items() if count}
        if removed:
            log.info("retention.removed", **removed)
        return False

    def _before(self, now: int, seconds: float) -> int | None:
        """What was at rest before this is old; None where it is kept for ever."""
        return now - round(seconds * 1e6) if seconds else None

    def _count(self, name: str, removed: int) -> None:
        self._removed[name] = self._removed.get(name, 0) + removed

    def _rounds(self, now: int) -> Iterator[bool]:
        settings = self._settings
        delivered, dead = self._before(now, settings.delivered), self._before(now, settings.dead)
        responses, ended = self._before(now, settings.responses), self._before(now, settings.ended)
        tasks = self._before(now, settings.tasks)
        if responses is not None:
            yield from self._responses(responses)
        if delivered is not None or dead is not None:
            yield from self._deliveries(delivered, dead)
        if delivered is not None:
            yield from self._events(delivered)
        if ended is not None:
            registrations = partial(_registrations, before=ended, limit=self._batch)
            yield from self._until_done("registrations", registrations)
        if tasks is not None:
            yield from self._until_done("tasks", partial(_tasks, before=tasks, limit=self._batch))

    def _responses(self, before: int) -> Iterator[bool]:
        while True:
            walked = self._store.write(partial(_empty_responses, before=before, limit=self._batch))
            self._count("responses", walked.removed)
            if walked.place is None:
                return
            yield True

    def _deliveries(self, delivered: int | None, dead: int | None) -> Iterator[bool]:
        place: int | None = 0
        while place is not None:
            walk = partial(_deliveries, after=place, delivered=delivered, dead=dead, limit=self._batch)
            walked = self._store.write(walk)
            self._count("deliveries", walked.removed)
            place = walked.place
            yield True

    def _events(self, before: int) -> Iterator[bool]:
        """Those that were recorded before an instant and are fanned out; the latest one always stays."""
        tables = self._store.read
        until = min(tables.lines.event_before(first_id_at(before)), tables.events.fanned_out())
        until = min(until, tables.events.last() - 1)
        place: int | None = 0
        while place is not None:
            walked = self._store.write(partial(_events, after=place, until=until, limit=self._batch))
            self._count("events", walked.removed)
            place = walked.place
            yield True

    def _until_done(self, name: str, batch: Batch) -> Iterator[bool]:
        while removed := self._store.write(batch):
            self._count(name, removed)
            yield True


def _empty_responses(tables: Tables, *, before: int, limit: int) -> Walked:
    after = tables.events.mark(RESPONSES_EMPTIED)
    last, walked = tables.retention.responses(after, before, limit=limit)
    if last != after:
        tables.events.set_mark(RESPONSES_EMPTIED, last)
    return walked


def _deliveries(tables: Tables, *, after: int, delivered: int | None, dead: int | None, limit: int) -> Walked:
    return tables.retention.deliveries(after, delivered=delivered, dead=dead, limit=limit)


def _events(tables: Tables, *, after: int, until: int, limit: int) -> Walked:
    return tables.retention.events(after, until, limit=limit)


def _registrations(tables: Tables, *, before: int, limit: int) -> int:
    return tables.retention.registrations(before, limit=limit) + tables.retention.list_entries(before, limit=limit)


def _tasks(tables: Tables, *, before: int, limit: int) -> int:
    return (
        tables.recoveries.forget(before, most=limit)
        + tables.lists.forget_runs(before, most=limit)
        + tables.erasures.forget(before, most=limit)
    )
