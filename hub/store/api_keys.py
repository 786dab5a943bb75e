"""Table `api_key`: who may call, by the digests of their keys; revoked ones stay, for the history names them."""

import sqlite3
from pathlib import Path
from typing import Any

from hub.model.api_key import ApiKey
from hub.store.statements import statements


def _api_key(row: tuple[Any, ...]) -> ApiKey:
    key_id, name, digest, scopes, party, created, expires, revoked = row
    return ApiKey(
        id=key_id,
        name=name,
        digest=digest,
        scopes=frozenset(scopes.split()),
        party=party,
        created=created,
        expires=expires,
        revoked=revoked,
    )


class ApiKeys:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "api_key")

    def insert(self, key: ApiKey) -> None:
        scopes = " ".join(sorted(key.scopes))
        values = (key.id, key.name, key.digest, scopes, key.party, key.created, key.expires)
        self._connection.execute(self._sql["insert"], values)
        self._connection.execute(self._sql["set_version"])

    def revoke(self, key_id: str, *, now: int) -> bool:
        """False when it is revoked already, or is not there."""
        changed = self._connection.execute(self._sql["revoke"], (now, key_id)).rowcount > 0
        self._connection.execute(self._sql["set_version"])
        return changed

    def touch(self) -> None:
        """Let every process read the keys anew."""
        self._connection.execute(self._sql["set_version"])

    def get(self, key_id: str) -> ApiKey | None:
        row = self._connection.execute(f"{self._sql['columns']} WHERE id = ?", (key_id,)).fetchone()
        return _api_key(row) if row else None

    def named(self, name: str) -> list[ApiKey]:
        """All that have or had this name, oldest first."""
        rows = self._connection.execute(f"{self._sql['columns']} WHERE name = ? ORDER BY created", (name,))
        return [_api_key(row) for row in rows]

    def all(self) -> list[ApiKey]:
        """Oldest first."""
        return [_api_key(row) for row in self._connection.execute(f"{self._sql['columns']} ORDER BY created, id")]

    def version(self) -> int:
        """A number that rises with every change of a key; 0 before the first."""
        row = self._connection.execute(self._sql["version"]).fetchone()
        return row[0] if row else 0


def has_api_keys(database: Path) -> bool:
    """Whether a key was ever made in this file. Opens it for reading only; a file that is not there has none."""
    if not database.is_file():
        return False
    try:
        connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        try:
            return connection.execute("SELECT 1 FROM api_key LIMIT 1").fetchone() is not None
        finally:
            connection.close()
    except sqlite3.Error:
        return False
