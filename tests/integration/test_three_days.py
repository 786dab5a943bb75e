"""75 hours of retries in seconds: the default schedule, with its jitter, against real listeners."""

from functools import partial
from itertools import pairwise

from hub.delivery.breaker import BreakerRules
from hub.delivery.failures import FailureRules
from hub.delivery.schedule import DEFAULT_JITTER, DEFAULT_WAITS, HOUR
from hub.model.delivery import DeliveryState
from hub.settings import load_settings
from hub.store.subscriptions import Registered
from tests.fakes.listener import Listener, answer
from tests.rooms import until
from tests.senders import Office, numbers

DAY = 24 * HOUR
USUAL = BreakerRules(failures=5, rate=0.8, pause=5_000_000, longest=300_000_000)


def pass_to_next(office: Office) -> None:
    """Time passes until the next attempt at anything is due, and that is made."""
    before, now = office.attempts(), office.clock.micros
    held = {standing.subscription: standing.held_until for standing in office.store.read.standings.held(now)}
    sql = "SELECT subscription, due_at FROM delivery WHERE state = 'due' AND waiting = 0"
    rows = office.store.read.connection.execute(sql).fetchall()
    due = min(max(due_at, held.get(subscription, 0)) for subscription, due_at in rows)
    office.passes(max(0, due - now) / 1e6 + 0.001)
    until(lambda: office.attempts() > before)
    until(lambda: DeliveryState.IN_FLIGHT not in office.states())


def times(office: Office, registered: Registered) -> list[int]:
    (view,) = office.views(registered)
    return [attempt.started for attempt in office.store.read.deliveries.attempts(view.id)]


def is_told(office: Office, registered: Registered, count: int) -> bool:
    return office.states(registered) == ["delivered"] * count


def test_the_default_schedule_is_that_of_the_settings_and_lasts_75_hours() -> None:
    delivery = load_settings(None, {}, {}).delivery
    assert (delivery.schedule, delivery.jitter) == (DEFAULT_WAITS, DEFAULT_JITTER)
    assert sum(delivery.schedule) >= 75 * HOUR
    rules = (delivery.breaker_failures, delivery.breaker_rate, delivery.breaker_pause * 1e6)
    assert rules == (USUAL.failures, USUAL.rate, USUAL.pause)


def test_one_delivery_is_tried_eleven_times_over_three_days_and_then_a_dead_letter_with_its_reason(
    office: Office, listener: Listener
) -> None:
    listener.on("/down", answer(503))
    down = office.exchange.register(listener.url("/down"))
    office.desk.create()
    limit = FailureRules(limit=100, span=round(5 * DAY * 1e6))
    office.start(schedule=DEFAULT_WAITS, jitter=DEFAULT_JITTER, breaker=USUAL, failures=limit)
    until(lambda: office.attempts() == 1)
    while office.states() != ["dead"]:
        pass_to_next(office)
    started = times(office, down)
    assert len(started) == len(DEFAULT_WAITS) + 1
    waits = [(later - earlier) / 1e6 for earlier, later in pairwise(started)]
    for wait, usual in zip(waits, DEFAULT_WAITS, strict=True):
        assert 0.8 * usual <= wait <= 1.2 * usual + 10  # the breaker of a listener that fails may add its pause
    assert len({round(wait / usual, 4) for wait, usual in zip(waits, DEFAULT_WAITS, strict=True)}) > 1
    assert sum(waits) >= 0.8 * 75 * HOUR
    (dead,) = office.views(down)
    assert dead.state_reason == "given up after 11 attempts; the last ended with serverError (503)"
    assert office.kept(down).subscription.state_reason is None


def test_a_listener_that_is_away_for_two_days_misses_nothing_and_gets_it_in_order(
    office: Office, listener: Listener
) -> None:
    away = office.exchange.register(listener.url("/away"))
    here = office.exchange.register(listener.url("/here"))
    listener.on("/away", answer(500))
    problems = [office.desk.create() for _ in range(3)]
    office.start(schedule=DEFAULT_WAITS, jitter=DEFAULT_JITTER, breaker=USUAL)
    until(lambda: office.states(here) == ["delivered"] * 3)
    end = office.clock.micros + round(2 * DAY * 1e6)
    changes = 0
    while office.clock.micros < end:
        office.passes(4 * HOUR)
        for problem in problems:
            changes += 1
            office.desk.patch(problem, name=f"change {changes}")
        until(partial(is_told, office, here, 3 + changes))
    assert DeliveryState.DEAD not in office.states(away)
    listener.on("/away", answer(204))
    before = len(listener.received("/away"))
    while set(office.states(away)) != {"delivered"}:
        office.passes(HOUR)
        until(lambda: DeliveryState.IN_FLIGHT not in office.states())
    told = listener.received("/away")[before:]
    assert len(told) == 3 + changes
    assert numbers(listener.received("/here"))[:3] == [1, 1, 1]
    assert {each.headers["webhook-id"] for each in told} == {queued.event.id for queued in office.desk.queued()}
