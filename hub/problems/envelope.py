"""The v5 event envelope around a report."""

from dataclasses import dataclass
from typing import Any

import orjson

from hub.model.event import Event, EventType
from hub.model.problem import Document, Problem
from hub.model.times import micros_to_text
from hub.problems.changes import information_required

TITLES = {
    EventType.CREATE: "A report was created",
    EventType.STATE_CHANGE: "The status of a report changed",
    EventType.ATTRIBUTE_VALUE_CHANGE: "Attributes of a report changed",
    EventType.INFORMATION_REQUIRED: "A report waits for information",
    EventType.DELETE: "A report was deleted",
}


@dataclass(frozen=True, kw_only=True)
class Letterhead:
    """What every event says of its sender: the name of this system, and the base of its links (no final slash)."""

    reporting_system: str
    base_url: str

    def href(self, problem_id: str) -> str:
        return f"{self.base_url}/serviceProblem/{problem_id}"


def event_of(
    kind: EventType,
    problem: Problem,
    *,
    event_id: str,
    event_time: int,
    record_time: int,
    letterhead: Letterhead,
) -> Event:
    """The event, numbered with the report's present sequence; times are microseconds."""
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
    envelope["event"] = _payload(kind, problem, letterhead)
    return Event(
        id=event_id,
        type=kind,
        problem_id=problem.id,
        sequence=problem.sequence,
        time=record_time,
        body=orjson.dumps(envelope),
    )


def _payload(kind: EventType, problem: Problem, letterhead: Letterhead) -> Document:
    report = {"id": problem.id, "href": letterhead.href(problem.id), **problem.document}
    if kind is EventType.INFORMATION_REQUIRED:
        return {"serviceProblem": report, "informationRequired": information_required(problem.document)}
    return {"serviceProblem": report}
