"""Everything that is kept encrypted, table by table: read in batches, and exchanged for the same under another key."""

import sqlite3
from dataclasses import dataclass

from hub.store.statements import statements

SEALED = ("subscription", "idempotency_key")
"""The tables that keep something encrypted. Of a registration that has ended nothing is left."""


@dataclass(frozen=True, kw_only=True)
class SealedRow:
    """What is encrypted in one row; None where there is nothing."""

    seq: int
    values: tuple[bytes | None, ...]


class Sealed:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "sealed")

    def after(self, table: str, seq: int, *, limit: int) -> list[SealedRow]:
        """The next rows of one of SEALED."""
        rows = self._connection.execute(self._sql[table], (seq, limit))
        return [SealedRow(seq=number, values=tuple(values)) for number, *values in rows]

    def renew(self, table: str, row: SealedRow, values: tuple[bytes | None, ...]) -> bool:
        """Put other values in the place of those of the row; False when they have changed meanwhile."""
        sql = self._sql[f"renew_{table}"]
        return self._connection.execute(sql, (*values, row.seq, *row.values)).rowcount > 0
