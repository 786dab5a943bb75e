"""Table `erasure`, and what an erasure removes from the other tables, a batch at a time."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from hub.model.erasure import Erasure, Stage
from hub.model.job import JobStatus
from hub.store.statements import statements

ERASURES_CHANGED = "erasure"
"""The signal that an erasure is asked for."""


def _erasure(row: tuple[Any, ...]) -> Erasure:
    names = Erasure.__dataclass_fields__
    values = dict(zip(names, row, strict=True))
    return Erasure(
        **{
            **values,
            "names": tuple(orjson.loads(values["names"])),
            "status": JobStatus(values["status"]),
            "stage": Stage(values["stage"]),
            "counts": orjson.loads(values["counts"]),
        }
    )


class Erasures:
    def __init__(self, connection: sqlite3.Connection, dialect: str, signals: set[str]) -> None:
        self._connection = connection
        self._sql = statements(dialect, "erasure")
        self._signals = signals

    def insert(self, erasure_id: str, *, party: str, pseudonym: str, now: int, actor: str) -> None:
        names = orjson.dumps(self.names_of(party)).decode()
        values = (erasure_id, party, pseudonym, names, now, actor, Stage.KEYS)
        self._connection.execute(self._sql["insert"], values)
        self._signals.add(ERASURES_CHANGED)

    def names_of(self, party: str) -> list[str]:
        """The names of the callers that spoke for a party."""
        return sorted(row[0] for row in self._connection.execute(self._sql["names"], {"party": party}))

    def get(self, erasure_id: str) -> Erasure | None:
        row = self._connection.execute(f"{self._sql['columns']} WHERE id = ?", (erasure_id,)).fetchone()
        return _erasure(row) if row else None

    def open_of(self, party: str) -> str | None:
        """The id of the erasure of a party that has not ended."""
        row = self._connection.execute(self._sql["open_of"], (party,)).fetchone()
        return row[0] if row else None

    def next(self) -> Erasure | None:
        """The oldest that has not ended."""
        (seq,) = self._connection.execute(self._sql["open"]).fetchone()
        row = self._connection.execute(f"{self._sql['columns']} WHERE seq = ?", (seq,)).fetchone()
        return _erasure(row) if row else None

    def page(self, *, offset: int, limit: int) -> list[Erasure]:
        sql = f"{self._sql['columns']} ORDER BY seq DESC LIMIT ? OFFSET ?"
        return [_erasure(row) for row in self._connection.execute(sql, (limit, offset))]

    def count(self) -> int:
        return int(self._connection.execute(self._sql["count"]).fetchone()[0])

    def advance(self, seq: int, stage: Stage, place: int, counts: Mapping[str, int], *, now: int) -> None:
        values = (stage, place, orjson.dumps(counts).decode(), now, seq)
        self._connection.execute(self._sql["advance"], values)

    def finish(self, seq: int, *, now: int) -> None:
        self._connection.execute(self._sql["finish"], (now, now, seq))

    def note_error(self, seq: int, error: str | None) -> None:
        self._connection.execute(self._sql["note_error"], (error, seq))

    def forget(self, before: int, *, most: int) -> int:
        """Remove receipts of what was done before an instant; gives how many."""
        return self._connection.execute(self._sql["forget"], (before, most)).rowcount

    def keys(self, party: str, pseudonym: str, *, now: int, limit: int) -> int:
        """Revoke keys of the party, and take its name from them; they stay, for a hub with none asks for none."""
        values = {"party": party, "pseudonym": pseudonym, "now": now, "limit": limit}
        return self._connection.execute(self._sql["keys"], values).rowcount

    def lists_of(self, party: str) -> list[str]:
        """The lists that a party stands in."""
        return [row[0] for row in self._connection.execute(self._sql["list_of"], (party,))]

    def end_subscriptions(self, party: str, *, now: int, actor: str | None, limit: int) -> int:
        """Call `Subscriptions.touch` first, so that every sender hears of it."""
        return self._connection.execute(self._sql["end_subscriptions"], (now, actor, party, limit)).rowcount

    def blank_subscriptions(self, party: str, pseudonym: str, names: Sequence[str], *, limit: int) -> int:
        """Leave of ended registrations that they were there, from when until when; gives how many."""
        known = orjson.dumps(names).decode()
        seqs = [row[0] for row in self._connection.execute(self._sql["subscriptions"], (party, limit))]
        for seq in seqs:
            self._connection.execute(
                self._sql["blank_subscription"], (pseudonym, pseudonym, known, pseudonym, seq)
            )
            self._connection.execute(self._sql["delete_subscription_changes"], (seq,))
        return len(seqs)

    def delete(self, name: str, value: str, *, limit: int) -> int:
        """Run one of the statements that delete some rows of a party, or of callers; gives how many."""
        return self._connection.execute(self._sql[name], (value, limit)).rowcount

    def list_entries(self, party: str, *, limit: int) -> list[int]:
        """The next entries of a party in lists."""
        return [row[0] for row in self._connection.execute(self._sql["list_entries"], (party, limit))]

    def deliveries_of(self, party: str, *, limit: int) -> list[int]:
        """The next deliveries to a party."""
        return [row[0] for row in self._connection.execute(self._sql["deliveries"], (party, limit))]

    def delete_deliveries(self, rows: Sequence[int]) -> int:
        """Call `Retention.note_deliveries_gone` first."""
        text = orjson.dumps(rows).decode()
        self._connection.execute(self._sql["delete_attempts"], (text,))
        self._connection.execute(self._sql["delete_deliveries"], (text,))
        return len(rows)

    def reports(self, party: str, place: int, *, limit: int) -> list[tuple[int, str, bool]]:
        """(row number, id, whether its text names the party) of the next reports."""
        quoted = orjson.dumps(party).decode()
        values = {"quoted": quoted, "place": place, "limit": limit}
        rows = self._connection.execute(self._sql["reports"], values)
        return [(seq, problem_id, bool(named)) for seq, problem_id, named in rows]

    def rows(self, name: str, place: int, *, limit: int) -> Sequence[tuple[Any, ...]]:
        return self._connection.execute(self._sql[name], (place, limit)).fetchall()

    def set(self, name: str, *values: object) -> None:
        self._connection.execute(self._sql[name], values)

    def responses(self, party: str, place: int, *, limit: int) -> list[tuple[int, bool]]:
        values = {"party": party, "place": place, "limit": limit}
        return [(row[0], bool(row[1])) for row in self._connection.execute(self._sql["responses"], values)]
