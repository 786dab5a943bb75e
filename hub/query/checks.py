"""What is refused in any query: too much of it, unsuitable text, and comparisons that could never hold."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from hub.errors import Unsupported, Violation
from hub.query.patterns import search_for
from hub.query.syntax import And, Comparison, Condition, Count, Not, Operator, Or, Some
from hub.query.values import lacks_zone

COMPARISONS_MAXIMUM = 64
VALUES_MAXIMUM = 500
DEPTH_MAXIMUM = 12
LEVELS_MAXIMUM = 30
FILTER_LEVELS = 6
"""Measured: SQLite's parser has a stack of 100 symbols, of which what is around a condition takes some."""

_UNSUITABLE = re.compile(r"[\x00\ud800-\udfff]")
_ORDERED = frozenset({Operator.GT, Operator.GTE, Operator.LT, Operator.LTE})


def check_text(text: str) -> str:
    """The text itself. Raises ValueError when it holds what no attribute holds."""
    if _UNSUITABLE.search(text):
        raise ValueError("holds the character U+0000 or half a surrogate pair")
    return text


def check_comparison(comparison: Comparison) -> Comparison:
    """The comparison itself. Raises ValueError."""
    if len(comparison.path) > DEPTH_MAXIMUM:
        raise ValueError(f"the path has more than {DEPTH_MAXIMUM} parts")
    if comparison.operator in _ORDERED and lacks_zone(comparison.values[0]):
        raise ValueError(f"the time {comparison.values[0]} has no zone; write it with Z or as +02:00")
    if comparison.operator is Operator.REGEX:
        search_for(comparison.values[0])
    return comparison


def check_size(comparisons: Sequence[Comparison]) -> None:
    """Raises ValueError when the whole is more than a store or a listener should be asked."""
    if len(comparisons) > COMPARISONS_MAXIMUM:
        raise ValueError(f"has {len(comparisons)} comparisons, more than {COMPARISONS_MAXIMUM}")
    values = sum(len(comparison.values) for comparison in comparisons)
    if values > VALUES_MAXIMUM:
        raise ValueError(f"has {values} values, more than {VALUES_MAXIMUM}")


def check_tests(tests: int) -> None:
    """Raises ValueError when the JSONPath filters of a query have too many tests together."""
    if tests > COMPARISONS_MAXIMUM:
        raise ValueError(f"has more than {COMPARISONS_MAXIMUM} tests")


def check_levels(condition: Condition) -> None:
    """Raises ValueError when more lies inside of one another than the parser of a database holds."""
    if levels_of(condition) > LEVELS_MAXIMUM:
        raise ValueError(
            f"nests its tests too deeply: at most {LEVELS_MAXIMUM // FILTER_LEVELS} filters or [*] may lie inside"
            f" of one another, and {FILTER_LEVELS} times ! or brackets count as one"
        )


def levels_of(condition: Condition) -> int:
    """How much lies inside of one another: a test of elements counts FILTER_LEVELS, NOT, AND and OR one each."""
    match condition:
        case And(parts=parts) | Or(parts=parts):
            return 1 + max(map(levels_of, parts), default=0)
        case Not(part=part):
            return 1 + levels_of(part)
        case Some(part=part) | Count(part=part):
            return FILTER_LEVELS + levels_of(part)
        case _:
            return 0


def unsupported(field: str, message: str) -> Unsupported:
    return Unsupported(violations=[Violation(field=field, message=message)])


def unknown(name: str, known: frozenset[str]) -> ValueError:
    """The complaint about a name that is not known, with the nearest one that is."""
    near = get_close_matches(name, sorted(known), n=1)
    hint = f"; is {near[0]!r} meant?" if near else f"; known are {', '.join(sorted(known))}"
    return ValueError(f"{name!r} is not known{hint}")
