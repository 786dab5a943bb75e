"""What the journals of an issue tell: how it was before, and what was noted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from adapters.redmine.server import Row

StatusOf = Callable[[str], Row]
"""The status with a number."""


def told(journals: Sequence[Row], *, private: bool) -> list[Row]:
    """The journals in the order in which they were written; a private note is left out unless it is wanted."""
    ordered = sorted(journals, key=lambda journal: int(journal["id"]))
    return [
        journal if private or not journal.get("private_notes") else {**journal, "notes": None}
        for journal in ordered
    ]


def earlier(issue: Row, status_of: StatusOf) -> Iterator[Row]:
    """The issue as it was made, and as it was after each change of its status but for how it is now.

    A state has the status and the journals of its time, and its time as `updated_on`; all else is as it is now.
    """
    changes = [(journal["created_on"], change) for journal in issue["journals"] for change in _of_status(journal)]
    if not changes:
        return
    states = [(issue["created_on"], changes[0][1]["old_value"])]
    states += [(when, change["new_value"]) for when, change in changes]
    for when, number in states:
        if when < issue["updated_on"]:
            journals = [journal for journal in issue["journals"] if journal["created_on"] <= when]
            yield {**issue, "status": status_of(str(number)), "updated_on": when, "journals": journals}


def _of_status(journal: Row) -> list[Mapping[str, Any]]:
    changes = journal.get("details") or ()
    return [change for change in changes if (change["property"], change["name"]) == ("attr", "status_id")]
