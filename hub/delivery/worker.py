"""The sender's loop: wait for answers and wake-ups, take turns with the store, send what was claimed."""

import time
from collections.abc import Iterator, Mapping
from functools import partial
from threading import Event, Thread

from hub.delivery.clock_watch import ClockWatch, Monotonic
from hub.delivery.counts import DeliveryCounts
from hub.delivery.grants import Grants, NoRoom
from hub.delivery.lane import Trust
from hub.delivery.lane_readings import figures_of, lane_readings
from hub.delivery.lanes import Lanes
from hub.delivery.listeners import Listeners, MakeListener, own_waits
from hub.delivery.news import EVERYTHING, News
from hub.delivery.notices import Desk
from hub.delivery.reception import Reception
from hub.delivery.refusals import Refusals
from hub.delivery.settle import Settler
from hub.delivery.spans import Spans
from hub.delivery.transport.port import Closed, Transport
from hub.delivery.turn import TurnResult, TurnWork, take_turn
from hub.delivery.under_way import UnderWay
from hub.delivery.wants import Wants
from hub.delivery.worker_settings import WorkerSettings
from hub.errors import StoreUnavailable
from hub.faces import EVENT_RENDERERS, EventRenderer
from hub.model.standing import Standing
from hub.model.times import Clock, to_micros
from hub.store.deliveries import DELIVERIES_CHANGED
from hub.store.events import EVENT_APPENDED
from hub.store.leases import Holder
from hub.store.sqlite import Store
from hub.store.subscriptions import SUBSCRIPTIONS_CHANGED
from hub.store.tables import Tables
from hub.telemetry import catalogue, logger
from hub.telemetry.metric import Reading
from hub.telemetry.trails import Attempts

log = logger("hub.delivery")

IDLE = 30.0
"""The longest wait in seconds when nothing is due."""
HELD_BACK = 1.0
"""The wait in seconds after a turn that the database refused."""


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
        attempts: Attempts | None = None,
        renderers: Mapping[str, EventRenderer] = EVENT_RENDERERS,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._store = store
        self._transport = transport
        self._schedules = settler.schedules
        self._clock = clock
        self._settings = settings
        self._holder = holder
        self._desk = desk
        self._monotonic = monotonic
        self._clock_watch = ClockWatch(monotonic)
        self._wants = Wants()
        self._refusals = Refusals()
        self._listeners = listeners = Listeners()
        self._lanes = lanes = Lanes(
            per_listener=settings.per_listener,
            total=settings.total,
            reserved=settings.reserved,
            breaker=settings.breaker,
        )
        self._counts = counts = DeliveryCounts()
        self._news = News(
            store=store,
            listeners=listeners,
            lanes=lanes,
            make_listener=make_listener,
            watch=round(settings.watch * 1e6),
        )
        self._under_way = UnderWay(
            transport=transport,
            lanes=lanes,
            listeners=listeners,
            reception=Reception(settler=settler, lanes=lanes, listeners=listeners),
            clock=clock,
            counts=counts,
            spans=Spans(attempts=attempts),
            read=lambda: store.read,
            renderers=renderers,
        )
        self._calm: set[int] = set()
        self._heal = True
        self._turn: TurnWork | None = None
        self._turn_end: tuple[TurnResult | None, BaseException | None] | None = None
        self._turns = 0
        self._turn_asked = self._turn_seconds = 0.0
        self._next_sweep = 0
        self._not_before = 0
        self._others_until = 0.0
        self._grace = 0.0
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="delivery", daemon=True)

    def start(self) -> None:
        """Free what a dead process of this host held, then begin.

        Raises InvalidSettings when the listeners' secrets do not open.
        """
        self._clock_watch.jump(self._now())
        self._news.read_listeners(self._now())
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

    def readings(self, listeners: int) -> Iterator[Reading]:
        """What is to be measured of this sender, with `listeners` by name at most; callable from any thread."""
        yield from self._counts.readings()
        turn, waiting = self._turn, len(self._under_way.settlements)
        yield Reading(catalogue.UNRECORDED, waiting + (0 if turn is None else len(turn.settlements)))
        yield Reading(catalogue.IN_FLIGHT, self._lanes.in_flight)
        yield Reading(catalogue.IN_FLIGHT_LIMIT, self._settings.total)
        ids = {listener.seq: listener.id for listener in self._listeners.by_seq.copy().values()}
        due = self._store.read.figures.due_since()
        yield from lane_readings(figures_of(self._lanes.all(), ids, due, self._now()), listeners)

    def _begin(self, tables: Tables) -> list[Standing]:
        """Free what dead processes of this host held; gives the listeners to which nothing may be sent yet."""
        tokens = tables.deliveries.lease_tokens()
        tables.deliveries.free_leases([token for token in tokens if self._holder.abandoned(token)])
        tables.standings.heal(self._now())
        return tables.standings.held(self._now())

    def _hear(self, signals: frozenset[str]) -> None:
        """Called on the writer's thread, after each commit."""
        if self._news.is_news(signals):
            self._news.add(signals)
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
        finished = self._transport.wait(self._patience())
        if finished:
            self._under_way.came_back(finished)
            self._mind_wants()
        if self._turn_end is not None:
            self._end_turn()
        if self._turn is None:
            now = self._now()
            self._mind_clock(now)
            if now >= self._not_before:
                self._begin_turn(now)

    def _mind_wants(self) -> None:
        """What could not be sent for want of something of ours is tried again in a moment."""
        want, self._under_way.want = self._under_way.want, None
        if want is None:
            self._wants.note_none(self._now())
        else:
            self._wants.note(self._now(), want)

    def want(self) -> str | None:
        """What this process is out of, so that it cannot send; None when it can. Callable from any thread."""
        return self._wants.present(self._now())

    def _mind_clock(self, now: int) -> None:
        """A clock that is set ends no wait early and makes none longer; what is under way is held on to.

        When it is set ahead, the leases of other senders seem to have ended: they get the time to renew them.
        """
        by = self._clock_watch.jump(now)
        if not by:
            return
        log.warning("delivery.clock_set", seconds=round(by / 1e6, 3))
        self._next_sweep = self._not_before = 0
        self._wants.clock_set()
        self._news.clock_set()
        if by > 0:
            self._others_until = self._monotonic() + self._settings.lease
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
            times.append(max(due, self._wants.until))
        if self._news or self._under_way.is_waiting:
            times.append(0)
        wait = (max(min(times), self._not_before) - self._now()) / 1e6
        return min(max(wait, 0.0), self._settings.watch)

    def _hold(self, standing: Standing) -> None:
        """What is on record, by this process or another; who has just answered here is not under suspicion."""
        if not standing.probed:
            self._lanes.hold(standing.subscription, standing.held_until, self._now())
        elif self._lanes.lane(standing.subscription).trust is not Trust.PROVEN:
            self._lanes.suspect(standing.subscription, standing.held_until, self._now())

    def _begin_turn(self, now: int) -> None:
        sweep = now >= self._next_sweep
        if sweep:
            self._news.add([DELIVERIES_CHANGED])  # another process may have made some due
            self._calm.clear()  # another process may have seen them fail
            self._under_way.give_up(self._monotonic(), self._settings.lease)
        heard = self._news.take(now)
        can_send = now >= self._wants.until
        ready = [lane.subscription for lane in self._lanes.ready(now)] if can_send else []
        if not (heard or ready or sweep or self._under_way.is_waiting):
            return
        self._turns += 1
        self._turn = TurnWork(
            now=now,
            token=self._holder.token(self._turns),
            lease=round(self._settings.lease * 1e6),
            patience=round(self._settings.order_patience * 1e6),
            listeners=self._listeners,
            settlements=self._under_way.settlements,
            released=self._under_way.released,
            # For a new listener, too: its first event may have come before it was heard of.
            fan_out=not heard.isdisjoint((EVENT_APPENDED, SUBSCRIPTIONS_CHANGED)),
            sweep=sweep,
            expire=self._monotonic() >= self._others_until,
            heal=self._heal,
            flying=self._under_way.flying if sweep else (),
            waits=self._schedules.usual.longest_micros() if self._heal else (0,),
            own_waits=own_waits(self._schedules, self._listeners) if self._heal else (),
            ready=ready,
            room=Grants(self._lanes, len(ready), now) if can_send else NoRoom(),
            rules=self._settings.failures,
            calm=self._calm,
            desk=self._desk,
        )
        self._under_way.handed_over()
        if sweep:
            self._next_sweep = now + round(self._settings.lease * 1e6 / 2)
        self._turn_asked = time.perf_counter()
        self._store.submit(partial(take_turn, work=self._turn), self._turn_ended)

    def _turn_ended(self, result: TurnResult | None, error: BaseException | None) -> None:
        """Called on the writer's thread."""
        self._turn_seconds = time.perf_counter() - self._turn_asked
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
        self._counts.turn(result, self._turn_seconds)
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
            self._news.add((SUBSCRIPTIONS_CHANGED, EVENT_APPENDED))
        if result.more_events:
            self._news.add([EVENT_APPENDED])
        self._under_way.send(result)

    def _take_back(self, turn: TurnWork, error: BaseException | None) -> None:
        """A turn that was not kept is asked for again, after a pause."""
        self._counts.refused()
        self._refusals.say_refused(self._now(), error, unrecorded=len(turn.settlements))
        self._under_way.take_back(turn)
        self._news.add(EVERYTHING)
        if turn.sweep:
            self._next_sweep = 0
        self._not_before = self._now() + round(HELD_BACK * 1e6)

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
        self._under_way.came_back(closed.finished)
        work = TurnWork(
            now=self._now(),
            token="",
            lease=0,
            patience=round(self._settings.order_patience * 1e6),
            listeners=self._listeners,
            settlements=self._under_way.settlements,
            released=[*self._under_way.released, *unsent, *(outgoing.key for outgoing in closed.unfinished)],
            rules=self._settings.failures,
            desk=self._desk,
        )
        self._store.write(partial(take_turn, work=work))
