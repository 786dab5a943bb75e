"""What the hub tells listeners: an event about a report or a task, and the history record of a report beside it."""

import re
from enum import StrEnum
from typing import NamedTuple

from hub.model.problem import Document, Status

SUFFIX = re.compile("(AttributeValueChange|InformationRequired|StateChange|Create|Delete|Ready|Failed)Event$")


class EventType(StrEnum):
    """The events of TMF656 v5, about a ServiceProblem and about a task; the hub's notices of its own delivery, and
    the events that a management report is ready, or could not be made."""

    CREATE = "ServiceProblemCreateEvent"
    STATE_CHANGE = "ServiceProblemStateChangeEvent"
    ATTRIBUTE_VALUE_CHANGE = "ServiceProblemAttributeValueChangeEvent"
    INFORMATION_REQUIRED = "ServiceProblemInformationRequiredEvent"
    DELETE = "ServiceProblemDeleteEvent"
    ACKNOWLEDGEMENT_CREATE = "ProblemAcknowledgementCreateEvent"
    ACKNOWLEDGEMENT_STATE_CHANGE = "ProblemAcknowledgementStateChangeEvent"
    ACKNOWLEDGEMENT_DELETE = "ProblemAcknowledgementDeleteEvent"
    UNACKNOWLEDGEMENT_CREATE = "ProblemUnacknowledgementCreateEvent"
    UNACKNOWLEDGEMENT_STATE_CHANGE = "ProblemUnacknowledgementStateChangeEvent"
    UNACKNOWLEDGEMENT_DELETE = "ProblemUnacknowledgementDeleteEvent"
    GROUP_CREATE = "ProblemGroupCreateEvent"
    GROUP_STATE_CHANGE = "ProblemGroupStateChangeEvent"
    GROUP_DELETE = "ProblemGroupDeleteEvent"
    UNGROUP_CREATE = "ProblemUngroupCreateEvent"
    UNGROUP_STATE_CHANGE = "ProblemUngroupStateChangeEvent"
    UNGROUP_DELETE = "ProblemUngroupDeleteEvent"
    LISTENER_STATE_CHANGE = "ListenerStateChangeEvent"
    DELIVERY_STATE_CHANGE = "DeliveryStateChangeEvent"
    REPORT_READY = "ManagementReportReadyEvent"
    REPORT_FAILED = "ManagementReportFailedEvent"

    @property
    def resource(self) -> str:
        """What the event is about, as paths and payloads spell it: serviceProblem, problemGroup, …"""
        name = SUFFIX.sub("", self)
        return f"{name[:1].lower()}{name[1:]}"


TYPES = {kind.value: kind for kind in EventType}
"""What `EventType` does by a call, at a tenth of the cost."""

PROBLEM_EVENTS = tuple(kind for kind in EventType if kind.resource == "serviceProblem")
"""The events about a report; these alone stand in its history."""

NOTICES = frozenset({EventType.LISTENER_STATE_CHANGE, EventType.DELIVERY_STATE_CHANGE})
"""What the hub tells of its own delivery."""

ABOUT_REPORTS = frozenset({EventType.REPORT_READY, EventType.REPORT_FAILED})
"""What becomes of management reports."""

BY_NAME = NOTICES | ABOUT_REPORTS
"""What is told to those alone that ask for it by name."""


class Event(NamedTuple):
    """An entry of the outbox.

    `problem_id` is the id of the report, the task, the management report or, in a notice, the registration that the
    event is about.
    `sequence` counts the events of one of them from 1, so that a listener can see a gap or a swap.
    `body` is the v5 envelope as JSON bytes: what is sent, and what is signed.
    `party` is the party that made the task or the registration, or for which the management report is; None for an
    operator, and for an event about a report, which says itself whom it concerns. It is never sent.
    """

    id: str
    type: EventType
    problem_id: str
    sequence: int
    time: int
    body: bytes
    party: str | None = None


class Record(NamedTuple):
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
    actor_party: str | None = None
    """The party that the caller speaks for, None for an operator; other parties do not learn the name."""
