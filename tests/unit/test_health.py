"""How a source is after a poll, and how long the next poll waits."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.errors import StoreUnavailable
from hub.intake.health import Health, first_wait, health_after_failure, health_after_success
from hub.model.times import to_micros
from hub.ports import AuthFailed, RateLimited, Unavailable
from hub.store.sources import SourceRow, SourceState


def after(error: Exception, *, failures: int = 0, draw: float = 1.0) -> Health:
    return health_after_failure(error, failures=failures, interval=30.0, longest=900.0, draw=lambda: draw)


def test_a_good_poll_is_followed_by_one_an_interval_later() -> None:
    assert health_after_success(interval=30.0, failed={}, skew=None) == Health(state=SourceState.OK, wait=30.0)


@pytest.mark.parametrize(
    ("skew", "told"),
    [
        (None, None),
        (5.0, None),
        (-5.0, None),
        (61.4, "the clock of the source is 61 s ahead"),
        (-7.0, "the clock of the source is 7 s behind"),
    ],
)
def test_a_clock_that_is_off_is_told_and_harms_nothing(skew: float | None, told: str | None) -> None:
    health = health_after_success(interval=30.0, failed={}, skew=skew)
    assert (health.state, health.error) == (SourceState.OK, told)


def test_a_record_that_fails_degrades_the_source_and_slows_nothing() -> None:
    health = health_after_success(interval=30.0, failed={"42": "priority: is missing"}, skew=100.0)
    assert health.state is SourceState.DEGRADED
    assert health.error == "no report could be made of ticket 42: priority: is missing"
    assert (health.wait, health.failures) == (30.0, 0)


def test_of_many_records_that_fail_the_first_are_named_and_all_are_counted() -> None:
    failed = {str(number): "no" for number in range(1, 11)}
    error = health_after_success(interval=30.0, failed=failed, skew=None).error
    assert error == "no report could be made of ticket 1: no; ticket 2: no; ticket 3: no; and 7 more"


def test_a_refused_login_ends_polling_and_says_so() -> None:
    health = after(AuthFailed("401: who are you"), failures=2)
    assert (health.state, health.wait, health.failures) == (SourceState.AUTH_FAILED, None, 3)
    assert health.error == "401: who are you; polling stops until the hub is started again"


@pytest.mark.parametrize(
    ("asked", "wait"), [(150.0, 150.0), (5.0, 30.0), (30.5, 30.5), (1800.0, 1800.0), (86400.0, 3600.0)]
)
@pytest.mark.parametrize("failures", [0, 5])
def test_a_source_that_asks_for_time_gets_it_within_bounds_and_no_less_than_the_interval(
    asked: float, wait: float, failures: int
) -> None:
    health = after(RateLimited("429", after=asked), failures=failures)
    assert (health.state, health.wait) == (SourceState.RATE_LIMITED, wait)


@pytest.mark.parametrize("asked", [0.0, -7.0])
def test_a_source_that_asks_for_time_and_does_not_say_how_much_gets_ever_more(asked: float) -> None:
    limited = RateLimited("429", after=asked)
    waits = [after(limited, failures=failures, draw=0.5).wait for failures in range(6)]
    assert waits == [45.0, 75.0, 135.0, 255.0, 465.0, 465.0]
    assert after(limited, draw=0.0).wait == 30.0


@pytest.mark.parametrize("asked", [0.0, 5.0])
def test_a_source_with_a_long_interval_that_asks_for_time_is_not_asked_sooner(asked: float) -> None:
    limited = RateLimited("429", after=asked)
    health = health_after_failure(limited, failures=0, interval=7200.0, longest=900.0, draw=lambda: 0.0)
    assert health.wait == 7200.0


def test_an_operator_who_allows_longer_waits_allows_them_to_who_asks_for_time() -> None:
    asked = RateLimited("429", after=86400.0)
    assert health_after_failure(asked, failures=0, interval=30.0, longest=7200.0, draw=lambda: 1.0).wait == 7200.0


@pytest.mark.parametrize("error", [Unavailable("502"), StoreUnavailable("disk full"), KeyError("id")])
def test_any_other_failure_degrades_the_source_and_is_counted(error: Exception) -> None:
    health = after(error, failures=1)
    assert (health.state, health.error, health.failures) == (SourceState.DEGRADED, str(error), 2)


def test_an_error_without_words_is_told_by_its_kind() -> None:
    assert after(Unavailable()).error == "Unavailable"


@pytest.mark.parametrize(
    ("failures", "least", "most"),
    [(0, 30.0, 60.0), (1, 30.0, 120.0), (3, 30.0, 480.0), (4, 30.0, 900.0), (5000, 30.0, 900.0)],
)
def test_waits_after_failures_grow_and_are_spread(failures: int, least: float, most: float) -> None:
    waits = [after(Unavailable("x"), failures=failures, draw=draw).wait for draw in (0.0, 0.5, 1.0)]
    assert waits == [least, (least + most) / 2, most]


def test_an_interval_longer_than_the_longest_wait_does_not_lengthen_it() -> None:
    health = health_after_failure(Unavailable("x"), failures=3, interval=3600.0, longest=900.0, draw=lambda: 1.0)
    assert health.wait == 900.0


NOW = datetime(2026, 11, 22, tzinfo=UTC)


def row(state: SourceState, due: datetime | None) -> SourceRow:
    return SourceRow(
        name="desk",
        adapter="desk",
        cursor={},
        state=state,
        error=None,
        last_poll=None,
        last_success=None,
        next_poll=None if due is None else to_micros(due),
        failures=0,
        lag=None,
        unmapped={},
        reconciled=None,
        woken=None,
        resync=None,
        problems=0,
    )


@pytest.mark.parametrize(
    ("state", "due", "wait"),
    [
        (SourceState.RATE_LIMITED, 100, 100.0),
        (SourceState.RATE_LIMITED, -5, 0.0),
        (SourceState.RATE_LIMITED, 1800, 1800.0),
        (SourceState.RATE_LIMITED, 10**6, 3600.0),
        (SourceState.DEGRADED, 100, 0.0),
        (SourceState.OK, 100, 0.0),
        (SourceState.AUTH_FAILED, None, 0.0),
        (SourceState.NEW, None, 0.0),
    ],
)
def test_after_a_start_only_a_source_that_asked_for_time_waits(
    state: SourceState, due: int | None, wait: float
) -> None:
    instant = None if due is None else NOW + timedelta(seconds=due)
    assert first_wait(row(state, instant), NOW, longest=900.0) == wait
