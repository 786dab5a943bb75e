"""What is under way when something fails here: nothing is stranded, and no listener pays for it."""

from collections.abc import Sequence
from typing import Any

import pytest

from hub.delivery.counts import DeliveryCounts
from hub.delivery.lanes import Lanes
from hub.delivery.listeners import Listener, Listeners
from hub.delivery.reception import Reception
from hub.delivery.schedule import Schedule, Schedules
from hub.delivery.settle import Settler
from hub.delivery.spans import Spans
from hub.delivery.transport.port import Closed, Failure, Outgoing, SendResult
from hub.delivery.turn import TurnResult
from hub.delivery.under_way import UnderWay
from hub.faces import V5
from hub.model.delivery import Claim
from hub.model.event import EventType
from hub.model.subscription import Order
from tests.rooms import TurningClock

LISTENER = 7


class Carrier:
    """A transport that does what the test says: `fails` is what its next `submit` raises."""

    def __init__(self) -> None:
        self.fails: list[Exception] = []
        self.carried: list[Outgoing] = []

    def submit(self, outgoing: Sequence[Outgoing]) -> None:
        if self.fails:
            raise self.fails.pop()
        self.carried += outgoing

    def wait(self, timeout: float | None) -> list[SendResult]:
        return []

    def wake(self) -> None: ...

    def in_flight(self) -> int:
        return len(self.carried)

    def close(self, grace: float) -> Closed:
        return Closed(finished=[], unfinished=[])


def claims(count: int) -> list[Claim]:
    return [
        Claim(
            delivery=number,
            subscription=LISTENER,
            event=number,
            order_key=None,
            attempts=0,
            tries=0,
            created=0,
            token="here:1:b:1",
        )
        for number in range(count)
    ]


def turn(count: int) -> TurnResult:
    return TurnResult(claims=claims(count), bodies={number: (f"event-{number}", b"{}") for number in range(count)})


class Room:
    def __init__(self) -> None:
        self.carrier = Carrier()
        self.lanes = Lanes(per_listener=8, total=8)
        clock = TurningClock()
        listener = Listener(
            seq=LISTENER,
            id="l",
            url="http://127.0.0.1/",
            order=Order.NONE,
            from_event=0,
            active=True,
            face=V5,
            fields=(),
            types=frozenset(EventType),
            condition=None,
        )
        listeners = Listeners([listener])
        settler = Settler(schedules=Schedules(Schedule.from_settings((1.0,), 0.0), 0.0), longest_hint=0.0)
        nothing: Any = None
        self.under_way = UnderWay(
            transport=self.carrier,
            lanes=self.lanes,
            listeners=listeners,
            reception=Reception(settler=settler, lanes=self.lanes, listeners=listeners),
            clock=clock,
            counts=DeliveryCounts(),
            spans=Spans(),
            read=lambda: nothing,
        )

    def comes_back(self, claim: Claim, **result: Any) -> None:
        self.under_way.came_back([SendResult(key=claim, started=0, **result)])


@pytest.fixture
def room() -> Room:
    return Room()


def test_what_a_transport_does_not_take_goes_back_and_its_lane_is_free(room: Room) -> None:
    room.carrier.fails.append(RuntimeError("can't start new thread"))
    with pytest.raises(RuntimeError):
        room.under_way.send(turn(3))
    assert room.under_way.flying == []
    assert room.under_way.released == claims(3)
    assert (room.lanes.in_flight, room.lanes.lane(LISTENER).in_flight) == (0, 0)
    room.under_way.send(turn(3))
    assert [each.key.delivery for each in room.carrier.carried] == [0, 1, 2]
    assert room.lanes.in_flight == 3


def test_what_cannot_be_written_is_a_failed_attempt_and_keeps_no_other(room: Room) -> None:
    given = turn(3)
    del given.bodies[1]
    room.under_way.send(given)
    assert [each.key.delivery for each in room.carrier.carried] == [0, 2]
    (settled,) = room.under_way.settlements
    assert (settled.claim.delivery, settled.attempt.outcome) == (1, "broken")
    assert settled.attempt.error == "internal: KeyError"
    assert room.lanes.in_flight == 2


def test_a_want_of_our_own_is_no_attempt_and_says_nothing_of_the_listener(room: Room) -> None:
    room.under_way.send(turn(1))
    (claim,) = room.under_way.flying
    room.comes_back(claim, error=Failure.NO_RESOURCES, error_text="127.0.0.1 port 1: Too many open files")
    assert room.under_way.settlements == []
    assert room.under_way.released == [claim]
    assert room.under_way.want == "127.0.0.1 port 1: Too many open files"
    lane = room.lanes.lane(LISTENER)
    assert (lane.in_flight, lane.window, lane.trust.value) == (0, 1, "new")


def test_what_flies_for_longer_than_any_attempt_may_is_given_up_and_counts_once(room: Room) -> None:
    room.under_way.send(turn(2))
    first, second = room.under_way.flying
    room.under_way.give_up(100.0, 60.0)
    room.comes_back(first, status=204)
    room.under_way.give_up(160.0, 60.0)
    assert room.under_way.released == []
    room.under_way.give_up(160.1, 60.0)
    assert room.under_way.released == [second]
    assert (room.under_way.flying, room.lanes.in_flight) == ([], 0)
    room.comes_back(second, status=204)
    assert [each.claim for each in room.under_way.settlements] == [first]
    assert room.lanes.in_flight == 0
