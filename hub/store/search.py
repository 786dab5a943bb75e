"""One list of reports: the way to its rows and to their number, and the statements that go this way."""

import sqlite3
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from hub.query.ordering import Cursor, Page, Sort
from hub.query.sql_order import KeySql, beyond, order_keys, order_text
from hub.query.sqlite_json import Sql
from hub.query.syntax import Condition
from hub.store.blocks import BLOCK, Blocks
from hub.store.columns import COLUMNS
from hub.store.moment import at_one_moment
from hub.store.paging import page_of
from hub.store.paths import Declared
from hub.store.tally import Tally
from hub.store.way import SORTED, Way
from hub.store.ways import QUICK, SKIP, Ways

SHOWN = "id, CAST(document AS BLOB)"
PLAIN = f"SELECT {SHOWN} FROM problem WHERE seq >= ? ORDER BY seq LIMIT ? OFFSET ?"

Found = tuple[str, bytes]
"""(id, document as JSON without id and href) of a report."""


class Search:
    """A condition and an order, on the connection of one thread. The rows are not read before they are asked for."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        tally: Tally,
        blocks: Blocks,
        ways: Callable[[], Ways],
        condition: Condition | None,
        *,
        sort: Sort = (),
        offset: int = 0,
        limit: int = 0,
        cursor: Cursor | None = None,
    ) -> None:
        self._connection = connection
        self._tally = tally
        self._blocks = blocks
        self._condition = condition
        self._is_plain = condition is None and not sort and cursor is None
        self._sort = sort
        self._offset = offset
        self._limit = limit
        self._cursor = cursor
        self._find = ways
        self._found: Ways | None = None
        self._text: Sql | None = None
        self._is_quick: bool | None = None

    def runs_on(self, connection: sqlite3.Connection) -> bool:
        return self._connection is connection

    def is_fresh(self, declared: Callable[[], Declared]) -> bool:
        """Whether what is known of the ways still serves."""
        return self._found is None or self._found.is_fresh(declared)

    @property
    def _ways(self) -> Ways:
        if self._found is None:
            self._found = self._find()
        return self._found

    @property
    def _way(self) -> tuple[float, Way]:
        return self._ways.for_page(self._sort, self._need)

    @property
    def _need(self) -> int:
        return self._offset + self._limit + 1

    @property
    def _cost(self) -> float:
        """Microseconds to the rows of the page."""
        return self._way[0] + self._offset * SKIP

    @property
    def quick(self) -> bool:
        """Whether page and count cost so little that nobody need leave the event loop for them."""
        if self._is_quick is None:
            self._is_quick = self._is_plain or self._cost + self._cost_of_count <= QUICK
        return self._is_quick

    @property
    def _cost_of_count(self) -> float:
        return 0.0 if self._ways.is_tallied else self._ways.for_count()[0]

    def unindexed(self) -> list[str]:
        """The dotted paths that no index serves."""
        return self._ways.unindexed()

    def unordered(self) -> list[str]:
        """The dotted paths of the sort keys whose order no index gives."""
        return [".".join(key.path) for key in self._sort if key.path not in SORTED]

    def page(self) -> Page[Found]:
        if self._is_plain:
            return self._plain_page()
        if self._cursor is not None:
            return self._page_by(self._cursor)
        text, bound = self._statement()
        return Page(rows=self._connection.execute(text, (*bound, self._limit, self._offset)).fetchall())

    def _plain_page(self) -> Page[Found]:
        """Nothing but the rows; where many are skipped, whole blocks of them are."""
        if self._offset < BLOCK:
            return Page(rows=self._connection.execute(PLAIN, (0, self._limit, self._offset)).fetchall())
        with at_one_moment(self._connection):
            begin, before = self._blocks.place_of(self._offset)
            asked = (begin, self._limit, self._offset - before)
            return Page(rows=self._connection.execute(PLAIN, asked).fetchall())

    def _statement(self) -> Sql:
        """For a page by offset; the same for all the time for which the search is kept."""
        if self._text is None:
            self._text = _rows(self._way[1], self._ways.where, _keys(self._sort), shown=SHOWN, backwards=False)
        return self._text

    def _page_by(self, cursor: Cursor) -> Page[Found]:
        keys = _keys(self._sort)
        where, values = self._ways.where
        if cursor.position is not None:
            text, places = beyond(keys, cursor.position, backwards=cursor.backwards)
            where, values = f"{where} AND {text}", [*values, *places]
            if self._way[1].blocks is not None:
                sign = "<=" if cursor.backwards else ">="
                where, values = f"{where} AND block.number {sign} ?", [*values, cursor.position.seq // BLOCK]
        shown = ", ".join([*(key.text for key in keys), SHOWN])
        text, bound = _rows(self._way[1], (where, values), keys, shown=shown, backwards=cursor.backwards)
        found = self._connection.execute(text, (*bound, self._limit + 1, 0)).fetchall()
        return page_of(found, self._limit, width=len(keys), backwards=cursor.backwards, made=_found)

    def count(self) -> int:
        if self._is_plain:
            return self._tally.total()
        total = self._ways.total()
        if total is not None:
            return total
        text, values = self._counting()
        return int(self._connection.execute(text, values).fetchone()[0])

    def _counting(self) -> Sql:
        entries = self._ways.entries()
        if entries is not None:
            return f"SELECT count(*) FROM ({entries[0]})", entries[1]
        _, way = self._ways.for_count()
        where, values = _within(way.branches[0] if way.branches else None, self._ways.where)
        return f"SELECT count(*) FROM {_source(way)} WHERE {where}", values


@lru_cache(maxsize=256)
def _keys(sort: Sort) -> tuple[KeySql, ...]:
    return order_keys(sort, columns=COLUMNS)


def _rows(way: Way, where: Sql, keys: tuple[KeySql, ...], *, shown: str, backwards: bool) -> Sql:
    """A statement that gives what is `shown` of the rows in order, from a limit and an offset on."""
    if way.ordered and not way.branches:
        text, values = _within(way.blocks, where)
        order = order_text(keys, backwards=backwards)
        if way.blocks is not None:
            order = f"block.number{' DESC' if backwards else ''}, {order}"
        return f"SELECT {shown} FROM {_source(way)} WHERE {text} ORDER BY {order} LIMIT ? OFFSET ?", values
    # The chosen rows are walked in their order, and each report is fetched by its number: last, and no other.
    chosen, values = _chosen(way, where, keys, backwards=backwards)
    rows = f"({chosen} LIMIT ? OFFSET ?) AS chosen CROSS JOIN problem ON problem.seq = chosen.number"
    return f"SELECT {shown} FROM {rows}", values


def _chosen(way: Way, where: Sql, keys: tuple[KeySql, ...], *, backwards: bool) -> Sql:
    """A statement that gives the row numbers in order, as `number`."""
    if len(way.branches) < 2:
        text, values = _within(way.branches[0] if way.branches else None, where)
        order = order_text(keys, backwards=backwards)
        return f"SELECT seq AS number FROM {_source(way)} WHERE {text} ORDER BY {order}", values
    # Each branch gives its rows in order; SQLite merges them as it goes.
    named = [f"{key.text} AS {'number' if key is keys[-1] else f'key{index}'}" for index, key in enumerate(keys)]
    parts = [_within(branch, where) for branch in way.branches]
    union = " UNION ALL ".join(f"SELECT {', '.join(named)} FROM {_source(way)} WHERE {text}" for text, _ in parts)
    order = ", ".join(
        f"{index + 1}{' DESC' if key.descending is not backwards else ''}" for index, key in enumerate(keys)
    )
    return f"{union} ORDER BY {order}", [value for _, values in parts for value in values]


def _source(way: Way) -> str:
    if way.blocks is None:
        return f"problem INDEXED BY {way.index}"
    rows = f"block.number * {BLOCK} AND block.number * {BLOCK} + {BLOCK - 1}"
    return f"problem_block AS block CROSS JOIN problem INDEXED BY {way.index} ON problem.seq BETWEEN {rows}"


def _within(branch: Sql | None, where: Sql) -> Sql:
    return where if branch is None else (f"{branch[0]} AND {where[0]}", [*branch[1], *where[1]])


def _found(row: tuple[Any, ...]) -> Found:
    return row[0], row[1]
