"""Reads what has changed by the stamp of its change: nothing is lost when tickets change while they are read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from adapters.http import system_clock
from hub.ports import FilterIgnored, Unavailable

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime.min.replace(tzinfo=UTC)
RESTARTS = 5
"""How often the rows of one stamp may move away while they are read, before the run is given up."""

Fetch = Callable[[datetime | None, int, int], Sequence[T]]
"""(since, size, offset): at most `size` rows that changed at `since` or later, the oldest change first, without the
first `offset` of them. None for `since` asks for all; an offset is asked for only where one stamp fills a page."""


@dataclass(frozen=True, kw_only=True)
class Part(Generic[T]):
    """Rows that were not read before in this run, at most a page, and where to go on after them.

    `cursor` has the keys `since`, the instant up to which all is read, and `at`, from where a run goes on that is cut
    off here, null at its end; both are RFC 3339 texts, or null. Other keys of an adapter's cursor may stand beside
    them.
    """

    rows: tuple[T, ...]
    cursor: dict[str, str | None]


@dataclass(frozen=True, kw_only=True)
class Keyset(Generic[T]):
    """How one kind of row is read.

    Each request asks from the last stamp on, so that a row that changes meanwhile moves towards us. `lookback` is
    applied at the start of a run: one that was broken off goes on from its place, yet from no later than so long before
    it began, as what was stamped since then may still come up behind its place. `now` is the source's own clock; it is
    read when the first answer is there, and no cursor goes beyond it, nor beyond `clock`, which is ours: the source's
    may run ahead until somebody puts it right. `precision` is that of the stamps in the filter. With `short_pages` a
    page with fewer rows than asked for is not the last one, only an empty one is; a part is then held back until it is
    known whether the run ends with it, so that its cursor says so.
    `slack` is how much older a row may be than what was asked for: some sources look a little further back. `hint`
    tells people what may be the reason when a filter is ignored.
    """

    fetch: Fetch[T]
    stamp_of: Callable[[T], datetime]
    key_of: Callable[[T], str]
    page_size: int
    now: Callable[[], datetime]
    clock: Callable[[], datetime] = system_clock
    lookback: timedelta = timedelta(0)
    precision: timedelta = timedelta(seconds=1)
    short_pages: bool = False
    slack: timedelta = timedelta(0)
    hint: str = ""

    def parts(self, cursor: Mapping[str, Any]) -> Iterator[Part[T]]:
        """What changed since the cursor. The last part may have no rows, and its cursor counts all the same: it ends
        the run, so that the next one looks back.

        Raises FilterIgnored when the source answers with rows that were not asked for, in another order, or with the
        same page again, and Unavailable when the rows of one stamp do not hold still.
        """
        run = _Run(self, kept=_instant(cursor.get("since")), at=_instant(cursor.get("at")))
        held: list[Part[T]] = []
        while not run.ended:
            for part in run.step():
                if held and run.ended and not part.rows:
                    part = replace(part, rows=held.pop().rows)
                yield from held
                held = [part] if self.short_pages and not run.ended else []
                yield from () if held else (part,)

    def floor(self, instant: datetime) -> datetime:
        return earlier(instant, (instant - EPOCH) % self.precision)


class _Run(Generic[T]):
    """One run. `_since` and `_offset` are what is asked for next, `_seen` the rows of that stamp that were read, and
    `_page` those of the last answer."""

    def __init__(self, keyset: Keyset[T], *, kept: datetime | None, at: datetime | None) -> None:
        self._keyset = keyset
        self._kept = kept
        begin = looked_back(kept, keyset.lookback) if at is None and kept is not None else at
        self._since = None if begin is None else keyset.floor(begin)
        self._offset = 0
        self._seen: set[tuple[str, datetime]] = set()
        self._page: tuple[tuple[str, datetime], ...] = ()
        self._restarts = 0
        self._signpost: datetime | None = None
        self.ended = False

    def step(self) -> Iterator[Part[T]]:
        rows = self._asked()
        if self._signpost is None:
            self._signpost = min(self._keyset.now(), self._keyset.clock())
        if self._has_moved(rows):
            self._restart()
            return
        self._refuse_same(rows)
        fresh = tuple(row for row in rows if self._identity(row) not in self._seen)
        self.ended = not rows if self._keyset.short_pages else len(rows) < self._keyset.page_size
        reached = self._reached(rows)
        if fresh or self.ended:
            yield Part(rows=fresh, cursor=self._cursor(reached))
        self._go_on(rows, reached)

    def _reached(self, rows: Sequence[T]) -> datetime | None:
        """The last stamp of a page, never one before what was asked for."""
        last = self._stamp(rows[-1]) if rows else self._since
        return last if self._since is None or last is None else max(last, self._since)

    def _asked(self) -> Sequence[T]:
        """The next page, held against what was asked for."""
        # Before the first day there is nothing, and no system can be asked for it.
        asked = None if self._since is None else looked_back(self._since, timedelta(0))
        rows = self._keyset.fetch(asked, self._keyset.page_size, self._offset)
        least = before = None if self._since is None else earlier(self._since, self._keyset.slack)
        for row in rows:
            stamp = self._stamp(row)
            if before is not None and stamp < before:
                raise self._ignored("filter" if before == least else "order", row, before)
            before = stamp
        return rows

    def _ignored(self, asked: str, row: T, least: datetime) -> FilterIgnored:
        hint = f"; {self._keyset.hint}" if self._keyset.hint else ""
        return FilterIgnored(
            f"the {asked} was ignored: ticket {self._keyset.key_of(row)} changed at"
            f" {_text(self._keyset.stamp_of(row))}, asked was for {_text(least)} or later{hint}"
        )

    def _refuse_same(self, rows: Sequence[T]) -> None:
        """Pages of one stamp that are the same, row by row, would be asked for without end."""
        page = tuple(map(self._identity, rows))
        if self._offset > 0 and page and page == self._page:
            raise FilterIgnored(
                f"the paging was ignored: two pages have the same tickets, from {self._keyset.key_of(rows[0])} on"
            )
        self._page = page

    def _has_moved(self, rows: Sequence[T]) -> bool:
        """Whether a row of the stamp has left it: the page then does not begin with the last row of the one before."""
        return self._overlap > 0 and self._offset > 0 and (not rows or self._identity(rows[0]) not in self._seen)

    @property
    def _overlap(self) -> int:
        return 0 if self._keyset.short_pages or self._keyset.page_size == 1 else 1

    def _restart(self) -> None:
        self._offset = 0
        self._restarts += 1
        if self._restarts > RESTARTS:
            raise Unavailable(f"the tickets that changed at {self._since} change faster than they can be read")

    def _go_on(self, rows: Sequence[T], reached: datetime | None) -> None:
        if reached == self._since:
            read = self._keyset.page_size if self._keyset.short_pages else len(rows)
            self._offset += read - self._overlap
            self._seen |= {self._identity(row) for row in rows}
        else:
            self._since, self._offset, self._restarts = reached, 0, 0
            self._seen = {
                one for one in {*self._seen, *map(self._identity, rows)} if self._may_return(one, reached)
            }

    def _may_return(self, seen: tuple[str, datetime], reached: datetime | None) -> bool:
        """Whether a row that was read may come again when what follows is asked for."""
        return reached is not None and self._keyset.floor(seen[1]) >= earlier(reached, self._keyset.slack)

    def _stamp(self, row: T) -> datetime:
        return self._keyset.floor(self._keyset.stamp_of(row))

    def _identity(self, row: T) -> tuple[str, datetime]:
        return self._keyset.key_of(row), self._keyset.stamp_of(row)

    def _cursor(self, reached: datetime | None) -> dict[str, str | None]:
        """A stamp in the future, which a clock that is set wrong brings, would hide what comes until then."""
        known = [instant for instant in (self._kept, reached) if instant is not None]
        since = None if not known or self._signpost is None else min(max(known), self._signpost)
        return {"since": _text(since), "at": None if self.ended else _text(self._place(reached))}

    def _place(self, reached: datetime | None) -> datetime | None:
        """Behind what no row can come up any more."""
        if reached is None or self._signpost is None:
            return reached
        return min(reached, earlier(self._signpost, self._keyset.lookback))


def earlier(instant: datetime, span: timedelta) -> datetime:
    """So much earlier, yet no earlier than the first instant that there is, which stands for none in some systems."""
    return instant - span if instant - FIRST > span else FIRST


def looked_back(instant: datetime, lookback: timedelta) -> datetime | None:
    """From when on is read again what is read until an instant; None where that is everything, in whatever zone."""
    return instant - lookback if instant - FIRST > lookback + timedelta(days=1) else None


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
