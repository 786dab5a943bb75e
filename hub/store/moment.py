"""Several statements that see the same state of the database."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Within a transaction that is open there is nothing to do."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
