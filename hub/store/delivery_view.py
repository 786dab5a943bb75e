"""A delivery as the operator sees it, with its event and its registration."""

from dataclasses import dataclass
from typing import Any

from hub.model.delivery import UNREGISTERED, DeliveryState, why_dead
from hub.model.event import NOTICES, EventType


@dataclass(frozen=True, kw_only=True)
class DeliveryView:
    """Instants are in microseconds; `sequence` is the number of the event within its report."""

    id: int
    state: DeliveryState
    waiting: bool
    due_at: int
    created: int
    delivered_at: int | None
    attempts: int
    last_outcome: str | None
    last_status: int | None
    subscription_id: str
    callback: str
    event_id: str
    event_type: str
    sequence: int
    event_time: int
    problem_id: str

    @property
    def resource(self) -> str:
        """What the event is about, whose id is `problem_id`: serviceProblem, problemGroup, …"""
        return EventType(self.event_type).resource

    @property
    def is_notice(self) -> bool:
        """Whether the event is about a registration."""
        return self.event_type in NOTICES

    @property
    def state_reason(self) -> str | None:
        """Why it is a dead letter."""
        if self.state is not DeliveryState.DEAD:
            return None
        if self.last_outcome == UNREGISTERED:
            return "the registration ended before it was delivered"
        return why_dead(self.attempts, str(self.last_outcome), self.last_status)


def as_view(row: tuple[Any, ...]) -> DeliveryView:
    """A row of the statement `view` of `delivery.sql`."""
    fields = DeliveryView.__dataclass_fields__
    values = dict(zip(fields, row, strict=True))
    return DeliveryView(**{**values, "state": DeliveryState(values["state"]), "waiting": bool(values["waiting"])})
