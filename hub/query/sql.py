"""A condition as the WHERE text of a store: same meaning as `predicate`, values always bound, never written in.

Here are the shape of a condition and the kinds of columns; how SQLite looks into JSON is in `sqlite_json`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from hub.model.times import micros_to_text
from hub.query.entries import keys_for
from hub.query.sqlite_json import Node, Sql, instant_of, number_of, root, row, values_at
from hub.query.syntax import And, Comparison, Condition, Count, Exists, Length, Not, Operator, Or, Some
from hub.query.values import FIRST_INSTANT, LAST_INSTANT, instant_in, number_in

NEVER: Sql = ("0", [])
ALWAYS: Sql = ("1", [])
MILLISECOND = 1000

SIGN = {Operator.GT: ">", Operator.GTE: ">=", Operator.LT: "<", Operator.LTE: "<="}
EVERY_SIGN = {**SIGN, Operator.EQ: "=", Operator.NE: "<>"}


class Kind(StrEnum):
    """What a column holds: VALUE any text or number; the others are of one form, so that an index serves them.

    INSTANT is RFC 3339 in UTC with milliseconds, as `hub.model.times.to_text` writes it. KEYS is no column but a
    side table with the keys of `hub.query.entries` in its column `value`: `name` is the table, and the WHERE clause
    that leads to the keys of the row.
    """

    VALUE = "value"
    NUMBER = "number"
    INSTANT = "instant"
    KEYS = "keys"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column that repeats an attribute; `name` is ours and goes into the text as it is.

    `required` tells that it is never NULL; `sorted_by` is what gives its order, where that is not the column itself.
    """

    name: str
    kind: Kind = Kind.VALUE
    required: bool = False
    sorted_by: str = ""


def sql_condition(
    condition: Condition | None,
    *,
    columns: Mapping[tuple[str, ...], str | Column],
    document: str = "document",
) -> Sql:
    """A boolean SQLite expression with `?` for each value, and the values; it may be NULL for what does not fit.

    A path in `columns` asks that column (a bare name is a column of kind VALUE), any other path the JSON text in
    column `document`. The connection must have the function `pattern_found` (`hub.query.patterns.is_found`).
    """
    if condition is None:
        return ALWAYS
    known = {path: Column(name=given) if isinstance(given, str) else given for path, given in columns.items()}
    return _text(condition, _Place(node=root(document), columns=known))


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
            return _joined(" AND ", [_text(part, place) for part in parts]) if parts else ALWAYS
        case Or(parts=parts):
            return _joined(" OR ", [_text(part, place) for part in parts]) if parts else NEVER
        case Not(part=part):
            text, values = _text(part, place)
            return f"({text}) IS NOT TRUE", values
        case Comparison(path=path):
            equality = condition.operator in (Operator.EQ, Operator.NE)
            column = place.columns.get(path) if equality else place.column(path)
            return _in_document(condition, place) if column is None else _in_column(condition, column)
        case _:
            return _inside(condition, place)


def _joined(word: str, parts: Sequence[Sql]) -> Sql:
    kept = [part for part in parts if part != NEVER] if word == " OR " else list(parts)
    if len(kept) < 2:
        return kept[0] if kept else NEVER
    return f"({word.join(text for text, _ in kept)})", [value for _, values in kept for value in values]


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
    return f"{begin} FROM ({rows}) AS {alias} WHERE {alias}.t <> 'null' AND {text}{end}", [*found, *values]


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
    text, values = _is_any(place.values(comparison.path), _tested(comparison))
    return (f"NOT {text}" if comparison.operator is Operator.NE else text), values


def _tested(comparison: Comparison) -> Sql:
    """Whether the scalar `x` of JSON type `t` passes; for NE, whether it equals."""
    if comparison.operator is Operator.REGEX:
        return "(t = 'text' AND pattern_found(?, x))", [comparison.values[0]]
    if comparison.operator in SIGN:
        return _ordered_value(comparison, "x", "t")
    return _equal_value(comparison.values, "x", "t")


def _in_column(comparison: Comparison, column: Column) -> Sql:
    if comparison.operator in SIGN:
        return _ordered_column(comparison, column)
    if comparison.operator is Operator.REGEX:
        return f"(typeof({column.name}) = 'text' AND pattern_found(?, {column.name}))", [comparison.values[0]]
    text, values = _equal_column(comparison.values, column)
    if comparison.operator is Operator.EQ:
        return text, values
    if column.required or column.kind is Kind.KEYS:
        return f"NOT {text}", values
    # NULL is missing, which differs from everything; NOT alone would make it unknown.
    return f"({column.name} IS NULL OR NOT {text})", values


def _equal_column(values: tuple[str, ...], column: Column) -> Sql:
    numbers = [number for value in values if (number := number_in(value)) is not None]
    instants = [instant for value in values if (instant := instant_in(value)) is not None]
    match column.kind:
        case Kind.NUMBER:
            return _one_of(column.name, numbers)
        case Kind.INSTANT:
            exact = [_milliseconds(instant) for instant in instants if instant % MILLISECOND == 0]
            return _one_of(column.name, exact)
        case Kind.KEYS:
            text, bound = _one_of("value", keys_for(values))
            return f"EXISTS (SELECT 1 FROM {column.name} AND {text})", bound
        case Kind.VALUE:
            plain = _one_of(column.name, [*values, *numbers])
            text, bound = _one_of(instant_of(column.name), instants)
            # What is no instant is NULL, which NOT would leave unknown.
            return _joined(" OR ", [plain, (f"ifnull({text}, 0)", bound)]) if instants else plain


def _ordered_column(comparison: Comparison, column: Column) -> Sql:
    sign, value = SIGN[comparison.operator], comparison.values[0]
    number, instant = number_in(value), instant_in(value)
    match column.kind:
        case Kind.NUMBER:
            return NEVER if number is None else (f"{column.name} {sign} ?", [number])
        case Kind.INSTANT:
            if number is not None:
                return NEVER
            return (f"{column.name} {sign} ?", [value]) if instant is None else _after(sign, instant, column.name)
        case _:
            return _ordered_value(comparison, column.name, f"typeof({column.name})")


def _after(sign: str, instant: int, name: str) -> Sql:
    sign, text = bound_of(sign, instant)
    return f"{name} {sign} ?", [text]


def bound_of(sign: str, instant: int) -> tuple[str, str]:
    """(sign, text) with which a column of kind INSTANT is compared in place of (sign, instant).

    The column counts milliseconds: what lies between two of them is after the first and before the second.
    """
    if instant % MILLISECOND:
        sign = ">" if sign[0] == ">" else "<="
    return sign, _milliseconds(instant)


def _milliseconds(instant: int) -> str:
    """The text of the instant; a zone can put it some hours outside of the calendar."""
    return micros_to_text(min(max(instant, FIRST_INSTANT), LAST_INSTANT))


def _equal_value(values: tuple[str, ...], found: str, kind: str) -> Sql:
    """Whether a JSON value is one of the values; `found` and `kind` are the SQL of the value and of its type."""
    numbers = [number for value in values if (number := number_in(value)) is not None]
    instants = [instant for value in values if (instant := instant_in(value)) is not None]
    texts = _joined(" OR ", [_one_of(found, list(values)), _one_of(instant_of(found), instants)])
    cases = [(f"({kind} = 'text' AND {texts[0]})", texts[1])]
    if numbers:
        text, bound = _one_of(found, numbers)
        cases.append((f"({kind} IN ('integer', 'real') AND {text})", bound))
    cases += [(f"{kind} = '{word}'", []) for word in ("true", "false") if word in values]
    return _joined(" OR ", cases)


def _ordered_value(comparison: Comparison, found: str, kind: str) -> Sql:
    sign, value = SIGN[comparison.operator], comparison.values[0]
    number, instant = number_in(value), instant_in(value)
    if number is not None:
        as_number = f"({kind} IN ('integer', 'real') AND {found} {sign} ?)"
        return f"({as_number} OR ({kind} = 'text' AND {number_of(found)} {sign} ?))", [number, number]
    if instant is not None:
        return f"({kind} = 'text' AND {instant_of(found)} {sign} ?)", [instant]
    return f"({kind} = 'text' AND {found} {sign} ?)", [value]


def _one_of(expression: str, values: Sequence[Any]) -> Sql:
    if not values:
        return NEVER
    return f"{expression} IN ({', '.join('?' * len(values))})", list(values)
