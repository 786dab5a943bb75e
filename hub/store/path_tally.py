"""Tables `problem_path_common` and `problem_path_tally`: the values of indexed paths that very many reports have.

Of such a value the tally counts the reports of each (status, priority, category), so that nobody counts its entries.
A value becomes common when a report that has it is one of every so many; until then its entries are counted, which
takes longer and gives the same.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Any

from hub.query.entries import Key
from hub.query.sqlite_json import Sql
from hub.store.statements import statements

Common = tuple[int, Key]
"""(number of the path, key of the value)."""

What = tuple[str, int, str]
"""(status, priority, category) of a report."""

Moved = tuple[int, Key, str, int, str, int]
"""(path, key, status, priority, category, how many reports more have the common value while they are that)."""

COMMON = 5_000
"""So many entries make a value common."""

LOOKED_AT = 512
"""Of so many reports one is looked at."""


class PathTally:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "problem_path_tally")

    def common(self) -> frozenset[Common]:
        return frozenset(self._connection.execute(self._sql["common"]).fetchall())

    def move(self, moved: Iterable[Moved]) -> None:
        sums: Counter[tuple[Any, ...]] = Counter()
        for *row, change in moved:
            sums[tuple(row)] += change
        self._connection.executemany(self._sql["add"], [(*row, change) for row, change in sums.items() if change])

    def find(self, values: Iterable[Common]) -> bool:
        """Make those of the values common that are; whether there are any."""
        found = [one for one in values if self._is_common(*one)]
        self._connection.executemany(self._sql["make_common"], found)
        self._connection.executemany(self._sql["recount"], found)
        return bool(found)

    def _is_common(self, number: int, key: Key) -> bool:
        asked = (COMMON, number, key, COMMON)
        return bool(self._connection.execute(self._sql["is_common"], asked).fetchone()[0])

    def find_all(self, number: int) -> None:
        """Make common what is, of a path that is complete now."""
        self._connection.execute(self._sql["make_common_of_path"], (number, COMMON))
        common = [one for one in self.common() if one[0] == number]
        self._connection.executemany(self._sql["recount"], common)

    def drop(self, number: int) -> None:
        for name in ("drop_common", "drop_tally"):
            self._connection.execute(self._sql[name], (number,))


def counting_common(value: Common, rest: list[Key], what: Sql) -> Sql:
    """The statement that counts the reports with a common value or one of the others, and which are `what`.

    The others are counted by their entries, but for the reports that have the common one, too.
    """
    number, key = value
    text = f"SELECT ifnull((SELECT sum(n) FROM problem_path_tally WHERE path = ? AND value = ? AND {what[0]}), 0)"
    values = [number, key, *what[1]]
    if not rest:
        return text, values
    marks = ", ".join("?" * len(rest))
    both = (
        "SELECT 1 FROM problem_path AS same WHERE same.path = ? AND same.value = ? AND same.problem = problem.seq"
    )
    text += (
        " + (SELECT count(DISTINCT problem.seq) FROM problem_path AS entry CROSS JOIN problem INDEXED BY problem_seq"
        f" ON problem.seq = entry.problem WHERE entry.path = ? AND entry.value IN ({marks})"
        f" AND {what[0]} AND NOT EXISTS ({both}))"
    )
    return text, [*values, number, *rest, *what[1], number, key]
