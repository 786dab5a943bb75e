"""What becomes of a delivery after an attempt: at rest, or due again."""

from dataclasses import dataclass
from datetime import datetime

from hub.delivery.outcome import Delivered, Refused, TryLater, judge, verdict
from hub.delivery.schedule import Schedules
from hub.delivery.transport.port import SendResult
from hub.model.delivery import Attempt, Claim, DeliveryState
from hub.model.options import NO_OPTIONS, DeliveryOptions
from hub.model.times import to_micros
from hub.store.deliveries import Settlement

DELIVERED = DeliveryState.DELIVERED


@dataclass(frozen=True, kw_only=True)
class Settler:
    """`longest_hint` bounds, in seconds, what a listener may ask us to wait."""

    schedules: Schedules
    longest_hint: float

    def settlement_of(
        self, claim: Claim, result: SendResult, now: datetime, options: DeliveryOptions = NO_OPTIONS
    ) -> Settlement:
        """Delivered; parked when the listener is gone; due again by its schedule; or dead at the end of that.

        What was received before is never dead: it stays delivered, whatever becomes of sending it again.
        A wish to wait (Retry-After) holds for all that the listener is to be told, and outlives this delivery.
        """
        micros = to_micros(now)
        attempt = _attempt_of(claim, result)
        match verdict(result, now, self.longest_hint):
            case Delivered():
                return _at_rest(claim, attempt, DELIVERED, micros)
            case Refused() if claim.received:
                return _at_rest(claim, attempt, DELIVERED, micros)
            case Refused():
                return Settlement(
                    claim=claim, attempt=attempt, state=DeliveryState.PARKED, due_at=micros, settled_at=None
                )
            case TryLater(hint=hint):
                held_until = micros + round(hint * 1e6) if hint else None
                wait = self.schedules.of(options.schedule).next_wait(claim.tries + 1, hint)
                if wait is None:
                    end = DELIVERED if claim.received else DeliveryState.DEAD
                    return _at_rest(claim, attempt, end, micros, held_until)
                return Settlement(
                    claim=claim,
                    attempt=attempt,
                    state=DeliveryState.DUE,
                    due_at=micros + round(wait * 1e6),
                    settled_at=None,
                    held_until=held_until,
                )


def _at_rest(
    claim: Claim, attempt: Attempt, state: DeliveryState, now: int, held_until: int | None = None
) -> Settlement:
    # By position, here and below: names would cost as much again, and every attempt comes this way.
    return Settlement(claim, attempt, state, now, now, held_until)


def _attempt_of(claim: Claim, result: SendResult) -> Attempt:
    _, started, status, headers, body, _, error, timing, peer, _ = result
    return Attempt(claim.attempts + 1, started, judge(result), timing, status, peer, headers, body, error)
