"""Table `problem_tally`: how many reports there are of each status, priority and category, and of which days.

A span is '' for all reports, or begins with the date that it goes by ('c' creationDate, 'u' lastUpdate) and its
length ('m' month, 'd' day), and ends with the beginning of that date's text: 'cm2026-03', 'ud2026-03-05'. The one
row of the span '*' is the total.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hub.query.sqlite_json import Sql
from hub.store.connection import Connection
from hub.store.statements import statements
from hub.store.windows import Window

Counted = tuple[str, str, str, int, str]
"""(creation_date, last_update, status, priority, category) of a report: what the tally tells reports apart by."""

Mark = tuple[int, int]
"""(collected, written) changes."""

DAY, MONTH = len("2026-03-05"), len("2026-03")

ALL = "*"

LETTERS = {"creation_date": "c", "last_update": "u"}
INDEXES = {"creation_date": "problem_created", "last_update": "problem_updated"}


class Tally:
    """Collects the changes of a transaction, and writes their sum before its commit: a group of changes costs
    little more than one.
    """

    def __init__(self, connection: Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "problem_tally")
        self._changes: list[tuple[Counted, int]] = []
        self._flushed = 0

    def add(self, report: Counted) -> None:
        self._changes.append((report, 1))

    def take(self, report: Counted) -> None:
        self._changes.append((report, -1))

    def mark(self) -> Mark:
        """What is collected and what of it is written, for `undo`."""
        return len(self._changes), self._flushed

    def undo(self, mark: Mark = (0, 0)) -> None:
        """Forget what was collected and what was written after the mark, since it was rolled back."""
        collected, self._flushed = mark
        del self._changes[collected:]

    def flush(self) -> None:
        """Write what is collected."""
        self._connection.write_waiting()
        changes = self._changes[self._flushed :]
        if not changes:
            return
        self._flushed = len(self._changes)
        alike: Counter[Counted] = Counter()
        for (created, updated, *what), change in changes:
            alike[created[:DAY], updated[:DAY], *what] += change  # type: ignore[index]
        sums: Counter[tuple[Any, ...]] = Counter()
        for report, change in alike.items():
            for row in _rows(report):
                sums[row] += change
        self._connection.executemany(self._sql["add"], [(*row, n) for row, n in sums.items() if n])
        self._connection.executemany(self._sql["delete_zero"], [row for row, n in sums.items() if n < 0])

    def total(self) -> int:
        """How many reports there are."""
        self.flush()
        row = self._connection.execute(self._sql["total"]).fetchone()
        return row[0] if row else 0

    def count(self, what: Sql, window: Window | None = None) -> int:
        """How many reports fit `what`, a condition on status, priority and category, within a window of time.

        Whole months and days are added up; the beginning and the end of a window are counted in an index.
        """
        return self.run(counting(what, window))

    def values(self, column: str, what: Sql) -> list[Any]:
        """The values of status, priority or category that the reports that fit `what` have, in ascending order."""
        self.flush()
        text = f"SELECT {column} FROM problem_tally WHERE span = '' AND {what[0]} GROUP BY 1 HAVING sum(n) > 0"
        return [value for (value,) in self._connection.execute(f"{text} ORDER BY 1", what[1])]

    def run(self, counting: Sql) -> int:
        """The number that a statement of `counting` gives."""
        self.flush()
        return int(self._connection.execute(*counting).fetchone()[0])


def counting(what: Sql, window: Window | None = None) -> Sql:
    """The statement of `Tally.count`."""
    if window is None or not (window.low or window.high):
        parts = [_span("span = ''", [], what)]
    else:
        parts = list(_parts(window, what))
    text = f"SELECT {' + '.join(f'ifnull(({part}), 0)' for part, _ in parts)}"
    return text, [value for _, some in parts for value in some]


def _parts(window: Window, what: Sql) -> Iterator[Sql]:
    low, high, letter = window.low, window.high, LETTERS[window.column]
    if low and high and low[1][:DAY] >= high[1][:DAY]:
        yield _edge(window, what)
        return
    # Behind every text of a day or of a month: ':' follows the digits and 'T' stands before 'U'.
    if low:
        yield _edge(replace(window, high=("<", f"{low[1][:DAY]}U")), what)
    if high:
        yield _edge(replace(window, low=(">=", high[1][:DAY])), what)
    if low and high and low[1][:MONTH] == high[1][:MONTH]:
        yield _between(f"{letter}d{low[1][:DAY]}", f"{letter}d{high[1][:DAY]}", what)
        return
    if low:
        yield _between(f"{letter}d{low[1][:DAY]}", f"{letter}d{low[1][:MONTH]}:", what)
    if high:
        yield _between(f"{letter}d{high[1][:MONTH]}", f"{letter}d{high[1][:DAY]}", what)
    first, last = (f"{letter}m{bound[1][:MONTH] if bound else word}" for bound, word in ((low, ""), (high, ":")))
    yield _between(first, last, what)


def _edge(window: Window, what: Sql) -> Sql:
    where, values = window.where
    text = f"SELECT count(*) FROM problem INDEXED BY {INDEXES[window.column]} WHERE {where} AND {what[0]}"
    return text, [*values, *what[1]]


def _between(first: str, last: str, what: Sql) -> Sql:
    return _span("span > ? AND span < ?", [first, last], what)


def _span(where: str, values: list[Any], what: Sql) -> Sql:
    return f"SELECT sum(n) FROM problem_tally WHERE {where} AND {what[0]}", [*values, *what[1]]


def _rows(report: Counted) -> Iterator[tuple[Any, ...]]:
    created, updated, *what = report
    yield ALL, "", 0, ""
    yield "", *what
    yield f"cm{created[:MONTH]}", *what
    yield f"cd{created[:DAY]}", *what
    yield f"um{updated[:MONTH]}", *what
    yield f"ud{updated[:DAY]}", *what
