"""Whose certificate ends soon: that is told before the listener refuses it."""

from dataclasses import replace

from hub.delivery.failures import FailureRules, share_of_limit
from hub.delivery.listeners import Listener, Listeners
from hub.delivery.notices import ORDER_KEY, Condition, Desk
from hub.model.event import EventType
from hub.model.times import micros_to_text
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.delivery")

DAY = 86_400_000_000
BEFORE = (14 * DAY, 3 * DAY, 0)
"""How long before its end it is told, in microseconds."""


def warning_of(end: int, now: int) -> int:
    """The instant of the latest warning that is due of a certificate with this end; 0 before the first."""
    return max((end - before for before in BEFORE if end - before <= now), default=0)


def warn(tables: Tables, listeners: Listeners, desk: Desk | None, rules: FailureRules, now: int) -> int:
    """Say of each listener that is sent to whose certificate ends, once at each instant; gives how many notices."""
    kind = EventType.LISTENER_STATE_CHANGE
    is_wanted = listeners.wants(kind) or tables.subscriptions.version() != listeners.version
    ending = [
        (listener, end)
        for listener in listeners.by_seq.values()
        if (end := listener.options.certificate_end) and listener.active and warning_of(end, now)
    ]
    return sum(_warn(tables, listener, end, desk if is_wanted else None, rules, now) for listener, end in ending)


def _warn(tables: Tables, listener: Listener, end: int, desk: Desk | None, rules: FailureRules, now: int) -> int:
    standing, warning = tables.standings.get(listener.seq), warning_of(end, now)
    if warning <= standing.certificate_told:
        return 0
    log.warning("delivery.certificate_ends", subscription=listener.id, end=micros_to_text(end))
    standing = replace(standing, certificate_told=warning, notices=standing.notices + (desk is not None))
    tables.standings.put(standing)
    if desk is None:
        return 0
    reason = f"the certificate that it is shown {'ends' if now < end else 'has ended'} at {micros_to_text(end)}"
    share = share_of_limit(standing, now, rules)
    notice = desk.about_listener(
        listener, standing, Condition.CERTIFICATE_ENDING, now=now, reason=reason, share=share, attempt=None
    )
    tables.events.append(notice, problem=ORDER_KEY - listener.seq)
    return 1
