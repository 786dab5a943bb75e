"""The rows of a new report as the references write them: by the hub's own tables, without the hub's rules."""

import sqlite3

import orjson

from hub.model.event import Event, EventType, Record
from hub.model.ids import NewId
from hub.model.problem import Document, Problem, Status
from hub.model.times import micros_to_text, system_clock, to_micros
from hub.store.connection import Connection, GatheringConnection
from hub.store.tables import Tables

LIST = "SELECT id, CAST(document AS BLOB) FROM problem ORDER BY seq LIMIT ?"
COUNT = "SELECT coalesce(sum(n), 0) FROM problem_tally WHERE span = ''"
FILTERED = (
    "SELECT id, CAST(document AS BLOB) FROM problem WHERE status = ? AND priority <= ?"
    " ORDER BY last_update DESC, seq DESC LIMIT ?"
)
FILTERED_COUNT = "SELECT coalesce(sum(n), 0) FROM problem_tally WHERE span = '' AND status = ? AND priority <= ?"
STATE = "SELECT max(seq) FROM problem_record"
CREATED = EventType.CREATE


def connect(database: str) -> Tables:
    """The tables for writing."""
    return Tables(_opened(database, GatheringConnection), "sqlite")


def reading(database: str) -> Tables:
    """The tables for reading, on a connection of their own as in the hub."""
    return Tables(_opened(database, Connection), "sqlite")


def _opened(database: str, factory: type[Connection]) -> Connection:
    connection = sqlite3.connect(
        database, isolation_level=None, cached_statements=256, timeout=30, factory=factory
    )
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def begin(tables: Tables) -> None:
    """As the hub's writer does: what nobody else can change until the end is asked for once."""
    tables.connection.execute("BEGIN IMMEDIATE")
    tables.problems.begin()


def commit(tables: Tables) -> None:
    """As the hub's writer does: what the counts of lists have to know goes along."""
    tables.problems.end()
    tables.connection.execute("COMMIT")


def insert(tables: Tables, given: Document, new_id: NewId, url: str) -> Document:
    """Write a report, its history record and its event; gives the report as it is answered."""
    now = to_micros(system_clock())
    stamp = micros_to_text(now)
    dates = dict.fromkeys(("creationDate", "lastUpdate", "statusChangeDate"), stamp)
    document = {"originatingSystem": "qos-hub", **given, "status": "acknowledged", **dates}
    problem_id, event_id = new_id(), new_id()
    whole = {"id": problem_id, "href": f"{url}/{problem_id}", **document}
    seq = tables.problems.insert(Problem(id=problem_id, document=document, sequence=1))
    tables.records.append(
        Record(
            id=event_id,
            problem_id=problem_id,
            event_type=CREATED,
            event_time=now,
            record_time=now,
            sequence=1,
            changes={},
            to_status=Status.ACKNOWLEDGED,
        )
    )
    body = orjson.dumps(_event(event_id, stamp, whole))
    event = Event(id=event_id, type=CREATED, problem_id=problem_id, sequence=1, time=now, body=body)
    tables.events.append(event, problem=seq)
    return whole


def _event(event_id: str, stamp: str, report: Document) -> Document:
    return {
        "@type": CREATED,
        "eventId": event_id,
        "eventTime": stamp,
        "eventType": CREATED,
        "timeOccurred": stamp,
        "recordTime": stamp,
        "sequence": 1,
        "correlationId": report["id"],
        "domain": "serviceProblemManagement",
        "title": "A report was created",
        "description": report["description"],
        "priority": str(report["priority"]),
        "reportingSystem": {"@type": "EntityRef", "id": "qos-hub", "name": "qos-hub"},
        "event": {"serviceProblem": report},
    }
