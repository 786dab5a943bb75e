"""Writes a comment into an issue of Jira, or takes it through its workflow, unless it is there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.jira.site import Row, Site
from adapters.jira.text import document_of, text_of
from hub.ports import Refused, Unavailable, Writing

NAMES: Mapping[str, Sequence[str]] = {
    "new": ("To Do", "Open"),
    "indeterminate": ("In Progress", "Work in progress"),
    "done": ("Resolved", "Done"),
    "pending": ("Waiting for customer", "Pending"),
    "held": ("On Hold", "Blocked", "Waiting for vendor"),
    "closed": ("Closed",),
    "cancelled": ("Canceled", "Cancelled"),
}
"""{word of the mapping: names of statuses, the first one that can be reached is taken}"""

CATEGORIES = frozenset({"new", "indeterminate", "done"})
"""The words that are categories: every status has one, whatever its name."""

COMMENTS_AT_ONCE = 100
INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}
"""A comment that has this property is not shown to the customer of a service project."""


class IssueWriter:
    """The issues of one site. `with_status` is what a transition asks for on its screen: {word: {field: value}}."""

    def __init__(
        self,
        site: Site,
        *,
        names: Mapping[str, Sequence[str]],
        with_status: Mapping[str, Mapping[str, Any]],
        internal: bool,
    ) -> None:
        self._site = site
        self._names = {word: [name.casefold() for name in listed] for word, listed in {**NAMES, **names}.items()}
        self._with_status = with_status
        self._properties = [INTERNAL] if internal else []

    def write(self, change: Writing) -> None:
        """Raises Refused for an issue that is not there, and where its workflow leads to no such status."""
        try:
            if change.status is not None:
                self._move(change.key, change.status)
            elif not any(change.mark in text_of(comment["body"]) for comment in self._comments(change.key)):
                content = {"body": document_of(change.marked_text), "properties": self._properties}
                self._site.add_to_issue(change.key, "/comment", content)
        except (KeyError, TypeError) as error:
            raise Unavailable(f"this is not the answer of a Jira site: {error!r}") from error

    def _move(self, key: str, word: str) -> None:
        if self._word(self._status(key)) == word:
            return
        transition = self._way_to(word, key, self._found(key, "/transitions", {})["transitions"])
        content = {"transition": {"id": transition["id"]}, "fields": self._with_status.get(word, {})}
        self._site.add_to_issue(key, "/transitions", content)
        now = self._status(key)
        if self._word(now) != word:
            raise Unavailable(
                f"issue {key}: the status is {now['name']!r} after {transition['to']['name']!r} was set"
            )

    def _way_to(self, word: str, key: str, offered: Sequence[Row]) -> Row:
        """The transition to take. Raises Refused where there is none, or where only a guess would tell."""
        ways = {str(one["to"]["name"]).casefold(): one for one in offered if self._word(one["to"]) == word}
        preferred = next((ways[name] for name in self._names.get(word, ()) if name in ways), None)
        if preferred is not None:
            return preferred
        if len(ways) == 1:
            return next(iter(ways.values()))
        could = ", ".join(str(one["to"]["name"]) for one in (ways.values() if ways else offered)) or "nowhere"
        if ways:
            raise Refused(f"issue {key}: {word!r} could be {could}; the option `statuses` says which")
        raise Refused(f"issue {key}: no transition of our user leads to {word!r}, but to {could}")

    def _word(self, status: Row) -> str:
        """As the mapping reads a status, but for the resolution."""
        name = str(status["name"]).casefold()
        own = (word for word, names in self._names.items() if word not in CATEGORIES and name in names)
        return next(own, str(status["statusCategory"]["key"]))

    def _status(self, key: str) -> Row:
        status: Row = self._found(key, "", {"fields": "status"})["fields"]["status"]
        return status

    def _comments(self, key: str) -> Iterator[Row]:
        """The latest first."""
        start, total = 0, 1
        while start < total:
            params = {"startAt": str(start), "maxResults": str(COMMENTS_AT_ONCE), "orderBy": "-created"}
            page = self._found(key, "/comment", params)
            yield from page["comments"]
            start, total = start + max(1, len(page["comments"])), int(page["total"])

    def _found(self, key: str, what: str, params: Mapping[str, str]) -> Row:
        found = self._site.of_issue(key, what, params)
        if found is None:
            raise Refused(f"issue {key} is not there, or not for our user to see")
        return found
