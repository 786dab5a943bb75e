"""A turn: one transaction that records what came back, fans out new events, and claims what is due."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.delivery.bounds import Bounds, end_of
from hub.delivery.certificates import warn
from hub.delivery.failures import FailureRules
from hub.delivery.fanout import DUE, deliveries_of
from hub.delivery.grants import NoRoom, Room
from hub.delivery.ledger import Ledger
from hub.delivery.listeners import Listeners
from hub.delivery.notices import Condition, Desk
from hub.model.delivery import Claim
from hub.model.standing import Standing
from hub.store.deliveries import NewDelivery, Settlement
from hub.store.lines import BATCH
from hub.store.recoveries import RECOVERIES_CHANGED
from hub.store.tables import Tables

FAN_OUT_BATCH = 500
"""Events that are fanned out in one turn, at most."""

FAN_OUT_ROWS = 2000
"""Deliveries with which a fan-out ends for this turn, so that no other writing waits long for it."""

LOOK_AGAIN = 250_000
"""Microseconds after which a lane is looked at again whose due work stood behind what was in flight."""


@dataclass(frozen=True, kw_only=True)
class TurnWork:
    """What a turn is asked to do.

    New events are only fanned out while `listeners` are those of the database: who has registered since may want
    them, so they stay for a turn that knows him. `ready` are the subscriptions with due work in the order of service,
    `room` says how many deliveries each may take. A `sweep` frees leases that have ended, but for those of `flying`,
    which are renewed; without `expire` none of another sender is freed. A lease that ends much later than `lease` was
    made by a clock that was ahead. `heal` looks for due times that no schedule can have made, either: `waits` has the
    longest waits before attempt 1, 2, …, and `own_waits` those of listeners with a schedule of their own. All times
    are microseconds. `calm` remembers from turn to turn which listeners have nothing to be forgiven.
    """

    now: int
    token: str
    lease: int
    patience: int
    listeners: Listeners
    settlements: Sequence[Settlement] = ()
    released: Sequence[Claim] = ()
    fan_out: bool = False
    sweep: bool = False
    expire: bool = True
    heal: bool = False
    flying: Sequence[Claim] = ()
    waits: Sequence[int] = (0,)
    own_waits: Sequence[tuple[int, Sequence[int]]] = ()
    ready: Sequence[int] = ()
    room: Room = field(default_factory=NoRoom)
    rules: FailureRules = field(default_factory=FailureRules)
    calm: set[int] = field(default_factory=set)
    desk: Desk | None = None

    @property
    def lease_until(self) -> int:
        return self.now + self.lease


@dataclass(kw_only=True)
class TurnResult:
    """What a turn did: `due` has the next due time of each lane it looked at; `bodies` are of the claimed events,
    `traces` the traceparents of those that somebody follows.

    `renewed` and `expired` count leases, `notices` what was told of listeners, by kind.
    """

    claims: list[Claim] = field(default_factory=list)
    bodies: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    traces: dict[int, str] = field(default_factory=dict)
    due: dict[int, int | None] = field(default_factory=dict)
    lost: list[Settlement] = field(default_factory=list)
    held: list[Standing] = field(default_factory=list)
    healed: int = 0
    renewed: int = 0
    expired: int = 0
    notices: Counter[str] = field(default_factory=Counter)
    more_events: bool = False
    stale_listeners: bool = False


def take_turn(tables: Tables, work: TurnWork) -> TurnResult:
    """Record, fan out, claim: in this order, so that what is freed or new can be claimed at once."""
    result = TurnResult()
    stirred: dict[int, None] = {}
    disabled = _record(tables, work, result, stirred)
    tables.deliveries.release(work.released)
    stirred.update(dict.fromkeys(claim.subscription for claim in work.released))
    if work.heal:
        _heal(tables, work, result)
    if work.sweep:
        _sweep(tables, work, result, stirred)
    if work.fan_out:
        _fan_out(tables, work, result, stirred)
    for subscription in disabled:
        _park(tables, subscription)
    _claim(tables, work, result, stirred)
    return result


def _record(tables: Tables, work: TurnWork, result: TurnResult, stirred: dict[int, None]) -> Sequence[int]:
    """Record what came back; gives the listeners that are disabled by it."""
    ledger = Ledger(
        tables=tables,
        listeners=work.listeners,
        now=work.now,
        rules=work.rules,
        desk=work.desk,
        calm=work.calm,
    )
    result.lost = tables.deliveries.settle(work.settlements)
    in_line: dict[int, list[Claim]] = {}
    for settlement in work.settlements:
        if settlement in result.lost:
            continue
        claim = settlement.claim
        if settlement.settled_at is None:
            stirred[claim.subscription] = None
            _put_back(tables, work, claim)
        elif claim.order_key is not None:
            in_line.setdefault(claim.subscription, []).append(claim)
        ledger.note(settlement)
    for subscription, settled in in_line.items():
        if tables.deliveries.promote(settled, now=work.now):
            stirred[subscription] = None
    ledger.close()
    result.notices, result.held = ledger.told, ledger.held()
    return list(ledger.disabled)


def _put_back(tables: Tables, work: TurnWork, claim: Claim) -> None:
    """What a delivery that is to be tried again means for its listener and for its line."""
    if not _is_active(work.listeners, claim.subscription):
        _park(tables, claim.subscription)
    elif claim.order_key is not None:
        tables.deliveries.let_pass(claim, now=work.now, patience=work.patience)


def _park(tables: Tables, subscription: int) -> None:
    """Hold back what a listener that is not sent to was to be told: a batch here, the rest by whoever is woken."""
    if tables.lines.park(subscription, limit=BATCH) == BATCH:
        tables.signals.add(RECOVERIES_CHANGED)


def _is_active(listeners: Listeners, subscription: int) -> bool:
    listener = listeners.by_seq.get(subscription)
    return listener is not None and listener.active


def _heal(tables: Tables, work: TurnWork, result: TurnResult) -> None:
    """The clock may have been ahead, in this process or in one before: no wait is longer than it can be."""
    result.healed += tables.standings.heal(work.now)
    others = [subscription for subscription, _ in work.own_waits]
    result.healed += tables.deliveries.heal(now=work.now, patience=work.patience, waits=work.waits, others=others)
    for subscription, waits in work.own_waits:
        result.healed += tables.deliveries.heal(
            now=work.now, patience=work.patience, waits=waits, subscription=subscription
        )


def _sweep(tables: Tables, work: TurnWork, result: TurnResult, stirred: dict[int, None]) -> None:
    """What is under way here is held on to, however far the clock was set; what others have lost is due again."""
    result.renewed = tables.deliveries.renew(work.flying, lease_until=work.lease_until)
    result.healed += tables.deliveries.cap_leases(most=work.lease_until + work.lease)
    if work.expire:
        expired = tables.deliveries.expire_leases(now=work.now)
        result.expired = expired.total()
        stirred.update(dict.fromkeys(sorted(expired)))
    result.held = tables.standings.held(work.now)  # those of this turn among them
    warned = warn(tables, work.listeners, work.desk, work.rules, work.now)
    result.notices[Condition.CERTIFICATE_ENDING.value] += warned
    for listener in work.listeners.by_seq.values():
        if listener.is_bounded and listener.active:
            reason = end_of(listener, tables.standings.get(listener.seq), work.now)
            if reason and not tables.deliveries.has_open(listener.seq):
                tables.subscriptions.disable(listener.seq, reason, now=work.now)


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
    bounds = Bounds(standings=tables.standings)
    new: list[NewDelivery] = []
    done = 0
    for one in queued:
        new += deliveries_of(one, work.listeners, bounds)
        done += 1
        if len(new) >= FAN_OUT_ROWS:
            break
    tables.deliveries.insert(new, now=work.now, patience=work.patience)
    stirred.update(dict.fromkeys(one.subscription for one in new if one.state is DUE))
    bounds.close()
    if done:
        tables.events.set_fanned_out(queued[done - 1].seq)
    result.more_events = len(queued) == FAN_OUT_BATCH or done < len(queued)


def _claim(tables: Tables, work: TurnWork, result: TurnResult, stirred: dict[int, None]) -> None:
    """Give each lane what it has room for, while there is room for all; look at the lanes that were stirred."""
    for subscription in dict.fromkeys((*work.ready, *stirred)):
        if not tables.subscriptions.is_sent_to(subscription):
            result.due[subscription] = None
            continue
        wanted = min(work.room.of(subscription), work.room.left)
        if wanted <= 0:
            if subscription in stirred:
                result.due[subscription] = tables.deliveries.next_due(subscription)
            continue
        claims = tables.deliveries.claim(
            subscription,
            now=work.now,
            limit=wanted,
            token=work.token,
            lease_until=work.lease_until,
            patience=work.patience,
        )
        work.room.took(subscription, len(claims))
        result.claims += claims
        result.due[subscription] = _next_due(tables, work.now, subscription, len(claims), wanted)
    for event, event_id, body, trace in tables.events.told({claim.event for claim in result.claims}):
        result.bodies[event] = (event_id, body)
        if trace is not None:
            result.traces[event] = trace


def _next_due(tables: Tables, now: int, subscription: int, claimed: int, wanted: int) -> int | None:
    """A full hand means that there may be more: the lane stays due now, and saves the look-up.

    What is due and could not be claimed stands behind one in flight, and is looked at when that has ended, or later.
    """
    if claimed == wanted:
        return now
    due = tables.deliveries.next_due(subscription)
    return due if due is None or due > now or claimed else now + LOOK_AGAIN
