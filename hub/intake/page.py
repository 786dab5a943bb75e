"""Takes what one page of a source says into reports, history, events and the source's place: one transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.errors import InvalidInput
from hub.intake.digest import joined
from hub.intake.echo import is_marked, without_echo
from hub.intake.observe import (
    Back,
    Changed,
    Gone,
    Late,
    News,
    PassedOver,
    Reader,
    Unreadable,
    is_late,
    is_said_before,
    key_of,
)
from hub.intake.occurred import occurred
from hub.intake.terms import FINAL
from hub.model.problem import Status
from hub.model.times import to_micros
from hub.model.write_back import WriteBack
from hub.ports import Record
from hub.problems.sources import Observation, SourceRules
from hub.problems.status_write_back import is_overtaken
from hub.store.problems import Stored
from hub.store.sources import Item, Sources
from hub.store.tables import Tables

WORDS_KEPT = 100
"""How many unknown words of one attribute are counted each by itself."""
WORD_LENGTH = 100
OTHER_WORDS = "…"
"""Stands for all further unknown words."""

ABSENT = "absent"
GONE = "gone"
"""What stands for the source's own word when a ticket ended by leaving its list, or by being deleted there."""


@dataclass(kw_only=True)
class Taken:
    """What a transaction did. `failed` is {ticket key: why}, `mended` the keys that became reports."""

    changed: int = 0
    newest: datetime | None = None
    failed: dict[str, str] = field(default_factory=dict)
    mended: set[str] = field(default_factory=set)
    unmapped: list[tuple[str, str, str]] = field(default_factory=list)

    def note_change(self, updated: datetime) -> None:
        self.changed += 1
        self.newest = max(self.newest or updated, updated)


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """One use of the tables for one source. `told` False keeps its changes from the listeners.

    `listed` says that the records are a part of all that the source lists at present.
    """

    tables: Tables
    reader: Reader
    rules: SourceRules
    now: datetime
    told: bool
    listed: bool = False
    taken: Taken = field(default_factory=Taken)
    _items: dict[str, Item | None] = field(default_factory=dict)
    _reports: dict[str, Stored | None] = field(default_factory=dict)

    def take(self, news: Iterable[News], gathered: Callable[[], None] = lambda: None) -> Taken:
        """`gathered` is called when all is found out, and is yet to be written."""
        news = list(news)
        self._look_up([key_of(one) for one in news])
        with self.tables.connection.gathering():
            for one in news:
                self._take(one)
            gathered()
        if self.taken.unmapped:
            self._count_unmapped()
        return self.taken

    def _look_up(self, keys: Sequence[str]) -> None:
        """What is known of all of them, with two questions. A mapping speaks of no links, so that a ticket changes no
        other's report, and what becomes of its own is noted here."""
        self._items.update(dict.fromkeys(keys))
        self._items.update(self._sources.items(self._name, keys))
        self._reports.update(dict.fromkeys(keys))
        self._reports.update(self.tables.problems.all_by_source(self._name, keys))

    def _item(self, key: str) -> Item | None:
        if key not in self._items:
            self._items[key] = self._sources.item(self._name, key)
        return self._items[key]

    def _stored(self, key: str) -> Stored | None:
        if key not in self._reports:
            self._reports[key] = self.tables.problems.get_by_source(self._name, key)
        return self._reports[key]

    def _take(self, news: News) -> None:
        match news:
            case Changed():
                self._take_changed(news)
            case Late():
                self._take_late(news)
            case PassedOver(changed=changed):
                self._pass_over(changed)
            case Gone(record=record):
                self._end(record.key, Status.CANCELLED, GONE, min(record.updated, self.now), missed=0)
            case Back(record=record):
                self._sources.set_missed(self._name, record.key, 0)
            case Unreadable(record=record, why=why):
                self._fail(record.key, why)

    def take_absent(self, waiting: Mapping[str, int], gone: Mapping[str, int]) -> Taken:
        """Note polls that missed a ticket; resolve what is gone."""
        for key, missed in waiting.items():
            self._sources.set_missed(self._name, key, missed)
        for key, missed in gone.items():
            self._end(key, Status.RESOLVED, ABSENT, self.now, missed=missed)
        return self.taken

    @property
    def _name(self) -> str:
        return self.reader.source

    @property
    def _sources(self) -> Sources:
        return self.tables.sources

    def _take_changed(self, changed: Changed) -> None:
        key = changed.record.key
        item = self._item(key)
        if item is not None and item.digest == changed.digest and item.problem_id is not None:
            # The page has the same record twice.
            return
        if is_said_before(changed, item):
            return
        if not self.listed and is_late(changed.record, item):
            self._take_late(Late(record=changed.record, rendered=changed.rendered))
            return
        stored = self._stored(key)
        before = stored.problem if stored else None
        written: list[WriteBack] = []
        if before is not None and (self.reader.writes_back or is_marked(changed.rendered.document)):
            written = self.tables.write_backs.of_ticket(self._name, key)
            changed = changed._replace(rendered=without_echo(changed.rendered, before.document, written))
        at = occurred(changed, item, before, self.tables.records.standing, source=self._name, now=self.now)
        observation = self.reader.observation(changed, before, at, told=self.told)
        after = self._observe(observation, stored, max(changed.record.updated, at))
        if after is None:
            return
        if written and is_overtaken(changed.rendered.status, written):
            why = f"the ticket has since come to say {changed.rendered.source_status or changed.rendered.status!r}"
            self.tables.write_backs.overtake(self._name, key, now=to_micros(self.now), outcome=why)
        self._keep(changed.record, after.problem.id, changed.digest)
        self.taken.unmapped += [(name, word, key) for name, word in changed.rendered.unmapped]

    def _pass_over(self, changed: Changed) -> None:
        item = self._item(changed.record.key)
        if item is not None and item.problem_id is not None:
            # The page has told of it before, when it was wanted.
            self._take_changed(changed)
        else:
            self._keep(changed.record, None, changed.digest)

    def _keep(self, record: Record, problem_id: str | None, digest: bytes) -> None:
        # A stamp in the future would make all late that comes until then, and stamps may be whole seconds.
        is_ahead = record.updated > self.now
        updated = to_micros(self.now.replace(microsecond=0) if is_ahead else record.updated)
        item = self._item(record.key)
        beside = b""
        if item is not None and item.updated == updated and item.digest != digest:
            beside = joined(item.beside, item.digest)
        item = Item(problem_id=problem_id, digest=digest, updated=updated, missed=0, gone=False, beside=beside)
        self._items[record.key] = item
        self._sources.put_item(
            self._name, record.key, problem_id=problem_id, digest=digest, updated=updated, beside=beside
        )

    def _take_late(self, late: Late) -> None:
        """Place what an older record says of the status in the history; its ticket stays known by the newer one."""
        stored = self._stored(late.record.key)
        if stored is None:
            return
        observation = self.reader.late(late.record, late.rendered, self.now)
        if self.rules.place(self.tables, stored, observation):
            self.taken.note_change(late.record.updated)

    def _end(self, key: str, status: Status, word: str, occurred: datetime, *, missed: int) -> None:
        """Bring a report to its end, unless it is there already or a client has deleted it."""
        stored = self._stored(key)
        if stored is not None and stored.problem.status not in FINAL:
            observation = self.reader.ended(key, status, word, occurred, told=self.told)
            if self._observe(observation, stored, occurred) is None:
                return
        self._sources.set_gone(self._name, key, missed=missed)
        self._items.pop(key, None)

    def _observe(self, observation: Observation, stored: Stored | None, updated: datetime) -> Stored | None:
        """The report as it is now; None, and nothing written, when it would not be a valid one."""
        try:
            after = self.rules.observe(self.tables, stored, observation)
        except InvalidInput as error:
            self._fail(observation.key, str(error))
            return None
        self.taken.mended.add(observation.key)
        self.taken.failed.pop(observation.key, None)
        if stored is None or after.problem.version != stored.problem.version:
            self.taken.note_change(updated)
        self._reports[observation.key] = after
        return after

    def _fail(self, key: str, why: str) -> None:
        """Its digest stays what it was, so the record is new again when it is next read; it was seen all the same."""
        self.taken.failed[key] = why
        self.taken.mended.discard(key)
        self._sources.set_missed(self._name, key, 0)

    def _count_unmapped(self) -> None:
        known = self._sources.unmapped(self._name)
        self._sources.set_unmapped(self._name, counted(known, self.taken.unmapped))


def counted(
    unmapped: Mapping[str, Mapping[str, Any]], found: Sequence[tuple[str, str, str]]
) -> dict[str, dict[str, Any]]:
    """{attribute: {word: {"count": n, "example": ticket key}}} with what was found: attribute, word and ticket key."""
    counts = {attribute: dict(words) for attribute, words in unmapped.items()}
    for attribute, word, key in found:
        words = counts.setdefault(attribute, {})
        shown = word[:WORD_LENGTH]
        if shown not in words and len(words) >= WORDS_KEPT:
            shown = OTHER_WORDS
        words[shown] = {"count": words.get(shown, {"count": 0})["count"] + 1, "example": key}
    return counts
