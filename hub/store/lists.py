"""Tables `list_entry`, `list_run`, `list_change`: notification lists that are managed elsewhere."""

import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from hub.model.listed import ChangeKind, Entry, ListChange, ListRun, Present
from hub.store.statements import statements


@dataclass(frozen=True, kw_only=True)
class ListCounts:
    """`refused` entries stand in the list and are no registration; `by_hand` are those that were changed by hand."""

    entries: int
    registered: int
    refused: int
    by_hand: int


@dataclass(frozen=True, kw_only=True)
class RefusedEntry:
    """An entry that stood in a list at an instant without being a registration, and why."""

    list: str
    key: str
    contact: str | None
    party: str | None
    callback: str
    query: str | None
    error: str | None


@dataclass(frozen=True, kw_only=True)
class OpenRun:
    """A reading that has not ended; without a token where it began before readings held their list."""

    seq: int
    started: int
    token: str | None
    lease_until: int | None


@dataclass(frozen=True, kw_only=True)
class Unheld:
    """A registration of a list that none of its entries holds; `subscription` is its row number."""

    subscription: int
    subscription_id: str
    callback: str
    query: str | None
    party: str | None


class Lists:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "list")

    def present(self, name: str) -> list[Present]:
        """The entries that stand in the list, in the order in which they came."""
        names = Present.__dataclass_fields__
        return [
            Present(**dict(zip(names, row, strict=True)))
            for row in self._connection.execute(self._sql["present"], (name,))
        ]

    def standing(self, name: str, key: str) -> tuple[bytes, int | None] | None:
        """The digest of an entry and the row number of its registration, where that has not ended."""
        row = self._connection.execute(self._sql["one"], (name, key)).fetchone()
        return (row[0], row[1]) if row else None

    def unheld(self, name: str) -> list[Unheld]:
        rows = self._connection.execute(self._sql["unheld"], {"name": name})
        return [Unheld(**dict(zip(Unheld.__dataclass_fields__, row, strict=True))) for row in rows]

    def put(
        self, name: str, entry: Entry, *, now: int, subscription: int | None = None, error: str | None = None
    ) -> None:
        """Keep an entry, in the place of what stood there under its key."""
        self.remove(name, entry.key, now=now)
        about = (name, entry.key, entry.digest, entry.contact, entry.party, entry.callback, entry.query)
        self._connection.execute(self._sql["insert"], (*about, subscription, error, now))

    def remove(self, name: str, key: str, *, now: int) -> None:
        self._connection.execute(self._sql["remove"], (now, name, key))

    def fail(self, name: str, key: str, error: str) -> None:
        """Keep why an entry could not be followed; its registration stays as it is."""
        self._connection.execute(self._sql["fail"], (error, name, key))

    def note_change_by_hand(self, subscription: int) -> None:
        """The registration in this row is not what its list says any more; the next reading puts it back."""
        self._connection.execute(self._sql["note_change_by_hand"], (subscription,))

    def mend(self, name: str, keys: Sequence[str]) -> None:
        """Nothing is wrong with these entries any more."""
        self._connection.executemany(self._sql["fail"], ((None, name, key) for key in keys))

    def note(self, name: str, run: int, change: ListChange) -> None:
        self._connection.execute(self._sql["insert_change"], (name, run, *astuple(change)))

    def changes(self, name: str, *, limit: int) -> list[ListChange]:
        """What readings changed, newest first."""
        rows = self._connection.execute(self._sql["changes"], (name, limit))
        names = ListChange.__dataclass_fields__
        return [ListChange(**{**dict(zip(names, row, strict=True)), "kind": ChangeKind(row[1])}) for row in rows]

    def open_runs(self, name: str) -> list[OpenRun]:
        rows = self._connection.execute(self._sql["open_runs"], (name,))
        return [OpenRun(**dict(zip(OpenRun.__dataclass_fields__, row, strict=True))) for row in rows]

    def begin_run(self, name: str, *, origin: str, actor: str, now: int, token: str, lease_until: int) -> int:
        values = (name, origin, actor, now, token, lease_until)
        return self._connection.execute(self._sql["insert_run"], values).lastrowid or 0

    def break_off(self, seq: int, why: str, *, now: int) -> None:
        """End the reading of somebody who is gone; it writes no more."""
        self._connection.execute(self._sql["break_off"], (now, why, seq))

    def renew(self, seq: int, lease_until: int) -> bool:
        """Hold the list for longer; False where the reading has been broken off."""
        return self._connection.execute(self._sql["renew"], (lease_until, seq)).rowcount > 0

    def finish_run(self, seq: int, run: ListRun) -> None:
        counts = (run.entries, run.added, run.changed, run.removed, run.refused)
        self._connection.execute(self._sql["finish_run"], (run.completed, *counts, run.error, seq))

    def runs(self, name: str, *, limit: int) -> list[ListRun]:
        """The readings, newest first."""
        names = ListRun.__dataclass_fields__
        rows = self._connection.execute(self._sql["runs"], (name, limit))
        return [ListRun(**dict(zip(names, row, strict=True))) for row in rows]

    def counts(self, name: str) -> ListCounts:
        entries, registered, refused, by_hand = self._connection.execute(self._sql["counts"], (name,)).fetchone()
        return ListCounts(entries=entries, registered=registered, refused=refused, by_hand=by_hand)

    def names(self) -> list[str]:
        """The lists that were ever read."""
        return [row[0] for row in self._connection.execute(self._sql["names"])]

    def refused_at(self, time: int) -> list[RefusedEntry]:
        """The entries that stood in some list at an instant (microseconds) and were no registration."""
        names = RefusedEntry.__dataclass_fields__
        rows = self._connection.execute(self._sql["refused_at"], {"time": time})
        return [RefusedEntry(**dict(zip(names, row, strict=True))) for row in rows]

    def forget_runs(self, before: int, *, most: int) -> int:
        """Remove some readings that ended before an instant, never the last one of a list; gives how many."""
        return self._connection.execute(self._sql["forget_runs"], (before, most)).rowcount
