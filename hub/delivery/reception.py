"""What came back from a listener: what it means for the delivery, and for all else that the listener is to be told."""

from dataclasses import dataclass
from datetime import datetime

from hub.delivery.attempt_log import log_attempt
from hub.delivery.lanes import Lanes
from hub.delivery.listeners import Listeners
from hub.delivery.outcome import DELIVERED, is_strained
from hub.delivery.settle import Settler
from hub.delivery.transport.port import SendResult
from hub.model.delivery import Claim
from hub.model.options import NO_OPTIONS
from hub.model.times import to_micros
from hub.store.deliveries import Settlement
from hub.telemetry import logger

log = logger("hub.delivery")


@dataclass(frozen=True, kw_only=True)
class Reception:
    settler: Settler
    lanes: Lanes
    listeners: Listeners

    def take(self, result: SendResult, now: datetime) -> Settlement:
        """What is to be recorded of an attempt; its lane knows at once."""
        claim: Claim = result.key
        listener = self.listeners.by_seq.get(claim.subscription)
        options = NO_OPTIONS if listener is None else listener.options
        settlement = self.settler.settlement_of(claim, result, now, options)
        micros = to_micros(now)
        if settlement.attempt.outcome == DELIVERED:
            self.lanes.gave_back(claim.subscription, delivered=True, now=micros, began=result.started)
        else:
            settlement = self._failed(settlement, micros)
        log_attempt(settlement, result, listener)
        return settlement

    def _failed(self, settlement: Settlement, now: int) -> Settlement:
        """Whatever holds the lane from now on is kept with the attempt."""
        attempt, subscription = settlement.attempt, settlement.claim.subscription
        lane = self.lanes.lane(subscription)
        opened = self.lanes.gave_back(
            subscription,
            delivered=False,
            now=now,
            strained=is_strained(attempt.outcome, attempt.status),
            began=attempt.started,
        )
        if settlement.held_until is not None:
            self.lanes.hold(subscription, settlement.held_until, now)
        if opened:
            until = lane.opens_at()
            self._say_rested(subscription, (until - now) / 1e6, lane.breaker.in_a_row)
            settlement = settlement._replace(held_until=until, probed=(settlement.held_until or 0) < until)
        return settlement if attempt.started >= lane.since else settlement._replace(counts=False)

    def _say_rested(self, subscription: int, seconds: float, failures: int) -> None:
        listener = self.listeners.by_seq.get(subscription)
        log.warning(
            "delivery.listener_rested",
            subscription=listener.id if listener else None,
            failures=failures,
            seconds=round(seconds, 3),
        )
