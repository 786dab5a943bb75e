"""Lanes: how much each listener may have in flight, and whose turn it is."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.delivery.breaker import BreakerRules
from hub.delivery.grants import FAIR_SHARE, Grants
from hub.delivery.lane import Trust
from hub.delivery.lanes import FIRST_WINDOW, Lanes
from hub.delivery.rotation import Rotation

NOW = 100


class Road:
    """Lanes at an instant that the test names once."""

    def __init__(self, per_listener: int = 64, total: int = 512, **more: Any) -> None:
        self.lanes = Lanes(per_listener=per_listener, total=total, **more)
        self.now = NOW

    def due(self, *subscriptions: int, at: int = 0) -> None:
        for subscription in subscriptions:
            self.lanes.note_due(subscription, at, self.now)

    def prove(self, *subscriptions: int) -> None:
        """They have answered once."""
        for subscription in subscriptions:
            self.took(subscription)
            self.back(subscription)

    def took(self, subscription: int, count: int = 1) -> None:
        self.lanes.took(subscription, count, self.now)

    def back(self, subscription: int, *, delivered: bool = True, **how: Any) -> bool:
        return self.lanes.gave_back(subscription, delivered=delivered, now=self.now, **how)

    def ready(self, now: int = NOW) -> list[int]:
        self.now = now
        return [lane.subscription for lane in self.lanes.ready(now)]

    def room(self, subscription: int) -> int:
        return self.lanes.lane(subscription).room(self.now)


def test_a_new_lane_is_asked_with_one_delivery_and_has_no_work() -> None:
    road = Road()
    assert road.room(1) == 1
    assert road.lanes.next_due() is None
    assert road.ready() == []


def test_who_has_answered_gets_a_window_and_each_success_widens_it_by_one() -> None:
    road = Road()
    road.prove(1)
    assert road.room(1) == FIRST_WINDOW
    road.prove(1)
    assert road.room(1) == FIRST_WINDOW + 1


def test_a_window_never_exceeds_what_a_listener_may_have() -> None:
    road = Road(per_listener=3)
    road.prove(1, 1)
    assert road.room(1) == 3
    road.lanes.configure(1, in_flight=2, rate=None, now=NOW)
    assert road.room(1) == 2
    road.lanes.configure(1, in_flight=9, rate=None, now=NOW)
    assert road.room(1) == 3


def test_strain_halves_the_window_and_another_failure_leaves_it() -> None:
    road = Road()
    road.prove(1)
    road.took(1, 5)
    road.back(1, delivered=False, strained=False)
    assert road.lanes.lane(1).window == FIRST_WINDOW
    for window in (4, 2, 1, 1):
        road.back(1, delivered=False, strained=True)
        assert road.lanes.lane(1).window == window
    assert road.lanes.in_flight == road.lanes.lane(1).in_flight == 0


def test_the_earliest_due_time_is_kept_until_it_is_set_anew() -> None:
    road = Road()
    road.due(1, at=150)
    road.due(1, at=170)
    assert road.lanes.next_due() == 150
    road.due(1, at=130)
    assert road.lanes.next_due() == 130
    road.lanes.set_due(1, 190, NOW)
    assert road.lanes.next_due() == 190
    road.lanes.set_due(1, None, NOW)
    assert road.lanes.next_due() is None


def test_a_lane_is_ready_when_its_work_is_due_and_it_has_room() -> None:
    road = Road(per_listener=2)
    road.due(1, at=100)
    road.due(2, at=101)
    road.due(3, at=100)
    road.took(3)
    assert road.ready(99) == []
    assert road.ready(100) == [1]
    assert road.ready(101) == [1, 2]


def test_who_was_served_goes_to_the_end_of_the_line() -> None:
    road = Road()
    road.prove(1, 2, 3)
    road.due(1, 2, 3)
    assert road.ready() == [1, 2, 3]
    road.took(1)
    assert road.ready() == [2, 3, 1]
    road.took(3)
    road.took(2)
    assert road.ready() == [1, 3, 2]


def test_a_full_lane_does_not_wake_the_sender() -> None:
    road = Road(per_listener=1)
    road.due(1)
    road.due(2, at=80)
    road.took(1)
    assert road.lanes.next_due() == 80


def test_without_room_for_all_nobody_is_waited_for() -> None:
    road = Road(total=2)
    road.prove(2)
    road.due(1)
    road.took(2, 2)
    assert road.lanes.room == 0
    assert road.lanes.next_due() is None
    assert road.ready() == []
    road.back(2)
    assert road.lanes.next_due() == 0
    assert road.ready() == [1]


def test_no_more_lanes_are_ready_than_there_is_room_for() -> None:
    road = Road(total=3)
    road.due(*range(1, 10))
    assert road.ready() == [1, 2, 3]


def test_listeners_that_fail_leave_their_share_to_others() -> None:
    road = Road(total=8, reserved=0.5)
    failing = range(1, 9)
    for subscription in failing:
        road.took(subscription)
        road.back(subscription, delivered=False)
    road.due(*failing)
    assert len(road.ready()) == 4
    for subscription in road.ready():
        road.took(subscription)
    assert road.ready() == []
    assert road.lanes.next_due() is None
    road.due(20, 21, 22, 23)
    assert road.ready() == [20, 21]  # they have not answered yet: half of the share is for those that have
    road.prove(30, 31)
    road.due(30, 31)
    assert road.ready() == [30, 20, 31, 21]


def test_kinds_of_listeners_take_turns() -> None:
    road = Road(total=100)
    road.prove(1, 2)
    road.took(5)
    road.back(5, delivered=False)
    road.due(5, 1, 2, 3)
    assert road.ready() == [1, 3, 5, 2]


def test_a_wish_to_wait_holds_the_whole_lane_and_the_longest_counts() -> None:
    road = Road()
    road.due(1)
    road.lanes.hold(1, 500, NOW)
    road.lanes.hold(1, 300, NOW)
    assert road.ready() == []
    assert road.room(1) == 0
    assert road.lanes.next_due() == 500
    assert road.ready(500) == [1]


RULES = BreakerRules(failures=3, rate=1.0, pause=1000, longest=3000)


def opened() -> Road:
    road = Road(breaker=RULES)
    road.prove(1)
    road.due(1)
    road.took(1, 4)
    assert [road.back(1, delivered=False, strained=False) for _ in range(3)] == [False, False, True]
    return road


def test_an_open_breaker_lets_nothing_through_and_then_exactly_one_probe() -> None:
    road = opened()
    road.back(1, delivered=False)  # one that was still under way makes no pause longer
    assert road.ready() == []
    assert road.lanes.is_closed_to(1, NOW)
    assert road.lanes.next_due() == NOW + 1000
    assert road.ready(NOW + 1000) == [1]
    assert road.room(1) == 1
    road.took(1)
    assert road.room(1) == 0
    assert road.ready(NOW + 1001) == []
    assert road.lanes.next_due() is None


def test_no_probe_is_made_while_something_is_still_under_way() -> None:
    road = opened()
    assert road.lanes.lane(1).in_flight == 1
    assert road.ready(NOW + 1000) == []
    road.back(1, delivered=False)
    assert road.ready(NOW + 1001) == []  # its failure was a probe's
    assert road.ready(NOW + 3000) == [1]


def test_a_probe_that_fails_doubles_the_pause_up_to_the_longest() -> None:
    road = opened()
    road.back(1, delivered=False)
    for pause in (2000, 3000, 3000):
        at = road.lanes.next_due()
        assert at is not None
        assert road.ready(at) == [1]
        road.took(1)
        assert road.back(1, delivered=False)
        assert road.lanes.next_due() == at + pause


def test_a_probe_that_succeeds_closes_the_breaker() -> None:
    road = opened()
    road.back(1, delivered=False)
    road.ready(NOW + 1000)
    road.took(1)
    road.back(1)
    assert road.ready(NOW + 1000) == [1]
    assert road.room(1) == road.lanes.lane(1).window > 1
    road.took(1)
    assert not road.back(1, delivered=False)  # it counts from the beginning


def test_many_failures_among_successes_open_the_breaker_too() -> None:
    road = Road(breaker=BreakerRules(failures=1000, rate=0.5, pause=10, longest=10))
    road.took(1, 1000)
    ends = [road.back(1, delivered=number % 3 == 0) for number in range(300)]
    assert any(ends)
    calm = Road(breaker=BreakerRules(failures=1000, rate=0.5, pause=10, longest=10))
    calm.took(1, 1000)
    assert not any(calm.back(1, delivered=number % 3 != 0) for number in range(900))


def test_a_breaker_that_another_process_opened_is_open_here() -> None:
    road = Road(breaker=RULES)
    road.due(1)
    road.lanes.suspect(1, NOW + 700, NOW)
    assert road.ready() == []
    assert road.ready(NOW + 700) == [1]
    assert road.room(1) == 1


def test_who_is_activated_again_begins_anew_and_old_failures_do_not_count() -> None:
    road = opened()
    road.lanes.hold(1, 10**9, NOW)
    road.now = NOW + 10
    road.lanes.begin_anew(1, road.now)
    road.due(1)
    assert road.lanes.lane(1).trust is Trust.NEW
    road.back(1, delivered=False, began=NOW)
    assert road.lanes.lane(1).trust is Trust.NEW
    assert road.ready(NOW + 10) == [1]
    road.took(1)
    road.back(1, delivered=False, began=NOW + 10)
    assert road.lanes.lane(1).trust is Trust.FAILING


SECOND = 1_000_000


def test_a_rate_schedules_the_next_attempt() -> None:
    road = Road()
    road.lanes.configure(1, in_flight=None, rate=2.0, now=NOW)
    road.prove(2)
    road.due(1)
    assert road.ready() == [1]
    road.took(1)
    road.back(1)
    assert road.ready() == []
    at = road.lanes.next_due()
    assert at is not None
    assert abs(at - (NOW + SECOND // 2)) <= 2
    assert road.ready(at) == [1]
    assert road.room(1) == 1
    road.now = NOW + 100 * SECOND
    assert road.room(1) == 2  # no more are saved up than come in a second


@given(st.floats(0.01, 5000), st.lists(st.integers(0, 10_000_000), max_size=50))
def test_no_rate_is_ever_exceeded(rate: float, steps: list[int]) -> None:
    road = Road(per_listener=10_000, total=10_000)
    road.lanes.configure(1, in_flight=None, rate=rate, now=NOW)
    road.due(1)
    begun = 0
    for step in steps:
        road.now += step
        while count := road.room(1):
            road.took(1, count)
            begun += count
            for _ in range(count):
                road.back(1)
        at = road.lanes.next_due()
        assert at is not None
        assert at > road.now  # scheduled, not spun
    assert begun <= max(1.0, rate) + rate * (road.now - NOW) / 1e6 + 1


def test_a_clock_that_is_set_back_makes_no_wait_longer() -> None:
    road = opened()
    road.back(1, delivered=False)
    road.lanes.hold(2, NOW + 800, NOW)
    road.due(2)
    jump = 50
    road.now -= jump
    road.lanes.clock_set(-jump, road.now)
    road.due(1, 2, at=road.now)
    assert road.ready(road.now) == []
    assert road.ready(NOW - jump + 800) == [2]
    assert road.ready(NOW - jump + 1000) == [2, 1]


def test_the_lane_of_a_listener_that_left_goes_when_nothing_is_in_flight() -> None:
    road = Road()
    road.due(1, 2, 3)
    road.took(2)
    road.lanes.keep_only({3})
    assert road.ready() == [3]
    road.back(2, delivered=False)
    assert road.lanes.in_flight == 0
    road.lanes.keep_only({3})
    assert road.lanes.lane(2).trust is Trust.NEW


def test_a_turn_grants_no_more_than_the_room_for_all_and_shares_it() -> None:
    road = Road(per_listener=64, total=40)
    road.prove(1)
    for _ in range(60):
        road.prove(1)
    assert Grants(road.lanes, 1, NOW).of(1) == 40
    grants = Grants(road.lanes, 10, NOW)
    assert grants.of(1) == FAIR_SHARE
    grants.took(1, 38)
    assert (grants.left, grants.of(1), grants.of(2)) == (2, 2, 1)
    grants.took(2, 1)
    grants.took(1, 1)
    assert (grants.left, grants.of(1), grants.of(3)) == (0, 0, 0)


MOVES = st.lists(st.tuples(st.integers(0, 20), st.none() | st.integers(0, 100)), max_size=200)


@given(MOVES, st.integers(0, 100))
def test_a_rotation_gives_who_is_due_whatever_was_placed_before(
    moves: list[tuple[int, int | None]], now: int
) -> None:
    rotation = Rotation()
    expected: dict[int, int] = {}
    for step, (key, at) in enumerate(moves):
        rotation.place(key, at)
        expected.pop(key, None)
        if at is not None:
            expected[key] = at
        if step % 7 == 0:
            list(rotation.ready(now // 2))
    assert sorted(rotation.ready(now)) == sorted(key for key, at in expected.items() if at <= now)
    later = [at for at in expected.values() if at > now]
    if not any(at <= now for at in expected.values()):
        assert rotation.next_at() == min(later, default=None)


def test_a_rotation_keeps_no_more_than_it_needs() -> None:
    rotation = Rotation()
    for number in range(100_000):
        rotation.place(number % 10, number)
    assert len(rotation._heap) < 100
