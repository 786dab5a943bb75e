"""Fan-out: which deliveries an event deserves."""

from collections.abc import Iterator
from functools import partial

from hub.delivery.bounds import Bounds
from hub.delivery.listeners import Listener, Listeners
from hub.model.delivery import DeliveryState
from hub.model.event import NOTICES
from hub.model.subscription import Order
from hub.query.event_document import event_document
from hub.store.deliveries import NewDelivery
from hub.store.events import Queued

DUE, PARKED = DeliveryState.DUE, DeliveryState.PARKED
REPORT, SUBSCRIPTION = Order.REPORT, Order.SUBSCRIPTION

WHOLE_SUBSCRIPTION = 0
"""The order key that all deliveries of a strictly ordered subscription share; reports are numbered from 1."""


def deliveries_of(queued: Queued, listeners: Listeners, bounds: Bounds | None = None) -> Iterator[NewDelivery]:
    """The event is parsed once at most, and only when a listener asks about its content.

    A notice is not told to the listener that it is about. Without `bounds` nobody has any.
    """
    is_notice = queued.event.type in NOTICES
    document = partial(event_document, queued.event.body, queued.event.party)
    for listener in listeners.of(queued.event.type, queued.seq, document):
        if is_notice and listener.id == queued.event.problem_id:
            continue
        if bounds is not None and listener.is_bounded and not bounds.admit(listener, queued.event):
            continue
        state = DUE if listener.active else PARKED
        # By position: names would cost as much again.
        yield NewDelivery(listener.seq, queued.seq, _order_key(listener, queued), state)


def _order_key(listener: Listener, queued: Queued) -> int | None:
    """What the delivery waits in line for: its report, its whole subscription, or nothing."""
    if listener.order == REPORT:
        return queued.problem
    return WHOLE_SUBSCRIPTION if listener.order == SUBSCRIPTION else None
