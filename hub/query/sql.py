"""A condition as the WHERE text of a store: same meaning as `predicate`, values always bound, never written in.

Here is the shape of a condition; columns are in `sql_columns`, and how SQLite looks into JSON is in `sqlite_json`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hub.query.checks import levels_of
from hub.query.sql_columns import Column, Kind, in_column
from hub.query.sql_values import ALWAYS, EVERY_SIGN, NEVER, joined, tested
from hub.query.sqlite_json import Node, Sql, root, row, values_at
from hub.query.syntax import And, Comparison, Condition, Count, Exists, Length, Not, Operator, Or, Some

SHALLOW = 2
"""So many levels inside of one another are written in the order given, which is that of their evaluation."""


def sql_condition(
    condition: Condition | None,
    *,
    columns: Mapping[tuple[str, ...], Column],
    document: str = "document",
) -> Sql:
    """A boolean SQLite expression with `?` for each value, and the values; it may be NULL for what does not fit.

    A path in `columns` asks that column, any other path the JSON text in column `document`. The connection must have
    the function `pattern_found` (`hub.query.patterns.is_found`).
    """
    if condition is None:
        return ALWAYS
    return _text(condition, _Place(node=root(document), columns=columns))


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where paths begin: at a row with its columns, or at a value inside of it."""

    node: Node
    columns: Mapping[tuple[str, ...], Column]
    level: int = 0

    def column(self, path: tuple[str, ...]) -> Column | None:
        """The column that holds the value itself."""
        column = self.columns.get(path)
        return None if column is None or column.kind is Kind.KEYS else column

    def values(self, path: tuple[str, ...], *, elements: bool = True) -> Sql:
        return values_at(path, self.node, level=self.level, elements=elements)

    def inside(self, alias: str) -> "_Place":
        return _Place(node=row(alias), columns={}, level=self.level + 1)


def _text(condition: Condition, place: _Place) -> Sql:
    match condition:
        case And(parts=parts):
            return joined(" AND ", _texts(parts, place)) if parts else ALWAYS
        case Or(parts=parts):
            return joined(" OR ", _texts(parts, place)) if parts else NEVER
        case Not(part=part):
            text, values = _text(part, place)
            return f"({text}) IS NOT TRUE", values
        case Comparison(path=path):
            equality = condition.operator in (Operator.EQ, Operator.NE)
            column = place.columns.get(path) if equality else place.column(path)
            return _in_document(condition, place) if column is None else in_column(condition, column)
        case _:
            return _inside(condition, place)


def _texts(parts: Sequence[Condition], place: _Place) -> list[Sql]:
    """The deepest comes first where it is deep: what stands before it waits on the parser's stack of 100 symbols."""
    is_deep = max(map(levels_of, parts)) > SHALLOW
    ordered = sorted(parts, key=levels_of, reverse=True) if is_deep else parts
    return [_text(part, place) for part in ordered]


def _inside(condition: Exists | Some | Length | Count, place: _Place) -> Sql:
    match condition:
        case Exists(path=path):
            column = place.column(path)
            if column is not None:
                return f"{column.name} IS NOT NULL", []
            return _is_any(place.values(path, elements=False), ("t <> 'null'", []))
        case Some(path=(), part=part) if place.level == 0:
            return _text(part, place)
        case Some(path=path, part=part):
            return _chosen("EXISTS (SELECT 1", path, part, place, ")")
        case Length(operator=Operator.NE):
            return _text(Not(part=replace(condition, operator=Operator.EQ)), place)
        case Length():
            return _length(condition, place)
        case Count(path=path, part=part, operator=operator, number=number):
            text, values = _chosen("(SELECT count(*)", path, part, place, f") {EVERY_SIGN[operator]} ?")
            return text, [*values, number]


def _chosen(begin: str, path: tuple[str, ...], part: Condition, place: _Place, end: str) -> Sql:
    """A SELECT over the elements at the path that fit `part`."""
    alias = f"s{place.level}"
    rows, found = place.values(path)
    text, values = _text(part, place.inside(alias))
    return f"{begin} FROM ({rows}) AS {alias} WHERE {text} AND {alias}.t <> 'null'{end}", [*found, *values]


def _is_any(rows: Sql, test: Sql) -> Sql:
    return f"EXISTS (SELECT 1 FROM ({rows[0]}) WHERE {test[0]})", [*rows[1], *test[1]]


def _length(condition: Length, place: _Place) -> Sql:
    sign, column = EVERY_SIGN[condition.operator], place.column(condition.path)
    if column is not None:
        return f"(typeof({column.name}) = 'text' AND length({column.name}) {sign} ?)", [condition.number]
    size = (
        "CASE t WHEN 'text' THEN length(x) WHEN 'array' THEN json_array_length(v)"
        " WHEN 'object' THEN (SELECT count(*) FROM json_each(v)) END"
    )
    return _is_any(place.values(condition.path, elements=False), (f"{size} {sign} ?", [condition.number]))


def _in_document(comparison: Comparison, place: _Place) -> Sql:
    text, values = _is_any(place.values(comparison.path), tested(comparison))
    return (f"NOT {text}" if comparison.operator is Operator.NE else text), values
