"""The ways of the conditions that were asked for lately."""

import sqlite3
from collections.abc import Callable

from hub.query.syntax import Condition
from hub.store.estimates import Estimates
from hub.store.paths import Declared
from hub.store.tally import Tally
from hub.store.ways import Ways

KEPT_MAXIMUM = 256
"""How many conditions are kept with their ways, by each connection."""


class KeptWays:
    """Clients turn pages, and ask the same again and again."""

    def __init__(self, connection: sqlite3.Connection, tally: Tally) -> None:
        self._connection = connection
        self._tally = tally
        self._estimates = Estimates(tally)
        self._kept: dict[Condition | None, Ways] = {}

    def of(self, condition: Condition | None, declared: Callable[[], Declared]) -> Ways:
        """`declared` asks the database for the paths that it indexes."""
        kept = self._kept.get(condition)
        if kept is not None and kept.is_fresh(declared):
            return kept
        if len(self._kept) >= KEPT_MAXIMUM:
            self._kept.clear()
        ways = self._kept[condition] = Ways(self._connection, self._tally, self._estimates, declared(), condition)
        return ways
