"""What is refused in any query: too much of it, unsuitable text, and comparisons that could never hold."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from hub.errors import Unsupported, Violation
from hub.query.patterns import search_for
from hub.query.syntax import Comparison, Operator
from hub.query.values import lacks_zone

COMPARISONS_MAXIMUM = 64
VALUES_MAXIMUM = 500
DEPTH_MAXIMUM = 12

_UNSUITABLE = re.compile(r"[\x00-\x1f\ud800-\udfff]")
_ORDERED = frozenset({Operator.GT, Operator.GTE, Operator.LT, Operator.LTE})


def check_text(text: str) -> str:
    """The text itself. Raises ValueError when it holds what no attribute holds."""
    if _UNSUITABLE.search(text):
        raise ValueError("holds a control character or half a surrogate pair")
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


def unsupported(field: str, message: str) -> Unsupported:
    return Unsupported(violations=[Violation(field=field, message=message)])


def unknown(name: str, known: frozenset[str]) -> ValueError:
    """The complaint about a name that is not known, with the nearest one that is."""
    near = get_close_matches(name, sorted(known), n=1)
    hint = f"; is {near[0]!r} meant?" if near else f"; known are {', '.join(sorted(known))}"
    return ValueError(f"{name!r} is not known{hint}")
