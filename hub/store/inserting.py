"""Many rows by few statements: of each of them SQLite and Python's module for it have their fixed part to do."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

from hub.store.connection import Connection

SIZES = (256, 64, 16, 4)
"""Rows of one statement, which SQLite has to plan and keep for each. What is left over is a statement a row.

While SQLite works, other threads have the interpreter, and after each statement it has to be waited for: so few long
ones let the next page be mapped meanwhile.
"""

_VALUES = re.compile(r"(?<=\bVALUES )\((?:[^()]|\([^()]*\))*\)")


def insert_rows(connection: Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Do what `executemany` does. `sql` has one list of values, each a plain `?`.

    It says OR FAIL or OR IGNORE: a statement of several rows that has to undo itself where one of them fails keeps a
    copy of all that it changes. After OR FAIL the rows before the refused one are written, as after `executemany`; the
    transaction, or its savepoint, is what undoes them.
    """
    start = 0
    for size in SIZES:
        while len(rows) - start >= size:
            connection.execute(_of_several(sql, size), [*chain.from_iterable(rows[start : start + size])])
            start += size
    if start < len(rows):
        connection.executemany(sql, rows[start:])


@cache
def _of_several(sql: str, size: int) -> str:
    return _VALUES.sub(lambda values: ", ".join([values[0]] * size), sql, count=1)
