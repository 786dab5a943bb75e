"""The order of a list as the ORDER BY text of a store, and the WHERE text of what lies behind a place in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hub.query.ordering import Position, Sort, SortValue
from hub.query.sql_columns import Column
from hub.query.sql_values import NEVER
from hub.query.sqlite_json import Sql, instant_of

ROW_NUMBER = "seq"

_NAME = re.compile(r"@?[\w-]+")


@dataclass(frozen=True, kw_only=True)
class KeySql:
    """One key: an expression without parameters; `nullable` is False where it is known never to be NULL."""

    text: str
    descending: bool
    nullable: bool


def order_keys(
    sort: Sort, *, columns: Mapping[tuple[str, ...], Column], document: str = "document"
) -> tuple[KeySql, ...]:
    """The keys of an order, the row number being the last one, so that no two rows are equal."""
    keys = [
        KeySql(
            text=_key_text(key.path, columns.get(key.path), document, instants=key.instants),
            descending=key.descending,
            nullable=key.path not in columns or not columns[key.path].required,
        )
        for key in sort
    ]
    descending = bool(sort) and sort[-1].descending
    return (*keys, KeySql(text=ROW_NUMBER, descending=descending, nullable=False))


def _key_text(path: tuple[str, ...], column: Column | None, document: str, *, instants: bool) -> str:
    if column is not None:
        return column.sorted_by or column.name
    if not all(_NAME.fullmatch(name) for name in path):
        raise ValueError(f"{path} cannot be written into a statement")
    place = f"""'$.{".".join(f'"{name}"' for name in path)}'"""
    value = (
        f"CASE WHEN json_type({document}, {place}) IN ('array', 'object') THEN NULL"
        f" ELSE json_extract({document}, {place}) END"
    )
    return instant_of(f"({value})") if instants else f"({value})"


def order_text(keys: tuple[KeySql, ...], *, backwards: bool = False) -> str:
    """What stands behind ORDER BY; `backwards` is the exact reverse."""
    return ", ".join(_term(key, backwards) for key in keys)


def _term(key: KeySql, backwards: bool) -> str:
    word = " DESC" if key.descending is not backwards else ""
    if not key.nullable:
        return f"{key.text}{word}"
    return f"{key.text}{word} NULLS {'FIRST' if backwards else 'LAST'}"


def beyond(keys: tuple[KeySql, ...], position: Position, *, backwards: bool = False) -> Sql:
    """Whether a row lies behind the position or, backwards, before it."""
    places: list[SortValue] = [*position.values, position.seq]
    if len({key.descending for key in keys}) == 1 and not any(key.nullable for key in keys):
        # One comparison of rows, which an index in this order serves.
        sign = "<" if keys[0].descending is not backwards else ">"
        names, marks = ", ".join(key.text for key in keys), ", ".join("?" * len(keys))
        return f"({names}) {sign} ({marks})", places
    ways: list[Sql] = []
    for index, key in enumerate(keys):
        past, bound = _past(key, places[index], backwards)
        if past == NEVER[0]:
            continue
        same = "".join(f"{before.text} IS ? AND " for before in keys[:index])
        ways.append((f"({same}{past})", [*places[:index], *bound]))
    text, values = f"({' OR '.join(text for text, _ in ways)})", [value for _, some in ways for value in some]
    if keys[0].nullable:
        return text, values
    # What every way has in common, by which an index finds the place.
    sign = "<=" if keys[0].descending is not backwards else ">="
    return f"({keys[0].text} {sign} ? AND {text})", [places[0], *values]


def _past(key: KeySql, value: SortValue, backwards: bool) -> Sql:
    """Whether a key's value lies past `value`; missing ones lie past all others."""
    if value is None:
        return (f"{key.text} IS NOT NULL", []) if backwards else NEVER
    text = f"{key.text} {'<' if key.descending is not backwards else '>'} ?"
    return (f"({text} OR {key.text} IS NULL)" if key.nullable and not backwards else text), [value]
