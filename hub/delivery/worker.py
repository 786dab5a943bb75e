"""The sender's loop: wait for answers and wake-ups, take turns with the store, send what was claimed."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread

from hub.delivery.attempt_log import log_attempt
from hub.delivery.lanes import Lanes
from hub.delivery.listeners import Listeners, MakeListener, read_listeners
from hub.delivery.outcome import Outcome
from hub.delivery.outgoing import outgoing_of
from hub.delivery.rendering import Renderings
from hub.delivery.settle import Settler
from hub.delivery.transport.port import Closed, SendResult, Transport
from hub.delivery.turn import TurnResult, TurnWork, take_turn
from hub.errors import StoreUnavailable
from hub.model.delivery import Claim
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
    """Times are seconds. `watch` is how often to look for commits of other processes, which cannot call."""

    lease: float
    order_patience: float
    per_listener: int
    total: int
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
    ) -> None:
        self._store = store
        self._transport = transport
        self._settler = settler
        self._clock = clock
        self._make_listener = make_listener
        self._settings = settings
        self._holder = holder
        self._lanes = Lanes(per_listener=settings.per_listener, total=settings.total)
        self._listeners = Listeners()
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
        self._store.write(self._free_abandoned)
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

    def _free_abandoned(self, tables: Tables) -> None:
        tokens = tables.deliveries.lease_tokens()
        tables.deliveries.free_leases([token for token in tokens if self._holder.abandoned(token)])

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
        if self._turn is None and self._now() >= self._not_before:
            self._begin_turn()

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
        if self._heard or self._settlements:
            times.append(0)
        wait = (max(min(times), self._not_before) - self._now()) / 1e6
        return min(max(wait, 0.0), self._settings.watch)

    def _came_back(self, result: SendResult) -> None:
        claim: Claim = result.key
        settlement = self._settler.settlement_of(claim, result, self._clock())
        self._settlements.append(settlement)
        self._lanes.gave_back(claim.subscription, delivered=settlement.attempt.outcome == Outcome.DELIVERED)
        log_attempt(settlement, result, self._listeners.by_seq.get(claim.subscription))

    def _begin_turn(self) -> None:
        now = self._now()
        sweep = now >= self._next_sweep
        if sweep:
            self._heard.append(DELIVERIES_CHANGED)  # another process may have made some due
        heard = self._take_heard()
        ready = [lane.subscription for lane in self._lanes.ready(now)] if self._lanes.room > 0 else []
        if not (heard or ready or sweep or self._settlements):
            return
        self._turns += 1
        self._turn = TurnWork(
            now=now,
            token=self._holder.token(self._turns),
            lease_until=now + round(self._settings.lease * 1e6),
            patience=round(self._settings.order_patience * 1e6),
            listeners=self._listeners,
            settlements=self._settlements,
            # For a new listener, too: its first event may have come before it was heard of.
            fan_out=not heard.isdisjoint((EVENT_APPENDED, SUBSCRIPTIONS_CHANGED)),
            sweep=sweep,
            ready=ready,
            room=self._lanes.room,
            room_of=self._lanes.room_of,
        )
        self._settlements = []
        if sweep:
            self._next_sweep = now + round(self._settings.lease * 1e6 / 2)
        self._store.submit(partial(take_turn, work=self._turn), self._turn_ended)

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
            self._lanes.note_due(subscription, self._now())
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
        changed = read_listeners(self._listeners, self._store.read.subscriptions, self._make_listener)
        self._lanes.keep_only(self._listeners.by_seq)
        return changed

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
        for subscription, due_at in result.due.items():
            self._lanes.set_due(subscription, due_at)
        for settlement in result.lost:
            log.warning("delivery.lease_lost", delivery=settlement.claim.delivery)
        if result.stale_listeners:
            self._heard.extend((SUBSCRIPTIONS_CHANGED, EVENT_APPENDED))
        if result.more_events:
            self._heard.append(EVENT_APPENDED)
        self._send(result)

    def _take_back(self, turn: TurnWork, error: BaseException | None) -> None:
        """A turn that was not kept is asked for again, after a pause."""
        log.error("delivery.turn_refused", error=str(error))
        self._settlements = [*turn.settlements, *self._settlements]
        self._heard.extend((EVENT_APPENDED, DELIVERIES_CHANGED, SUBSCRIPTIONS_CHANGED))
        self._not_before = self._now() + round(HELD_BACK * 1e6)

    def _send(self, result: TurnResult) -> None:
        outgoing = []
        timestamp = self._now() // 1_000_000
        renderings = Renderings(result.bodies, partial(shown_event, self._store.read))
        for claim in result.claims:
            listener = self._listeners.by_seq.get(claim.subscription)
            if listener is not None:
                event_id, body = renderings.of(claim.event, listener)
                self._lanes.took(claim.subscription, 1)
                outgoing.append(outgoing_of(claim, listener, event_id, body, timestamp))
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
            lease_until=0,
            patience=0,
            listeners=self._listeners,
            settlements=self._settlements,
            released=[*unsent, *(outgoing.key for outgoing in closed.unfinished)],
            room_of=lambda _: 0,
        )
        self._store.write(partial(take_turn, work=work))
