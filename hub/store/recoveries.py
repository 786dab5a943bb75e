"""Table `recovery`: work on the deliveries of a registration, and how far it has come."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from hub.model.job import JobStatus
from hub.model.recovery import NewRecovery, Progress, Recovery, RecoveryKind
from hub.store.statements import statements

RECOVERIES_CHANGED = "recovery"
"""The signal that there is work on deliveries."""

FILTERS = {"subscription": "subscription.id", "kind": "recovery.kind", "status": "recovery.status"}


def _recovery(row: tuple[Any, ...]) -> Recovery:
    seq, recovery_id, kind, subscription, since, until, created, actor, status, place, last, expected = row[:12]
    looked, changed, started, completed, error, subscription_id, skipped_until = row[12:]
    asked = NewRecovery(
        id=recovery_id,
        kind=RecoveryKind(kind),
        subscription=subscription,
        since=since,
        until=until,
        created=created,
        actor=actor,
        last=last,
        expected=expected,
        skipped_until=skipped_until,
    )
    return Recovery(
        seq=seq,
        asked=asked,
        subscription_id=subscription_id,
        status=JobStatus(status),
        place=place,
        looked=looked,
        changed=changed,
        started=started,
        completed=completed,
        error=error,
    )


class Recoveries:
    def __init__(self, connection: sqlite3.Connection, dialect: str, signals: set[str]) -> None:
        self._connection = connection
        self._sql = statements(dialect, "recovery")
        self._signals = signals

    def insert(self, new: NewRecovery) -> None:
        about = (new.id, new.kind, new.subscription, new.since, new.until, new.created, new.actor)
        self._connection.execute(
            self._sql["insert"], (*about, new.place, new.last, new.expected, new.skipped_until)
        )
        self._signals.add(RECOVERIES_CHANGED)

    def get(self, recovery_id: str) -> Recovery | None:
        return self._one("recovery.id", recovery_id)

    def _one(self, column: str, value: str | int) -> Recovery | None:
        row = self._connection.execute(f"{self._sql['columns']} WHERE {column} = ?", (value,)).fetchone()
        return _recovery(row) if row else None

    def page(self, filters: Mapping[str, str], *, offset: int, limit: int) -> list[Recovery]:
        """Those that fit, newest first; the keys of `filters` are those of FILTERS."""
        where, values = _where(filters)
        sql = f"{self._sql['columns']}{where} ORDER BY recovery.seq DESC LIMIT ? OFFSET ?"
        return [_recovery(row) for row in self._connection.execute(sql, (*values, limit, offset))]

    def count(self, filters: Mapping[str, str]) -> int:
        where, values = _where(filters)
        return int(self._connection.execute(self._sql["count"] + where, values).fetchone()[0])

    def open(self) -> list[int]:
        """The row numbers of what is to be worked on: for each registration its oldest that has not ended."""
        return [row[0] for row in self._connection.execute(self._sql["next"])]

    def open_of(self, subscription: int) -> list[Recovery]:
        """The work on the deliveries of a registration that has not ended, in its order."""
        where = "WHERE recovery.subscription = ? AND recovery.completed IS NULL ORDER BY recovery.seq"
        rows = self._connection.execute(f"{self._sql['columns']} {where}", (subscription,))
        return [_recovery(row) for row in rows]

    def by_seq(self, seq: int) -> Recovery | None:
        return self._one("recovery.seq", seq)

    def advance(self, seq: int, progress: Progress, *, now: int) -> None:
        done = {"place": progress.place, "looked": progress.looked, "changed": progress.changed}
        self._connection.execute(self._sql["advance"], {**done, "now": now, "seq": seq})

    def expect(self, seq: int, expected: int) -> None:
        """How much there is to look at, before the first batch of it."""
        self._connection.execute(self._sql["expect"], (expected, seq))

    def finish(self, seq: int, status: JobStatus, *, now: int, error: str | None = None) -> None:
        self._connection.execute(self._sql["finish"], (status, error, now, now, seq))

    def forget(self, before: int, *, most: int) -> int:
        """Remove some that ended before an instant; gives how many."""
        return self._connection.execute(self._sql["outdated"], (before, most)).rowcount


def _where(filters: Mapping[str, str]) -> tuple[str, list[str]]:
    if not filters:
        return "", []
    terms = [f"{FILTERS[name]} = ?" for name in filters]
    return f" WHERE {' AND '.join(terms)}", list(filters.values())
