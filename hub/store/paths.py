"""Tables `indexed_path` and `problem_path`: the values that reports have at the paths that the settings index."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import orjson

from hub.model.problem import Document
from hub.query.entries import Key, keys_at, only_text
from hub.store.connection import Connection
from hub.store.inserting import insert_rows
from hub.store.path_tally import LOOKED_AT, Common, Moved, PathTally, What
from hub.store.rewriting import Rewritten
from hub.store.statements import statements

Path = tuple[str, ...]
Entry = tuple[int, Key, int]
"""(number of the path, key of the value, row number of the report)."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """The paths of a database: `kept` for every report that is written, `complete` for every report there is.

    `common` are the values that are tallied; their paths are complete.
    """

    version: int
    kept: Mapping[Path, int]
    complete: Mapping[Path, int]
    common: frozenset[Common] = field(default_factory=frozenset)

    @cached_property
    def places(self) -> Sequence[tuple[str, Path, int]]:
        """(the attribute, the path within it, number) of each path that is kept."""
        return [(path[0], path[1:], number) for path, number in self.kept.items()]

    @cached_property
    def tallied(self) -> Mapping[Path, int]:
        """The paths that have common values."""
        numbers = {number for number, _ in self.common}
        return {path: number for path, number in self.complete.items() if number in numbers}


class IndexedPaths:
    """Which paths there are is asked of the database, for another process may have changed them.

    Within a transaction of a writer that says when it begins and ends, they are asked for once.
    """

    def __init__(self, connection: Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "problem_path")
        self._tally = PathTally(connection, dialect)
        self._declared = Declared(version=-1, kept={}, complete={})
        self._stands = self._was_asked = False

    def begin(self) -> None:
        """A transaction that writes begins: nobody else can change the paths until `end`."""
        self._stands, self._was_asked = True, False

    def end(self) -> None:
        self._stands = False

    def declared(self) -> Declared:
        if self._stands and self._was_asked:
            return self._declared
        self._was_asked = True
        row = self._connection.execute(self._sql["version"]).fetchone()
        version = row[0] if row else 0
        if version != self._declared.version:
            rows = self._connection.execute(self._sql["paths"]).fetchall()
            self._declared = Declared(
                version=version,
                kept={_parts(path): number for number, path, _ in rows},
                complete={_parts(path): number for number, path, complete in rows if complete},
                common=self._tally.common(),
            )
        return self._declared

    def complete(self) -> Mapping[Path, int]:
        """The paths that find every report there is, with their numbers."""
        return self.declared().complete

    def write(self, reports: Sequence[Rewritten]) -> None:
        """Touch what changed, and nothing else."""
        declared = self.declared()
        gone: list[Entry] = []
        come: list[Entry] = []
        places = declared.places
        for seq, before, after in reports:
            for first, rest, number in places:
                old, new = before.get(first), after.get(first)
                if old is None and new is not None:
                    text = only_text(new, rest)
                    if text is not None:  # without a set for the one key that nearly all have
                        come.append((number, text, seq))
                    else:
                        come += [(number, key, seq) for key in keys_at(new, rest)]
                elif old != new:
                    had = set() if old is None else keys_at(old, rest)
                    has = set() if new is None else keys_at(new, rest)
                    gone += [(number, key, seq) for key in had - has]
                    come += [(number, key, seq) for key in has - had]
        if gone:
            self._connection.executemany(self._sql["delete"], gone)
        self._insert(come)
        if declared.common:
            self._tally.move(_moves(declared, reports))
        self._look_for_common(declared, [one for one in reports if not one.before and one.seq % LOOKED_AT == 0])

    def _look_for_common(self, declared: Declared, reports: Iterable[Rewritten]) -> None:
        values = {entry[:2] for one in reports for entry in _entries(declared.complete, one.seq, one.after)}
        if values and self._tally.find(values - declared.common):
            self._connection.execute(self._sql["change_version"])
            self._was_asked = False

    def _insert(self, entries: Collection[Entry]) -> None:
        insert_rows(self._connection, self._sql["insert"], [*entries])

    def declare(self, paths: Sequence[str]) -> tuple[list[str], list[str]]:
        """Make these the paths of the database; gives (new ones, dropped ones).

        Reports that are there already are not found by a new path before `fill` has reached all of them.
        """
        self.end()
        rows = self._connection.execute(self._sql["paths"]).fetchall()
        there = {path: number for number, path, _ in rows}
        new = [path for path in dict.fromkeys(paths) if path not in there]
        gone = [path for path in there if path not in paths]
        self._connection.executemany(self._sql["declare"], [(path,) for path in new])
        self._connection.executemany(self._sql["drop"], [(there[path],) for path in gone])
        for path in gone:
            self._tally.drop(there[path])
        if new or gone:
            self._connection.execute(self._sql["change_version"])
        return new, gone

    def fill(self, batch: int) -> int | None:
        """Write the values of the next reports at the new paths; gives the last of them, None when all are done."""
        self.end()
        unfilled = self._connection.execute(self._sql["unfilled"]).fetchall()
        if not unfilled:
            return None
        begin = min(filled for _, _, filled in unfilled)
        rows = self._connection.execute(self._sql["fill_from"], (begin, batch)).fetchall()
        last: int | None = rows[-1][0] if rows else None
        for seq, document in rows:
            paths = {_parts(path): number for number, path, filled in unfilled if filled < seq}
            self._insert(_entries(paths, seq, orjson.loads(document)))
        for number, _, filled in unfilled:
            reached = None if last is None else max(last, filled)
            self._connection.execute(self._sql["set_filled"], (reached, number))
        if last is None:
            for number, _, _ in unfilled:
                self._tally.find_all(number)
            self._connection.execute(self._sql["change_version"])
        return last

    def clear(self, batch: int) -> bool:
        """Remove some rows of a dropped path; False when none is left."""
        row = self._connection.execute(self._sql["dropped"]).fetchone()
        if row is None:
            return False
        if not self._connection.execute(self._sql["empty"], (row[0], batch)).rowcount:
            self._connection.execute(self._sql["forget"], row)
        return True


def _parts(path: str) -> Path:
    return tuple(path.split("."))


def _what(document: Document) -> What:
    return document["status"], document["priority"], document["category"]


def _moves(declared: Declared, reports: Iterable[Rewritten]) -> Iterator[Moved]:
    """What the tally of common values gains and loses by reports."""
    for _, before, after in reports:
        for document, change in ((before, -1), (after, 1)):
            if document:
                what = _what(document)
                values = {entry[:2] for entry in _entries(declared.tallied, 0, document)} & declared.common
                yield from ((*value, *what, change) for value in values)


def _entries(paths: Mapping[Path, int], seq: int, document: Document) -> set[Entry]:
    entries: set[Entry] = set()
    for path, number in paths.items():
        if path[0] in document:
            entries.update([(number, key, seq) for key in keys_at(document[path[0]], path[1:])])
    return entries
