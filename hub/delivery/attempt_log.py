"""What the log says of an attempt."""

from logging import INFO, WARNING

from hub.delivery.listeners import Listener
from hub.delivery.outcome import DELIVERED
from hub.delivery.transport.port import SendResult
from hub.model.times import micros_to_text
from hub.store.deliveries import Settlement
from hub.telemetry import logger, tells

log = logger("hub.delivery")


def log_attempt(settlement: Settlement, result: SendResult, listener: Listener | None) -> None:
    """One wide line an attempt; a listener that has left has no name any more."""
    claim, attempt = settlement.claim, settlement.attempt
    level = INFO if attempt.outcome == DELIVERED else WARNING
    if not tells(level):
        return
    log.log(
        level,
        "delivery.attempted",
        delivery=claim.delivery,
        subscription=listener.id if listener else None,
        callback=_origin(listener.url) if listener else None,
        attempt=attempt.number,
        outcome=attempt.outcome,
        status=attempt.status,
        state=settlement.state,
        total_ms=attempt.timing.total,
        peer=attempt.peer_address,
        reused=result.reused,
        error=attempt.error,
        next_due=None if settlement.settled_at else micros_to_text(settlement.due_at),
    )


def _origin(url: str) -> str:
    """Without its path and query, which may hold a secret; `/qos-hub/v1/subscriptions` shows all of it."""
    return "/".join(url.split("/", 3)[:3])
