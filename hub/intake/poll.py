"""One poll of one source: pull its pages, and commit each with the place up to which the source is then read."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from copy import deepcopy
from dataclasses import replace
from functools import partial
from operator import itemgetter
from typing import Any

from hub.intake.absence import Pace, absences
from hub.intake.checking import Checking
from hub.intake.handed import Handed
from hub.intake.keys import is_kept
from hub.intake.listed import Listed
from hub.intake.observe import News, Reader
from hub.intake.page import Taken, Transaction
from hub.intake.progress import Progress
from hub.intake.reconcile import Reconciling
from hub.intake.terms import Terms, is_caught_up_first, place_again, terms_of
from hub.model.times import Clock, from_micros, to_micros
from hub.ports import AuthFailed, Lists, Page, RateLimited, Record, Registers, Source, SourceError
from hub.problems.sources import SourceRules
from hub.store.sources import SourceRow
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.intake")

BATCH = 100
"""How many tickets that were missing from a listing are written in one transaction."""


class SourcePoll:
    """Polls one source, again and again.

    `failed` is {ticket key: why} of the records that could not become reports. While there are any, the kept cursor
    stays before them: the next process reads them again, this one goes on from where it is. `interval` is the time in
    seconds between two polls that nobody asks for. Without `registers` the source is not asked to ring.
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
        backfill: str = "all",
        reconcile: float = 0.0,
        interval: float = 0.0,
        registers: bool = True,
    ) -> None:
        self._source = source
        self._reader = reader
        self._store = store
        self._rules = rules
        self._clock = clock
        self._absent_polls = absent_polls
        self._backfill_notify = backfill_notify
        self._backfill = backfill
        self._registers = registers
        self._pace = Pace(every=interval, clock=clock)
        self._reconciling = Reconciling(every=reconcile, clock=clock)
        self._handed: Handed | None = None
        self._cursor: Mapping[str, Any] | None = None
        self._kept_cursor: Mapping[str, Any] = {}
        self._checking = Checking(source, clock=clock)
        self._asked_until = ""
        self.failed: dict[str, str] = {}
        self.progress = Progress()

    def run(self, row: SourceRow, stopped: Callable[[], bool]) -> bool:
        """Poll once; `row` is the source as it is kept. False when it was stopped between two pages.

        Raises SourceError for a source that cannot be read and StoreUnavailable for a database that cannot be
        written; what was committed before stays. `progress` then tells how far it came.
        """
        self.progress = Progress()
        self._pace.begin(None if row.last_success is None else from_micros(row.last_success))
        self._checking.begin()
        if not self._catch_up(row, stopped):
            return False
        terms = self._terms(row)
        listed = Listed()
        if not self._take_all(row, terms, stopped, listed):
            return False
        if listed.is_whole:
            self._take_absences(listed.keys, terms)
        self._reconcile(row, terms)
        if self._registers and isinstance(self._source, Registers):
            self._cursor = self._source.register(self._cursor or {})
        self._end(row)
        self._checking.end()
        return True

    @property
    def skew(self) -> float | None:
        """Seconds that the source's clock is ahead of ours, as far as it tells."""
        return self._checking.skew

    def close(self) -> None:
        """No run follows. Raises SourceError when the source cannot be told."""
        if isinstance(self._source, Registers):
            self._source.close()

    def _terms(self, row: SourceRow) -> Terms:
        return terms_of(row, backfill=self._backfill, notify=self._backfill_notify)

    def _catch_up(self, row: SourceRow, stopped: Callable[[], bool]) -> bool:
        """Read what is news as any poll does, before a resync that tells nobody of what it brings; absence has to wait.

        False when it was stopped between two pages.
        """
        if not is_caught_up_first(row):
            return True
        usual = replace(row, resync=None)
        terms = self._terms(usual)
        try:
            return self._take_all(usual, terms, stopped, Listed())
        except (AuthFailed, RateLimited):
            raise
        except SourceError as error:
            # A place that the source does not understand may be the reason why it is to be read again.
            log.warning("source.uncaught", source=self._reader.source, error=str(error))
        return True

    def _begin(self, row: SourceRow, terms: Terms) -> Mapping[str, Any]:
        """Where the run begins: at the kept cursor, at the start of a backfill, or where a resync asks for."""
        name, resync = self._reader.source, row.resync
        if resync is not None and not resync.begun:
            start = place_again(self._source, row.cursor if self._cursor is None else self._cursor, resync)

            def begin(tables: Tables) -> None:
                tables.sources.set_cursor(name, start)
                tables.sources.set_resync(name, replace(resync, begun=True))

            self._store.write(begin)
            self._cursor = self._kept_cursor = start
        elif self._cursor is None:
            self._cursor = self._kept_cursor = row.cursor
        if not self._cursor and terms.start is not None:
            return {"since": terms.start}
        return self._cursor

    def _end(self, row: SourceRow) -> None:
        """Keep the place of pages that said nothing new; only a reading that came to its end ends a resync."""
        name, place, resync = self._reader.source, self._cursor or {}, row.resync
        moves = self._moves(place)
        if not moves and resync is None:
            return

        def end(tables: Tables) -> None:
            if moves:
                tables.sources.set_cursor(name, place)
            now = tables.sources.get(name)
            if resync is not None and now is not None and now.resync is not None and now.resync.id == resync.id:
                tables.sources.set_resync(name, None)

        self._store.write(end)
        if moves:
            self._kept_cursor = deepcopy(place)

    def _take_all(self, row: SourceRow, terms: Terms, stopped: Callable[[], bool], listed: Listed) -> bool:
        """Take page after page, and note them. False when it was stopped between two of them."""
        try:
            for page in self._source.pull(self._begin(row, terms)):
                self._take(page, terms)
                listed.note(page)
                if stopped():
                    return False
        finally:
            self._finish()
        return True

    def _take(self, page: Page, terms: Terms) -> None:
        """Hand a page to the writer, when the one before is committed."""
        # A copy, because an adapter may go on writing into its own.
        page = replace(page, cursor=deepcopy(page.cursor))
        news = self._news_of_page(page, terms)
        self._forget(record.key for record in page.records if record.gone)
        if news:
            self._handed = Handed(self._store, page, partial(self._commit, page, news, terms))
        else:
            self._count(page, Taken())

    def _news_of_page(self, page: Page, terms: Terms) -> list[News]:
        """What a page says, found out while the one before is committed but for the tickets that both tell of."""
        records, handed = list(enumerate(page.records)), self._handed
        if handed is None:
            return [one for _, one in self._news(records, terms, listed=page.snapshot)]
        handed.wait_until_gathered()
        apart = [row for row in records if row[1].key not in handed.keys]
        news = self._news(apart, terms, listed=page.snapshot)
        self._finish()
        shared = [row for row in records if row[1].key in handed.keys]
        news += self._news(shared, terms, listed=page.snapshot)
        return [one for _, one in sorted(news, key=itemgetter(0))]

    def _finish(self) -> None:
        """Wait until the page that was handed over is committed."""
        handed, self._handed = self._handed, None
        if handed is not None:
            taken = handed.taken()
            self._note_failures(taken)
            if not self.failed:
                self._kept_cursor = handed.page.cursor
            self._count(handed.page, taken)

    def _count(self, page: Page, taken: Taken) -> None:
        self._cursor = deepcopy(page.cursor)
        self.progress = self.progress.after(taken, pages=1, records=len(page.records))

    def _news(
        self, records: Sequence[tuple[int, Record]], terms: Terms, *, listed: bool
    ) -> list[tuple[int, News]]:
        """What records say that is not known, with their numbers, found out before the transaction: mapping takes
        time."""
        if not records:
            return []
        keys = [record.key for _, record in records if is_kept(record.key)]
        items = self._store.read.sources.items(self._reader.source, keys)
        found: list[tuple[int, News]] = []
        for number, record in records:
            # Of a ticket that is told more than once, only the transaction knows what was last taken.
            news = self._reader.news_of(record, items.pop(record.key, None), terms, listed=listed)
            if news is not None:
                found.append((number, news))
        return found

    def _moves(self, cursor: Mapping[str, Any]) -> bool:
        return not self.failed and cursor != self._kept_cursor

    def _commit(
        self, page: Page, news: list[News], terms: Terms, tables: Tables, gathered: Callable[[], None]
    ) -> Taken:
        taken = self._transaction(tables, terms, listed=page.snapshot).take(news, gathered)
        if not self._failed_after(taken) and page.cursor != self._kept_cursor:
            tables.sources.set_cursor(self._reader.source, page.cursor)
        return taken

    def _transaction(self, tables: Tables, terms: Terms, *, listed: bool) -> Transaction:
        return Transaction(
            tables=tables,
            reader=self._reader,
            rules=self._rules,
            now=self._clock(),
            told=terms.told,
            listed=listed,
        )

    def _take_absences(self, seen: Set[str], terms: Terms) -> None:
        name = self._reader.source
        self._forget(self.failed.keys() - seen)
        present = self._store.read.sources.present(name)
        held = self._pace.held({key: count for key, count in present.items() if key not in seen})
        found = absences(present, seen, self._absent_polls, held)
        self._pace.note(found.waiting, held)
        if found.gone or any(present[key] != count for key, count in found.waiting.items()):
            self._took(
                self._store.write(
                    lambda tables: self._transaction(tables, terms, listed=True).take_absent(
                        found.waiting, found.gone
                    )
                )
            )

    def _reconcile(self, row: SourceRow, terms: Terms) -> None:
        """End the reports of tickets that the source has deleted in silence, where it is time to look for them."""
        if not isinstance(self._source, Lists) or not self._reconciling.is_due(row):
            return
        now, name = to_micros(self._clock()), self._reader.source
        present = self._store.read.sources.present(name).keys()
        missing = self._reconciling.missing(self._source, present, self._asked_until)
        for start in range(0, len(missing.records), BATCH):
            self._take_missing(missing.records[start : start + BATCH], terms)
        self._asked_until = missing.last
        if not missing.last:
            self._store.write(lambda tables: tables.sources.set_reconciled(name, now))

    def _take_missing(self, records: Sequence[Record], terms: Terms) -> None:
        self._forget(record.key for record in records if record.gone)
        news = [one for _, one in self._news(list(enumerate(records)), terms, listed=True)]
        if news:
            self._took(self._store.write(lambda tables: self._transaction(tables, terms, listed=True).take(news)))

    def _took(self, taken: Taken) -> None:
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
