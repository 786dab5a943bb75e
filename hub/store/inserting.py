"""Many rows by few statements: of each of them SQLite and Python's module for it have their fixed part to do."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

from hub.store.connection import Connection

AT_A_TIME = 64
"""Rows of one statement. More gain little, and each number of rows is a statement that SQLite has to plan and keep."""

_VALUES = re.compile(r"(?<=\bVALUES )\((?:[^()]|\([^()]*\))*\)")


def insert_rows(connection: Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Do what `executemany` does. `sql` has one list of values, each a plain `?`.

    It says OR FAIL or OR IGNORE: a statement of several rows that has to undo itself where one of them fails keeps a
    copy of all that it changes. After OR FAIL the rows before the refused one are written, as after `executemany`; the
    transaction, or its savepoint, is what undoes them.
    """
    whole = len(rows) - len(rows) % AT_A_TIME
    for start in range(0, whole, AT_A_TIME):
        connection.execute(_of_several(sql), [*chain.from_iterable(rows[start : start + AT_A_TIME])])
    if whole < len(rows):
        connection.executemany(sql, rows[whole:])


@cache
def _of_several(sql: str) -> str:
    return _VALUES.sub(lambda values: ", ".join([values[0]] * AT_A_TIME), sql, count=1)
