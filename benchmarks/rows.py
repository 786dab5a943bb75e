"""The rows of a new report as the references write them: the hub's own statements, without the hub's rules."""

import sqlite3
from typing import Any

import orjson

from hub.model.ids import NewId
from hub.model.problem import Document
from hub.model.times import micros_to_text, system_clock, to_micros
from hub.store.statements import statements

PROBLEM, RECORD, EVENT = (statements("sqlite", table) for table in ("problem", "problem_record", "event"))
LIST = "SELECT id, CAST(document AS BLOB) FROM problem ORDER BY seq LIMIT ?"
CREATED = "ServiceProblemCreateEvent"


def connect(database: str) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None, cached_statements=256, timeout=30)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def insert(connection: sqlite3.Connection, given: Document, new_id: NewId, url: str) -> Document:
    """Write a report, its history record and its event; gives the report as it is answered."""
    now = to_micros(system_clock())
    stamp = micros_to_text(now)
    dates = dict.fromkeys(("creationDate", "lastUpdate", "statusChangeDate"), stamp)
    document = {"originatingSystem": "qos-hub", **given, "status": "acknowledged", **dates}
    problem_id, event_id = new_id(), new_id()
    whole = {"id": problem_id, "href": f"{url}/{problem_id}", **document}
    seq = connection.execute(PROBLEM["insert"], _problem(problem_id, document, stamp)).lastrowid
    connection.execute(RECORD["insert"], _record(problem_id, event_id, now))
    body = orjson.dumps(_event(event_id, stamp, whole))
    connection.execute(EVENT["insert"], (event_id, CREATED, seq, problem_id, 1, now, body))
    return whole


def _problem(problem_id: str, document: Document, stamp: str) -> tuple[Any, ...]:
    columns = (document["status"], document["priority"], document["category"], stamp, stamp, stamp)
    return problem_id, 1, 1, *columns, None, None, None, orjson.dumps(document).decode()


def _record(problem_id: str, event_id: str, now: int) -> tuple[Any, ...]:
    return event_id, problem_id, CREATED, now, now, 1, None, "acknowledged", None, None, None, None, False, "{}"


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
