"""One thread for one source: poll, keep how it went, wait until the next poll or a wake-up."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread

from hub.errors import StoreUnavailable
from hub.intake.adapters import make_source
from hub.intake.configured import find_mapping
from hub.intake.health import Health, Random, health_after_failure, health_after_success
from hub.intake.observe import Reader
from hub.intake.poll import SourcePoll
from hub.model.times import Clock, from_micros, to_micros, to_text
from hub.ports import SourceError
from hub.problems.rules import ProblemRules
from hub.settings import IntakeSettings, SourceSettings
from hub.store.sources import Run, SourceRow, SourceState
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.intake")


class Poller:
    """Polls one source at its interval; no other source waits for it. Times are seconds."""

    def __init__(
        self,
        name: str,
        *,
        adapter: str,
        poll: SourcePoll,
        store: Store,
        clock: Clock,
        interval: float,
        longest_wait: float,
        draw: Random = random.random,
    ) -> None:
        self.name = name
        self._adapter = adapter
        self._poll = poll
        self._store = store
        self._clock = clock
        self._interval = interval
        self._longest_wait = longest_wait
        self._draw = draw
        self._failures = 0
        self._lag: float | None = None
        self._stopping = Event()
        self._bell = Event()
        self._thread = Thread(target=self._run, name=f"intake-{name}", daemon=True)

    def start(self) -> None:
        """Raises StoreUnavailable."""
        self._row()
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Poll no more. True when the page at hand was finished within `timeout`, or nothing was at hand."""
        self._stopping.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def wake(self) -> None:
        """Poll now. A source that refused our credentials is left alone."""
        self._bell.set()

    def poll(self) -> Health:
        """Poll once on the caller's thread, and keep how it went."""
        started = self._clock()
        row = self._row()
        self._lag, self._failures = row.lag, max(self._failures, row.failures)
        try:
            complete = self._poll.run(row, self._stopping.is_set)
        except (SourceError, StoreUnavailable) as error:
            return self._end(started, error)
        return self._end(started, None) if complete else Health(state=row.state, wait=None)

    def _run(self) -> None:
        wait: float | None = self._first_wait()
        while wait is not None and self._waited(wait):
            started = self._clock()
            try:
                wait = self.poll().wait
            except Exception as error:  # the loop outlives any single failure; the log says which
                log.error("source.failed", source=self.name, error=str(error), exc_info=error)
                wait = self._end(started, error).wait

    def _waited(self, seconds: float) -> bool:
        """Wait until it is time or somebody wakes us; False when it is time to end."""
        self._bell.wait(seconds)
        self._bell.clear()
        return not self._stopping.is_set()

    def _first_wait(self) -> float:
        """A source that asked us to wait is not asked again because we were started anew."""
        row = self._row()
        if row.state is not SourceState.RATE_LIMITED or row.next_poll is None:
            return 0.0
        left = (from_micros(row.next_poll) - self._clock()).total_seconds()
        return min(max(left, 0.0), self._longest_wait)

    def _row(self) -> SourceRow:
        row = self._store.read.sources.get(self.name)
        if row is None or row.adapter != self._adapter:
            self._store.write(lambda tables: tables.sources.ensure(self.name, self._adapter))
            row = self._store.read.sources.get(self.name)
        if row is None:
            raise StoreUnavailable(f"the source {self.name} was written and is not there")
        return row

    def _end(self, started: datetime, error: Exception | None) -> Health:
        """What the poll says about the source: decided, kept and logged."""
        ended = self._clock()
        health = self._health(error)
        self._failures = health.failures
        newest = self._poll.progress.newest
        if newest is not None:
            self._lag = max((ended - newest).total_seconds(), 0.0)
        due = None if health.wait is None else ended + timedelta(seconds=health.wait)
        self._keep(health, started, ended, due, succeeded=error is None)
        self._log(health, started, ended, due)
        return health

    def _health(self, error: Exception | None) -> Health:
        if error is None:
            return health_after_success(interval=self._interval, failed=self._poll.failed, skew=self._poll.skew)
        return health_after_failure(
            error,
            failures=self._failures,
            interval=self._interval,
            longest=self._longest_wait,
            draw=self._draw,
        )

    def _keep(
        self, health: Health, started: datetime, ended: datetime, due: datetime | None, *, succeeded: bool
    ) -> None:
        progress = self._poll.progress
        run = Run(
            source=self.name,
            started=to_micros(started),
            ended=to_micros(ended),
            pages=progress.pages,
            records=progress.records,
            changed=progress.changed,
            error=health.error,
        )

        def work(tables: Tables) -> None:
            tables.sources.set_health(
                self.name,
                state=health.state,
                error=health.error,
                last_poll=run.started,
                last_success=run.started if succeeded else None,
                next_poll=None if due is None else to_micros(due),
                failures=health.failures,
                lag=self._lag,
            )
            tables.sources.append_run(run)

        try:
            self._store.write(work)
        except StoreUnavailable as error:
            log.warning("source.health.unkept", source=self.name, error=str(error))

    def _log(self, health: Health, started: datetime, ended: datetime, due: datetime | None) -> None:
        progress = self._poll.progress
        write = log.info if health.error is None else log.warning
        write(
            "source.polled",
            source=self.name,
            adapter=self._adapter,
            state=health.state,
            pages=progress.pages,
            records=progress.records,
            changed=progress.changed,
            unmapped=progress.unmapped,
            error=health.error,
            duration_ms=round((ended - started).total_seconds() * 1000, 3),
            lag=self._lag,
            next_poll=None if due is None else to_text(due),
        )


def make_poller(
    name: str,
    source_settings: SourceSettings,
    *,
    store: Store,
    rules: ProblemRules,
    clock: Clock,
    intake_settings: IntakeSettings,
    mapping_folders: Sequence[Path],
) -> Poller:
    """The poller of one source, not started; nothing is sent yet. Raises InvalidSettings."""
    poll = SourcePoll(
        source=make_source(name, source_settings),
        reader=Reader(source=name, mapping=find_mapping(name, source_settings, mapping_folders)),
        store=store,
        rules=rules,
        clock=clock,
        absent_polls=intake_settings.absent_polls,
        backfill_notify=source_settings.backfill_notify,
    )
    own = source_settings.interval
    return Poller(
        name,
        adapter=source_settings.adapter,
        poll=poll,
        store=store,
        clock=clock,
        interval=intake_settings.interval if own is None else own,
        longest_wait=intake_settings.failure_wait_maximum,
    )
