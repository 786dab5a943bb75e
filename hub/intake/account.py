"""How a poll went: kept with the source, as one row of its history, and as one line of log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.intake.health import Health
from hub.intake.progress import Progress
from hub.model.times import to_micros, to_text
from hub.settings import SourceSettings
from hub.store.sources import Run, SourceState
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.intake")


@dataclass(frozen=True, kw_only=True)
class Account:
    """One poll. `lag` is how old the newest change was when it was read, in seconds; None when none was read yet.

    `skew` is how many seconds the source's clock is ahead of ours; None where it does not tell.
    """

    source: str
    adapter: str
    started: datetime
    ended: datetime
    health: Health
    progress: Progress
    lag: float | None
    skew: float | None
    complete: bool

    @property
    def next_poll(self) -> datetime | None:
        wait = self.health.wait
        return None if wait is None else self.ended + timedelta(seconds=wait)

    def keep(self, tables: Tables) -> None:
        started, due = to_micros(self.started), self.next_poll
        tables.sources.set_health(
            self.source,
            state=self.health.state,
            error=self.health.error,
            last_poll=started,
            last_success=started if self.complete else None,
            next_poll=None if due is None else to_micros(due),
            failures=self.health.failures,
            lag=self.lag,
        )
        tables.sources.append_run(
            Run(
                source=self.source,
                started=started,
                ended=to_micros(self.ended),
                pages=self.progress.pages,
                records=self.progress.records,
                changed=self.progress.changed,
                error=self.health.error,
            )
        )

    def tell(self) -> None:
        due = self.next_poll
        write = log.info if self.health.error is None else log.warning
        write(
            "source.polled",
            source=self.source,
            adapter=self.adapter,
            state=self.health.state,
            pages=self.progress.pages,
            records=self.progress.records,
            changed=self.progress.changed,
            unmapped=self.progress.unmapped,
            error=self.health.error,
            duration_ms=round((self.ended - self.started).total_seconds() * 1000, 3),
            lag=self.lag,
            next_poll=None if due is None else to_text(due),
        )


def note_unpolled(tables: Tables, settings: Mapping[str, SourceSettings]) -> None:
    """Say that nobody polls the sources that the settings switch off, and those that they no longer have.

    The place of these is kept with the reports that came from them: a source that comes back is read on from there.
    """
    for name, source in settings.items():
        if not source.enabled:
            tables.sources.ensure(name, source.adapter)
            _note(tables, name, SourceState.DISABLED)
    for row in tables.sources.all():
        if row.name not in settings:
            _note(tables, row.name, SourceState.NOT_CONFIGURED)


def _note(tables: Tables, source: str, state: SourceState) -> None:
    row = tables.sources.get(source)
    tables.sources.set_health(
        source,
        state=state,
        error=None,
        last_poll=row.last_poll if row else None,
        last_success=None,
        next_poll=None,
        failures=0,
        lag=row.lag if row else None,
    )
