"""How a table is read page by page: by offset, or by a cursor that neither loses nor repeats a row."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from hub.query.ordering import Cursor, Page, Position, Sort
from hub.query.sql import sql_condition
from hub.query.sql_columns import Column
from hub.query.sql_order import KeySql, beyond, order_keys, order_text
from hub.query.sqlite_json import Sql
from hub.query.syntax import Condition

T = TypeVar("T")
Row = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A table with a row number `seq`, as lists see it.

    `select` are the columns of a row; `columns` are the attributes that have a column, all others are looked up in
    `document`, an expression that gives the row as JSON. `within` is a condition in SQL on every row that is seen.
    """

    table: str
    select: str
    columns: Mapping[tuple[str, ...], Column]
    document: str = "document"
    within: Sql | None = None

    def where(self, condition: Condition | None) -> Sql:
        """A WHERE clause with a space before it, or nothing."""
        parts = [] if self.within is None else [self.within]
        if condition is not None:
            parts.append(sql_condition(condition, columns=self.columns, document=self.document))
        text = " AND ".join(part for part, _ in parts)
        return f" WHERE {text}" if text else "", [value for _, values in parts for value in values]


def read_page(
    connection: sqlite3.Connection,
    listed: Listed,
    condition: Condition | None,
    *,
    sort: Sort,
    offset: int,
    limit: int,
    cursor: Cursor | None,
    made: Callable[[Row], T],
) -> Page[T]:
    """The rows that fit, each turned into what it stands for by `made`; a cursor takes the place of the offset."""
    keys = order_keys(sort, columns=listed.columns, document=listed.document)
    where, values = listed.where(condition)
    if cursor is not None:
        return _window(connection, listed, (where, values), keys, limit, cursor, made)
    order = order_text(keys)
    text = f"SELECT {listed.select} FROM {listed.table}{where} ORDER BY {order} LIMIT ? OFFSET ?"
    return Page(rows=[made(row) for row in connection.execute(text, (*values, limit, offset))])


def _window(
    connection: sqlite3.Connection,
    listed: Listed,
    condition: Sql,
    keys: tuple[KeySql, ...],
    limit: int,
    cursor: Cursor,
    made: Callable[[Row], T],
) -> Page[T]:
    """One row more than asked for is read, to know whether there are more."""
    where, values = condition
    if cursor.position is not None:
        text, places = beyond(keys, cursor.position, backwards=cursor.backwards)
        where, values = f"{where} AND {text}" if where else f" WHERE {text}", [*values, *places]
    places_of = ", ".join(key.text for key in keys)
    order = order_text(keys, backwards=cursor.backwards)
    statement = f"SELECT {places_of}, {listed.select} FROM {listed.table}{where} ORDER BY {order} LIMIT ?"
    found = connection.execute(statement, (*values, limit + 1)).fetchall()
    return page_of(found, limit, width=len(keys), backwards=cursor.backwards, made=made)


def page_of(found: Sequence[Row], limit: int, *, width: int, backwards: bool, made: Callable[[Row], T]) -> Page[T]:
    """A page by cursor of what was found, at most one row more than `limit`; each row begins with its position."""
    rows = found[:limit][::-1] if backwards else found[:limit]
    return Page(
        rows=[made(row[width:]) for row in rows],
        first=_position(rows[0][:width]) if rows else None,
        last=_position(rows[-1][:width]) if rows else None,
        more=len(found) > limit,
    )


def _position(row: Sequence[Any]) -> Position:
    return Position(values=tuple(row[:-1]), seq=row[-1])
