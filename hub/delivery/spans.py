"""Each attempt at an event that somebody follows is a step of its trace, and the listener learns which."""

from dataclasses import dataclass

from hub.delivery.listeners import Listener
from hub.delivery.outcome import Outcome
from hub.model.delivery import Attempt, Claim, Timing
from hub.store.deliveries import Settlement
from hub.telemetry.trails import Attempts, Attributes


@dataclass(frozen=True, kw_only=True)
class Spans:
    """Without `attempts` the event's own traceparent is sent along, and nothing is recorded."""

    attempts: Attempts | None = None

    def begin(self, claim: Claim, traceparent: str, listener: Listener) -> str:
        """The traceparent that goes with this attempt."""
        if self.attempts is None:
            return traceparent
        about: Attributes = {
            "http.request.method": "POST",
            "qos_hub.delivery.id": claim.delivery,
            "qos_hub.subscription.id": listener.id,
            "qos_hub.attempt.number": claim.attempts + 1,
        }
        return self.attempts.begin(claim.delivery, traceparent, about)

    def end(self, settlement: Settlement, reused: bool) -> None:
        if self.attempts is None:
            return
        attempt = settlement.attempt
        # Not `attempt.error`, which may have the address of the listener in it.
        failure = None if attempt.outcome == Outcome.DELIVERED else str(attempt.outcome)
        self.attempts.end(
            settlement.claim.delivery,
            milliseconds=attempt.timing.total,
            phases=_phases(attempt.timing),
            attributes=_about(attempt, settlement, reused),
            failure=failure,
        )


def _about(attempt: Attempt, settlement: Settlement, reused: bool) -> Attributes:
    about: dict[str, str | int | float | bool] = {
        "qos_hub.outcome": str(attempt.outcome),
        "qos_hub.delivery.state": settlement.state.value,
        "qos_hub.connection.reused": reused,
    }
    if attempt.status is not None:
        about["http.response.status_code"] = attempt.status
    if attempt.peer_address is not None:
        about["network.peer.address"] = attempt.peer_address
    return about


def _phases(timing: Timing) -> dict[str, float]:
    reached = {
        "name looked up": timing.name_lookup,
        "connected": timing.connect,
        "secured": timing.tls,
        "first byte": timing.first_byte,
    }
    return {phase: at for phase, at in reached.items() if at is not None}
