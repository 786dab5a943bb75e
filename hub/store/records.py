"""Table `problem_record`: the append-only history, one row for each event of a report."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import orjson

from hub.model.event import EventType, Record
from hub.model.problem import Status
from hub.query.sql import Column, Kind, sql_condition
from hub.query.syntax import Condition
from hub.store.statements import statements


def _instant(column: str) -> Column:
    """Microseconds as the text in which they are shown, so that a filter compares what a client has seen."""
    seconds = f"strftime('%Y-%m-%dT%H:%M:%S', {column} / 1000000, 'unixepoch')"
    return Column(name=f"printf('%s.%03dZ', {seconds}, {column} / 1000 % 1000)", kind=Kind.INSTANT)


COLUMNS: dict[tuple[str, ...], Column] = {
    ("id",): Column(name="id"),
    ("eventType",): Column(name="event_type"),
    ("eventTime",): _instant("event_time"),
    ("recordTime",): _instant("record_time"),
    ("serviceProblem", "id"): Column(name="problem_id"),
}
"""What the history can be filtered by."""


def _record(row: tuple[Any, ...]) -> Record:
    (record_id, problem_id, event_type, event_time, record_time, sequence, from_status, to_status) = row[:8]
    source, source_status, party, reason, irregular, changes, actor = row[8:]
    return Record(
        id=record_id,
        problem_id=problem_id,
        event_type=EventType(event_type),
        event_time=event_time,
        record_time=record_time,
        sequence=sequence,
        from_status=Status(from_status) if from_status else None,
        to_status=Status(to_status) if to_status else None,
        source=source,
        source_status=source_status,
        party=party,
        reason=reason,
        irregular=bool(irregular),
        changes=orjson.loads(changes),
        actor=actor,
    )


class Records:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "problem_record")

    def append(self, record: Record) -> None:
        values = (
            record.id,
            record.problem_id,
            record.event_type,
            record.event_time,
            record.record_time,
            record.sequence,
            record.from_status,
            record.to_status,
            record.source,
            record.source_status,
            record.party,
            record.reason,
            record.irregular,
            orjson.dumps(record.changes).decode(),
            record.actor,
        )
        self._connection.execute(self._sql["insert"], values)

    def get(self, record_id: str) -> Record | None:
        row = self._connection.execute(f"{self._sql['columns']} WHERE id = ?", (record_id,)).fetchone()
        return _record(row) if row else None

    def page(self, condition: Condition | None, *, offset: int, limit: int) -> list[Record]:
        """The records that fit, oldest first."""
        where, values = _where(condition)
        sql = f"{self._sql['columns']}{where} ORDER BY seq LIMIT ? OFFSET ?"
        return [_record(row) for row in self._connection.execute(sql, (*values, limit, offset))]

    def count(self, condition: Condition | None) -> int:
        where, values = _where(condition)
        row = self._connection.execute(f"SELECT count(*) FROM problem_record{where}", tuple(values)).fetchone()
        return int(row[0])


def _where(condition: Condition | None) -> tuple[str, Iterable[Any]]:
    if condition is None:
        return "", ()
    text, values = sql_condition(condition, columns=COLUMNS, document="changes")
    return f" WHERE {text}", values
