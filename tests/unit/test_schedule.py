"""The retry schedule, its jitter, and Retry-After."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.delivery.schedule import DEFAULT_WAITS, Schedule, retry_after

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
EXACT = Schedule.from_settings(draw=lambda: 0.5)


def test_the_default_schedule_lasts_75_hours_and_then_ends() -> None:
    waits = [EXACT.next_wait(attempts) for attempts in range(1, 12)]
    assert waits == [*DEFAULT_WAITS, None]
    assert sum(wait or 0 for wait in waits) >= 75 * 3600
    assert waits[:4] == [5, 60, 300, 1800]


def test_the_first_attempt_waits_for_nothing() -> None:
    assert EXACT.next_wait(0) == 0


@given(st.floats(min_value=0, max_value=1, exclude_max=True), st.integers(min_value=1, max_value=10))
def test_jitter_stays_within_its_share(drawn: float, attempts: int) -> None:
    wait = Schedule.from_settings(jitter=0.2, draw=lambda: drawn).next_wait(attempts)
    plain = DEFAULT_WAITS[attempts - 1]
    assert wait is not None
    assert 0.8 * plain <= wait <= 1.2 * plain * (1 + 1e-9)


def test_jitter_uses_its_whole_share() -> None:
    assert Schedule.from_settings((10.0,), 0.2, lambda: 0.0).next_wait(1) == pytest.approx(8.0)
    assert Schedule.from_settings((10.0,), 0.2, lambda: 1.0).next_wait(1) == pytest.approx(12.0)
    assert Schedule.from_settings((10.0,), 0.0, lambda: 0.0).next_wait(1) == 10.0


def test_a_hint_makes_a_wait_longer_never_shorter_and_adds_no_attempt() -> None:
    assert EXACT.next_wait(2, hint=3.0) == 60.0
    assert EXACT.next_wait(2, hint=600.0) == 600.0
    assert EXACT.next_wait(11, hint=600.0) is None


def test_a_schedule_of_zeros_gives_every_attempt_at_once() -> None:
    schedule = Schedule.from_settings((0.0, 0.0))
    assert [schedule.next_wait(attempts) for attempts in (1, 2, 3)] == [0.0, 0.0, None]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("90000", 86400.0),
        ("9" * 5000, 86400.0),
        ("Thu, 01 Jan 2026 12:01:00 GMT", 60.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("Thursday, 01-Jan-26 12:00:30 GMT", 30.0),
        ("Fri, 01 Jan 2027 12:00:00 GMT", 86400.0),
        ("Thu, 01 Jan 2026 12:01:00 -0000", 60.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0),
        ("Thu, 31 Dec 99999 23:59:59 GMT", 86400.0),
        (f"Thu, 29 Feb {'9' * 40} 23:59:59 GMT", 86400.0),
        ("Thu, 32 Dec 99999 23:59:59 GMT", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("\u0663", None),
        ("Thu, 99 Jan 2026 12:01:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_capped_at_a_day(value: str, seconds: float | None) -> None:
    assert retry_after([("Content-Length", "0"), ("ReTrY-AfTeR", value)], NOW) == seconds


def test_no_header_is_no_wish() -> None:
    assert retry_after([("Content-Length", "0")], NOW) is None


def test_a_wish_is_cut_to_the_given_maximum() -> None:
    assert retry_after([("retry-after", "600")], NOW, longest=60.0) == 60.0
