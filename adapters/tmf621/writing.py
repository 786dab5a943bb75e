"""Writes a note or a status into a trouble ticket of a peer, unless it is there."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from adapters.http import HttpClient, NotServed, NotThere
from adapters.rows import Row, rfc3339
from hub.ports import Refused, Unavailable, Writing

PATCHES = ("application/merge-patch+json", "application/json")
"""The types of a merge patch in TMF630; peers of version 4 may take only the second."""

CONFLICT, UNSUPPORTED = 409, 415


class TicketWriter:
    """The tickets of one peer."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def write(self, change: Writing) -> None:
        """Raises Refused for a ticket that is not there, and for what the peer never takes."""
        ticket, tag = self._ticket(change.key)
        if self._has(ticket, change):
            return
        self._patch(change.key, {**_type_of(ticket), **self._content(ticket, change)}, tag)
        ticket, _ = self._ticket(change.key)
        if not self._has(ticket, change):
            # A peer may take a change (202) and carry it out later.
            raise Unavailable(f"ticket {change.key}: the peer took the change, and does not show it")

    def _has(self, ticket: Row, change: Writing) -> bool:
        if change.status is not None:
            return bool(ticket.get("status") == change.status)
        return any(change.mark in str(note.get("text")) for note in _notes(ticket))

    def _content(self, ticket: Row, change: Writing) -> Mapping[str, Any]:
        """A merge patch puts a list in the place of another: the notes that are there go along."""
        if change.status is not None:
            return {"status": change.status}
        note = {
            "@type": "Note",
            "author": change.author or "qos-hub",
            "date": rfc3339(self._http.now()),
            "text": change.marked_text,
        }
        return {"note": [*_notes(ticket), note]}

    def _patch(self, key: str, content: Mapping[str, Any], tag: str | None) -> None:
        """With its tag, where the peer has one: a note that came meanwhile is not overwritten."""
        for number, kind in enumerate(PATCHES, start=1):
            try:
                headers = {"Content-Type": kind, **({"If-Match": tag} if tag else {})}
                self._http.send_json("PATCH", _path(key), content, headers)
                return
            except NotServed as error:
                if error.status == CONFLICT:
                    raise Refused(str(error)) from error
                if error.status != UNSUPPORTED or number == len(PATCHES):
                    raise

    def _ticket(self, key: str) -> tuple[Row, str | None]:
        try:
            answer = self._http.get(_path(key))
        except NotThere as error:
            raise Refused(f"ticket {key} is not there") from error
        if not isinstance(answer.content, dict) or "id" not in answer.content:
            raise Unavailable(f"{_path(key)}: the answer is no trouble ticket of TM Forum")
        return answer.content, answer.headers.get("ETag")


def _path(key: str) -> str:
    return f"troubleTicket/{quote(key, safe='')}"


def _notes(ticket: Row) -> Sequence[Mapping[str, Any]]:
    return [note for note in ticket.get("note") or () if isinstance(note, dict)]


def _type_of(ticket: Row) -> Mapping[str, Any]:
    """Version 5 wants the type of what is changed."""
    return {"@type": ticket["@type"]} if "@type" in ticket else {}
