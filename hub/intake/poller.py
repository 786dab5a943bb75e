"""One thread for one source: poll, keep how it went, wait until the next poll or a wake-up."""

import random
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from hub.errors import StoreUnavailable
from hub.intake.account import Account
from hub.intake.adapters import make_source
from hub.intake.configured import find_mapping
from hub.intake.counts import PollCounts
from hub.intake.health import Health, Random, first_wait, health_after_failure, health_after_success
from hub.intake.mapping import FieldMapping
from hub.intake.observe import Reader
from hub.intake.poll import SourcePoll
from hub.intake.progress import Progress
from hub.intake.write_back import WriteBackRun
from hub.model.times import Clock
from hub.pausing import ends_with
from hub.ports import Source, SourceError
from hub.problems.sources import SourceRules
from hub.settings import IntakeSettings, SourceSettings
from hub.store.sources import SOURCE_WOKEN, SourceRow
from hub.store.sqlite import Store
from hub.telemetry import logger
from hub.telemetry.trails import NotFollowed, Tracing

log = logger("hub.intake")

LOOKS_EVERY = 1.0
"""Seconds within which a wish that another process has written is seen, and between two polls that are wished for."""


class Poller:
    """Polls one source at its interval; no other source waits for it. Times are seconds."""

    def __init__(
        self,
        name: str,
        *,
        adapter: str,
        poll: SourcePoll,
        write_backs: WriteBackRun | None = None,
        store: Store,
        clock: Clock,
        interval: float,
        longest_wait: float,
        draw: Random = random.random,
        tracing: Tracing | None = None,
    ) -> None:
        self.name = name
        self._adapter = adapter
        self._poll = poll
        self._write_backs = write_backs
        self._unwritten: list[str] = []
        self._store = store
        self._clock = clock
        self._interval = interval
        self._longest_wait = longest_wait
        self._draw = draw
        self._tracing = tracing or NotFollowed()
        self.counts = PollCounts(name)
        self._failures = 0
        self._lag: float | None = None
        self._first_wait = 0.0
        self._stopping = Event()
        self._bell = Event()
        self._asked = Event()
        self._begun: datetime | None = None
        self._thread = Thread(target=self._run, name=f"intake-{name}", daemon=True)

    def start(self) -> None:
        """Poll at once, and then at the interval. Raises StoreUnavailable."""
        self._first_wait = first_wait(self._row(), self._clock(), longest=self._longest_wait)
        self._store.listen(self.look)
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Poll no more. False when a request to the source still runs after `timeout`; nothing of it is kept."""
        self._stopping.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def wake(self) -> None:
        """Poll now. A source that refused our credentials is left alone."""
        self._asked.set()
        self._bell.set()

    def look(self, signals: frozenset[str]) -> None:
        """Somebody, perhaps, has asked for a poll: heard on the writer's thread, looked up on our own."""
        if SOURCE_WOKEN in signals:
            self._bell.set()

    def poll(self) -> Health:
        """Poll once on the caller's thread, and keep how it went. Without a wait, no poll follows."""
        started = self._begun = self._clock()
        row = self._row()
        self._lag, self._failures = row.lag, row.failures
        try:
            if row.woken is not None:
                self._store.write(lambda tables: tables.sources.heed(self.name))
            with self._tracing.work("poll", {"qos_hub.source": self.name}):
                self._write()
                complete = self._poll.run(row, self._stopping.is_set)
        except (SourceError, StoreUnavailable) as error:
            # What fails because it is time to end says nothing of the source.
            if not self._stopping.is_set():
                return self._end(started, error)
            complete = False
        return self._end(started) if complete else Health(state=row.state, wait=None)

    def _write(self) -> None:
        """What was changed here goes into the tickets first: the poll then brings them as they are with it."""
        self._poll.progress = Progress()
        self._unwritten = [] if self._write_backs is None else self._write_backs.run(self._stopping.is_set)

    def _run(self) -> None:
        ends_with(self._stopping)
        self._poll_on()
        try:
            self._poll.close()
        except SourceError as error:
            log.warning("source.unclosed", source=self.name, error=str(error))

    def _poll_on(self) -> None:
        wait: float | None = self._first_wait
        while wait is not None and self._waited(wait):
            started = self._clock()
            try:
                wait = self.poll().wait
            except Exception as error:  # the loop outlives any single failure; the log says which
                log.error("source.failed", source=self.name, error=str(error), exc_info=error)
                wait = self._end(started, error).wait

    def _waited(self, seconds: float) -> bool:
        """Wait until it is time or somebody wakes us; False when it is time to end."""
        end, version, woken = monotonic() + seconds, -1, False
        while not (self._stopping.is_set() or self._asked.is_set()) and (left := end - monotonic()) > 0:
            self._bell.wait(min(left, LOOKS_EVERY))
            self._bell.clear()
            version, before = self._store.data_version(), version
            woken = woken or (version != before and self._is_woken())
            if woken and self._has_rested():
                break
        self._asked.clear()
        return not self._stopping.is_set()

    def _is_woken(self) -> bool:
        """Whether a poll was asked for that has not begun.

        What is asked for while the source fails or has asked for a pause waits for its time.
        """
        return not self._failures and self._store.read.sources.woken(self.name)

    def _has_rested(self) -> bool:
        """Polls that are asked for again and again come to one a second."""
        return self._begun is None or abs((self._clock() - self._begun).total_seconds()) >= LOOKS_EVERY

    def _row(self) -> SourceRow:
        row = self._store.read.sources.get(self.name)
        if row is None or row.adapter != self._adapter:
            self._store.write(lambda tables: tables.sources.ensure(self.name, self._adapter))
            row = self._store.read.sources.get(self.name)
        if row is None:
            raise StoreUnavailable(f"the source {self.name} was written and is not there")
        return row

    def _end(self, started: datetime, error: Exception | None = None) -> Health:
        """What the poll says about the source: decided, kept and logged."""
        ended = self._clock()
        progress = self._poll.progress
        health = self._health(error)
        self._failures = health.failures
        if progress.newest is not None:
            self._lag = max((ended - progress.newest).total_seconds(), 0.0)
        account = Account(
            source=self.name,
            adapter=self._adapter,
            started=started,
            ended=ended,
            health=health,
            progress=progress,
            lag=self._lag,
            skew=self._poll.skew,
            complete=error is None,
        )
        self._keep(account)
        self.counts.add(account)
        account.tell()
        return health

    def _health(self, error: Exception | None) -> Health:
        if error is None:
            return health_after_success(
                interval=self._interval, failed=self._poll.failed, skew=self._poll.skew, unwritten=self._unwritten
            )
        return health_after_failure(
            error,
            failures=self._failures,
            interval=self._interval,
            longest=self._longest_wait,
            draw=self._draw,
        )

    def _keep(self, account: Account) -> None:
        try:
            self._store.write(account.keep)
        except StoreUnavailable as error:
            log.warning("source.unkept", source=self.name, error=str(error))


def make_poller(
    name: str,
    source_settings: SourceSettings,
    *,
    store: Store,
    rules: SourceRules,
    clock: Clock,
    intake_settings: IntakeSettings,
    mapping_folders: Sequence[Path],
    tracing: Tracing | None = None,
) -> Poller:
    """The poller of one source, not started; nothing is sent yet. Raises InvalidSettings."""
    source, mapping = make_source(name, source_settings), find_mapping(name, source_settings, mapping_folders)
    own = source_settings.interval
    interval = intake_settings.interval if own is None else own
    poll = make_poll(
        source_settings,
        source=source,
        mapping=mapping,
        store=store,
        rules=rules,
        clock=clock,
        absent_polls=intake_settings.absent_polls,
        interval=interval,
    )
    return Poller(
        name,
        adapter=source_settings.adapter,
        poll=poll,
        write_backs=WriteBackRun(
            name=name, source=source, words=mapping.words, store=store, rules=rules, clock=clock
        ),
        store=store,
        clock=clock,
        interval=interval,
        longest_wait=intake_settings.failure_wait_maximum,
        tracing=tracing,
    )


def make_poll(
    settings: SourceSettings,
    *,
    source: Source,
    mapping: FieldMapping,
    store: Store,
    rules: SourceRules,
    clock: Clock,
    absent_polls: int,
    interval: float,
    registers: bool = True,
) -> SourcePoll:
    """The polls of one source, as its settings have them."""
    return SourcePoll(
        source=source,
        reader=Reader(source=settings.name, mapping=mapping, writes_back=bool(settings.write_back)),
        store=store,
        rules=rules,
        clock=clock,
        absent_polls=absent_polls,
        backfill_notify=settings.backfill_notify,
        backfill=settings.backfill,
        reconcile=settings.reconcile,
        interval=interval,
        registers=registers,
    )
