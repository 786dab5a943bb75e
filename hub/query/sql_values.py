"""How a value in SQL is compared with those that a condition names."""

from collections.abc import Sequence
from typing import Any

from hub.query.sqlite_json import Sql, instant_of, number_of
from hub.query.syntax import Comparison, Operator
from hub.query.values import instant_in, number_in

NEVER: Sql = ("0", [])
ALWAYS: Sql = ("1", [])

SIGN = {Operator.GT: ">", Operator.GTE: ">=", Operator.LT: "<", Operator.LTE: "<="}
EVERY_SIGN = {**SIGN, Operator.EQ: "=", Operator.NE: "<>"}


def joined(word: str, parts: Sequence[Sql]) -> Sql:
    kept = [part for part in parts if part != NEVER] if word == " OR " else list(parts)
    if len(kept) < 2:
        return kept[0] if kept else NEVER
    return f"({word.join(text for text, _ in kept)})", [value for _, values in kept for value in values]


def tested(comparison: Comparison) -> Sql:
    """Whether the scalar `x` of JSON type `t` passes; for NE, whether it equals."""
    if comparison.operator is Operator.REGEX:
        return "(t = 'text' AND pattern_found(?, x))", [comparison.values[0]]
    if comparison.operator in SIGN:
        return ordered_value(comparison, "x", "t")
    return equal_value(comparison.values, "x", "t")


def equal_value(values: tuple[str, ...], found: str, kind: str) -> Sql:
    """Whether a JSON value is one of the values; `found` and `kind` are the SQL of the value and of its type."""
    numbers = [number for value in values if (number := number_in(value)) is not None]
    instants = [instant for value in values if (instant := instant_in(value)) is not None]
    texts = joined(" OR ", [one_of(found, list(values)), one_of(instant_of(found), instants)])
    cases = [(f"({kind} = 'text' AND {texts[0]})", texts[1])]
    if numbers:
        text, bound = one_of(found, numbers)
        cases.append((f"({kind} IN ('integer', 'real') AND {text})", bound))
    cases += [(f"{kind} = '{word}'", []) for word in ("true", "false") if word in values]
    return joined(" OR ", cases)


def ordered_value(comparison: Comparison, found: str, kind: str) -> Sql:
    sign, value = SIGN[comparison.operator], comparison.values[0]
    number, instant = number_in(value), instant_in(value)
    if number is not None:
        as_number = f"({kind} IN ('integer', 'real') AND {found} {sign} ?)"
        return f"({as_number} OR ({kind} = 'text' AND {number_of(found)} {sign} ?))", [number, number]
    if instant is not None:
        return f"({kind} = 'text' AND {instant_of(found)} {sign} ?)", [instant]
    return f"({kind} = 'text' AND {found} {sign} ?)", [value]


def one_of(expression: str, values: Sequence[Any]) -> Sql:
    if not values:
        return NEVER
    return f"{expression} IN ({', '.join('?' * len(values))})", list(values)
