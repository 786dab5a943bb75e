"""A constraint in the words of its report: which kind it is of, what its characteristics say, and what people said."""

from enum import StrEnum
from typing import Any

from hub.model.problem import Document


class Type(StrEnum):
    """The kinds of constraint, as the category of its report ends."""

    RESOURCE_FAILURE = "resourceFailure"
    CAPACITY_SHORTAGE = "capacityShortage"


CATEGORY = "system.originated.constraint."
CATEGORIES = {CATEGORY + one: one for one in Type}


class Verdict(StrEnum):
    """What people say of a constraint."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


def values_of(document: Document) -> dict[str, Any]:
    """{name: value} of the characteristics."""
    return {one["name"]: one.get("value") for one in document.get("characteristic") or ()}
