"""Lanes: how much each listener may have in flight, and whose turn it is."""

from hub.delivery.lanes import FIRST_WINDOW, Lanes


def lanes(per_listener: int = 64, total: int = 512) -> Lanes:
    return Lanes(per_listener=per_listener, total=total)


def ready(of: Lanes, now: int = 100) -> list[int]:
    return [lane.subscription for lane in of.ready(now)]


def test_a_new_lane_begins_with_a_small_window_and_no_work() -> None:
    one = lanes()
    assert one.room_of(1) == one.lane(1).room == FIRST_WINDOW
    assert one.next_due() is None
    assert ready(one) == []


def test_a_window_never_exceeds_what_a_listener_may_have() -> None:
    one = lanes(per_listener=3)
    assert one.room_of(1) == 3
    one.took(1, 1)
    one.gave_back(1, delivered=True)
    assert one.lane(1).window == 3


def test_a_success_widens_the_window_by_one_and_a_failure_halves_it() -> None:
    one = lanes()
    one.took(1, 5)
    one.gave_back(1, delivered=True)
    assert one.lane(1).window == FIRST_WINDOW + 1
    one.gave_back(1, delivered=False)
    assert one.lane(1).window == (FIRST_WINDOW + 1) // 2
    for _ in range(3):
        one.gave_back(1, delivered=False)
    assert one.lane(1).window == 1
    assert one.in_flight == one.lane(1).in_flight == 0


def test_the_earliest_due_time_is_kept_until_it_is_set_anew() -> None:
    one = lanes()
    one.note_due(1, 50)
    one.note_due(1, 70)
    assert one.lane(1).due_at == 50
    one.note_due(1, 30)
    assert one.next_due() == 30
    one.set_due(1, 90)
    assert one.next_due() == 90
    one.set_due(1, None)
    assert one.next_due() is None


def test_a_lane_is_ready_when_its_work_is_due_and_it_has_room() -> None:
    one = lanes(per_listener=2)
    one.note_due(1, 100)
    one.note_due(2, 101)
    one.note_due(3, 100)
    one.took(3, 2)
    assert ready(one, 99) == []
    assert ready(one, 100) == [1]
    assert ready(one, 101) == [1, 2]


def test_who_was_served_goes_to_the_end_of_the_line() -> None:
    one = lanes()
    for subscription in (1, 2, 3):
        one.note_due(subscription, 0)
    one.took(1, 1)
    assert ready(one) == [2, 3, 1]
    one.took(3, 1)
    one.took(2, 1)
    assert ready(one) == [1, 3, 2]


def test_a_full_lane_does_not_wake_the_sender() -> None:
    one = lanes(per_listener=1)
    one.note_due(1, 0)
    one.note_due(2, 80)
    one.took(1, 1)
    assert one.next_due() == 80


def test_without_room_for_all_nobody_is_waited_for() -> None:
    one = lanes(total=2)
    one.note_due(1, 0)
    one.took(2, 2)
    assert one.room == 0
    assert one.next_due() is None
    one.gave_back(2, delivered=True)
    assert one.next_due() == 0


def test_the_lane_of_a_listener_that_left_goes_when_nothing_is_in_flight() -> None:
    one = lanes()
    for subscription in (1, 2, 3):
        one.note_due(subscription, 0)
    one.took(2, 1)
    one.keep_only({3})
    assert ready(one) == [3]
    one.gave_back(2, delivered=False)
    assert one.in_flight == 0
    one.keep_only({3})
    assert one.room_of(2) == FIRST_WINDOW
