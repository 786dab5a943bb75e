"""The ways of the conditions that were asked for lately."""

import sqlite3
from collections.abc import Callable, Mapping

from hub.query.syntax import Condition
from hub.store.facets import Path
from hub.store.tally import Tally
from hub.store.ways import Ways

KEPT_MAXIMUM = 256
"""How many conditions are kept with their ways, by each connection."""


class KeptWays:
    """Clients turn pages, and ask the same again and again."""

    def __init__(self, connection: sqlite3.Connection, tally: Tally) -> None:
        self._connection = connection
        self._tally = tally
        self._kept: dict[Condition | None, Ways] = {}

    def of(self, condition: Condition | None, indexed: Callable[[], Mapping[Path, int]]) -> Ways:
        """`indexed` asks the database for the paths that it indexes."""
        kept = self._kept.get(condition)
        if kept is not None and kept.is_fresh(indexed):
            return kept
        if len(self._kept) >= KEPT_MAXIMUM:
            self._kept.clear()
        ways = self._kept[condition] = Ways(self._connection, self._tally, indexed(), condition)
        return ways
