"""The sender's loop: wait for answers and wake-ups, take turns with the store, send what was claimed."""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Thread

from hub.delivery.breaker import NEVER, BreakerRules
from hub.delivery.clock_watch import ClockWatch, Monotonic
from hub.delivery.failures import FailureRules
from hub.delivery.grants import Grants
from hub.delivery.lanes import Lanes
from hub.delivery.listeners import Listener, Listeners, MakeListener, read_listeners
from hub.delivery.notices import Desk
from hub.delivery.outgoing import outgoing_of
from hub.delivery.reception import Reception
from hub.delivery.refusals import Refusals
from hub.delivery.rendering import Renderings
from hub.delivery.settle import Settler
from hub.delivery.transport.port import Closed, SendResult, Transport
from hub.delivery.turn import TurnResult, TurnWork, take_turn
from hub.errors import StoreUnavailable
from hub.model.delivery import Claim
from hub.model.standing import Standing
from hub.model.times import Clock, to_micros
from hub.problems.views import shown_event
from hub.store.deliveries import DELIVERIES_CHANGED, Settlement
from hub.store.events import EVENT_APPENDED
from hub.store.leases import Holder
from hub.store.sqlite import Store
from hub.store.subscriptions import SUBSCRIPTIONS_CHANGED
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.delivery")

IDLE = 30.0
"""The longest wait in seconds when nothing is due."""
NEW_EVENTS = frozenset({EVENT_APPENDED})
HELD_BACK = 1.0
"""The wait in seconds after a turn that the database refused."""


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """Times are seconds. `watch` is how often to look for commits of other processes, which cannot call.

    `reserved` is the share of `total` that is kept for listeners that do not fail.
    """

    lease: float
    order_patience: float
    per_listener: int
    total: int
    reserved: float = 0.0
    breaker: BreakerRules = NEVER
    failures: FailureRules = field(default_factory=FailureRules)
    watch: float = 0.25


class DeliveryWorker:
    """One thread drives the transport; turns run on the store's writer while it goes on sending."""

    def __init__(
        self,
        *,
        store: Store,
        transport: Transport,
        settler: Settler,
        clock: Clock,
        make_listener: MakeListener,
        settings: WorkerSettings,
        holder: Holder,
        desk: Desk | None = None,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._store = store
        self._transport = transport
        self._settler = settler
        self._clock = clock
        self._make_listener = make_listener
        self._settings = settings
        self._holder = holder
        self._desk = desk
        self._clock_watch = ClockWatch(monotonic)
        self._lanes = Lanes(
            per_listener=settings.per_listener,
            total=settings.total,
            reserved=settings.reserved,
            breaker=settings.breaker,
        )
        self._flying: dict[int, Claim] = {}
        self._released: list[Claim] = []
        self._heal = True
        self._refusals = Refusals()
        self._calm: set[int] = set()
        self._listeners = Listeners()
        self._reception = Reception(settler=settler, lanes=self._lanes, listeners=self._listeners)
        self._settlements: list[Settlement] = []
        self._heard: deque[str] = deque((EVENT_APPENDED, DELIVERIES_CHANGED, SUBSCRIPTIONS_CHANGED))
        self._turn: TurnWork | None = None
        self._turn_end: tuple[TurnResult | None, BaseException | None] | None = None
        self._turns = 0
        self._next_sweep = 0
        self._next_look = 0
        self._not_before = 0
        self._version = 0
        self._grace = 0.0
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="delivery", daemon=True)

    def start(self) -> None:
        """Free what a dead process of this host held, then begin.

        Raises InvalidSettings when the listeners' secrets do not open.
        """
        self._read_listeners()
        self._store.listen(self._hear)
        for standing in self._store.write(self._begin):
            self._hold(standing)
        self._thread.start()

    def stop(self, grace: float) -> None:
        """Claim nothing more, let what is in flight finish for `grace` seconds, give back the rest."""
        if self._thread.ident is None:
            self._transport.close(0)
            return
        self._grace = grace
        self._stopping.set()
        self._transport.wake()
        self._thread.join()

    def _begin(self, tables: Tables) -> list[Standing]:
        """Free what dead processes of this host held; gives the listeners to which nothing may be sent yet."""
        tokens = tables.deliveries.lease_tokens()
        tables.deliveries.free_leases([token for token in tokens if self._holder.abandoned(token)])
        tables.standings.heal(self._now())
        return tables.standings.held(self._now())

    def _hear(self, signals: frozenset[str]) -> None:
        """Called on the writer's thread, after each commit. New events are no news while nobody is registered."""
        if signals == NEW_EVENTS and not self._listeners.by_seq:
            return
        self._heard.extend(signals)
        self._transport.wake()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._step()
            except Exception as error:  # the loop outlives any single failure; the log says which
                log.error("delivery.failed", error=str(error), exc_info=error)
                self._not_before = self._now() + round(HELD_BACK * 1e6)
        self._drain()

    def _step(self) -> None:
        for result in self._transport.wait(self._patience()):
            self._came_back(result)
        if self._turn_end is not None:
            self._end_turn()
        if self._turn is None:
            self._mind_clock()
        if self._turn is None and self._now() >= self._not_before:
            self._begin_turn()

    def _mind_clock(self) -> None:
        """A clock that is set ends no wait early and makes none longer; what is under way is held on to."""
        now = self._now()
        by = self._clock_watch.jump(now)
        if not by:
            return
        log.warning("delivery.clock_set", seconds=round(by / 1e6, 3))
        self._next_sweep = self._next_look = self._not_before = 0
        if by < 0:
            self._heal = True
            self._lanes.clock_set(by, now)

    def _now(self) -> int:
        return to_micros(self._clock())

    def _patience(self) -> float:
        """Seconds until there is something to do without being told."""
        if self._turn is not None:
            return IDLE
        times = [self._next_sweep]
        due = self._lanes.next_due()
        if due is not None:
            times.append(due)
        if self._heard or self._settlements or self._released:
            times.append(0)
        wait = (max(min(times), self._not_before) - self._now()) / 1e6
        return min(max(wait, 0.0), self._settings.watch)

    def _came_back(self, result: SendResult) -> None:
        self._flying.pop(result.key.delivery, None)
        self._settlements.append(self._reception.take(result, self._clock()))

    def _hold(self, standing: Standing) -> None:
        hold = self._lanes.suspect if standing.probed else self._lanes.hold
        hold(standing.subscription, standing.held_until, self._now())

    def _begin_turn(self) -> None:
        now = self._now()
        sweep = now >= self._next_sweep
        if sweep:
            self._heard.append(DELIVERIES_CHANGED)  # another process may have made some due
            self._calm.clear()  # another process may have seen them fail
        heard = self._take_heard()
        ready = [lane.subscription for lane in self._lanes.ready(now)]
        if not (heard or ready or sweep or self._settlements or self._released):
            return
        self._turns += 1
        schedules = self._settler.schedules
        self._turn = TurnWork(
            now=now,
            token=self._holder.token(self._turns),
            lease=round(self._settings.lease * 1e6),
            patience=round(self._settings.order_patience * 1e6),
            listeners=self._listeners,
            settlements=self._settlements,
            released=self._released,
            # For a new listener, too: its first event may have come before it was heard of.
            fan_out=not heard.isdisjoint((EVENT_APPENDED, SUBSCRIPTIONS_CHANGED)),
            sweep=sweep,
            heal=self._heal,
            flying=list(self._flying.values()) if sweep else (),
            waits=_micros(schedules.usual.longest) if self._heal else (0,),
            own_waits=self._own_waits() if self._heal else (),
            ready=ready,
            room=Grants(self._lanes, len(ready), now),
            rules=self._settings.failures,
            calm=self._calm,
            desk=self._desk,
        )
        self._settlements, self._released = [], []
        if sweep:
            self._next_sweep = now + round(self._settings.lease * 1e6 / 2)
        self._store.submit(partial(take_turn, work=self._turn), self._turn_ended)

    def _own_waits(self) -> list[tuple[int, list[int]]]:
        schedules = self._settler.schedules
        return [
            (listener.seq, _micros(schedules.of(listener.options.schedule).longest))
            for listener in self._listeners.by_seq.values()
            if listener.options.schedule is not None
        ]

    def _take_heard(self) -> set[str]:
        """What was signalled since the last turn; the listeners are read again when they changed."""
        heard = {self._heard.popleft() for _ in range(len(self._heard))}
        if self._now() >= self._next_look:
            heard |= self._look_for_others()
        stirred: Iterable[int] = ()
        if SUBSCRIPTIONS_CHANGED in heard:
            stirred = self._read_listeners_or_hear_again(heard)
        if DELIVERIES_CHANGED in heard:
            stirred = self._listeners.by_seq
        for subscription in stirred:
            self._lanes.note_due(subscription, self._now(), self._now())
        return heard

    def _look_for_others(self) -> set[str]:
        """Whether the database has changed since the last look, by whoever. A turn finds stale listeners itself."""
        self._next_look = self._now() + round(self._settings.watch * 1e6)
        version = self._store.data_version()
        changed, self._version = version != self._version, version
        return {EVENT_APPENDED} if changed else set()

    def _read_listeners_or_hear_again(self, heard: set[str]) -> list[int]:
        """No event may be fanned out to listeners of yesterday: what was heard waits until they can be read."""
        try:
            return self._read_listeners()
        except BaseException:
            self._heard.extend(heard)
            raise

    def _read_listeners(self) -> list[int]:
        renewals = read_listeners(self._listeners, self._store.read.subscriptions, self._make_listener)
        for before, listener in renewals:
            self._prepare(before, listener)
        self._lanes.keep_only(self._listeners.by_seq)
        return [listener.seq for _, listener in renewals]

    def _prepare(self, before: Listener | None, listener: Listener) -> None:
        options, now = listener.options, self._now()
        if before is None or before.options != options:
            rate = options.rate_limit
            self._lanes.configure(listener.seq, in_flight=options.in_flight, rate=rate, now=now)
        if before is not None and listener.active and not before.active:
            self._lanes.begin_anew(listener.seq, now)

    def _turn_ended(self, result: TurnResult | None, error: BaseException | None) -> None:
        """Called on the writer's thread."""
        self._turn_end = (result, error)
        self._transport.wake()

    def _end_turn(self) -> None:
        assert self._turn is not None
        assert self._turn_end is not None
        (result, error), turn = self._turn_end, self._turn
        self._turn_end = self._turn = None
        if result is None:
            self._take_back(turn, error)
            return
        self._refusals.say_accepted(self._now())
        self._heal = self._heal and not turn.heal
        if result.healed:
            log.warning("delivery.times_healed", count=result.healed)
        for standing in result.held:
            self._hold(standing)
        now = self._now()
        for subscription, due_at in result.due.items():
            self._lanes.set_due(subscription, due_at, now)
        for settlement in result.lost:
            log.warning("delivery.lease_lost", delivery=settlement.claim.delivery)
        if result.stale_listeners:
            self._heard.extend((SUBSCRIPTIONS_CHANGED, EVENT_APPENDED))
        if result.more_events:
            self._heard.append(EVENT_APPENDED)
        self._send(result)

    def _take_back(self, turn: TurnWork, error: BaseException | None) -> None:
        """A turn that was not kept is asked for again, after a pause."""
        self._refusals.say_refused(self._now(), error, unrecorded=len(turn.settlements))
        self._settlements = [*turn.settlements, *self._settlements]
        self._released = [*turn.released, *self._released]
        self._heard.extend((EVENT_APPENDED, DELIVERIES_CHANGED, SUBSCRIPTIONS_CHANGED))
        if turn.sweep:
            self._next_sweep = 0
        self._not_before = self._now() + round(HELD_BACK * 1e6)

    def _send(self, result: TurnResult) -> None:
        """What may not be sent any more, since the turn was asked for, goes back unsent: it costs no attempt."""
        outgoing = []
        now = self._now()
        renderings = Renderings(result.bodies, partial(shown_event, self._store.read))
        of_listener: dict[int, list[Claim]] = {}
        for claim in result.claims:
            of_listener.setdefault(claim.subscription, []).append(claim)
        for subscription, claims in of_listener.items():
            listener = self._listeners.by_seq.get(subscription)
            if listener is None or self._lanes.is_closed_to(subscription, now):
                self._released += claims
                continue
            self._lanes.took(subscription, len(claims), now)
            for claim in claims:
                self._flying[claim.delivery] = claim
                event_id, body = renderings.of(claim.event, listener)
                outgoing.append(outgoing_of(claim, listener, event_id, body, now // 1_000_000))
        self._transport.submit(outgoing)

    def _drain(self) -> None:
        """The last turn: what finished is recorded, what did not is given back.

        When the database refuses, the leases end by themselves and the deliveries are made again.
        """
        closed = self._transport.close(self._grace)
        try:
            self._last_turn(closed)
        except StoreUnavailable as error:
            log.error("delivery.turn_refused", error=error.message)

    def _last_turn(self, closed: Closed) -> None:
        if self._turn is not None:
            self._store.write(lambda _: None)  # its commit comes before this one's
        unsent = self._turn_end[0].claims if self._turn_end and self._turn_end[0] else []
        for result in closed.finished:
            self._came_back(result)
        work = TurnWork(
            now=self._now(),
            token="",
            lease=0,
            patience=0,
            listeners=self._listeners,
            settlements=self._settlements,
            released=[*self._released, *unsent, *(outgoing.key for outgoing in closed.unfinished)],
            rules=self._settings.failures,
            desk=self._desk,
        )
        self._store.write(partial(take_turn, work=work))


def _micros(waits: Iterable[float]) -> list[int]:
    return [round(wait * 1e6) for wait in waits]
