"""Tables `source`, `item` and `run`: how far each trouble system is read, and what is known of each ticket."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from hub.store.connection import Connection
from hub.store.inserting import insert_rows
from hub.store.statements import statements

RUNS_KEPT = 1000

SOURCE_WOKEN = "source"
"""The signal that a source is to be polled."""


class SourceState(StrEnum):
    NEW = "new"
    OK = "ok"
    DEGRADED = "degraded"
    AUTH_FAILED = "authFailed"
    RATE_LIMITED = "rateLimited"
    DISABLED = "disabled"
    NOT_CONFIGURED = "notConfigured"


@dataclass(frozen=True, kw_only=True)
class Resync:
    """An operator's wish to read again what changed since an instant (RFC 3339; None: all), told or not.

    `begun` says that the cursor is that of this reading.
    """

    id: str
    since: str | None
    notify: bool
    begun: bool = False


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """A source's place and health. Times are microseconds, `lag` is seconds.

    `unmapped` is {attribute: {word: {"count": n, "example": ticket key}}}.
    """

    name: str
    adapter: str
    cursor: dict[str, Any]
    state: SourceState
    error: str | None
    last_poll: int | None
    last_success: int | None
    next_poll: int | None
    failures: int
    lag: float | None
    unmapped: dict[str, dict[str, Any]]
    reconciled: int | None
    woken: int | None
    resync: Resync | None
    problems: int


def never_polled(name: str, adapter: str) -> SourceRow:
    """What a source is before its first poll."""
    return SourceRow(
        name=name,
        adapter=adapter,
        cursor={},
        state=SourceState.NEW,
        error=None,
        last_poll=None,
        last_success=None,
        next_poll=None,
        failures=0,
        lag=None,
        unmapped={},
        reconciled=None,
        woken=None,
        resync=None,
        problems=0,
    )


class Item(NamedTuple):
    """What is known of one ticket; `missed` counts the polls in a row from which it was absent.

    `updated` is the stamp of the latest change that was taken, in microseconds, `digest` what it said, and `beside`
    the digests, one behind the other, of what was said with the same stamp before. A ticket of old that was passed
    over has no `problem_id`.
    """

    problem_id: str | None
    digest: bytes
    updated: int
    missed: int
    gone: bool
    beside: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One poll; times are microseconds."""

    source: str
    started: int
    ended: int
    pages: int
    records: int
    changed: int
    error: str | None


def _source(row: tuple[Any, ...]) -> SourceRow:
    values = dict(zip(SourceRow.__dataclass_fields__, row, strict=True))
    values["cursor"] = orjson.loads(values["cursor"])
    values["unmapped"] = orjson.loads(values["unmapped"])
    values["state"] = SourceState(values["state"])
    values["resync"] = None if values["resync"] is None else Resync(**orjson.loads(values["resync"]))
    return SourceRow(**values)


def _item(row: tuple[Any, ...]) -> Item:
    return Item._make(row)._replace(gone=bool(row[4]))


class Sources:
    def __init__(self, connection: Connection, dialect: str, signals: set[str]) -> None:
        self._connection = connection
        self._sql = statements(dialect, "source")
        self._signals = signals

    def ensure(self, name: str, adapter: str) -> None:
        self._connection.execute(self._sql["ensure"], (name, adapter))

    def get(self, name: str) -> SourceRow | None:
        row = self._connection.execute(self._sql["get"], (name,)).fetchone()
        return _source(row) if row else None

    def all(self) -> list[SourceRow]:
        return [_source(row) for row in self._connection.execute(self._sql["all"])]

    def set_cursor(self, name: str, cursor: Mapping[str, Any]) -> None:
        self._connection.execute(self._sql["set_cursor"], (orjson.dumps(dict(cursor)).decode(), name))

    def set_health(
        self,
        name: str,
        *,
        state: SourceState,
        error: str | None,
        last_poll: int | None,
        last_success: int | None,
        next_poll: int | None,
        failures: int,
        lag: float | None,
    ) -> None:
        """Write how the last poll ended; `last_success` None keeps the earlier one."""
        values = (state, error, last_poll, last_success, next_poll, failures, lag, name)
        self._connection.execute(self._sql["set_health"], values)

    def unmapped(self, name: str) -> dict[str, dict[str, Any]]:
        row = self._connection.execute(self._sql["unmapped"], (name,)).fetchone()
        return orjson.loads(row[0]) if row else {}

    def set_unmapped(self, name: str, unmapped: Mapping[str, Any]) -> None:
        self._connection.execute(self._sql["set_unmapped"], (orjson.dumps(dict(unmapped)).decode(), name))

    def set_reconciled(self, name: str, at: int) -> None:
        self._connection.execute(self._sql["set_reconciled"], (at, name))

    def wake(self, name: str, at: int) -> bool:
        """Ask for a poll; False, and nothing written, when one that was asked for has not begun yet."""
        asked = self._connection.execute(self._sql["wake"], (at, name)).rowcount > 0
        if asked:
            self._signals.add(SOURCE_WOKEN)
        return asked

    def woken(self, name: str) -> bool:
        """Whether a poll was asked for that has not begun."""
        row = self._connection.execute(self._sql["woken"], (name,)).fetchone()
        return bool(row and row[0])

    def heed(self, name: str) -> None:
        """A poll begins: what is asked for from now on is asked of the next."""
        self._connection.execute(self._sql["heed"], (name,))

    def set_resync(self, name: str, resync: Resync | None) -> None:
        text = None if resync is None else orjson.dumps(resync).decode()
        self._connection.execute(self._sql["set_resync"], (text, name))

    def item(self, source: str, key: str) -> Item | None:
        row = self._connection.execute(self._sql["item"], (source, key)).fetchone()
        if row is None:
            return None
        return _item(row)

    def items(self, source: str, keys: Iterable[str]) -> dict[str, Item]:
        """What is known of several tickets, by their keys."""
        rows = self._connection.execute(self._sql["items"], (source, orjson.dumps([*keys]).decode()))
        return {row[0]: _item(row[1:]) for row in rows}

    def put_item(
        self,
        source: str,
        key: str,
        *,
        problem_id: str | None,
        digest: bytes,
        updated: int,
        gone: bool = False,
        beside: bytes = b"",
    ) -> None:
        self._connection.put(self._put_items, (source, key, problem_id, digest, updated, gone, beside))

    def _put_items(self, rows: Sequence[tuple[Any, ...]]) -> None:
        insert_rows(self._connection, self._sql["put_item"], rows)

    def present(self, source: str) -> dict[str, int]:
        """{key: polls missed in a row} of the tickets that are not gone."""
        return dict(self._connection.execute(self._sql["present"], (source,)).fetchall())

    def passed_over(self, source: str) -> dict[str, bytes]:
        """{key: digest of what it said} of the tickets that became no report."""
        return dict(self._connection.execute(self._sql["passed_over"], (source,)).fetchall())

    def set_missed(self, source: str, key: str, missed: int) -> None:
        self._connection.execute(self._sql["set_missed"], (missed, source, key))

    def set_gone(self, source: str, key: str, *, missed: int) -> None:
        """Mark a ticket as gone; its digest is forgotten, so that it is read afresh if it comes back."""
        self._connection.execute(self._sql["set_gone"], (missed, source, key))

    def append_run(self, run: Run) -> None:
        values = (run.source, run.started, run.ended, run.pages, run.records, run.changed, run.error)
        self._connection.execute(self._sql["insert_run"], values)
        self._connection.execute(self._sql["trim_runs"], (run.source, run.source, RUNS_KEPT))
