"""The columns that repeat attributes, and how one is compared with the values that a condition names."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from hub.model.times import micros_to_text
from hub.query.entries import keys_for
from hub.query.sql_values import NEVER, SIGN, joined, one_of, ordered_value
from hub.query.sqlite_json import Sql, instant_of
from hub.query.syntax import Comparison, Operator
from hub.query.values import FIRST_INSTANT, LAST_INSTANT, instant_in, number_in

MILLISECOND = 1000

COMPARISONS_KEPT = 1024
"""How many comparisons are kept with their text: of a condition that is new, most are not."""


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """A column that repeats an attribute; `name` is ours and goes into the text as it is. Compared by identity.

    `required` tells that it is never NULL; `sorted_by` is what gives its order, where that is not the column itself.
    """

    name: str
    kind: Kind = Kind.VALUE
    required: bool = False
    sorted_by: str = ""


@lru_cache(maxsize=COMPARISONS_KEPT)
def in_column(comparison: Comparison, column: Column) -> Sql:
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
            return one_of(column.name, numbers)
        case Kind.INSTANT:
            exact = [_milliseconds(instant) for instant in instants if instant % MILLISECOND == 0]
            return one_of(column.name, exact)
        case Kind.KEYS:
            text, bound = one_of("value", keys_for(values))
            return f"EXISTS (SELECT 1 FROM {column.name} AND {text})", bound
        case Kind.VALUE:
            plain = one_of(column.name, [*values, *numbers])
            text, bound = one_of(instant_of(column.name), instants)
            # What is no instant is NULL, which NOT would leave unknown.
            return joined(" OR ", [plain, (f"ifnull({text}, 0)", bound)]) if instants else plain


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
            return ordered_value(comparison, column.name, f"typeof({column.name})")


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
