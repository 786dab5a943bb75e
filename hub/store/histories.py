"""The history of all reports as it is read for figures, report by report: first which there are, then each."""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from hub.model.ids import first_id_at
from hub.store.statements import statements

FETCHED = 1000
"""How many rows are fetched at once; so many are held in memory, however many there are."""


AT_ONCE = 100
"""Of how many reports the history is best read in one go."""

IRREGULAR, DELETES, LATER = 1, 2, 4

Entry = list[Any]
"""A record, without what figures do not need: [number, seq, event time, to status, party, source, flags, changes].

A plain list as it is read, for there are very many. `number` is the place of its report among those that were asked
for, from 0; `seq` grows as records are written; the time is microseconds. `flags` adds up IRREGULAR (a step that the
lifecycle does not have), DELETES (the record of a deletion) and LATER (recorded later than was asked for). `changes`
is the JSON of a change of attributes, and of what a deleted report had; None for other records.
"""

SEQ, AT, SOURCE, FLAGS, CHANGES = 1, 2, 5, 6, 7
"""Where an entry has its place among all, its time, its source, its flags and its changes."""


class History(NamedTuple):
    """`document` is the JSON of the report as it is now, None when it was deleted."""

    id: str
    document: bytes | None
    entries: list[Entry]


class Late(NamedTuple):
    """A record that came after an account was made, about what had happened before it, or about what a report is."""

    problem_id: str
    record_id: str
    event_type: str
    event_time: int
    record_time: int
    to_status: str | None
    seq: int


class Sent(NamedTuple):
    """A delivery with what is counted of its attempts; instants are microseconds.

    `recipient` is the id of the registration, `event_time` that of the change at the source, `record_time` is here.
    """

    delivery: int
    recipient: str
    party: str
    event_id: str
    problem_id: str
    event_time: int
    record_time: int
    created: int
    state: str
    settled_at: int | None
    attempts: int
    began: int | None
    event_type: str


class Unregistered(NamedTuple):
    """An entry of a notification list that was no registration, and how many events of a report it so missed."""

    recipient: str
    party: str
    problem_id: str
    events: int


class Histories:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "history")

    def reports(self, *, recorded: int, since: int) -> Iterator[tuple[str, bool]]:
        """(id, whether it was over) of every report of which something was recorded by then, in the order of the ids.

        One was over when it had come to a final state before `since` and nothing was told of it from then on; a
        constraint never is, for a verdict on it counts ever after. Who reads the others one by one does so
        `at_one_moment`.
        """
        return ((one, bool(over)) for one, over in self._rows("reports", {"recorded": recorded, "since": since}))

    def read(self, ids: Sequence[str], *, recorded: int) -> Iterator[History]:
        """Every record of these reports, also what was recorded later, in the order in which they were recorded.

        In the order of the ids; of one that has no record there is nothing.
        """
        values = {"ids": orjson.dumps(ids).decode(), "recorded": recorded}
        documents = self._connection.execute(self._sql["documents"], values).fetchall()
        (packed,) = self._connection.execute(self._sql["entries"], values).fetchone()
        entries: list[Entry] = orjson.loads(packed)
        entries.sort()  # they come in this order, but SQLite does not promise it
        for number, those in groupby(entries, itemgetter(0)):
            yield History(ids[number], documents[number][0], list(those))

    def late(self, *, recorded: int, until: int, as_of: int) -> Iterator[Late]:
        """What was recorded after `recorded` and not after `until`, and had come to pass before `as_of`; changes of
        attributes and deletions whenever they came to pass, for a report is read as it was left by them."""
        values = {"recorded": recorded, "until": until, "as_of": as_of}
        return map(Late._make, self._rows("late", values))

    def deliveries(self, *, begin: int, end: int, recorded: int) -> Iterator[Sent]:
        """The deliveries that were made in [begin, end), and the attempts at them until `recorded`."""
        return map(Sent._make, self._rows("deliveries", {"begin": begin, "end": end, "recorded": recorded}))

    def unregistered(self, *, begin: int, end: int) -> Iterator[Unregistered]:
        """Who stood in a list and could not be told of the events that were recorded in [begin, end)."""
        for recipient, party, since, until in self._rows("unregistered", {"begin": begin, "end": end}):
            span = {"begin": first_id_at(since), "end": first_id_at(until)}
            for problem_id, events in self._connection.execute(self._sql["events_of"], span):
                yield Unregistered(recipient, party, problem_id, events)

    def deliveries_kept_since(self) -> int:
        """The instant after which every delivery that was made is still here."""
        row = self._connection.execute(self._sql["kept_since"]).fetchone()
        return row[0] if row else -1

    def _rows(self, name: str, values: dict[str, int]) -> Iterator[tuple[Any, ...]]:
        cursor = self._connection.execute(self._sql[name], values)
        while rows := cursor.fetchmany(FETCHED):
            yield from rows
