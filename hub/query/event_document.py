"""An event as the conditions of registrations see it."""

from typing import Any

import orjson

from hub.query.ownership import OF_TASK

FIELD_PATH = "fieldPath"


def event_document(body: bytes, party: str | None) -> dict[str, Any]:
    """The event with the party of its task, if it has one, and each of several paths of `fieldPath` beside the whole.

    So a condition fits an event about `priority,note` that asks for one of the two, or for both as they stand there.
    """
    document: dict[str, Any] = orjson.loads(body)
    if party is not None:
        (member,) = OF_TASK
        document[member] = party
    paths = document.get(FIELD_PATH)
    if isinstance(paths, str) and "," in paths:
        document[FIELD_PATH] = [*paths.split(","), paths]
    return document
