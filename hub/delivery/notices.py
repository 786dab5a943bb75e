"""Notices: what the hub tells of its own delivery, as events over itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from hub.delivery.listeners import Listener
from hub.model.delivery import Attempt, why_dead
from hub.model.event import Event, EventType
from hub.model.ids import NewId
from hub.model.standing import Standing
from hub.model.times import micros_to_text
from hub.problems.envelope import Letterhead
from hub.store.deliveries import Settlement

ORDER_KEY = -(1 << 40)
"""The notices about one listener stay in order, as events of a report do: below the keys of reports and tasks."""


class Condition(StrEnum):
    """What has become of a listener."""

    FAILING = "failing"
    DISABLED = "disabled"
    RECOVERED = "recovered"
    CERTIFICATE_ENDING = "certificateEnding"


TITLES = {
    Condition.FAILING: "A listener fails again and again",
    Condition.DISABLED: "A listener was disabled",
    Condition.RECOVERED: "A listener receives again",
    Condition.CERTIFICATE_ENDING: "The certificate that a listener is shown ends",
}


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What writes notices: `base_url` is that of the v5 face, `operations_url` that of the operations."""

    letterhead: Letterhead
    operations_url: str
    new_id: NewId

    def about_listener(
        self,
        listener: Listener,
        standing: Standing,
        condition: Condition,
        *,
        now: int,
        reason: str,
        share: int,
        attempt: Attempt | None,
    ) -> Event:
        """`share` is how much of the limit of failures in a row is used up, in per cent.

        Without an `attempt` the notice comes of none.
        """
        since, end = standing.failing_since, listener.options.certificate_end
        payload: dict[str, Any] = {
            "id": listener.id,
            "href": f"{self.letterhead.base_url}/hub/{listener.id}",
            "@type": "Listener",
            "callback": listener.callback,
            "state": "disabled" if condition is Condition.DISABLED else "active",
            "condition": condition,
            "reason": reason,
            "consecutiveFailures": standing.failures,
            "percentOfLimit": share,
            "lastOutcome": None if attempt is None else attempt.outcome,
            "lastStatus": None if attempt is None else attempt.status,
        }
        if since is not None:
            payload["failingSince"] = micros_to_text(since)
        if end is not None:
            payload["certificateEnd"] = micros_to_text(end)
        return self._event(
            EventType.LISTENER_STATE_CHANGE,
            listener,
            standing,
            {"listener": payload},
            now=now,
            title=TITLES[condition],
            description=reason,
        )

    def about_delivery(
        self, listener: Listener, standing: Standing, settlement: Settlement, told: Mapping[str, Any], *, now: int
    ) -> Event:
        """A delivery is a dead letter; `told` is the event that it was to tell."""
        attempt = settlement.attempt
        delivery = settlement.claim.delivery
        reason = why_dead(attempt.number, attempt.outcome, attempt.status)
        payload = {
            "id": str(delivery),
            "href": f"{self.operations_url}/deliveries/{delivery}",
            "@type": "Delivery",
            "state": settlement.state,
            "reason": reason,
            "attempts": attempt.number,
            "lastOutcome": attempt.outcome,
            "lastStatus": attempt.status,
            "subscription": {"id": listener.id, "callback": listener.callback},
            "event": told,
        }
        return self._event(
            EventType.DELIVERY_STATE_CHANGE,
            listener,
            standing,
            {"delivery": payload},
            now=now,
            title="A delivery was given up",
            description=reason,
        )

    def _event(
        self,
        kind: EventType,
        listener: Listener,
        standing: Standing,
        payload: Mapping[str, Any],
        *,
        now: int,
        title: str,
        description: str,
    ) -> Event:
        event_id, at = self.new_id(), micros_to_text(now)
        envelope = {
            "@type": kind,
            "eventId": event_id,
            "eventTime": at,
            "eventType": kind,
            "timeOccurred": at,
            "recordTime": at,
            "sequence": standing.notices,
            "correlationId": listener.id,
            "domain": "serviceProblemManagement",
            "title": title,
            "description": description,
            "reportingSystem": {"@type": "EntityRef", "id": self.letterhead.reporting_system, "name": "qos-hub"},
            "event": payload,
        }
        return Event(
            id=event_id,
            type=kind,
            problem_id=listener.id,
            sequence=standing.notices,
            time=now,
            body=orjson.dumps(envelope),
            party=listener.owner.party,
        )
