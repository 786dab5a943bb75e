"""Table `idempotency_key`: the answers to requests that must not be done twice."""

import sqlite3
from dataclasses import dataclass
from typing import Any

import orjson

from hub.store.statements import statements


@dataclass(frozen=True, kw_only=True)
class KeptAnswer:
    """What was answered, and to which request: its operation in words, and the digest of all of it.

    `sealed` says that the body is encrypted, and the digest, too.
    """

    operation: str
    digest: bytes
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    sealed: bool = False


def _kept(row: tuple[Any, ...]) -> KeptAnswer:
    operation, digest, status, headers, body, sealed = row
    pairs = tuple((name, value) for name, value in orjson.loads(headers))
    return KeptAnswer(
        operation=operation, digest=digest, status=status, headers=pairs, body=body, sealed=bool(sealed)
    )


class IdempotencyKeys:
    """A key belongs to the caller who sent it."""

    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "idempotency_key")

    def get(self, caller: str, key: str, *, since: int) -> KeptAnswer | None:
        """The answer that was kept after `since` (microseconds)."""
        row = self._connection.execute(self._sql["get"], (caller, key, since)).fetchone()
        return _kept(row) if row else None

    def insert(self, caller: str, key: str, answer: KeptAnswer, *, now: int) -> None:
        """Keep an answer; one that is too old to be given takes its place no longer."""
        headers = orjson.dumps(answer.headers).decode()
        values = (answer.operation, answer.digest, answer.status, headers, answer.body, answer.sealed, now)
        self._connection.execute(self._sql["insert"], (caller, key, *values))

    def purge(self, *, until: int, most: int) -> int:
        """Forget the oldest of the answers that were kept until then; gives how many."""
        return self._connection.execute(self._sql["purge"], (until, most)).rowcount
