"""Table `problem`: the reports as they are now."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from hub.model.problem import Document, Problem
from hub.query.ordering import Cursor, Page, Sort
from hub.query.syntax import Condition
from hub.store.blocks import Blocks
from hub.store.by_values import ByValues, may_go_by_values
from hub.store.identifiers import Identifiers
from hub.store.kept_ways import KeptWays
from hub.store.paths import IndexedPaths
from hub.store.search import Found, Search
from hub.store.statements import statements
from hub.store.tally import Counted, Tally


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


def _counted(document: Document) -> Counted:
    return (
        document["creationDate"],
        document["lastUpdate"],
        document["status"],
        document["priority"],
        document["category"],
    )


def problem_of(row: tuple[Any, ...]) -> Problem:
    """The report of a row of the statements `get…`."""
    _, problem_id, version, sequence, source, source_key, document = row
    return Problem(
        id=problem_id,
        version=version,
        sequence=sequence,
        source=source,
        source_key=source_key,
        document=orjson.loads(document),
    )


def _stored(row: tuple[Any, ...] | None) -> Stored | None:
    return None if row is None else Stored(seq=row[0], problem=problem_of(row))


class Problems:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "problem")
        self.tally = Tally(connection, dialect)
        self.paths = IndexedPaths(connection, dialect)
        self._blocks = Blocks(connection, dialect)
        self.identifiers = Identifiers(connection, dialect)
        self._ways = KeptWays(connection, self.tally)

    def begin(self) -> None:
        """A transaction begins. Until it ends, nobody else declares other paths."""
        self.tally.undo()
        self.paths.begin()

    def undo(self, mark: int) -> None:
        """What was written since the mark is taken back."""
        self.tally.undo(mark)
        self.paths.begin()

    def end(self) -> None:
        """The transaction is about to be committed."""
        self.tally.flush()
        self.paths.end()

    def insert(self, problem: Problem) -> int:
        """Keep a new report; gives its row number."""
        document = orjson.dumps(problem.document).decode()
        values = (problem.id, *_values(problem), problem.source, problem.source_key, document)
        seq = self._connection.execute(self._sql["insert"], values).lastrowid or 0
        counted = _counted(problem.document)
        self.tally.add(counted)
        self._blocks.insert(seq, *counted[:2])
        self.paths.insert(seq, problem.document)
        self.identifiers.insert(seq, problem.document)
        return seq

    def update(self, problem: Problem) -> None:
        before = self._connection.execute(self._sql["before"], (problem.id,)).fetchone()
        if before is None:
            return
        document = orjson.dumps(problem.document).decode()
        self._connection.execute(self._sql["update"], (*_values(problem), document, problem.id))
        seq, was = before[0], orjson.loads(before[1])
        self.tally.take(_counted(was))
        counted = _counted(problem.document)
        self.tally.add(counted)
        self._blocks.update(seq, *counted[:2])
        self.paths.update(seq, was, problem.document)
        self.identifiers.update(seq, was, problem.document)

    def delete(self, problem_id: str) -> None:
        before = self._connection.execute(self._sql["before"], (problem_id,)).fetchone()
        if before is None:
            return
        self._connection.execute(self._sql["delete"], (problem_id,))
        was = orjson.loads(before[1])
        self.tally.take(_counted(was))
        self._blocks.delete(before[0])
        self.paths.delete(before[0], was)
        self.identifiers.delete(before[0], was)

    def get(self, problem_id: str) -> Stored | None:
        return _stored(self._connection.execute(self._sql["get"], (problem_id,)).fetchone())

    def get_by_source(self, source: str, key: str) -> Stored | None:
        return _stored(self._connection.execute(self._sql["get_by_source"], (source, key)).fetchone())

    def all_by_source(self, source: str, keys: Iterable[str]) -> dict[str, Stored]:
        """The reports of several tickets, by their keys."""
        rows = self._connection.execute(self._sql["all_by_source"], (source, orjson.dumps([*keys]).decode()))
        return {row[5]: stored for row in rows.fetchall() if (stored := _stored(row)) is not None}

    def document(self, problem_id: str) -> bytes | None:
        """The document as JSON bytes, without id and href."""
        row = self._connection.execute(self._sql["document"], (problem_id,)).fetchone()
        return row[0] if row else None

    def versioned(self, problem_id: str) -> tuple[bytes, int, str] | None:
        """The document as JSON bytes, without id and href; the version of the report, and its `lastUpdate`."""
        row: tuple[bytes, int, str] | None
        row = self._connection.execute(self._sql["versioned"], (problem_id,)).fetchone()
        return row

    def page(
        self,
        condition: Condition | None,
        *,
        sort: Sort = (),
        offset: int = 0,
        limit: int,
        cursor: Cursor | None = None,
    ) -> Page[Found]:
        """(id, document) of the reports that fit; without `sort`, oldest first."""
        return self.search(condition, sort=sort, offset=offset, limit=limit, cursor=cursor).page()

    def count(self, condition: Condition | None) -> int:
        return self.search(condition).count()

    def search(
        self,
        condition: Condition | None,
        *,
        sort: Sort = (),
        offset: int = 0,
        limit: int = 0,
        cursor: Cursor | None = None,
    ) -> Search:
        """A list that is not read yet: its page, its count, and whether they are quick to read."""
        ways = partial(self._ways.of, condition, self.paths.declared)
        given = (self._connection, self.tally, self._blocks, ways, condition)
        asked: dict[str, Any] = {"sort": sort, "offset": offset, "limit": limit, "cursor": cursor}
        if may_go_by_values(sort):
            return ByValues(*given, part=self.search, **asked)
        return Search(*given, **asked)
