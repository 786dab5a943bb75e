"""Table `problem`: the reports as they are now."""

import sqlite3
from dataclasses import dataclass
from typing import Any

import orjson

from hub.model.problem import Problem
from hub.query.ordering import Cursor, Page, Sort
from hub.query.sql import Column, Kind
from hub.query.syntax import Condition
from hub.store.paging import Listed, Row, read_page
from hub.store.statements import statements

COLUMNS: dict[tuple[str, ...], Column] = {
    ("id",): Column(name="id", required=True),
    ("status",): Column(name="status", required=True),
    ("priority",): Column(name="priority", kind=Kind.NUMBER, required=True),
    ("category",): Column(name="category", required=True),
    ("creationDate",): Column(name="creation_date", kind=Kind.INSTANT, required=True),
    ("lastUpdate",): Column(name="last_update", kind=Kind.INSTANT, required=True),
    ("statusChangeDate",): Column(name="status_change_date", kind=Kind.INSTANT, required=True),
    ("resolutionDate",): Column(name="resolution_date", kind=Kind.INSTANT),
}
"""Attributes that have a column of their own; all others are looked up in the document."""

LISTED = Listed(table="problem", select="id, CAST(document AS BLOB)", columns=COLUMNS)


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A report with its row number, which outlives it."""

    seq: int
    problem: Problem


def _values(problem: Problem) -> tuple[Any, ...]:
    document = problem.document
    return (
        problem.version,
        problem.sequence,
        document["status"],
        document["priority"],
        document["category"],
        document["creationDate"],
        document["lastUpdate"],
        document["statusChangeDate"],
        document.get("resolutionDate"),
    )


def _stored(row: tuple[Any, ...] | None) -> Stored | None:
    if row is None:
        return None
    seq, problem_id, version, sequence, source, source_key, document = row
    problem = Problem(
        id=problem_id,
        version=version,
        sequence=sequence,
        source=source,
        source_key=source_key,
        document=orjson.loads(document),
    )
    return Stored(seq=seq, problem=problem)


class Problems:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "problem")

    def insert(self, problem: Problem) -> int:
        """Keep a new report; gives its row number."""
        document = orjson.dumps(problem.document).decode()
        values = (problem.id, *_values(problem), problem.source, problem.source_key, document)
        return self._connection.execute(self._sql["insert"], values).lastrowid or 0

    def update(self, problem: Problem) -> None:
        document = orjson.dumps(problem.document).decode()
        self._connection.execute(self._sql["update"], (*_values(problem), document, problem.id))

    def delete(self, problem_id: str) -> None:
        self._connection.execute(self._sql["delete"], (problem_id,))

    def get(self, problem_id: str) -> Stored | None:
        return _stored(self._connection.execute(self._sql["get"], (problem_id,)).fetchone())

    def get_by_source(self, source: str, key: str) -> Stored | None:
        return _stored(self._connection.execute(self._sql["get_by_source"], (source, key)).fetchone())

    def document(self, problem_id: str) -> bytes | None:
        """The document as JSON bytes, without id and href."""
        row = self._connection.execute(self._sql["document"], (problem_id,)).fetchone()
        return row[0] if row else None

    def page(
        self,
        condition: Condition | None,
        *,
        sort: Sort = (),
        offset: int = 0,
        limit: int,
        cursor: Cursor | None = None,
    ) -> Page[tuple[str, bytes]]:
        """(id, document) of the reports that fit; without `sort`, oldest first."""
        return read_page(
            self._connection,
            LISTED,
            condition,
            sort=sort,
            offset=offset,
            limit=limit,
            cursor=cursor,
            made=_id_and_document,
        )

    def count(self, condition: Condition | None) -> int:
        where, values = LISTED.where(condition)
        count: int = self._connection.execute(self._sql["count"] + where, tuple(values)).fetchone()[0]
        return count


def _id_and_document(row: Row) -> tuple[str, bytes]:
    return row[0], row[1]
