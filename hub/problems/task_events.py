"""The v5 event envelope around a task."""

import orjson

from hub.model.event import Event, EventType
from hub.model.problem import Document
from hub.model.task import Task, TaskKind
from hub.model.times import micros_to_text
from hub.problems.envelope import Letterhead

NOUNS = {
    TaskKind.ACKNOWLEDGEMENT: "An acknowledgement",
    TaskKind.UNACKNOWLEDGEMENT: "An unacknowledgement",
    TaskKind.GROUP: "A grouping",
    TaskKind.UNGROUP: "An ungrouping",
}
ASKED_FOR, MOVED = "CreateEvent", "StateChangeEvent"
TITLES = {ASKED_FOR: "was asked for", MOVED: "changed its state"}


def task_event(
    happened: str, task: Task, *, sequence: int, event_id: str, reports: int, letterhead: Letterhead
) -> Event:
    """The event that a task was asked for, or has changed its state; `reports` are how many it names."""
    kind = EventType(f"{task.kind.type_name}{happened}")
    occurred = micros_to_text(task.created)
    resource: Document = {"id": task.id, "href": letterhead.task_href(task), **task.document}
    envelope: Document = {
        "@type": kind,
        "eventId": event_id,
        "eventTime": occurred,
        "eventType": kind,
        "timeOccurred": occurred,
        "recordTime": occurred,
        "sequence": sequence,
        "correlationId": task.id,
        "domain": "serviceProblemManagement",
        "title": f"{NOUNS[task.kind]} {TITLES[happened]}",
        "description": f"{reports} report" if reports == 1 else f"{reports} reports",
        "reportingSystem": {"@type": "EntityRef", "id": letterhead.reporting_system, "name": "qos-hub"},
        "event": {task.kind.payload: resource},
    }
    return Event(
        id=event_id,
        type=kind,
        problem_id=task.id,
        sequence=sequence,
        time=task.created,
        body=orjson.dumps(envelope),
        party=task.party,
    )
