"""What a poll would do, found out by doing it and taking it back: nothing is kept, and nobody is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub.intake.keys import is_kept
from hub.intake.observe import News, PassedOver, Reader, key_of
from hub.intake.page import Transaction
from hub.intake.terms import Terms, is_caught_up_first, place_again, terms_of
from hub.model.event import Record as Entry
from hub.model.times import Clock, micros_to_text
from hub.ports import Page, Source
from hub.problems.sources import SourceRules
from hub.settings import SourceSettings
from hub.store.sources import SourceRow, never_polled
from hub.store.sqlite import Store
from hub.store.tables import Tables

PASSED_OVER = "passedOver"
FAILED = "failed"


class _TakenBack(Exception):
    """Ends the transaction with what it has found."""

    def __init__(self, steps: list["Step"]) -> None:
        super().__init__()
        self.steps = steps


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that would happen: an event of the history, a ticket that is passed over, or one that fails."""

    key: str
    what: str
    told: bool = False
    at: str | None = None
    name: str | None = None
    status: str | None = None
    changes: Mapping[str, Any] | None = None
    why: str | None = None


class Rehearsal:
    """One source, as the settings have it; `row` is where a poll would begin."""

    def __init__(
        self,
        settings: SourceSettings,
        *,
        source: Source,
        reader: Reader,
        store: Store,
        rules: SourceRules,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._source = source
        self._reader = reader
        self._store = store
        self._rules = rules
        self._clock = clock

    def steps(self) -> Iterator[Step]:
        """What each page would bring, as they are read. Raises SourceError, or StoreUnavailable."""
        name = self._reader.source
        row = self._store.read.sources.get(name) or never_polled(name, self._settings.adapter)
        self._source.check()
        known: set[str] = set()
        if is_caught_up_first(row):
            for step in self._run(replace(row, resync=None)):
                known.add(step.key)
                yield step
        yield from (step for step in self._run(row) if step.key not in known)

    def _run(self, row: SourceRow) -> Iterator[Step]:
        terms = terms_of(row, backfill=self._settings.backfill, notify=self._settings.backfill_notify)
        for page in self._source.pull(_start(self._source, row, terms)):
            yield from self._of(page, terms)

    def _of(self, page: Page, terms: Terms) -> list[Step]:
        keys = [record.key for record in page.records if is_kept(record.key)]
        items = self._store.read.sources.items(self._reader.source, keys)
        told = [
            self._reader.news_of(record, items.pop(record.key, None), terms, listed=page.snapshot)
            for record in page.records
        ]
        news = [one for one in told if one is not None]
        if not news:
            return []
        try:
            self._store.write(lambda tables: self._try(tables, news, page, terms))
        except _TakenBack as ended:
            return ended.steps
        return []

    def _try(self, tables: Tables, news: list[News], page: Page, terms: Terms) -> None:
        steps: list[Step] = []
        now = self._clock()
        for one in news:
            last = tables.records.last()
            taken = Transaction(
                tables=tables,
                reader=self._reader,
                rules=self._rules,
                now=now,
                told=terms.told,
                listed=page.snapshot,
            ).take([one])
            key = key_of(one)
            if isinstance(one, PassedOver):
                steps.append(Step(key=key, what=PASSED_OVER))
            steps += [Step(key=key, what=FAILED, why=why) for why in taken.failed.values()]
            steps += [_step(tables, key, entry, terms.told) for entry in tables.records.after(last)]
        raise _TakenBack(steps)


def _start(source: Source, row: SourceRow, terms: Terms) -> Mapping[str, Any]:
    resync = row.resync
    if resync is not None and not resync.begun:
        return place_again(source, row.cursor, resync)
    return {"since": terms.start} if not row.cursor and terms.start is not None else row.cursor


def _step(tables: Tables, key: str, entry: Entry, told: bool) -> Step:
    stored = tables.problems.get(entry.problem_id)
    return Step(
        key=key,
        what=entry.event_type,
        told=told and tables.events.by_id(entry.id) is not None,
        at=micros_to_text(entry.event_time),
        name=stored.problem.document.get("name") if stored else None,
        status=entry.to_status,
        changes=entry.changes or None,
    )
