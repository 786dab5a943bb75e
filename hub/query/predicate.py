"""A condition as a function of a document.

How values compare, here and in `sql` alike:
- `null` counts as missing, and what is missing equals nothing: `eq` and the order operators fail, `ne` holds.
- `eq` compares texts as they are, numbers as numbers, true and false by name, and two date-times as instants.
- `gt`, `gte`, `lt`, `lte` compare numbers (in texts too) when the given value is a number, instants when it is a
  date-time or a date, else texts by code point. A value of another kind does not match.
- An array matches when any of its elements does; `ne` is always the opposite of `eq`.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from hub.query.checks import check_supported
from hub.query.syntax import And, Comparison, Condition, Operator, Or
from hub.query.values import instant_in, number_in, number_of, storable

Predicate = Callable[[Mapping[str, Any]], bool]
Test = Callable[[Any], bool]

_ORDER: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
}


def predicate(condition: Condition | None) -> Predicate:
    """The function that says whether a document fits; no condition fits all. Raises Unsupported."""
    check_supported(condition)
    return _always if condition is None else _compiled(condition)


def _always(document: Mapping[str, Any]) -> bool:
    return True


def _compiled(condition: Condition) -> Predicate:
    match condition:
        case And(parts=parts):
            every = tuple(_compiled(part) for part in parts)
            return lambda document: all(part(document) for part in every)
        case Or(parts=parts):
            some = tuple(_compiled(part) for part in parts)
            return lambda document: any(part(document) for part in some)
        case Comparison():
            return _comparison(condition)


def _comparison(comparison: Comparison) -> Predicate:
    first, *rest = comparison.path
    path = tuple(rest)
    if comparison.operator is Operator.EQ:
        equal = _equals(comparison.values)
        return lambda document: _any(document.get(first), path, equal)
    if comparison.operator is Operator.NE:
        unequal = _equals(comparison.values)
        return lambda document: not _any(document.get(first), path, unequal)
    ordered = _is_ordered(_ORDER[comparison.operator], comparison.values[0])
    return lambda document: _any(document.get(first), path, ordered)


def _any(node: Any, path: tuple[str, ...], test: Test) -> bool:
    """Whether a value at the end of the path passes; arrays on the way are entered, one level each."""
    for position, name in enumerate(path):
        if isinstance(node, list):
            rest = path[position:]
            return any(_any(element, rest, test) for element in node if isinstance(element, dict))
        if not isinstance(node, dict):
            return False
        node = node.get(name)
    if isinstance(node, list):
        return any(test(element) for element in node)
    return test(node)


def _equals(values: tuple[str, ...]) -> Test:
    texts = frozenset(values)
    numbers = frozenset(number for value in values if (number := number_in(value)) is not None)
    instants = frozenset(instant for value in values if (instant := instant_in(value)) is not None)

    def equals(found: Any) -> bool:
        if isinstance(found, str):
            return found in texts or (bool(instants) and instant_in(found) in instants)
        if isinstance(found, bool):
            return ("true" if found else "false") in texts
        return isinstance(found, int | float) and bool(numbers) and storable(found) in numbers

    return equals


def _is_ordered(before: Callable[[Any, Any], bool], value: str) -> Test:
    number, instant = number_in(value), instant_in(value)
    if number is not None:
        limit = number
        return lambda found: (known := number_of(found)) is not None and before(known, limit)
    if instant is not None:
        when = instant
        return lambda found: (
            isinstance(found, str) and (known := instant_in(found)) is not None and before(known, when)
        )
    return lambda found: isinstance(found, str) and before(found, value)
