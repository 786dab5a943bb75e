"""What a client may not change of a constraint, which the hub writes itself as it goes on."""

from typing import Any

from hub.errors import Violation
from hub.model.constraint import CATEGORIES, KEPT_VALUES
from hub.model.problem import Document, Problem, Status
from hub.store.constraints import SOURCE

FIXED = ("@type", "category")
ALLOWED = (Status.CANCELLED, Status.REJECTED)
"""What a client may make of one; it is closed by a review, and all else follows from the reports."""


def kept_of_constraint(before: Problem, edited: Document) -> list[Violation]:
    """What an edit would change of it though the hub keeps it; nothing of any other report."""
    if before.source != SOURCE or before.document.get("category") not in CATEGORIES:
        return []
    found = [
        Violation(
            field=name, value=edited.get(name), message="cannot be changed: the hub writes it of a constraint"
        )
        for name in FIXED
        if edited.get(name) != before.document.get(name)
    ]
    status = edited.get("status")
    if status is not None and status != before.status and status not in ALLOWED:
        message = (
            f"of a constraint follows from its reports and its review: {' or '.join(ALLOWED)} alone may be set"
        )
        found.append(Violation(field="status", value=status, message=message))
    return [*found, *_values_changed(_values(before.document), _values(edited))]


def _values_changed(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> list[Violation]:
    return [
        Violation(
            field=f"characteristic.{name}",
            value=next(iter(after.get(name, ())), None),
            message="cannot be changed: the hub keeps it of a constraint",
        )
        for name in KEPT_VALUES
        if before.get(name) != after.get(name)
    ]


def _values(document: Document) -> dict[str, list[Any]]:
    """{name: each value that is said of it}; what is no characteristic is for the contract to refuse."""
    found: dict[str, list[Any]] = {}
    stated = document.get("characteristic")
    for one in stated if isinstance(stated, list) else ():
        if isinstance(one, dict) and isinstance(name := one.get("name"), str):
            found.setdefault(name, []).append(one.get("value"))
    return found
