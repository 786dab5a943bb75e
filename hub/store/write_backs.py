"""Table `write_back`: what is to be written into the tickets of trouble systems, and how that went."""

import sqlite3
from typing import Any

import orjson

from hub.model.write_back import WriteBack, WriteBackKind, WriteBackState
from hub.store.statements import statements


def _write_back(row: tuple[Any, ...]) -> WriteBack:
    values = dict(zip(WriteBack.__dataclass_fields__, row, strict=True))
    values["kind"] = WriteBackKind(values["kind"])
    values["content"] = orjson.loads(values["content"])
    values["state"] = WriteBackState(values["state"])
    return WriteBack(**values)


class WriteBacks:
    """Those of one ticket are written in the order in which they were asked for."""

    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "write_back")

    def append(self, one: WriteBack) -> None:
        content = orjson.dumps(one.content).decode()
        values = (one.id, one.source, one.key, one.problem_id, one.kind, content, one.created, one.due_at)
        self._connection.execute(self._sql["insert"], values)

    def claim(self, source: str, *, now: int, until: int, token: str) -> WriteBack | None:
        """Take the next that is due; the claim counts as an attempt, and ends at `until` by itself."""
        values = {"source": source, "now": now, "until": until, "token": token}
        rows = self._connection.execute(self._sql["claim"], values).fetchall()
        return _write_back(rows[0]) if rows else None

    def settle(
        self, one: WriteBack, state: WriteBackState, *, now: int, token: str, outcome: str | None = None
    ) -> bool:
        """Keep how it ended, with the word that was written; False for a claim that has ended."""
        values = (state, now, one.word, outcome, one.id, token)
        return self._connection.execute(self._sql["settle"], values).rowcount > 0

    def put_off(self, one: WriteBack, *, due_at: int, token: str, outcome: str) -> bool:
        """Try again at `due_at`; False for a claim that has ended."""
        return self._connection.execute(self._sql["put_off"], (due_at, outcome, one.id, token)).rowcount > 0

    def has_open(self, source: str) -> bool:
        """Whether anything waits to be written to a source, now or later."""
        return self._connection.execute(self._sql["has_open"], (source,)).fetchone() is not None

    def of_report(self, problem_id: str) -> list[WriteBack]:
        """Those of a report, oldest first."""
        return [_write_back(row) for row in self._connection.execute(self._sql["of_report"], (problem_id,))]

    def of_ticket(self, source: str, key: str) -> list[WriteBack]:
        """Those of a ticket, oldest first."""
        return [_write_back(row) for row in self._connection.execute(self._sql["of_ticket"], (source, key))]

    def counts(self) -> dict[str, dict[str, int]]:
        """{source: {state: how many}}."""
        found: dict[str, dict[str, int]] = {}
        for source, state, count in self._connection.execute(self._sql["counts"]):
            found.setdefault(source, {})[state] = count
        return found
