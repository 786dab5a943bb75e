"""Table `write_back`: what is to be written into the tickets of trouble systems, and how that went."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from hub.model.write_back import WriteBack, WriteBackKind, WriteBackState
from hub.store.statements import statements

FILTERS = {"serviceProblem": "problem_id", "source": "source", "state": "state"}
"""{filter of the contract: column}"""


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

    def put_off(self, one: WriteBack, *, due_at: int, token: str, outcome: str | None) -> bool:
        """Try again at `due_at`; False for a claim that has ended."""
        return self._connection.execute(self._sql["put_off"], (due_at, outcome, one.id, token)).rowcount > 0

    def overtake(self, source: str, key: str, *, now: int, outcome: str) -> None:
        """Give up each status that waits to be written into a ticket.

        One that is being written goes its way; if it does not come through, it is not to be written again.
        """
        values = {"source": source, "key": key, "now": now, "outcome": outcome}
        self._connection.execute(self._sql["overtake"], values)
        self._connection.execute(self._sql["overtake_claimed"], values)

    def tokens(self, source: str, until: int) -> list[str]:
        """Of the claims that hold for longer than `until`."""
        return [token for (token,) in self._connection.execute(self._sql["tokens"], (source, until))]

    def shorten(self, tokens: Sequence[str], until: int) -> None:
        """Let these claims end at `until`."""
        self._connection.executemany(self._sql["shorten"], [(until, token) for token in tokens])

    def bound(self, source: str, *, now: int, due_at: int, lease_until: int) -> None:
        """What waits for longer than until `due_at` is due now, and nothing is held for longer than `lease_until`."""
        values = {"source": source, "now": now, "due_at": due_at, "lease_until": lease_until}
        self._connection.execute(self._sql["bound"], values)

    def is_beyond(self, source: str, *, due_at: int, lease_until: int) -> bool:
        """Whether anything waits or is held for longer than that."""
        values = {"source": source, "due_at": due_at, "lease_until": lease_until}
        return self._connection.execute(self._sql["is_beyond"], values).fetchone() is not None

    def send_again(self, one: WriteBack, *, now: int) -> bool:
        """Make one due, with this content and all attempts again; False for one that was, or is being written."""
        values = {"id": one.id, "content": orjson.dumps(one.content).decode(), "now": now}
        return self._connection.execute(self._sql["send_again"], values).rowcount > 0

    def has_open(self, source: str) -> bool:
        """Whether anything waits to be written to a source, now or later."""
        return self._connection.execute(self._sql["has_open"], (source,)).fetchone() is not None

    def get(self, write_back_id: str) -> WriteBack | None:
        row = self._connection.execute(f"{self._sql['columns']} WHERE id = ?", (write_back_id,)).fetchone()
        return _write_back(row) if row else None

    def page(self, filters: Mapping[str, str], *, offset: int, limit: int) -> list[WriteBack]:
        """Those that fit, the newest first; the keys of `filters` are those of FILTERS."""
        where, values = _where(filters)
        sql = f"{self._sql['columns']}{where} ORDER BY seq DESC LIMIT ? OFFSET ?"
        return [_write_back(row) for row in self._connection.execute(sql, (*values, limit, offset))]

    def count(self, filters: Mapping[str, str]) -> int:
        where, values = _where(filters)
        return int(self._connection.execute(self._sql["count"] + where, values).fetchone()[0])

    def of_ticket(self, source: str, key: str) -> list[WriteBack]:
        """Those of a ticket, oldest first."""
        return [_write_back(row) for row in self._connection.execute(self._sql["of_ticket"], (source, key))]

    def counts(self) -> dict[str, dict[str, int]]:
        """{source: {state: how many}}."""
        found: dict[str, dict[str, int]] = {}
        for source, state, count in self._connection.execute(self._sql["counts"]):
            found.setdefault(source, {})[state] = count
        return found


def _where(filters: Mapping[str, str]) -> tuple[str, list[str]]:
    terms = [f"{FILTERS[name]} = ?" for name in filters]
    return f" WHERE {' AND '.join(terms)}" if terms else "", list(filters.values())
