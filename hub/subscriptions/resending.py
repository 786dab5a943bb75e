"""Sending one delivery again, by hand."""

from hub.errors import Conflict, NotFound, Violation
from hub.model.delivery import DeliveryState
from hub.model.subscription import SubscriptionState
from hub.store.delivery_view import DeliveryView
from hub.store.tables import Tables


def resend(tables: Tables, delivery_id: str, *, now: int) -> DeliveryView:
    """Make a delivery due now, in the place of its next attempt by the schedule, and with all tries of it again.

    Who sends by hand wants to know now: what holds its listener, its `Retry-After` or its breaker, is over.

    Raises NotFound, or Conflict while it is in flight, or when its registration is not sent to.
    """
    view = known_delivery(tables, delivery_id)
    one = tables.subscriptions.get(view.subscription_id)
    if one is not None and one.ended is None and one.subscription.state is not SubscriptionState.ACTIVE:
        raise _refused(
            delivery_id,
            f"its subscription {view.subscription_id} is {one.subscription.state}; make it active first",
        )
    if not tables.deliveries.resend(view.id, now=now):
        flying = view.state is DeliveryState.IN_FLIGHT
        why = "is in flight; send it again when this attempt has ended" if flying else "has lost its listener"
        raise _refused(delivery_id, f"delivery {delivery_id} {why}")
    if one is not None:
        tables.standings.release(one.seq)
        tables.subscriptions.touch(one.seq)  # a sender of another process looks at it, too
    return known_delivery(tables, delivery_id)


def _refused(delivery_id: str, message: str) -> Conflict:
    return Conflict(violations=[Violation(field="id", value=delivery_id, message=message)])


def known_delivery(tables: Tables, delivery_id: str) -> DeliveryView:
    """Raises NotFound."""
    view = tables.deliveries.get(int(delivery_id)) if delivery_id.isdecimal() and len(delivery_id) < 19 else None
    if view is None:
        message = f"no delivery {delivery_id}"
        raise NotFound(violations=[Violation(field="id", value=delivery_id, message=message)])
    return view
