"""Whatever happens, in whatever order: nothing is lost, order is kept, and only the holder of a lease settles.

Hypothesis draws changes, claims, answers, crashes, clocks that are set, pauses and resends, over the real turns and a
real database; a listener for each of the three orders.
"""

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub.delivery.listeners import Listeners, read_listeners
from hub.delivery.schedule import Schedule, Schedules
from hub.delivery.settle import Settler
from hub.delivery.transport.port import Failure, SendResult
from hub.delivery.turn import TurnResult, TurnWork, take_turn
from hub.model.delivery import Claim
from hub.model.problem import Problem
from hub.model.subscription import Order, SubscriptionState
from hub.store.deliveries import Settlement
from hub.store.subscriptions import Registered
from hub.store.tables import Tables
from tests.rooms import Desk, Exchange, TurningClock, making, open_store

PATIENCE = 900
WAITS = (5.0, 60.0, 300.0)
LEASE = 60_000_000
Row = dict[str, Any]


class Granted:
    def __init__(self, left: int) -> None:
        self.left = left

    def of(self, subscription: int) -> int:
        return self.left

    def took(self, subscription: int, count: int) -> None:
        self.left -= count


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = TurningClock()
        self.store = open_store(Path(self.folder.name), synchronous="NORMAL")
        self.exchange = Exchange(self.store, Path(self.folder.name), clock=self.clock)
        self.desk = Desk(self.store, self.clock)
        self.settler = Settler(schedules=Schedules(Schedule.from_settings(WAITS, 0.2)), longest_hint=3600.0)
        self.listeners = Listeners()
        self.registered: list[Registered] = []
        self.problems: list[Problem] = []
        self.flying: list[Claim] = []
        self.ghosts: list[Claim] = []
        self.pending: list[Settlement] = []
        self.resent: set[int] = set()
        self.set_back_at = -1
        self.boot = 0
        self.turns = 0
        self.published = 0

    @initialize()
    def register(self) -> None:
        for order in Order:
            self.registered.append(self.exchange.register(f"http://127.0.0.1:9/{order}", order=order))

    # What the world does.

    @rule()
    def create(self) -> None:
        if len(self.problems) < 3:
            self.problems.append(self.desk.create())
            self.published += 1

    @precondition(lambda self: self.problems)
    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        self.published += 1
        self.desk.patch(data.draw(st.sampled_from(self.problems)), name=f"change {self.published}")

    @rule(seconds=st.sampled_from([1, 6, 80, 400, 901, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.turn(seconds=seconds)

    @rule(hours=st.sampled_from([-1, 1]))
    def the_clock_is_set(self, hours: int) -> None:
        self.clock.turn(hours=hours)
        if hours < 0:
            self.set_back_at = len(self.rows())
        self.turn(sweep=True, heal=hours < 0)

    @precondition(lambda self: self.registered)
    @rule(data=st.data(), state=st.sampled_from(SubscriptionState))
    def an_operator_sets_a_state(self, data: st.DataObject, state: SubscriptionState) -> None:
        self.set_state(data.draw(st.sampled_from(self.registered)), state)

    @rule(data=st.data())
    def an_operator_sends_again(self, data: st.DataObject) -> None:
        known = [row["id"] for row in self.rows()]
        if known:
            chosen = data.draw(st.sampled_from(known))
            resend = partial(_resend, delivery=chosen, now=self.clock.micros)
            if self.store.write(resend):
                self.resent.add(chosen)

    # What a sender does.

    @rule(room=st.integers(1, 8))
    def claim(self, room: int) -> None:
        settled = {one.claim.delivery for one in self.pending if one.settled_at is not None}
        before = {row["id"]: row for row in self.rows()}
        result = self.turn(room=room, fan_out=True)
        self.flying += result.claims
        before |= {row["id"]: row for row in self.rows() if row["id"] not in before}
        still_open = [row for key, row in before.items() if key not in settled]
        for claim in result.claims:
            self.check_order(claim, still_open, self.clock.micros)

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), status=st.sampled_from([204, 204, 500, 429, 410, None]))
    def answer(self, data: st.DataObject, status: int | None) -> None:
        claim = self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1)))
        self.pending.append(self.settlement(claim, status))

    @rule(sweep=st.booleans())
    def record(self, sweep: bool) -> None:
        result = self.turn(sweep=sweep)
        assert result.lost == []

    @rule()
    def crash(self) -> None:
        """What was under way is forgotten here, and may still be answered elsewhere."""
        self.ghosts += [*self.flying, *(one.claim for one in self.pending)]
        self.flying, self.pending = [], []
        self.boot += 1
        tokens = self.store.read.deliveries.lease_tokens()
        self.store.write(lambda tables: tables.deliveries.free_leases(tokens))

    @precondition(lambda self: self.ghosts)
    @rule(data=st.data(), status=st.sampled_from([204, 500]))
    def a_ghost_settles(self, data: st.DataObject, status: int) -> None:
        claim = self.ghosts.pop(data.draw(st.integers(0, len(self.ghosts) - 1)))
        before = self.rows()
        settlement = self.settlement(claim, status)
        result = self.turn(settlements=[settlement])
        assert result.lost == [settlement]
        assert self.rows() == before

    # What always holds.

    @invariant()
    def nothing_is_lost(self) -> None:
        told = self.store.read.events.fanned_out()
        assert [row["event"] for row in self.rows() for _ in range(1)] == [
            event for event in range(1, told + 1) for _ in self.registered
        ]

    @invariant()
    def no_two_of_a_line_are_in_flight(self) -> None:
        keys = [
            (row["subscription"], row["order_key"])
            for row in self.rows()
            if row["state"] == "inFlight" and row["order_key"] is not None
        ]
        assert len(keys) == len(set(keys))

    @invariant()
    def what_is_in_flight_has_a_holder(self) -> None:
        held = {claim.delivery for claim in (*self.flying, *(one.claim for one in self.pending))}
        assert {row["id"] for row in self.rows() if row["state"] == "inFlight"} == held

    @invariant()
    def what_is_at_rest_stays_settled(self) -> None:
        for row in self.rows():
            assert (row["settled_at"] is not None) == (row["state"] in ("delivered", "dead"))

    def check_order(self, claim: Claim, rows: list[Row], now: int) -> None:
        """Nothing of the same line is open before it, unless that has had its time or was sent again by hand."""
        if claim.order_key is None or claim.delivery in self.resent:
            return
        for row in rows:
            same = (row["subscription"], row["order_key"]) == (claim.subscription, claim.order_key)
            if not same or row["id"] >= claim.delivery or row["settled_at"] is not None:
                continue
            excused = row["id"] in self.resent or row["id"] <= self.set_back_at
            assert excused or now - row["created"] >= PATIENCE * 1_000_000, (claim, row)

    # How it is done.

    def turn(
        self,
        *,
        room: int = 0,
        settlements: list[Settlement] | None = None,
        fan_out: bool = False,
        sweep: bool = False,
        heal: bool = False,
    ) -> TurnResult:
        read_listeners(self.listeners, self.store.read.subscriptions, making(self.exchange.secrets))
        recorded = self.pending if settlements is None else settlements
        if settlements is None:
            self.pending = []
        self.turns += 1
        work = TurnWork(
            now=self.clock.micros,
            token=f"h:1:{self.boot}:{self.turns}",
            lease=LEASE,
            patience=PATIENCE * 1_000_000,
            listeners=self.listeners,
            settlements=recorded,
            fan_out=fan_out,
            sweep=sweep,
            heal=heal,
            flying=self.flying if sweep else (),
            waits=[round(wait * 1e6) for wait in self.settler.schedules.usual.longest],
            ready=[one.seq for one in self.registered],
            room=Granted(room),
        )
        return self.store.write(partial(take_turn, work=work))

    def settlement(self, claim: Claim, status: int | None) -> Settlement:
        error = None if status else Failure.TIMEOUT
        hint = (("Retry-After", "30"),) if status == 429 else ()
        result = SendResult(key=claim, started=self.clock.micros, status=status, error=error, headers=hint)
        return self.settler.settlement_of(claim, result, self.clock())

    def set_state(self, registered: Registered, state: SubscriptionState) -> None:
        self.exchange.change(registered, state=state.value)
        self.exchange.keep()

    def rows(self) -> list[Row]:
        names = ("id", "subscription", "event", "order_key", "state", "waiting", "due_at", "created", "settled_at")
        sql = f"SELECT {', '.join(names)} FROM delivery ORDER BY event, subscription"
        return [dict(zip(names, row, strict=True)) for row in self.store.read.connection.execute(sql)]

    def teardown(self) -> None:
        """In the end everybody is there again and takes everything."""
        try:
            self.turn()
            for one in self.registered:
                self.set_state(one, SubscriptionState.ACTIVE)
            for _ in range(400):
                self.flying += self.turn(room=8, fan_out=True, sweep=True).claims
                while self.flying:
                    self.pending.append(self.settlement(self.flying.pop(), 204))
                self.turn()
                if self._is_done():
                    break
                self.clock.turn(seconds=61)
            assert self._is_done(), [row for row in self.rows() if row["settled_at"] is None]
            assert self.store.read.events.fanned_out() == self.published
        finally:
            self.exchange.close()
            self.folder.cleanup()

    def _is_done(self) -> bool:
        last = self.store.read.events.last() == self.store.read.events.fanned_out()
        return last and all(row["settled_at"] is not None for row in self.rows())


def _resend(tables: Tables, delivery: int, now: int) -> bool:
    return tables.deliveries.resend(delivery, now=now)


TestOrder = Machine.TestCase
TestOrder.settings = settings(
    max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
