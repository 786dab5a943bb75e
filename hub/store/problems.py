"""Table `problem`: the reports as they are now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from hub.model.problem import Document, Problem
from hub.query.ordering import Cursor, Page, Sort
from hub.query.syntax import Condition
from hub.store.blocks import Blocks
from hub.store.by_values import ByValues, may_go_by_values
from hub.store.connection import Connection
from hub.store.identifiers import Identifiers
from hub.store.inserting import insert_rows
from hub.store.kept_ways import KEPT_MAXIMUM, KeptWays
from hub.store.paths import IndexedPaths
from hub.store.rewriting import Rewritten
from hub.store.search import Found, Search
from hub.store.statements import statements
from hub.store.tally import Counted, Mark, Tally


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


def _json(problem: Problem) -> str:
    return orjson.dumps(problem.document).decode()


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
    def __init__(self, connection: Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "problem")
        self.tally = Tally(connection, dialect)
        self.paths = IndexedPaths(connection, dialect)
        self._blocks = Blocks(connection, dialect)
        self.identifiers = Identifiers(connection, dialect)
        self._ways = KeptWays(connection, self.tally)
        self._searches: dict[tuple[Condition | None, Sort, int, int], Search] = {}
        self._last_seq: int | None = None
        self._stands = False

    def begin(self) -> None:
        """A transaction begins. Until it ends, nobody else writes reports or declares other paths."""
        self.tally.undo()
        self.paths.begin()
        self._last_seq, self._stands = None, True

    def undo(self, mark: Mark) -> None:
        """What was written since the mark is taken back."""
        self.tally.undo(mark)
        self.paths.begin()
        self._last_seq = None

    def end(self) -> None:
        """The transaction is about to be committed."""
        self.tally.flush()
        self.tally.undo()
        self.paths.end()
        self._stands = False

    def insert(self, problem: Problem) -> int:
        """Keep a new report; gives its row number."""
        seq = self._next_seq()
        self._connection.put(self._write, (seq, problem))
        return seq

    def update(self, problem: Problem) -> None:
        self._connection.put(self._write, (None, problem))

    def _next_seq(self) -> int:
        """Nobody else writes until the end of the transaction, so the last one is asked for once."""
        if self._last_seq is None or not self._stands:
            [self._last_seq] = self._connection.execute(self._sql["last_seq"]).fetchone()
        self._last_seq += 1
        return self._last_seq

    def _write(self, reports: Iterable[tuple[int | None, Problem]]) -> None:
        """Write reports, each as it was given last; a new one comes with its row number, a changed one without."""
        new: dict[int, Problem] = {}
        changed: dict[str, Problem] = {}
        seqs: dict[str, int] = {}
        for seq, problem in reports:
            seq = seq or seqs.get(problem.id)
            if seq is None:
                changed[problem.id] = problem
            else:
                new[seq], seqs[problem.id] = problem, seq
        rewritten = [Rewritten(seq, {}, problem.document) for seq, problem in new.items()]
        if new:
            rows = [
                (seq, one.id, *_values(one), one.source, one.source_key, _json(one)) for seq, one in new.items()
            ]
            insert_rows(self._connection, self._sql["insert"], rows)
        for problem in changed.values():
            if before := self._before(problem.id):
                self._connection.execute(self._sql["update"], (*_values(problem), _json(problem), before[0]))
                rewritten.append(Rewritten(*before, problem.document))
        self._follow(rewritten)

    def _before(self, problem_id: str) -> tuple[int, Document] | None:
        """(row number, document) as they are written."""
        row = self._connection.execute(self._sql["before"], (problem_id,)).fetchone()
        return None if row is None else (row[0], orjson.loads(row[1]))

    def _follow(self, reports: Sequence[Rewritten]) -> None:
        """Write what follows from reports into the tables beside theirs."""
        if not reports:
            return
        for one in reports:
            if one.before:
                self.tally.take(_counted(one.before))
            if one.after:
                self.tally.add(_counted(one.after))
        self._blocks.write(reports)
        self.paths.write(reports)
        self.identifiers.write(reports)

    def delete(self, problem_id: str) -> None:
        before = self._before(problem_id)
        if before is not None:
            self._connection.execute(self._sql["delete"], (problem_id,))
            self._follow([Rewritten(*before, {})])

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
        if cursor is not None:
            return self._search(condition, sort, offset, limit, cursor)
        asked = (condition, sort, offset, limit)
        kept = self._searches.get(asked)
        if kept is None or not kept.is_fresh(self.paths.declared):
            if len(self._searches) >= KEPT_MAXIMUM:
                self._searches.clear()
            kept = self._searches[asked] = self._search(condition, sort, offset, limit, None)
        return kept

    def _search(
        self, condition: Condition | None, sort: Sort, offset: int, limit: int, cursor: Cursor | None
    ) -> Search:
        ways = partial(self._ways.of, condition, self.paths.declared)
        given = (self._connection, self.tally, self._blocks, ways, condition)
        asked: dict[str, Any] = {"sort": sort, "offset": offset, "limit": limit, "cursor": cursor}
        if may_go_by_values(sort):
            return ByValues(*given, part=self.search, **asked)
        return Search(*given, **asked)
