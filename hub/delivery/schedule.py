"""When a failed delivery is tried again: the schedule, its jitter, and the listener's own wish (Retry-After)."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime
from email.utils import parsedate_to_datetime, parsedate_tz

from tenacity import RetryCallState, Retrying
from tenacity.wait import wait_base, wait_chain, wait_fixed

MINUTE, HOUR = 60.0, 3600.0
DEFAULT_WAITS = (
    5.0,
    1 * MINUTE,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
DEFAULT_JITTER = 0.2
LONGEST_HINT = 24 * HOUR
LEAP_YEAR = 2000
"""Has every day that a year can have."""

Random = Callable[[], float]
"""Gives a number from 0 up to 1."""


class Spread(wait_base):
    """Spreads another strategy's waits evenly over plus and minus a share of each."""

    def __init__(self, wait: wait_base, share: float, draw: Random) -> None:
        self._wait = wait
        self._share = share
        self._draw = draw

    def __call__(self, retry_state: RetryCallState) -> float:
        return self._wait(retry_state) * (1 + self._share * (2 * self._draw() - 1))


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The waits between the attempts at one delivery; the first attempt waits for nothing."""

    strategy: wait_base
    retries: int
    longest: tuple[float, ...] = (0.0,)
    """The longest wait before attempt 1, 2, … in seconds; a clock that was set back is seen by it."""

    @classmethod
    def from_settings(
        cls, waits: Sequence[float] = DEFAULT_WAITS, jitter: float = DEFAULT_JITTER, draw: Random = random.random
    ) -> "Schedule":
        """Without any waits there is one attempt."""
        chain = wait_chain(*(wait_fixed(wait) for wait in waits or (0.0,)))
        longest = (0.0, *(wait * (1 + jitter) for wait in waits))
        return cls(strategy=Spread(chain, jitter, draw), retries=len(waits), longest=longest)

    def longest_micros(self) -> list[int]:
        """The longest waits in microseconds."""
        return [round(wait * 1e6) for wait in self.longest]

    def next_wait(self, attempts: int, hint: float | None = None) -> float | None:
        """Seconds from the failure of attempt number `attempts` to the next one; None when none is left.

        A listener's `hint` can make the wait longer, never shorter, and adds no attempt.
        """
        if attempts < 1:
            return 0.0
        if attempts > self.retries:
            return None
        return max(self.strategy(_after(attempts)), hint or 0.0)


class Schedules:
    """The schedule of the settings, and those that listeners have of their own."""

    def __init__(self, usual: Schedule, jitter: float = 0.0, draw: Random = random.random) -> None:
        self.usual = usual
        self._jitter = jitter
        self._draw = draw
        self._own: dict[tuple[float, ...], Schedule] = {}

    def of(self, waits: tuple[float, ...] | None) -> Schedule:
        """That with these waits in seconds; None leaves it to the settings."""
        if waits is None:
            return self.usual
        schedule = self._own.get(waits)
        if schedule is None:
            schedule = self._own[waits] = Schedule.from_settings(waits, self._jitter, self._draw)
        return schedule


_RETRYING = Retrying()


def _after(attempts: int) -> RetryCallState:
    state = RetryCallState(retry_object=_RETRYING, fn=None, args=(), kwargs={})
    state.attempt_number = attempts
    return state


def retry_after(headers: Iterable[tuple[str, str]], now: datetime, longest: float = LONGEST_HINT) -> float | None:
    """Seconds an answer asks us to wait (a number or an HTTP date), at most `longest`; None without a wish."""
    asked = next((value.strip() for name, value in headers if name.lower() == "retry-after"), "")
    if asked.isascii() and asked.isdigit():
        # Cut before int(): Python refuses to read thousands of digits.
        return min(float(int(asked[:18])), longest)
    instant = _http_date(asked)
    return None if instant is None else min(max((instant - now).total_seconds(), 0.0), longest)


def _http_date(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return datetime.max.replace(tzinfo=UTC) if _is_beyond_calendar(text) else None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _is_beyond_calendar(text: str) -> bool:
    """Whether it is a date in a year that Python has not."""
    parts = parsedate_tz(text)
    if parts is None or parts[0] <= MAXYEAR:
        return False
    try:
        datetime(LEAP_YEAR, *parts[1:6])
    except ValueError:
        return False
    return True
