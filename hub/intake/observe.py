"""What a poll makes of a record: whether it says anything new, and the observation of a report that it then is."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from hub.intake.digest import content, digest_of, is_among
from hub.intake.keys import is_kept, shown
from hub.intake.mapping import FieldMapping, Rendered, render
from hub.intake.terms import Terms
from hub.model.problem import Document, Problem, Status
from hub.model.times import to_micros
from hub.ports import Record
from hub.problems.sources import Observation
from hub.store.sources import Item


class Changed(NamedTuple):
    """A record that differs from what was last taken of its ticket, and what the mapping makes of it."""

    record: Record
    digest: bytes
    rendered: Rendered


@dataclass(frozen=True, kw_only=True)
class Late:
    """A record that is older than what was last taken of its ticket."""

    record: Record
    rendered: Rendered


@dataclass(frozen=True, kw_only=True)
class PassedOver:
    """A ticket of old that becomes no report, until it changes."""

    changed: Changed


@dataclass(frozen=True, kw_only=True)
class Gone:
    """A ticket that the source deleted or merged away."""

    record: Record


@dataclass(frozen=True, kw_only=True)
class Back:
    """A ticket that an earlier poll missed is there, and as it was."""

    record: Record


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """A record with a content that no report can hold."""

    record: Record
    why: str


NOTE = "note"
"""The attribute that grows, and is not replaced."""

News = Changed | Late | PassedOver | Gone | Back | Unreadable


def key_of(news: News) -> str:
    return (news.changed if isinstance(news, PassedOver) else news).record.key


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads the records of one source by its mapping; `writes_back` says that the hub writes into its tickets."""

    source: str
    mapping: FieldMapping
    writes_back: bool = False

    def news_of(self, record: Record, item: Item | None, terms: Terms, *, listed: bool) -> News | None:
        """What a record says that `item` does not know yet; None when there is nothing.

        `listed` says that the source lists what is there at present: nothing of that is late, whatever its stamp.
        """
        if not is_kept(record.key):
            return Unreadable(record=replace(record, key=shown(record.key)), why="its key is no text")
        if record.gone:
            return None if item is not None and item.gone else Gone(record=record)
        try:
            said = content(record.data, self.mapping.ignore)
            fresh = digest_of(said, self.mapping.revision)
            if item is None or item.digest != fresh or terms.takes_again(item):
                rendered = render(self.mapping, record.data, None if self.mapping.ignore else said)
                changed = Changed(record=record, digest=fresh, rendered=rendered)
                return self._changed(changed, item, terms, listed)
        except TypeError as error:
            # A number of more than 64 bits, or half of a surrogate pair: JSON has them, the hub's reports do not.
            return Unreadable(record=record, why=f"its content cannot be kept: {error}")
        return Back(record=record) if item.missed else None

    def _changed(self, changed: Changed, item: Item | None, terms: Terms, listed: bool) -> News | None:
        record = changed.record
        if not terms.wants(record, changed.rendered.status, item):
            is_known = item is not None and item.digest == changed.digest
            return None if is_known else PassedOver(changed=changed)
        if is_said_before(changed, item):
            return Back(record=record) if item is not None and item.missed else None
        if not listed and is_late(record, item):
            return Late(record=record, rendered=changed.rendered)
        return changed

    def observation(
        self, changed: Changed, before: Problem | None, occurred: datetime, *, told: bool
    ) -> Observation:
        """`before` is the report as it stands, None when this record is the first of its ticket."""
        rendered = changed.rendered
        started = rendered.start_time
        return Observation(
            source=self.source,
            key=changed.record.key,
            document=self._first(rendered) if before is None else self._next(rendered, before.document),
            status=rendered.status,
            source_status=rendered.source_status,
            event_time=to_micros(occurred),
            started=None if started is None else to_micros(min(started, occurred)),
            told=told,
            typed=True,
        )

    def late(self, record: Record, rendered: Rendered, now: datetime) -> Observation:
        """What an older record says of the status that its ticket then had."""
        return Observation(
            source=self.source,
            key=record.key,
            document=rendered.document,
            status=rendered.status,
            source_status=rendered.source_status,
            event_time=to_micros(told_at(record, rendered, now)),
            told=False,
        )

    def ended(self, key: str, status: Status, word: str, occurred: datetime, *, told: bool) -> Observation:
        """The end of a ticket that the source does not tell in words of its own: all but its status stays."""
        speaks = "statusChangeReason" in self.mapping.attributes
        return Observation(
            source=self.source,
            key=key,
            document={"statusChangeReason": word} if speaks else {},
            status=status,
            source_status=word,
            event_time=to_micros(occurred),
            told=told,
        )

    @cached_property
    def _defaults(self) -> Document:
        return self.mapping.defaults

    def _first(self, rendered: Rendered) -> Document:
        return {**self._defaults, **rendered.document}

    def _next(self, rendered: Rendered, before: Document) -> Document:
        """What turns the report into what the record says: an attribute that it leaves out is empty at the source."""
        kept = {attribute.partition(".")[0] for attribute, _ in rendered.unmapped} | {"status"}
        emptied = self.mapping.attributes - rendered.document.keys() - kept
        patch = {
            name: replacement(before.get(name), value) if isinstance(value, dict) else value
            for name, value in rendered.document.items()
        }
        if NOTE in patch:
            patch[NOTE] = with_notes(before.get(NOTE, []), patch[NOTE])
        return {**dict.fromkeys(emptied - {NOTE}), **patch}


def told_at(record: Record, rendered: Rendered, now: datetime) -> datetime:
    """The instant that a ticket tells of its change; ours where that lies ahead."""
    return min(rendered.event_time or record.updated, now)


def with_notes(before: list[Document], said: list[Document]) -> list[Document]:
    """The notes of a report and those of its ticket behind them, each once.

    A note that the ticket has with other words takes the place of the one that it was; what a client has noted stays.
    """
    notes = {_note_id(note): note for note in before}
    return list((notes | {_note_id(note): note for note in said}).values())


def _note_id(note: Document) -> tuple[Any, ...]:
    """A note without an identifier is known by what it says, and when and by whom."""
    found = note.get("id")
    return (found,) if found is not None else tuple(note.get(name) for name in ("text", "author", "date"))


def is_late(record: Record, item: Item | None) -> bool:
    """Whether a later change of the ticket has been taken already."""
    return item is not None and item.problem_id is not None and to_micros(record.updated) < item.updated


def is_said_before(changed: Changed, item: Item | None) -> bool:
    """Whether a log repeats what the ticket has said with the stamp of its latest change, before something else.

    A log has several rows of one minute. When it is read again, they come one after the other once more. A source that
    tells its tickets as they are has been there and is back: some change a ticket and leave its stamp alone.
    """
    record = changed.record
    if not record.log or item is None or item.problem_id is None or to_micros(record.updated) != item.updated:
        return False
    return is_among(changed.digest, item.beside)


def replacement(before: Any, after: Any) -> Any:
    """The merge patch that turns one value into another; a patch alone would leave members that are gone."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    removed = dict.fromkeys(name for name in before if name not in after)
    return {**removed, **{name: replacement(before.get(name), value) for name, value in after.items()}}
