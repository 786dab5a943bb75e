"""Tables `event` and `mark`: the outbox, and how far its fan-out has come."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import orjson

from hub.model.event import TYPES, Event, EventType
from hub.store.connection import Connection
from hub.store.inserting import insert_rows
from hub.store.statements import statements
from hub.telemetry.trails import Change

EVENT_APPENDED = "event"
"""The signal that the outbox has grown."""

FANNED_OUT = "fanned out"
"""The mark that tells the last event whose deliveries are written."""

TOUCHED = "touched"
"""The mark that tells when somebody last asked whether the database takes a write."""


class Queued(NamedTuple):
    """An event of the outbox with the row numbers of itself and of its report."""

    seq: int
    problem: int
    event: Event


def _queued(row: tuple[Any, ...]) -> Queued:
    seq, event_id, event_type, problem, problem_id, sequence, time, body, party = row
    # By position: names would cost as much again, and every event comes this way.
    return Queued(seq, problem, Event(event_id, TYPES[event_type], problem_id, sequence, time, body, party))


class Events:
    def __init__(self, connection: Connection, dialect: str, signals: set[str]) -> None:
        self._connection = connection
        self._sql = statements(dialect, "event")
        self._signals = signals
        self.change: Change | None = None
        """What the present transaction is followed by; None where nobody follows it."""

    def append(self, event: Event, *, problem: int) -> None:
        about = (event.id, event.type, problem, event.problem_id, event.sequence, event.time)
        trace = None if self.change is None else self.change.event(event.id, event.type)
        self._connection.put(self._insert, (*about, event.body, event.party, trace))
        self._signals.add(EVENT_APPENDED)

    def _insert(self, rows: Sequence[tuple[Any, ...]]) -> None:
        insert_rows(self._connection, self._sql["insert"], rows)

    def after(self, seq: int, *, limit: int) -> list[Queued]:
        return [_queued(row) for row in self._connection.execute(self._sql["after"], (seq, limit))]

    def of_problem(self, problem_id: str) -> list[Queued]:
        """The events about a report, or a task, oldest first."""
        return [_queued(row) for row in self._connection.execute(self._sql["of_problem"], (problem_id,))]

    def by_id(self, event_id: str) -> Queued | None:
        row = self._connection.execute(self._sql["by_id"], (event_id,)).fetchone()
        return _queued(row) if row else None

    def body(self, seq: int) -> tuple[str, bytes]:
        """(event id, body) of an event of the outbox."""
        event_id, body = self._connection.execute(self._sql["body"], (seq,)).fetchone()
        return event_id, body

    def told(self, seqs: Collection[int]) -> list[tuple[int, str, bytes, str | None]]:
        """(seq, event id, body, traceparent) of events of the outbox; the last is None where nobody follows it."""
        return (
            self._connection.execute(self._sql["told"], (orjson.dumps([*seqs]).decode(),)).fetchall()
            if seqs
            else []
        )

    def heading(self, seq: int) -> Event:
        """An event of the outbox without its body."""
        row = self._connection.execute(self._sql["heading"], (seq,)).fetchone()
        event_id, event_type, problem_id, sequence, time = row
        return Event(
            id=event_id, type=EventType(event_type), problem_id=problem_id, sequence=sequence, time=time, body=b""
        )

    def last_in(self, first: int, last: int) -> Event | None:
        """The last event between two row numbers, both included, without its body; None when there is none."""
        row = self._connection.execute(self._sql["last_in"], (first, last)).fetchone()
        return None if row[0] is None else self.heading(row[0])

    def last(self) -> int:
        """The row number of the latest event; 0 when there is none."""
        return int(self._connection.execute(self._sql["last"]).fetchone()[0])

    def mark(self, name: str) -> int:
        """A place that is kept under a name; 0 before it is."""
        row = self._connection.execute(self._sql["get_mark"], (name,)).fetchone()
        return row[0] if row else 0

    def set_mark(self, name: str, value: int) -> None:
        self._connection.execute(self._sql["set_mark"], (name, value))

    def fanned_out(self) -> int:
        return self.mark(FANNED_OUT)

    def set_fanned_out(self, seq: int) -> None:
        self._connection.execute(self._sql["set_mark"], (FANNED_OUT, seq))

    def touch(self, now: int) -> None:
        """Write something that was not there, to learn whether the database takes it."""
        self._connection.execute(self._sql["set_mark"], (TOUCHED, now))
