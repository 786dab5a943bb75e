"""One poll of one source: pull its pages, and commit each with the place up to which the source is then read."""

from collections.abc import Callable, Iterable, Mapping, Set
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.intake.absence import absences
from hub.intake.observe import News, Reader
from hub.intake.page import Taken, Transaction
from hub.model.times import Clock
from hub.ports import Page, Source
from hub.problems.sources import SourceRules
from hub.store.sources import SourceRow
from hub.store.sqlite import Store
from hub.store.tables import Tables


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a poll has come; `newest` is the latest change at the source that it brought."""

    pages: int = 0
    records: int = 0
    changed: int = 0
    unmapped: int = 0
    newest: datetime | None = None

    def after(self, taken: Taken, *, pages: int = 0, records: int = 0) -> "Progress":
        times = [time for time in (self.newest, taken.newest) if time is not None]
        return Progress(
            pages=self.pages + pages,
            records=self.records + records,
            changed=self.changed + taken.changed,
            unmapped=self.unmapped + len(taken.unmapped),
            newest=max(times, default=None),
        )


class SourcePoll:
    """Polls one source, again and again.

    `failed` is {ticket key: why} of the records that could not become reports. While there are any, the kept cursor
    stays before them: the next process reads them again, this one goes on from where it is.
    """

    def __init__(
        self,
        *,
        source: Source,
        reader: Reader,
        store: Store,
        rules: SourceRules,
        clock: Clock,
        absent_polls: int,
        backfill_notify: bool,
    ) -> None:
        self._source = source
        self._reader = reader
        self._store = store
        self._rules = rules
        self._clock = clock
        self._absent_polls = absent_polls
        self._backfill_notify = backfill_notify
        self._cursor: Mapping[str, Any] | None = None
        self._kept_cursor: Mapping[str, Any] = {}
        self._checked = False
        self.failed: dict[str, str] = {}
        self.skew: float | None = None
        self.progress = Progress()

    def run(self, row: SourceRow, stopped: Callable[[], bool]) -> bool:
        """Poll once; `row` is the source as it is kept. False when it was stopped between two pages.

        Raises SourceError for a source that cannot be read and StoreUnavailable for a database that cannot be
        written; what was committed before stays. `progress` then tells how far it came.
        """
        self.progress = Progress()
        if self._cursor is None:
            self._cursor = self._kept_cursor = row.cursor
        if not self._checked:
            self.skew = self._source.check().clock_skew
        # Only a poll that comes to its end spares the next one the check.
        self._checked = False
        # The first complete pull brings what has been there for long: old news.
        told = self._backfill_notify or row.last_success is not None
        seen: set[str] = set()
        snapshots: list[bool] = []
        for page in self._source.pull(self._cursor):
            self._take(page, told)
            seen |= {record.key for record in page.records if not record.gone}
            snapshots.append(page.snapshot)
            if stopped():
                return False
        if snapshots and all(snapshots):
            self._take_absences(seen, told)
        self._checked = True
        return True

    def _take(self, page: Page, told: bool) -> None:
        self._forget(record.key for record in page.records if record.gone)
        news = self._news(page)
        taken = Taken()
        if news or self._moves(page.cursor):
            taken = self._store.write(lambda tables: self._commit(tables, page, news, told))
            self._note_failures(taken)
            if not self.failed:
                self._kept_cursor = deepcopy(page.cursor)
        # A copy, because an adapter may go on writing into its own.
        self._cursor = deepcopy(page.cursor)
        self.progress = self.progress.after(taken, pages=1, records=len(page.records))

    def _news(self, page: Page) -> list[News]:
        """What the page says that is not known, found out before the transaction: mapping takes time."""
        sources = self._store.read.sources
        found: list[News] = []
        earlier: set[str] = set()
        for record in page.records:
            # Of a ticket that the page tells more than once, only the transaction knows what was last taken.
            item = None if record.key in earlier else sources.item(self._reader.source, record.key)
            news = self._reader.news_of(record, item)
            earlier.add(record.key)
            if news is not None:
                found.append(news)
        return found

    def _moves(self, cursor: Mapping[str, Any]) -> bool:
        return not self.failed and cursor != self._kept_cursor

    def _commit(self, tables: Tables, page: Page, news: list[News], told: bool) -> Taken:
        taken = self._transaction(tables, told).take(news)
        if not self._failed_after(taken) and page.cursor != self._kept_cursor:
            tables.sources.set_cursor(self._reader.source, page.cursor)
        return taken

    def _transaction(self, tables: Tables, told: bool) -> Transaction:
        return Transaction(tables=tables, reader=self._reader, rules=self._rules, now=self._clock(), told=told)

    def _take_absences(self, seen: Set[str], told: bool) -> None:
        name = self._reader.source
        self._forget(self.failed.keys() - seen)
        if self._store.read.sources.present(name).keys() <= seen:
            return

        def work(tables: Tables) -> Taken:
            found = absences(tables.sources.present(name), seen, self._absent_polls)
            return self._transaction(tables, told).take_absent(found.waiting, found.gone)

        taken = self._store.write(work)
        self._note_failures(taken)
        self.progress = self.progress.after(taken)

    def _failed_after(self, taken: Taken) -> dict[str, str]:
        return {key: why for key, why in self.failed.items() if key not in taken.mended} | taken.failed

    def _forget(self, gone: Iterable[str]) -> None:
        """A ticket that is no longer there cannot become a report any more."""
        for key in gone:
            self.failed.pop(key, None)

    def _note_failures(self, taken: Taken) -> None:
        self.failed = self._failed_after(taken)
