"""What the detectors read: the stream of new reports, and the constraints that are reports of ours."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import orjson

from hub.model.problem import Document, Problem
from hub.store.problems import problem_of
from hub.store.statements import statements

FETCHED = 1000
"""How many rows of a history are in memory at once."""

SOURCE = "constraints"
"""The source of the reports that the detectors make, as a trouble system is that of others."""

FILTERS = ("type", "phase", "since", "until")


class Sighted(NamedTuple):
    """An entry of the history that may be news to a detector; `told` says whether listeners heard of it.

    `document` is the JSON of the report as it is now, `recorded` when the entry was written, in microseconds, `opened`
    when the report was, as text that sorts.
    """

    seq: int
    problem_id: str
    event_type: str
    recorded: int
    source: str | None
    document: str
    told: int
    opened: str


class Kept(NamedTuple):
    """What the detectors know, as they write it; of the history up to `mark`, at an instant in microseconds."""

    mark: int
    kept: int
    content: bytes


class Constraints:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "constraint")

    def sightings(self, *, after: int, until: int, limit: int) -> list[Sighted]:
        """New reports, and those that came to name what they affect, between two row numbers of the history."""
        values = {"after": after, "until": until, "limit": limit}
        return [Sighted._make(row) for row in self._connection.execute(self._sql["sightings"], values)]

    def history(self, *, since: str, until: int, after: int = 0, limit: int = -1) -> Iterator[Sighted]:
        """The reports that were opened since an instant (text) and recorded by a row number, by their opening.

        Of those that were opened at the instant itself, the ones that were recorded `after` a row number.
        """
        values = {"since": since, "after": after, "until": until, "limit": limit}
        cursor = self._connection.execute(self._sql["history"], values)
        while rows := cursor.fetchmany(FETCHED):
            yield from map(Sighted._make, rows)

    def memory(self) -> Kept | None:
        row = self._connection.execute(self._sql["memory"]).fetchone()
        return Kept._make(row) if row else None

    def remember(self, kept: Kept) -> None:
        self._connection.execute(self._sql["remember"], kept._asdict())

    def open(self) -> list[Problem]:
        """The constraints that are not over."""
        return [problem_of(row) for row in self._connection.execute(self._sql["open"])]

    def cancelled(self) -> list[Problem]:
        """The constraints that were cancelled or rejected and have members still."""
        return [problem_of(row) for row in self._connection.execute(self._sql["cancelled"])]

    def page(self, filters: Mapping[str, str], *, offset: int, limit: int) -> list[tuple[str, Document]]:
        """(id, document) of the constraints that fit, the newest first; `filters` are some of FILTERS."""
        values = {**_values(filters), "offset": offset, "limit": limit}
        rows = self._connection.execute(self._sql["page"], values)
        return [(problem_id, orjson.loads(document)) for problem_id, document in rows]

    def count(self, filters: Mapping[str, str]) -> int:
        return int(self._connection.execute(self._sql["count"], _values(filters)).fetchone()[0])

    def members(self, ids: Iterable[str]) -> Iterator[tuple[str, Document]]:
        """(id, document) of these reports, those of them that are here."""
        values = {"ids": orjson.dumps(list(ids)).decode()}
        cursor = self._connection.execute(self._sql["members"], values)
        while rows := cursor.fetchmany(FETCHED):
            yield from ((problem_id, orjson.loads(document)) for problem_id, document in rows)

    def opened(self, *, since: str, until: str) -> int:
        """How many reports were opened in a span, without the constraints themselves."""
        return int(self._connection.execute(self._sql["opened"], {"since": since, "until": until}).fetchone()[0])


def _values(filters: Mapping[str, str]) -> dict[str, str | None]:
    return {name: filters.get(name) for name in FILTERS}
