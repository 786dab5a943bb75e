"""How often a caller may call: the bucket, and how many of them are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.access import rates
from hub.access.rates import Quota, RateLimit


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_allowed_and_then_a_steady_rate() -> None:
    time = Time()
    limit = RateLimit(2.0, 3, monotonic=time)
    assert [limit.take("a").remaining for _ in range(3)] == [2, 1, 0]
    assert limit.take("a") == Quota(3, 0, 1.5, 0.5)
    assert limit.is_empty("a") == 0.5
    time.now = 0.5
    assert limit.is_empty("a") == 0
    assert limit.take("a").wait == 0
    assert limit.take("a").wait == pytest.approx(0.5)
    time.now = 100
    assert limit.take("a") == Quota(3, 2, 0.5, 0)


def test_callers_do_not_share() -> None:
    limit = RateLimit(1.0, 1, monotonic=Time())
    assert limit.take("a").wait == 0
    assert limit.take("b").wait == 0
    assert limit.take("a").wait == 1


def test_a_flood_of_callers_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST_CALLERS", 100)
    time = Time()
    limit = RateLimit(1.0, 5, monotonic=time)
    for number in range(1000):
        limit.take(str(number))
        time.now += 0.001
    assert len(limit._full_at) == 100
    time.now += 60
    limit.take("x")
    assert len(limit._full_at) == 1


@given(
    rate=st.floats(0.1, 1000),
    burst=st.integers(1, 50),
    pauses=st.lists(st.floats(0, 5), min_size=1, max_size=200),
)
def test_never_more_than_the_burst_and_what_grew_back(rate: float, burst: int, pauses: list[float]) -> None:
    time = Time()
    limit = RateLimit(rate, burst, monotonic=time)
    allowed = 0
    for pause in pauses:
        time.now += pause
        quota = limit.take("a")
        allowed += quota.wait == 0
        assert 0 <= quota.remaining < burst or quota.wait
        assert allowed <= burst + time.now * rate + 1e-3
    time.now += limit.is_empty("a") + 1e-6
    assert limit.take("a").wait == 0
