"""Failures in a row: warnings, and the end."""

import pytest

from hub.delivery.failures import FailureRules, failed, share_of_limit, succeeded, warning_of
from hub.model.standing import AFTER_DISABLED, Standing

RULES = FailureRules(limit=10, span=1000)


def after(count: int, *, at: int = 5000) -> Standing:
    standing = Standing(subscription=1)
    for _ in range(count):
        standing = failed(standing, at)
    return standing


def test_failures_are_counted_since_the_first() -> None:
    assert after(3).failures == 3
    assert failed(after(3), 7000).failing_since == 5000
    assert failed(after(3), 4000).failing_since == 4000  # the clock was set back


@pytest.mark.parametrize(
    ("count", "passed", "share"),
    [(0, 1000, 0), (5, 1000, 50), (5, 0, 0), (5, 400, 40), (20, 500, 50), (10, 1000, 100), (99, 99_999, 100)],
)
def test_the_limit_is_used_up_in_attempts_and_in_time(count: int, passed: int, share: int) -> None:
    assert share_of_limit(after(count), 5000 + passed, RULES) == share


def test_without_a_limit_nothing_is_used_up_and_without_a_span_attempts_alone_count() -> None:
    assert share_of_limit(after(10**4), 10**9, FailureRules()) == 0
    assert share_of_limit(after(7), 5000, FailureRules(limit=10)) == 70


@pytest.mark.parametrize(
    ("share", "warned", "warning"),
    [(49, 0, None), (50, 0, 50), (69, 50, None), (95, 50, 90), (95, 0, 90), (100, 90, 100), (100, 100, None)],
)
def test_each_warning_is_given_once_and_the_highest_that_was_reached(
    share: int, warned: int, warning: int | None
) -> None:
    assert warning_of(Standing(subscription=1, warned=warned), share) == warning


def test_after_an_enabling_warnings_are_given_anew() -> None:
    assert warning_of(Standing(subscription=1, warned=AFTER_DISABLED), 50) == 50


def test_a_success_ends_the_count_and_what_the_breaker_wanted_and_what_the_listener_asked_for_before() -> None:
    probed = Standing(subscription=1, failures=3, failing_since=1, warned=50, held_until=9, probed=True, notices=2)
    assert succeeded(probed, 0) == Standing(subscription=1, notices=2)
    asked = Standing(subscription=1, failures=3, failing_since=1, held_from=2, held_until=9)
    assert succeeded(asked, 2) == Standing(subscription=1, held_from=2, held_until=9)
    assert succeeded(asked, 3) == Standing(subscription=1, held_from=2)
