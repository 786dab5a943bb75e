"""What one run of a source takes of the tickets of old, and whether it tells of what it brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.model.problem import Status
from hub.model.times import from_text
from hub.ports import Record, Rereads, Source
from hub.store.sources import Item, Resync, SourceRow

FINAL = frozenset({Status.RESOLVED, Status.CLOSED, Status.CANCELLED, Status.REJECTED})
"""States in which the end of a ticket changes nothing any more."""

WORDS = ("all", "open")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """`first` says that no pull has come to its end before.

    `backfill` says which tickets the first pull takes: "all", those that are "open", or those that changed since an
    instant (RFC 3339). A resync takes all that changed `since`, None being ever.
    """

    told: bool
    first: bool
    backfill: str = "all"
    resync: bool = False
    since: datetime | None = None

    def wants(self, record: Record, status: Status | None, item: Item | None) -> bool:
        """Whether a record that says something new becomes a report; one that has a report always does."""
        if item is not None and item.problem_id is not None:
            return True
        if self.resync:
            return self.since is None or record.updated >= self.since
        if self.backfill not in WORDS:
            return not self.first or record.updated >= from_text(self.backfill)
        # A ticket that came and ended between two polls is news, one that had ended before the first is not.
        is_old = self.first or item is not None
        return self.backfill == "all" or status not in FINAL or not is_old

    @property
    def start(self) -> str | None:
        """From where a source is read that was never read; None from its beginning."""
        return self.backfill if self.first and self.backfill not in WORDS else None

    def takes_again(self, item: Item) -> bool:
        """Whether a ticket that was passed over is looked at although nothing has changed."""
        return self.resync and item.problem_id is None and not item.gone


def terms_of(row: SourceRow, *, backfill: str, notify: bool) -> Terms:
    """The terms of the next run. The first complete pull brings what has been there for long: old news."""
    first = row.last_success is None
    if row.resync is not None:
        return Terms(told=row.resync.notify, first=first, resync=True, since=_instant(row.resync))
    return Terms(told=notify or not first, first=first, backfill=backfill)


def is_caught_up_first(row: SourceRow) -> bool:
    """Whether a poll reads what is news before it reads again: a resync tells nobody of what it brings."""
    return row.resync is not None and not row.resync.begun and row.last_success is not None


def place_again(source: Source, cursor: Mapping[str, Any], resync: Resync) -> Mapping[str, Any]:
    """Where a reading begins that an operator has asked for; `cursor` is up to where the source is read."""
    if isinstance(source, Rereads):
        return source.again(cursor, resync.since)
    return {} if resync.since is None else {"since": resync.since}


def _instant(resync: Resync) -> datetime | None:
    return None if resync.since is None else from_text(resync.since)
