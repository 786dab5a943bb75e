"""Writes a message or a status into a Roundup issue, unless it is there."""

from collections.abc import Mapping
from typing import Any

from adapters.http import HttpClient, NotThere
from hub.ports import Refused, Unavailable, Writing

MESSAGE_ID = "<{id}@qos-hub>"
"""The `messageid` of what we write: Roundup finds a message by it, and not by its text."""


TIME = "%Y-%m-%d.%H:%M:%S"


class IssueWriter:
    """The issues of one tracker, below `rest/data`."""

    def __init__(self, http: HttpClient, *, origin: str, username: str) -> None:
        self._http = http
        self._username = username
        # Without these three the tracker takes a change for one that a foreign page has sent.
        self._headers = {"X-Requested-With": "rest", "Origin": origin, "Referer": f"{origin}/"}

    def write(self, change: Writing) -> None:
        """Raises Refused for an issue that is not there, or is retired."""
        try:
            if change.status is not None:
                self._set_status(change.key, change.status)
            else:
                self._add(change)
        except (KeyError, TypeError) as error:
            raise Unavailable(f"this is not the answer of a Roundup tracker: {error!r}") from error

    def _set_status(self, issue: str, word: str) -> None:
        found = self._issue(issue)
        if ((found["attributes"]["status"] or {}).get("name")) != word:
            self._change(issue, {"status": word, "@etag": found["@etag"]})

    def _add(self, change: Writing) -> None:
        """A message that an attempt has made, and could not put to its issue, is put there now."""
        found = self._issue(change.key)
        message = self._message(change)
        there = [str(one["id"]) for one in found["attributes"]["messages"]]
        if message not in there:
            # Without a status the classic tracker makes an unread or resolved issue that gets a message "chatting".
            status = (found["attributes"]["status"] or {}).get("name")
            stays = {"status": status} if status else {}
            self._change(change.key, {"messages": [*there, message], **stays, "@etag": found["@etag"]})

    def _message(self, change: Writing) -> str:
        """The id of the message, which is made if it is not there."""
        known = MESSAGE_ID.format(id=change.id)
        rows = self._http.get_json("rest/data/msg", {"messageid": known, "@fields": "messageid"})["data"][
            "collection"
        ]
        for row in rows:
            if row["messageid"] == known:
                return str(row["id"])
        # The tracker fills in neither of the last two, and fails to tell anybody of a message without an author.
        content: Mapping[str, Any] = {
            "content": change.marked_text,
            "messageid": known,
            "author": self._username,
            "date": self._http.now().strftime(TIME),
        }
        return str(self._http.send_json("POST", "rest/data/msg", content, self._headers)["data"]["id"])

    def _issue(self, issue: str) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = self._http.get_json(f"rest/data/issue/{issue}", {"@verbose": "2"})["data"]
        except NotThere as error:
            raise Refused(f"issue {issue} is not there") from error
        # A retired issue is answered by its number, and takes no change: only the list leaves it out.
        if not self._http.get_json("rest/data/issue", {"id": issue, "@verbose": "0"})["data"]["collection"]:
            raise Refused(f"issue {issue} is retired")
        return found

    def _change(self, issue: str, content: Mapping[str, Any]) -> None:
        self._http.send_json("PATCH", f"rest/data/issue/{issue}", content, self._headers)
