"""Removes what was kept long enough, a batch at a time, and never what is unsettled; instants are microseconds."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from hub.model.delivery import DeliveryState
from hub.store.statements import statements


@dataclass(frozen=True, kw_only=True)
class Walked:
    """How far a walk along a table has come, None at its end; and how many rows were removed or emptied."""

    place: int | None
    removed: int


class Retention:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "retention")

    def _run(self, name: str, *values: object) -> int:
        return self._connection.execute(self._sql[name], values).rowcount

    def deliveries(self, after: int, *, delivered: int | None, dead: int | None, limit: int) -> Walked:
        """Remove deliveries that were settled before these instants, with their attempts; None removes none.

        It is kept with each registration of which events something that it has received was removed.
        A delivery is settled after it was made, so the walk ends at the first one that was made after both.
        """
        rows = self._connection.execute(self._sql["deliveries_after"], (after, limit)).fetchall()
        before = {DeliveryState.DELIVERED.value: delivered, DeliveryState.DEAD.value: dead}
        ids = [
            delivery
            for delivery, state, settled_at, _ in rows
            if settled_at is not None and (end := before.get(state)) is not None and settled_at < end
        ]
        self._run("note_removed", _text(ids))
        self.note_deliveries_gone(ids)
        self._run("delete_attempts", _text(ids))
        removed = self._run("delete_deliveries", _text(ids))
        latest = max(delivered or 0, dead or 0)
        ended = len(rows) < limit or rows[-1][3] >= latest
        return Walked(place=None if ended else rows[-1][0], removed=removed)

    def responses(self, after: int, before: int, *, limit: int) -> tuple[int, Walked]:
        """Empty what listeners answered to attempts that began before an instant; (the last one done, how it went)."""
        rows = self._connection.execute(self._sql["attempts_after"], (after, limit)).fetchall()
        old = [attempt for attempt, started in rows if started < before]
        if not old:
            return after, Walked(place=None, removed=0)
        emptied = self._run("empty_attempts", after, old[-1])
        return old[-1], Walked(place=old[-1] if len(old) == limit else None, removed=emptied)

    def events(self, after: int, until: int, *, limit: int) -> Walked:
        """Remove events up to a row number of which there is no delivery any more."""
        rows = [row[0] for row in self._connection.execute(self._sql["events_after"], (after, until, limit))]
        if not rows:
            return Walked(place=None, removed=0)
        values = {"after": after, "until": rows[-1]}
        self._connection.execute(self._sql["note_events_gone"], values)
        removed = self._connection.execute(self._sql["delete_events"], values).rowcount
        return Walked(place=rows[-1] if len(rows) == limit else None, removed=removed)

    def registrations(self, before: int, *, limit: int) -> int:
        """Remove registrations that ended before an instant and have no delivery any more, with all that is of them."""
        rows = [row[0] for row in self._connection.execute(self._sql["ended"], (before, limit))]
        for name in ("delete_changes", "delete_recoveries", "delete_subscriptions"):
            self._run(name, _text(rows))
        return len(rows)

    def list_entries(self, before: int, *, limit: int) -> int:
        """Remove entries that left their list before an instant, and the history of that time."""
        rows = [row[0] for row in self._connection.execute(self._sql["entries_before"], (before, limit))]
        changes = self._run("delete_list_changes", before, limit)
        return self.remove_entries(rows, now=before) + changes

    def remove_entries(self, rows: Sequence[int], *, now: int) -> int:
        """Remove entries of lists; it is noted up to when figures lack what was so not told, `now` for one that is
        still in its list."""
        self._connection.execute(self._sql["note_entries_gone"], {"rows": _text(rows), "now": now})
        return self._run("delete_entries", _text(rows))

    def note_deliveries_gone(self, ids: Sequence[int]) -> None:
        """Before deliveries are removed: figures about the time in which they were made would be wrong."""
        self._run("note_deliveries_gone", _text(ids))


def _text(ids: Sequence[int]) -> str:
    return orjson.dumps(ids).decode()
