"""A turn: one transaction that records what came back, fans out new events, and claims what is due."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hub.delivery.fanout import deliveries_of
from hub.delivery.listeners import Listeners
from hub.delivery.outcome import Outcome
from hub.model.delivery import Claim, DeliveryState
from hub.model.subscription import SubscriptionState
from hub.store.deliveries import Settlement
from hub.store.tables import Tables

FAN_OUT_BATCH = 500


@dataclass(frozen=True, kw_only=True)
class TurnWork:
    """What a turn is asked to do.

    New events are only fanned out while `listeners` are those of the database: who has registered since may want
    them, so they stay for a turn that knows him. `ready` are the subscriptions with due work in the order of service,
    `room_of` tells how many deliveries a lane can take (it may be asked from another thread: room only grows
    meanwhile), `room` is what is left for all.
    """

    now: int
    token: str
    lease_until: int
    patience: int
    listeners: Listeners
    settlements: Sequence[Settlement] = ()
    released: Sequence[Claim] = ()
    fan_out: bool = False
    sweep: bool = False
    ready: Sequence[int] = ()
    room: int = 0
    room_of: Callable[[int], int]


@dataclass(kw_only=True)
class TurnResult:
    """What a turn did: `due` has the next due time of each lane it looked at; `bodies` are of the claimed events."""

    claims: list[Claim] = field(default_factory=list)
    bodies: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    due: dict[int, int | None] = field(default_factory=dict)
    lost: list[Settlement] = field(default_factory=list)
    disabled: list[int] = field(default_factory=list)
    more_events: bool = False
    stale_listeners: bool = False


def take_turn(tables: Tables, work: TurnWork) -> TurnResult:
    """Record, fan out, claim: in this order, so that what is freed or new can be claimed at once."""
    result = TurnResult()
    stirred: dict[int, None] = {}
    if work.sweep:
        stirred.update(dict.fromkeys(sorted(tables.deliveries.expire_leases(now=work.now))))
    _record(tables, work, result, stirred)
    tables.deliveries.release(work.released)
    if work.fan_out:
        _fan_out(tables, work, result, stirred)
    for subscription in result.disabled:
        tables.deliveries.park(subscription)
    _claim(tables, work, result, stirred)
    return result


def _record(tables: Tables, work: TurnWork, result: TurnResult, stirred: dict[int, None]) -> None:
    for settlement in work.settlements:
        claim = settlement.claim
        if not tables.deliveries.settle(settlement):
            result.lost.append(settlement)
            continue
        if settlement.settled_at is None:
            stirred[claim.subscription] = None
            if not _is_active(work.listeners, claim.subscription):
                tables.deliveries.park(claim.subscription)
        elif claim.order_key is not None and tables.deliveries.promote(claim, now=work.now):
            stirred[claim.subscription] = None
        if settlement.attempt.outcome == Outcome.GONE:
            _disable(tables, claim.subscription, result)


def _is_active(listeners: Listeners, subscription: int) -> bool:
    listener = listeners.by_seq.get(subscription)
    return listener is not None and listener.active


def _disable(tables: Tables, subscription: int, result: TurnResult) -> None:
    """The listener says that it is gone for good: what it has not been told is parked, not dropped."""
    tables.subscriptions.set_state(subscription, SubscriptionState.DISABLED, "the listener answered 410 Gone")
    result.disabled.append(subscription)


def _fan_out(tables: Tables, work: TurnWork, result: TurnResult, stirred: dict[int, None]) -> None:
    if tables.subscriptions.version() != work.listeners.version:
        result.stale_listeners = True
        return
    if not work.listeners.by_seq:
        last = tables.events.last()
        if last != tables.events.fanned_out():
            tables.events.set_fanned_out(last)
        return
    queued = tables.events.after(tables.events.fanned_out(), limit=FAN_OUT_BATCH)
    for one in queued:
        new = list(deliveries_of(one, work.listeners))
        tables.deliveries.insert(new, now=work.now, patience=work.patience)
        stirred.update(
            dict.fromkeys(delivery.subscription for delivery in new if delivery.state is DeliveryState.DUE)
        )
    if queued:
        tables.events.set_fanned_out(queued[-1].seq)
    result.more_events = len(queued) == FAN_OUT_BATCH


def _claim(tables: Tables, work: TurnWork, result: TurnResult, stirred: dict[int, None]) -> None:
    """Give each ready lane what it has room for, while there is room for all; look at the lanes that were stirred."""
    left = work.room
    for subscription in dict.fromkeys((*work.ready, *stirred)):
        if not tables.subscriptions.is_sent_to(subscription):
            result.due[subscription] = None
            continue
        wanted = min(work.room_of(subscription), left)
        claims = (
            tables.deliveries.claim(
                subscription, now=work.now, limit=wanted, token=work.token, lease_until=work.lease_until
            )
            if wanted > 0
            else []
        )
        left -= len(claims)
        result.claims += claims
        # A full hand means that there may be more: the lane stays due now, and saves the look-up.
        full = wanted > 0 and len(claims) == wanted
        result.due[subscription] = work.now if full else tables.deliveries.next_due(subscription)
    for claim in result.claims:
        if claim.event not in result.bodies:
            result.bodies[claim.event] = tables.events.body(claim.event)
