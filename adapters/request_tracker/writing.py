"""Writes a comment or a status into a ticket of Request Tracker, unless it is there."""

from collections.abc import Mapping
from typing import Any

from adapters.http import NotThere
from adapters.request_tracker.tracker import Tracker
from hub.ports import Refused, Unavailable, Writing

DENIED = "Permission Denied"
DELETED = "deleted"
"""The status of a ticket that no search finds any more, though it is answered by its number."""


def write(tracker: Tracker, change: Writing) -> None:
    """Raises Refused for a ticket that is not there, deleted or merged, and for a status that its lifecycle lacks."""
    if change.status is not None:
        _set_status(tracker, change.key, change.status)
    elif not _is_there(tracker, change):
        _comment(tracker, change)


def _comment(tracker: Tracker, change: Writing) -> None:
    content = {"Content": change.marked_text, "ContentType": "text/plain"}
    try:
        tracker.http.send_json("POST", f"REST/2.0/ticket/{change.key}/comment", content, {})
    except Refused as error:
        # A right that is missing is told by 400, and may be given.
        if DENIED in str(error):
            raise Unavailable(f"ticket {change.key}: our user has no right to comment") from error
        raise


def _set_status(tracker: Tracker, ticket: str, word: str) -> None:
    if _ticket(tracker, ticket).get("Status") == word:
        return
    told = tracker.http.send_json("PUT", f"REST/2.0/ticket/{ticket}", {"Status": word}, {})
    # A status that it does not take is answered with 200 and a sentence.
    if _ticket(tracker, ticket).get("Status") != word:
        if DENIED in str(told):
            raise Unavailable(f"ticket {ticket}: our user has no right to change its status")
        raise Refused(f"ticket {ticket} does not take the status {word!r}: {told}")


def _is_there(tracker: Tracker, change: Writing) -> bool:
    _ticket(tracker, change.key)
    messages = tracker.messages([int(change.key)]).get(change.key, [])
    return any(change.mark in message["text"] for message in messages)


def _ticket(tracker: Tracker, ticket: str) -> Mapping[str, Any]:
    try:
        found = tracker.http.get_json(f"REST/2.0/ticket/{ticket}")
    except NotThere as error:
        raise Refused(f"ticket {ticket} is not there") from error
    if not isinstance(found, dict) or "id" not in found:
        raise Unavailable(f"REST/2.0/ticket/{ticket}: this is not the answer of a Request Tracker 5")
    if str(found["id"]) != ticket:
        raise Refused(f"ticket {ticket} is merged into ticket {found['id']}")
    if found.get("Status") == DELETED:
        raise Refused(f"ticket {ticket} is deleted")
    return found
