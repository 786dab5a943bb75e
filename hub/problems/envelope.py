"""The v5 event envelope around a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from hub.model.event import Event, EventType
from hub.model.problem import Document, Problem
from hub.model.task import Task
from hub.model.times import micros_to_text
from hub.problems.changes import information_required

TITLES = {
    EventType.CREATE: "A report was created",
    EventType.STATE_CHANGE: "The status of a report changed",
    EventType.ATTRIBUTE_VALUE_CHANGE: "Attributes of a report changed",
    EventType.INFORMATION_REQUIRED: "A report waits for information",
    EventType.DELETE: "A report was deleted",
}

WITH_FIELD_PATH = frozenset({EventType.ATTRIBUTE_VALUE_CHANGE, EventType.INFORMATION_REQUIRED})
"""The events that name the attributes they are about."""


@dataclass(frozen=True, kw_only=True)
class Letterhead:
    """What every event says of its sender: the name of this system, and the base of its links (no final slash)."""

    reporting_system: str
    base_url: str

    def href(self, problem_id: str) -> str:
        return f"{self.base_url}/serviceProblem/{problem_id}"

    def task_href(self, task: Task) -> str:
        return f"{self.base_url}/{task.kind}/{task.id}"


def event_of(
    kind: EventType,
    problem: Problem,
    *,
    event_id: str,
    event_time: int,
    record_time: int,
    letterhead: Letterhead,
    changed: Sequence[str] = (),
) -> Event:
    """The event, numbered with the report's present sequence; times are microseconds.

    `changed` are the attributes of the report that an attribute value change is about.
    """
    occurred = micros_to_text(event_time)
    document = problem.document
    envelope: dict[str, Any] = {
        "@type": kind,
        "eventId": event_id,
        "eventTime": occurred,
        "eventType": kind,
        "timeOccurred": occurred,
        "recordTime": micros_to_text(record_time),
        "sequence": problem.sequence,
        "correlationId": problem.id,
        "domain": "serviceProblemManagement",
        "title": TITLES[kind],
        "description": document.get("name") or document["description"],
        "priority": str(document["priority"]),
        "reportingSystem": {"@type": "EntityRef", "id": letterhead.reporting_system, "name": "qos-hub"},
    }
    if problem.source:
        envelope["source"] = {"@type": "EntityRef", "id": problem.source}
    payload = _payload(kind, problem, letterhead)
    if kind in WITH_FIELD_PATH:
        envelope["fieldPath"] = ",".join(changed or _asked_for(payload))
    envelope["event"] = payload
    return Event(
        id=event_id,
        type=kind,
        problem_id=problem.id,
        sequence=problem.sequence,
        time=record_time,
        body=orjson.dumps(envelope),
    )


def _asked_for(payload: Document) -> list[str]:
    """The attributes that the operations of a request for information add."""
    return [operation["path"].removeprefix("/") for operation in payload.get("informationRequired", ())]


def _payload(kind: EventType, problem: Problem, letterhead: Letterhead) -> Document:
    report = {"id": problem.id, "href": letterhead.href(problem.id), **problem.document}
    if kind is EventType.INFORMATION_REQUIRED:
        return {"serviceProblem": report, "informationRequired": information_required(problem.document)}
    return {"serviceProblem": report}
