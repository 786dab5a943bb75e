"""Trouble systems in memory, seen through the port: a feed read from a cursor on, and a list of what is open."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from hub.ports import Check, Page, Record, Refused, SourceError, Writing

START = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)


class ManualClock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class TroubleSystem:
    """Tickets that a test files. `breaks` is {number of pages yielded before: what then happens}, for one pull."""

    def __init__(self, clock: ManualClock, *, page_size: int = 100) -> None:
        self.clock = clock
        self.page_size = page_size
        self.tickets: dict[str, tuple[int, Record]] = {}
        self.changes = 0
        self.breaks: dict[int, SourceError | Callable[[], None]] = {}
        self.refusal: SourceError | None = None
        self.skew: float | None = 0.0
        self.checks = 0
        self.cursors: list[Mapping[str, Any]] = []

    def put(self, key: str, *, gone: bool = False, ago: float = 0.0, **data: Any) -> None:
        """File a ticket, or change it; so many seconds ago, and told only now."""
        self.changes += 1
        known = dict(self.tickets[key][1].data) if key in self.tickets else {"id": key, "title": f"Ticket {key}"}
        stamp = self.clock() - timedelta(seconds=ago)
        self.tickets[key] = (self.changes, Record(key=key, updated=stamp, data=known | data, gone=gone))

    def drop(self, *keys: str) -> None:
        for key in keys:
            del self.tickets[key]

    def check(self) -> Check:
        self.checks += 1
        if self.refusal is not None:
            raise self.refusal
        return Check(identity="hub", clock_skew=self.skew)

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        self.cursors.append(dict(cursor))
        breaks, self.breaks = self.breaks, {}
        for number, page in enumerate(chain(self.pages(cursor), [None])):
            broken = breaks.get(number)
            if isinstance(broken, SourceError):
                raise broken
            if broken is not None:
                broken()
            if page is not None:
                yield page

    def pages(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        raise NotImplementedError

    def _parts(self, rows: list[tuple[int, Record]]) -> Iterator[list[tuple[int, Record]]]:
        for start in range(0, len(rows), self.page_size):
            yield rows[start : start + self.page_size]


class Feed(TroubleSystem):
    """Tells what changed after the cursor, and the last change before it once more.

    It writes on in the one cursor that it gives out, as an adapter may.
    """

    def pages(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        position = dict(cursor)
        rows = [row for row in self.tickets.values() if row[0] >= cursor.get("change", 0)]
        rows.sort(key=lambda row: row[0])
        for part in self._parts(rows):
            position["change"] = part[-1][0]
            yield Page(records=tuple(record for _, record in part), cursor=position)


class TimedFeed(Feed):
    """A feed whose answers tell the time."""

    @property
    def clock_skew(self) -> float | None:
        return self.skew


class WritableFeed(Feed):
    """A feed whose tickets can be written to, and show what was written: a comment each, or the state.

    `failures` are raised one after the other; True in front of one says that the change came through before it.
    """

    def __init__(self, clock: ManualClock, *, page_size: int = 100) -> None:
        super().__init__(clock, page_size=page_size)
        self.failures: list[tuple[bool, BaseException]] = []
        self.asked: list[Writing] = []
        self.written: list[str] = []

    def write(self, change: Writing) -> None:
        self.asked.append(change)
        after, failure = self.failures.pop(0) if self.failures else (True, None)
        if after:
            self._take(change)
        if failure is not None:
            raise failure

    def _take(self, change: Writing) -> None:
        if change.key not in self.tickets:
            raise Refused(f"ticket {change.key} is not there")
        data = self.tickets[change.key][1].data
        comments = data.get("comments", [])
        if change.status is None and any(change.mark in one["text"] for one in comments):
            return
        if change.status is not None and change.status == data.get("state"):
            return
        self.written.append(change.id)
        if change.status is not None:
            self.put(change.key, state=change.status)
        else:
            comment = {"id": f"c{len(comments) + 1}", "text": change.marked_text, "by": "hub"}
            self.put(change.key, comments=[*comments, comment])


class ForgetfulFeed(Feed):
    """A feed that says nothing of tickets that are deleted, and can list the keys of all that are there."""

    def __init__(self, clock: ManualClock, *, page_size: int = 100) -> None:
        super().__init__(clock, page_size=page_size)
        self.listings = 0
        self.asked: list[str] = []
        self.unlisted: set[str] = set()
        """Tickets that are there, and are not listed."""

    def keys(self) -> Iterator[str]:
        self.listings += 1
        yield from (key for key in self.tickets if key not in self.unlisted)

    def ask(self, key: str) -> Record | None:
        self.asked.append(key)
        return self.tickets[key][1] if key in self.tickets else None


class OpenList(TroubleSystem):
    """Lists all that is open, each time."""

    def pages(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        for part in list(self._parts(list(self.tickets.values()))) or [[]]:
            yield Page(records=tuple(record for _, record in part), cursor={}, snapshot=True)


class MixedList(OpenList):
    """Lists what is open, and ends with a page that is no part of the list."""

    def pages(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        yield from super().pages(cursor)
        yield Page(records=(), cursor={})
