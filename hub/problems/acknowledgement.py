"""Whether the problem handler has taken note of a report: what the last entry says that a task wrote into it.

An entry is a task's when it has the member `task`, which nobody but the hub writes; its other words are the client's.
"""

from hub.model.problem import Document
from hub.model.task import Task, TaskKind

ACKNOWLEDGE, UNACKNOWLEDGE = "acknowledge", "unacknowledge"
NOTES = {TaskKind.ACKNOWLEDGEMENT.type_name: True, TaskKind.UNACKNOWLEDGEMENT.type_name: False}
"""{kind of task: whether the report is acknowledged after it}."""

OF_HUB = ("actor", "actorParty", "task")
"""The members of an entry that the hub writes; what a client says of them is not read."""


def is_acknowledged(document: Document) -> bool:
    """An entry that no task wrote, or no entry, says nothing of it."""
    entries = document.get("trackingRecord") or ()
    for one in reversed(entries):
        task = one.get("task")
        said = NOTES.get(str(task.get("@referredType"))) if isinstance(task, dict) else None
        if said is not None:
            return said
    return False


def noted(document: Document, entry: Document) -> Document:
    """The document with one more tracking record."""
    return {**document, "trackingRecord": [*(document.get("trackingRecord") or ()), entry]}


def entry_of(task: Task, *, at: str, href: str, system: str) -> Document:
    """What a task writes into each report: the client's words where it has some, and who it was and by which task."""
    word = ACKNOWLEDGE if task.kind is TaskKind.ACKNOWLEDGEMENT else UNACKNOWLEDGE
    unsaid = {"@type": "TrackingRecord", "description": word, "systemId": system, "time": at, "user": task.actor}
    reference = {"@type": "TaskRef", "id": task.id, "href": href, "@referredType": task.kind.type_name}
    by_hub = {"id": task.id, "actor": task.actor, "actorParty": task.party, "task": reference}
    words = {name: value for name, value in said_in(task.document).items() if value is not None}
    return {name: value for name, value in {**unsaid, **words, **by_hub}.items() if value is not None}


def said_in(document: Document) -> Document:
    """What a client says of its task, without what the hub writes itself."""
    return _without_ours(document.get("trackingRecord") or {})


def without_forged(document: Document) -> Document:
    """A new report without what only the hub writes into tracking records."""
    entries = document.get("trackingRecord")
    if not entries:
        return document
    return {**document, "trackingRecord": [_without_ours(one) for one in entries]}


def _without_ours(entry: Document) -> Document:
    return {name: value for name, value in entry.items() if name not in OF_HUB}
