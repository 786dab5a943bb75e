"""What a change is: the attributes whose values differ, and the events that they deserve."""

from typing import Any

import orjson

from hub.model.event import EventType
from hub.model.problem import Document, Status

SORTED = orjson.OPT_SORT_KEYS

KEPT_BY_SERVER = frozenset({"creationDate", "lastUpdate", "statusChangeDate", "resolutionDate"})
"""Attributes that the hub writes; what a sender says of them goes through the rules for dates."""

MOVED = "statusChangeDate"

NOT_TOLD = KEPT_BY_SERVER - {"creationDate"}
"""Those whose change follows from another, or is no news."""

NOT_PATCHABLE = ("firstAlert", "originatingSystem", "trackingRecord")
"""Attributes that TMF656 fixes at creation."""

NOT_WRITABLE = ("errorMessage",)
"""Attributes that TMF656 has in answers only: no client may write them."""

WITH_STATUS = frozenset({"status", "statusChangeReason"})
"""Attributes that a change of status brings along; they alone deserve no event of their own beside it."""


def changed_attributes(before: Document, after: Document) -> Document:
    """{attribute: {"from": …, "to": …}} of every first-level attribute that differs, but for `NOT_TOLD`.

    The date of the status is told where it goes along with a `creationDate` that is corrected.
    """
    names = dict.fromkeys((*before, *after))
    changes = {
        name: _change(before.get(name), after.get(name))
        for name in names
        if name not in NOT_TOLD and not _same(before.get(name), after.get(name))
    }
    if "creationDate" in changes and before.get(MOVED) != after.get(MOVED):
        changes[MOVED] = _change(before.get(MOVED), after.get(MOVED))
    return changes


def _same(before: Any, after: Any) -> bool:
    """Whether two JSON values are the same; Python alone takes `true` for 1."""
    if type(before) is str or before is after:
        return bool(before == after)
    return before == after and orjson.dumps(before, option=SORTED) == orjson.dumps(after, option=SORTED)


def _change(before: Any, after: Any) -> Document:
    return {"from": before, "to": after}


def events_of(changes: Document) -> list[tuple[EventType, Document]]:
    """The events that a change deserves, in the order in which they are told, each with its own part of the change.

    A change of status and of other attributes gives both events, the status first; entering `pending` also asks
    for the information that is missing.
    """
    events: list[tuple[EventType, Document]] = []
    rest = changes
    if "status" in changes:
        events.append((EventType.STATE_CHANGE, {name: changes[name] for name in changes if name in WITH_STATUS}))
        rest = {name: changes[name] for name in changes if name not in WITH_STATUS}
    if rest:
        events.append((EventType.ATTRIBUTE_VALUE_CHANGE, rest))
    if changes.get("status", {}).get("to") == Status.PENDING:
        events.append((EventType.INFORMATION_REQUIRED, {}))
    return events


AFFECTED = ("affectedService", "affectedResource", "affectedLocation")


def information_required(document: Document) -> list[Document]:
    """What a pending report waits for, as JSON Patch operations (TMF656 v5, InformationRequiredArray).

    TMF656 wants one of the affected service, resource or location; when all are absent they are asked for. The
    answer to anything else is a note.
    """
    missing = [] if any(document.get(name) for name in AFFECTED) else list(AFFECTED)
    return [{"op": "add", "path": f"/{name}"} for name in (*missing, "note")]
