"""What an attempt came to."""

from datetime import UTC, datetime

import pytest

from hub.delivery.outcome import Delivered, Outcome, Refused, TryLater, judge, verdict
from hub.delivery.transport.port import Failure, SendResult

NOW = datetime(2026, 1, 1, tzinfo=UTC)

STATUSES = [
    (200, Outcome.DELIVERED),
    (201, Outcome.DELIVERED),
    (204, Outcome.DELIVERED),
    (299, Outcome.DELIVERED),
    (300, Outcome.REDIRECT),
    (301, Outcome.REDIRECT),
    (307, Outcome.REDIRECT),
    (400, Outcome.CLIENT_ERROR),
    (404, Outcome.CLIENT_ERROR),
    (409, Outcome.CLIENT_ERROR),
    (410, Outcome.GONE),
    (429, Outcome.CLIENT_ERROR),
    (500, Outcome.SERVER_ERROR),
    (503, Outcome.SERVER_ERROR),
    (999, Outcome.SERVER_ERROR),
    (101, Outcome.BROKEN),
    (None, Outcome.BROKEN),
]


@pytest.mark.parametrize(("status", "outcome"), STATUSES)
def test_a_status_has_its_word(status: int | None, outcome: Outcome) -> None:
    assert judge(SendResult(key=1, started=0, status=status)) is outcome


@pytest.mark.parametrize("failure", list(Failure))
def test_a_failure_on_the_way_keeps_its_word_even_after_a_status(failure: Failure) -> None:
    assert judge(SendResult(key=1, started=0, status=200, error=failure)).value == failure.value


def test_only_success_and_gone_are_not_tried_again() -> None:
    def after(**case: object) -> object:
        return verdict(SendResult(key=1, started=0, **case), NOW, 3600.0)  # type: ignore[arg-type]

    assert after(status=204) == Delivered()
    assert after(status=410) == Refused()
    for status in (302, 400, 401, 404, 500, 503):
        assert after(status=status) == TryLater(outcome=judge(SendResult(key=1, started=0, status=status)))
    for failure in Failure:
        assert after(error=failure) == TryLater(outcome=Outcome(failure.value))


def test_the_listeners_wish_is_passed_on_with_any_failing_status() -> None:
    for status in (302, 404, 429, 503):
        result = SendResult(key=1, started=0, status=status, headers=(("Retry-After", "90"),))
        assert verdict(result, NOW, 3600.0) == TryLater(outcome=judge(result), hint=90.0)
        assert verdict(result, NOW, 60.0) == TryLater(outcome=judge(result), hint=60.0)
