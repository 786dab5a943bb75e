"""Writes a note or a status into an issue of Redmine, unless it is there."""

from collections.abc import Mapping
from typing import Any

from adapters.redmine.server import Row, Server
from hub.ports import Refused, Unavailable, Writing


def write(server: Server, change: Writing) -> None:
    """Raises Refused for an issue that is not there, a status that Redmine has not, and one that its workflow bars.

    Redmine answers 204 to what it leaves undone, too, and moves the issue's stamp: so it is asked before and after.
    """
    if change.status is not None:
        _set_status(server, change.key, change.status)
    else:
        _add_note(server, change)


def _add_note(server: Server, change: Writing) -> None:
    if _has_note(_issue(server, change.key), change):
        return
    _put(server, change.key, {"notes": change.marked_text})
    if not _has_note(_issue(server, change.key), change):
        raise Unavailable(f"issue {change.key}: our user has no right to add notes")


def _set_status(server: Server, key: str, word: str) -> None:
    issue = _issue(server, key)
    if issue["status"]["name"] == word:
        return
    wanted = server.status_named(word)
    if wanted is None:
        raise Refused(f"Redmine has no status {word!r}")
    allowed = issue.get("allowed_statuses")
    if allowed is not None and wanted["id"] not in {status["id"] for status in allowed}:
        raise Refused(_barred(issue, word))
    _put(server, key, {"status_id": wanted["id"]})
    after = _issue(server, key)
    if after["status"]["name"] != word:
        raise Refused(_barred(after, word))


def _barred(issue: Row, word: str) -> str:
    offered = ", ".join(repr(status["name"]) for status in issue.get("allowed_statuses") or ()) or "none"
    return (
        f"issue {issue['id']}, {issue['status']['name']!r}, does not take the status {word!r} from our user:"
        f" the workflow offers {offered}"
    )


def _has_note(issue: Row, change: Writing) -> bool:
    return any(change.mark in str(journal.get("notes")) for journal in issue.get("journals") or ())


def _put(server: Server, key: str, changes: Mapping[str, Any]) -> None:
    server.http.send_json("PUT", f"issues/{key}.json", {"issue": changes}, {})


def _issue(server: Server, key: str) -> Row:
    found = server.issue(key, "journals", "allowed_statuses")
    if found is None:
        raise Refused(f"issue {key} is not there, or not for our user to see")
    try:
        str(found["id"] and found["status"]["name"])
    except (KeyError, TypeError) as error:
        raise Unavailable(f"issues/{key}.json: this is not the answer of a Redmine") from error
    return found
