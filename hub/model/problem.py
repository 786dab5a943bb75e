"""A report: one degradation of a customer's quality of service, held as a TMF656 v5 ServiceProblem document."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Document = dict[str, Any]

CONSTRAINT = "QosConstraint"
"""The `@type` of what the hub itself finds in the reports of others."""
"""A TMF656 v5 resource as JSON. A stored report's document has no `id` and no `href`: a face adds its own."""


class Status(StrEnum):
    """ServiceProblemStateType of TMF656 v4 and v5; there is no `submitted`."""

    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    PENDING = "pending"
    HELD = "held"
    IN_PROGRESS = "inProgress"
    RESOLVED = "resolved"
    CANCELLED = "cancelled"
    CLOSED = "closed"


STATUSES = {status.value: status for status in Status}
"""What `Status` does by a call, at a tenth of the cost."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A report as it is kept.

    `version` counts changes from 1; `sequence` is the number of the report's latest event (0: none yet).
    `source` and `source_key` name the trouble system and its ticket, or are None for a report made by HTTP.
    """

    id: str
    document: Document
    version: int = 1
    sequence: int = 0
    source: str | None = None
    source_key: str | None = None

    @property
    def status(self) -> Status:
        return STATUSES[self.document["status"]]


def is_constraint(document: Document) -> bool:
    return document.get("@type") == CONSTRAINT
