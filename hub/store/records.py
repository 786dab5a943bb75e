"""Table `problem_record`: the append-only history, one row for each event of a report."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from hub.model.event import TYPES, Record
from hub.model.problem import STATUSES, Status
from hub.query.ordering import Cursor, Page, Sort
from hub.query.sql_columns import Column, Kind
from hub.query.syntax import Comparison, Condition, Operator
from hub.store.connection import Connection
from hub.store.facets import compiled, conjuncts
from hub.store.inserting import insert_rows
from hub.store.paging import Listed, read_page
from hub.store.paths import IndexedPaths
from hub.store.statements import statements


def _instant(column: str) -> Column:
    """Microseconds as the text in which they are shown, so that a filter compares what a client has seen."""
    seconds = f"strftime('%Y-%m-%dT%H:%M:%S', {column} / 1000000, 'unixepoch')"
    text = f"printf('%s.%03dZ', {seconds}, {column} / 1000 % 1000)"
    return Column(name=text, kind=Kind.INSTANT, required=True, sorted_by=column)


EVENT_TIME, RECORD_TIME = _instant("problem_record.event_time"), _instant("problem_record.record_time")
CHANGE = {
    "sequence": "sequence",
    "fromStatus": "from_status",
    "toStatus": "to_status",
    "source": "source",
    "sourceStatus": "source_status",
    "party": "party",
    "reason": "reason",
    "actor": "actor",
}
"""{attribute of the notification: its column}"""

COLUMNS: dict[tuple[str, ...], Column] = {
    ("id",): Column(name="id", required=True),
    ("eventType",): Column(name="event_type", required=True),
    ("eventTime",): EVENT_TIME,
    ("recordTime",): RECORD_TIME,
    ("serviceProblem", "id"): Column(name="problem_id", required=True),
    **{("notification", name): Column(name=column) for name, column in CHANGE.items() if name != "sequence"},
    ("notification", "sequence"): Column(name="sequence", kind=Kind.NUMBER, required=True),
}
"""What of an entry has a column of its own."""

# json_each has columns too, such as id: names without their table would be ambiguous beside it.
DOCUMENT = f"""json_object(
    'id', problem_record.id, '@type', 'ServiceProblemEventRecord', 'eventType', problem_record.event_type,
    'eventTime', {EVENT_TIME.name}, 'recordTime', {RECORD_TIME.name},
    'notification', json_object(
        '@type', 'ServiceProblemChange', 'changes', json(problem_record.changes),
        'irregular', json(iif(problem_record.irregular, 'true', 'false')),
        {", ".join(f"'{name}', problem_record.{column}" for name, column in CHANGE.items())}),
    'serviceProblem', json_object('id', problem_record.problem_id, '@type', 'ServiceProblemRef'))"""
"""An entry as its face shows it, but for the addresses."""

SELECT = """id, problem_id, event_type, event_time, record_time, sequence, from_status, to_status,
    source, source_status, party, reason, irregular, changes, actor, actor_party"""
LISTED = Listed(table="problem_record", select=SELECT, columns=COLUMNS, document=DOCUMENT)

INDEXED: tuple[tuple[str, ...], ...] = (("id",), ("serviceProblem", "id"))
"""By which an index finds records; the history of one report is never long."""


def is_quick(condition: Condition | None) -> bool:
    """Whether a list of the history takes so little that nobody need leave the event loop for it."""
    return any(
        isinstance(part, Comparison) and part.operator is Operator.EQ and part.path in INDEXED
        for part in conjuncts(condition)
    )


def _record(row: tuple[Any, ...]) -> Record:
    (record_id, problem_id, event_type, event_time, record_time, sequence, from_status, to_status) = row[:8]
    source, source_status, party, reason, irregular, changes, actor, actor_party = row[8:]
    return Record(
        id=record_id,
        problem_id=problem_id,
        event_type=TYPES[event_type],
        event_time=event_time,
        record_time=record_time,
        sequence=sequence,
        from_status=STATUSES[from_status] if from_status else None,
        to_status=STATUSES[to_status] if to_status else None,
        source=source,
        source_status=source_status,
        party=party,
        reason=reason,
        irregular=bool(irregular),
        changes=orjson.loads(changes),
        actor=actor,
        actor_party=actor_party,
    )


def _values(record: Record) -> tuple[Any, ...]:
    return (
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
        orjson.dumps(record.changes).decode() if record.changes else "{}",
        record.actor,
        record.actor_party,
    )


class Standing(NamedTuple):
    """The change that brought a report to its status: who told it and in which word, and when, in microseconds."""

    status: Status
    source: str | None
    source_status: str | None
    event_time: int


class Records:
    def __init__(self, connection: Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "problem_record")
        self._paths = IndexedPaths(connection, dialect)

    def _of(self, reports: Condition | None) -> Listed:
        """The history of the reports that are there and fit; of all that were ever there when None is given."""
        if reports is None:
            return LISTED
        where, values = compiled(reports, tuple(self._paths.complete().items())).where
        text = f"EXISTS (SELECT 1 FROM problem WHERE {where} AND problem.id = problem_record.problem_id)"
        return replace(LISTED, within=(text, values))

    def append(self, record: Record) -> None:
        self._connection.put(self._insert, record)

    def _insert(self, records: Iterable[Record]) -> None:
        insert_rows(self._connection, self._sql["insert"], [*map(_values, records)])

    def get(self, record_id: str) -> Record | None:
        row = self._connection.execute(self._sql["get"], (record_id,)).fetchone()
        return _record(row) if row else None

    def has(self, problem_id: str) -> bool:
        """Whether there is, or ever was, a report with this id."""
        return self._connection.execute(self._sql["has"], (problem_id,)).fetchone() is not None

    def status_at(self, problem_id: str, event_time: int) -> Status | None:
        """The status that a report had at an instant, as far as it is known now; None before its creation."""
        row = self._connection.execute(self._sql["status_at"], (problem_id, event_time)).fetchone()
        return Status(row[0]) if row else None

    def statuses_at(self, problem_id: str, event_time: int) -> set[Status]:
        """The states that a report came to at this very instant, as far as it is known now."""
        rows = self._connection.execute(self._sql["statuses_at"], (problem_id, event_time))
        return {Status(status) for (status,) in rows}

    def standing(self, problem_id: str) -> Standing | None:
        """The latest change of a report's status, by its own time; None where there is no such report."""
        row = self._connection.execute(self._sql["standing"], (problem_id,)).fetchone()
        return Standing(Status(row[0]), *row[1:]) if row else None

    def last(self) -> int:
        """The row number of the latest record; it rises with every change of any report. 0 when there is none."""
        return int(self._connection.execute(self._sql["last"]).fetchone()[0])

    def after(self, seq: int) -> Iterator[Record]:
        """The entries behind a row number, as they were recorded; each is read when it is asked for."""
        return (_record(row) for row in self._connection.execute(self._sql["after"], (seq,)))

    def page(
        self,
        condition: Condition | None,
        *,
        sort: Sort = (),
        offset: int = 0,
        limit: int,
        cursor: Cursor | None = None,
        reports: Condition | None = None,
    ) -> Page[Record]:
        """The records that fit; without `sort`, oldest first. With `reports`, those alone of reports that fit it."""
        return read_page(
            self._connection,
            self._of(reports),
            condition,
            sort=sort,
            offset=offset,
            limit=limit,
            cursor=cursor,
            made=_record,
        )

    def count(self, condition: Condition | None, *, reports: Condition | None = None) -> int:
        where, values = self._of(reports).where(condition)
        row = self._connection.execute(f"SELECT count(*) FROM problem_record{where}", tuple(values)).fetchone()
        return int(row[0])
