"""Connections to the database: one that writes at once, and one on which what concerns one table can wait."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

Write = Callable[[Sequence[Any]], None]
"""Writes several values of one kind. A table gives the same function each time."""

_execute, _executemany = sqlite3.Connection.execute, sqlite3.Connection.executemany


class Connection(sqlite3.Connection):
    """Writes each value as it is put. `execute` is sqlite3's own, without a call of ours on the way of each reading."""

    @property
    def changes(self) -> int:
        """A number that rises with each change, be it written or waiting."""
        return self.total_changes

    def gathering(self) -> AbstractContextManager[None]:
        """Here nothing waits."""
        return nullcontext()

    def put(self, write: Write, value: Any) -> None:
        write([value])

    def write_waiting(self) -> None:
        """Write what was put so far."""


class GatheringConnection(Connection):
    """While `gathering`, what is `put` waits, and is written at the end or before anything else is asked.

    So whoever reads finds what was put, and whoever reads nothing has one statement a table for all of it.
    """

    _waiting: dict[Write, list[Any]] | None = None
    _put = _written = 0

    @property
    def changes(self) -> int:
        return self.total_changes - self._written + self._put

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """What waits when something is raised inside is forgotten. Inside of another one it is a part of that."""
        if self._waiting is not None:
            yield
            return
        self._waiting = {}
        try:
            yield
            self.write_waiting()
        finally:
            self._waiting = None

    def put(self, write: Write, value: Any) -> None:
        if self._waiting is None:
            write([value])
        else:
            self._waiting.setdefault(write, []).append(value)
            self._put += 1

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if self._waiting:
            self.write_waiting()
        return _execute(self, sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        if self._waiting:
            self.write_waiting()
        return _executemany(self, sql, parameters)

    def write_waiting(self) -> None:
        if self._waiting:
            waiting, self._waiting = self._waiting, {}
            before = self.total_changes
            for write, values in waiting.items():
                write(values)
            self._written += self.total_changes - before
