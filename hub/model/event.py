"""What the hub tells listeners: an event about a report, and the history record that stands beside it."""

from dataclasses import dataclass
from enum import StrEnum

from hub.model.problem import Document, Status


class EventType(StrEnum):
    """The events of TMF656 v5 about a ServiceProblem."""

    CREATE = "ServiceProblemCreateEvent"
    STATE_CHANGE = "ServiceProblemStateChangeEvent"
    ATTRIBUTE_VALUE_CHANGE = "ServiceProblemAttributeValueChangeEvent"
    INFORMATION_REQUIRED = "ServiceProblemInformationRequiredEvent"
    DELETE = "ServiceProblemDeleteEvent"


@dataclass(frozen=True, kw_only=True)
class Event:
    """An entry of the outbox.

    `sequence` counts the events of one report from 1, so that a listener can see a gap or a swap.
    `body` is the v5 envelope as JSON bytes: what is sent, and what is signed.
    """

    id: str
    type: EventType
    problem_id: str
    sequence: int
    time: int
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Record:
    """One entry of the append-only history, served as serviceProblemEventRecord; it has the id of its event.

    `event_time` is the instant at the source, `record_time` the instant here (both microseconds).
    `changes` is {attribute: {"from": …, "to": …}}.
    """

    id: str
    problem_id: str
    event_type: EventType
    event_time: int
    record_time: int
    sequence: int
    changes: Document
    from_status: Status | None = None
    to_status: Status | None = None
    source: str | None = None
    source_status: str | None = None
    party: str | None = None
    reason: str | None = None
    irregular: bool = False
    """True when a source made a step that the lifecycle does not have: recorded, never repaired."""
    actor: str | None = None
    """The name of the caller who made the change over HTTP; None for what a source says."""
