"""How long to wait before a system is asked again."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import RetryCallState, wait_random_exponential

from hub.ports import RateLimited

LEAST_WAIT = 1.0
"""Seconds before a system that asks us to wait is asked again, however little it asks for; twice as many each time."""

_backoff = wait_random_exponential(multiplier=0.5, max=10)


def failure_of(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None


def wait_before_next(state: RetryCallState) -> float:
    """Seconds: what the system asks for, yet ever more, so that the attempts come to an end; else by chance."""
    failure = failure_of(state)
    if not isinstance(failure, RateLimited):
        return _backoff(state)
    return max(failure.after, LEAST_WAIT * 2.0 ** (state.attempt_number - 1))


def asked_wait(text: str, now: datetime) -> float:
    """The seconds that a `Retry-After` asks for; 0 where it names none, or an instant that has been."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    until = http_date(text)
    return 0.0 if until is None else max(0.0, (until - now).total_seconds())


def http_date(text: str) -> datetime | None:
    """The instant that a `Date` names; None where it names none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
