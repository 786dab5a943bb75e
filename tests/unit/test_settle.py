"""What becomes of a delivery after an attempt."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.delivery.schedule import Schedule, Schedules
from hub.delivery.settle import Settler
from hub.delivery.transport.port import Failure, SendResult
from hub.model.delivery import Claim, DeliveryState, Timing
from hub.model.times import to_micros
from hub.store.deliveries import Settlement

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MICROS = to_micros(NOW)
SETTLER = Settler(schedules=Schedules(Schedule.from_settings((10.0, 60.0), 0.0)), longest_hint=3600.0)


def settled(status: int | None = None, *, tries: int = 0, attempts: int = 0, **result: Any) -> Settlement:
    claim = Claim(
        delivery=1, subscription=2, event=3, order_key=4, attempts=attempts, tries=tries, created=5, token="t"
    )
    answer = SendResult(key=claim, started=6, status=status, **result)
    return SETTLER.settlement_of(claim, answer, NOW)


def test_what_was_accepted_is_delivered_and_at_rest() -> None:
    done = settled(204)
    assert (done.state, done.settled_at, done.attempt.outcome) == (DeliveryState.DELIVERED, MICROS, "delivered")


@pytest.mark.parametrize("status", [301, 404, 429, 500, 503])
def test_what_was_refused_is_due_again_by_the_schedule(status: int) -> None:
    first, second = settled(status), settled(status, tries=1, attempts=1)
    assert (first.state, first.settled_at, first.due_at) == (DeliveryState.DUE, None, MICROS + 10_000_000)
    assert (second.state, second.settled_at, second.due_at) == (DeliveryState.DUE, None, MICROS + 60_000_000)


@pytest.mark.parametrize("failure", Failure)
def test_what_did_not_arrive_is_due_again(failure: Failure) -> None:
    again = settled(error=failure, error_text="why")
    assert (again.state, again.attempt.outcome, again.attempt.error) == (DeliveryState.DUE, failure.value, "why")


def test_after_the_last_wait_it_is_a_dead_letter() -> None:
    dead = settled(500, tries=2, attempts=2)
    assert (dead.state, dead.settled_at) == (DeliveryState.DEAD, MICROS)


def test_a_run_begun_anew_counts_its_own_tries() -> None:
    assert settled(500, tries=0, attempts=3).due_at == MICROS + 10_000_000
    assert settled(500, tries=0, attempts=3).attempt.number == 4


def test_a_listener_that_is_gone_parks_what_it_was_to_be_told() -> None:
    parked = settled(410)
    assert (parked.state, parked.settled_at, parked.attempt.outcome) == (DeliveryState.PARKED, None, "gone")


@pytest.mark.parametrize(("wish", "wait"), [("1", 10), ("90", 90), ("7200", 3600), ("soon", 10)])
def test_a_listener_may_ask_for_a_longer_wait_within_bounds(wish: str, wait: int) -> None:
    assert settled(503, headers=(("Retry-After", wish),)).due_at == MICROS + wait * 1_000_000


def test_an_attempt_keeps_what_came_back() -> None:
    timing = Timing(connect=1.0, total=2.0)
    kept = settled(500, body=b"no", headers=(("X", "y"),), peer_address="127.0.0.1", timing=timing).attempt
    assert (kept.number, kept.started, kept.status, kept.body) == (1, 6, 500, b"no")
    assert (kept.headers, kept.peer_address, kept.timing) == ((("X", "y"),), "127.0.0.1", timing)
