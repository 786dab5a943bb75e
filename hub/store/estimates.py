"""How many reports there are of a value, as it was a moment ago: enough to choose a way by."""

from time import monotonic

from hub.query.sql import sql_condition
from hub.query.syntax import Comparison
from hub.store.columns import COLUMNS
from hub.store.tally import Tally

FRESH_FOR = 0.5
"""Seconds for which what was found out about the reports serves the next lists."""


class Estimates:
    """What was counted lately, on one connection: other conditions have the same values."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._counted: dict[Comparison | None, int] = {}
        self._until = 0.0

    def of(self, comparison: Comparison | None) -> int:
        """How many reports have one of the values in a column that the tally counts; of None, all of them."""
        if monotonic() >= self._until:
            self._counted.clear()
            self._until = monotonic() + FRESH_FOR
        count = self._counted.get(comparison)
        if count is None:
            count = self._counted[comparison] = self._count(comparison)
        return count

    def _count(self, comparison: Comparison | None) -> int:
        if comparison is None:
            return self._tally.total()
        return self._tally.count(sql_condition(comparison, columns=COLUMNS))
