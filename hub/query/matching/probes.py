"""Many comparisons with one attribute, answered at once: a probe is asked which of its rows hold for some values.

Each probe keeps what the rows ask for, so that the value of a document finds them: equal values by a dictionary,
limits by their order, patterns by the texts that they cannot do without. The meaning is that of `predicate`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from hub.query.matching.found import Path
from hub.query.matching.limits import Limits, kind_of
from hub.query.matching.patterns import Patterns
from hub.query.matching.rows import Rows
from hub.query.syntax import Comparison, Operator
from hub.query.values import instant_in, number_in, number_of

ProbeKey = tuple[Path, str]


class Equal:
    """Rows that want one of some values."""

    def __init__(self) -> None:
        self._texts: dict[str, Rows] = {}
        self._numbers: dict[int | float, Rows] = {}
        self._instants: dict[int, Rows] = {}

    def add(self, row: int, comparison: Comparison) -> None:
        for table, key in self._places(comparison):
            table.setdefault(key, Rows()).add(row)

    def remove(self, row: int, comparison: Comparison) -> None:
        for table, key in self._places(comparison):
            rows = table.get(key)
            if rows is not None:
                rows.discard(row)
                if not rows:
                    del table[key]

    def _places(self, comparison: Comparison) -> Iterator[tuple[dict[Any, Rows], str | int | float]]:
        for value in comparison.values:
            yield self._texts, value
            if (number := number_in(value)) is not None:
                yield self._numbers, number
            if (instant := instant_in(value)) is not None:
                yield self._instants, instant

    def rows(self, values: Sequence[Any]) -> int:
        mask = 0
        for value in values:
            for rows in self._equal(value):
                if rows is not None:
                    mask |= rows.mask
        return mask

    def _equal(self, value: Any) -> Iterator[Rows | None]:
        if isinstance(value, str):
            yield self._texts.get(value)
            if self._instants and (instant := instant_in(value)) is not None:
                yield self._instants.get(instant)
        elif isinstance(value, bool):
            yield self._texts.get("true" if value else "false")
        elif (number := number_of(value)) is not None:
            yield self._numbers.get(number)


class Different:
    """Rows that want none of some values."""

    def __init__(self) -> None:
        self._equal = Equal()
        self._all = 0

    def add(self, row: int, comparison: Comparison) -> None:
        self._equal.add(row, comparison)
        self._all |= 1 << row

    def remove(self, row: int, comparison: Comparison) -> None:
        self._equal.remove(row, comparison)
        self._all &= ~(1 << row)

    def rows(self, values: Sequence[Any]) -> int:
        return self._all ^ self._equal.rows(values)


Probe = Equal | Different | Limits | Patterns


def probe_key(comparison: Comparison) -> ProbeKey | None:
    """Which probe answers the comparison; None when none does."""
    if not comparison.path:
        return None
    match comparison.operator:
        case Operator.EQ | Operator.NE | Operator.REGEX:
            return comparison.path, comparison.operator.value
        case Operator.GT | Operator.GTE:
            return comparison.path, f"> {kind_of(comparison.values[0])}"
        case Operator.LT | Operator.LTE:
            return comparison.path, f"< {kind_of(comparison.values[0])}"


def new_probe(key: ProbeKey) -> Probe:
    sign, _, kind = key[1].partition(" ")
    match sign:
        case "eq":
            return Equal()
        case "ne":
            return Different()
        case "regex":
            return Patterns()
        case _:
            return Limits(kind, below=sign == ">")
