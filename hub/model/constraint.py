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


VERDICT = ("verdict", "verdictBy", "verdictTime", "verdictNote")
"""The characteristics that tell what a person has said: the detectors leave them as they are."""

KEPT_VALUES = (
    *("phase", "keyKind", "key", "firstReport", "found", "lastActive", "confirmed", "reports", "customers"),
    *("userMinutes", "observed", "expected", "probability", "dispersedProbability", "windowSeconds", "windowEnd"),
    *("demandFactor", "topShare", "keysLookedAt", "namedAsCause", "alsoSeenOn", "detector"),
    *VERDICT,
)
"""The characteristics that the hub writes; others are what people add."""


class Verdict(StrEnum):
    """What people say of a constraint."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


def values_of(document: Document) -> dict[str, Any]:
    """{name: value} of the characteristics."""
    return {one["name"]: one.get("value") for one in document.get("characteristic") or () if "name" in one}
