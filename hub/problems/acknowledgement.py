"""Whether the problem handler has taken note of a report: what the last entry of its tracking records says."""

from hub.model.problem import Document

ACKNOWLEDGE, UNACKNOWLEDGE = "acknowledge", "unacknowledge"


def is_acknowledged(document: Document) -> bool:
    """An entry of another kind, or no entry, says nothing of it."""
    entries = document.get("trackingRecord") or ()
    said = [one["description"] for one in entries if one.get("description") in (ACKNOWLEDGE, UNACKNOWLEDGE)]
    return bool(said) and said[-1] == ACKNOWLEDGE


def noted(document: Document, entry: Document) -> Document:
    """The document with one more tracking record."""
    return {**document, "trackingRecord": [*(document.get("trackingRecord") or ()), entry]}
