"""A condition as a function of a document.

How values compare, here and in `sql` alike:
- `null` counts as missing, and what is missing equals nothing: `eq` and the order operators fail, `ne` holds.
- `eq` compares texts as they are, numbers as numbers, true and false by name, and two date-times as instants.
- `gt`, `gte`, `lt`, `lte` compare numbers (in texts too) when the given value is a number, instants when it is a
  date-time or a date, else texts by code point. A value of another kind does not match.
- `regex` searches texts.
- An array matches when any of its elements does; `ne` is always the opposite of `eq`.
"""

import operator
from collections.abc import Callable
from typing import Any

from hub.query.elements import elements_at
from hub.query.patterns import search_for
from hub.query.syntax import And, Comparison, Condition, Count, Exists, Length, Not, Operator, Or, Some
from hub.query.values import instant_in, number_in, number_of, storable

Predicate = Callable[[Any], bool]
"""Asked of a document; inside of `Some` and `Count`, of any value."""

Test = Callable[[Any], bool]

SIGNS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: operator.eq,
    Operator.NE: operator.ne,
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
}


def predicate(condition: Condition | None) -> Predicate:
    """The function that says whether a document fits; no condition fits all."""
    return _always if condition is None else _compiled(condition)


def _always(document: Any) -> bool:
    return True


def _compiled(condition: Condition) -> Predicate:
    match condition:
        case And(parts=parts):
            every = tuple(_compiled(part) for part in parts)
            return lambda document: all(part(document) for part in every)
        case Or(parts=parts):
            some = tuple(_compiled(part) for part in parts)
            return lambda document: any(part(document) for part in some)
        case Not(part=part):
            denied = _compiled(part)
            return lambda document: not denied(document)
        case Comparison(path=path):
            test = _each(_test(condition))
            if condition.operator is Operator.NE:
                return lambda document: not _any(document, path, test)
            return lambda document: _any(document, path, test)
        case _:
            return _looking_inside(condition)


def _looking_inside(condition: Exists | Some | Length | Count) -> Predicate:
    path = condition.path
    match condition:
        case Exists():
            return lambda document: _any(document, path, _is_there)
        case Some(part=part):
            fits = _each(_there_and(_compiled(part)))
            return lambda document: _any(document, path, fits)
        case Length(operator=Operator.NE, number=number):
            return _compiled(Not(part=Length(path=path, operator=Operator.EQ, number=number)))
        case Length(operator=word, number=number):
            holds, size = SIGNS[word], number
            return lambda document: _any(
                document, path, lambda found: (length := _length(found)) is not None and holds(length, size)
            )
        case Count(part=part, operator=word, number=number):
            holds, size, fits = SIGNS[word], number, _there_and(_compiled(part))
            return lambda document: holds(sum(map(fits, elements_at(document, path))), size)


def _any(node: Any, path: tuple[str, ...], test: Test) -> bool:
    """Whether a value at the end of the path passes; arrays on the way are entered, one level each."""
    for position, name in enumerate(path):
        if isinstance(node, list):
            rest = path[position:]
            return any(_any(element, rest, test) for element in node if isinstance(element, dict))
        if not isinstance(node, dict):
            return False
        node = node.get(name)
    return test(node)


def _each(test: Test) -> Test:
    """The test of a value that may be an array: any element passes."""
    return lambda found: any(test(element) for element in found) if isinstance(found, list) else test(found)


def _is_there(found: Any) -> bool:
    return found is not None


def _there_and(fits: Predicate) -> Test:
    return lambda found: found is not None and fits(found)


def _length(found: Any) -> int | None:
    return len(found) if isinstance(found, str | list | dict) else None


def _test(comparison: Comparison) -> Test:
    match comparison.operator:
        case Operator.EQ | Operator.NE:
            return _equals(comparison.values)
        case Operator.REGEX:
            search = search_for(comparison.values[0])
            return lambda found: isinstance(found, str) and search(found) is not None
        case _:
            return _is_ordered(SIGNS[comparison.operator], comparison.values[0])


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
