"""How a source is after a poll, and how long the next poll waits: decided here, kept by the poller."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenacity import RetryCallState, Retrying
from tenacity.wait import wait_base, wait_exponential

from hub.model.times import from_micros
from hub.ports import AuthFailed, RateLimited
from hub.store.sources import SourceRow, SourceState

TOLERATED_SKEW = 5.0
"""Seconds that a source's clock may be off before we say so."""
LONGEST_ASKED = 3600.0
"""Seconds of which a source gets as many as it asks for, however soon we would try again: limits count by the hour."""
NAMED = 3
"""How many records that failed are named in one message."""

Random = Callable[[], float]
"""Gives a number from 0 up to 1."""


@dataclass(frozen=True, kw_only=True)
class Health:
    """`wait` is in seconds; None means that there is no next poll. `failures` counts polls that failed in a row."""

    state: SourceState
    error: str | None = None
    failures: int = 0
    wait: float | None


class FullJitter(wait_base):
    """A wait drawn evenly from a least one up to what another strategy gives, so that sources do not move in step."""

    def __init__(self, longest: wait_base, least: float, draw: Random) -> None:
        self._longest = longest
        self._least = least
        self._draw = draw

    def __call__(self, retry_state: RetryCallState) -> float:
        longest = max(self._longest(retry_state), self._least)
        return self._least + (longest - self._least) * self._draw()


def health_after_success(
    *, interval: float, failed: Mapping[str, str], skew: float | None, unwritten: Sequence[str] = ()
) -> Health:
    """`failed` is {ticket key: why} of the records that could not become reports.

    `unwritten` says which changes could not be written into their tickets.
    """
    if failed:
        return Health(state=SourceState.DEGRADED, error=_records(failed), wait=interval)
    if unwritten:
        return Health(state=SourceState.DEGRADED, error=f"could not write {'; '.join(unwritten)}", wait=interval)
    return Health(state=SourceState.OK, error=_clock(skew), wait=interval)


def health_after_failure(
    error: Exception, *, failures: int, interval: float, longest: float, draw: Random
) -> Health:
    """`failures` counts the polls that failed in a row before this one; `longest` bounds the wait that we choose.

    A source that asks for time gets it, and is never asked sooner than the interval; one that does not say how much
    gets ever more, as after any failure.
    """
    failures += 1
    text = str(error) or type(error).__name__
    match error:
        case AuthFailed():
            told = f"{text}; polling stops until the hub is started again"
            return Health(state=SourceState.AUTH_FAILED, error=told, failures=failures, wait=None)
        case RateLimited(after=after):
            asked = min(after, max(longest, LONGEST_ASKED))
            wait = max(asked if asked > 0 else back_off(failures, interval, longest, draw), interval)
            return Health(state=SourceState.RATE_LIMITED, error=text, failures=failures, wait=wait)
        case _:
            wait = back_off(failures, interval, longest, draw)
            return Health(state=SourceState.DEGRADED, error=text, failures=failures, wait=wait)


def first_wait(row: SourceRow, now: datetime, *, longest: float) -> float:
    """A source that asked us to wait is not asked earlier because the hub was started anew; any other is at once."""
    if row.state is not SourceState.RATE_LIMITED or row.next_poll is None:
        return 0.0
    return min(max((from_micros(row.next_poll) - now).total_seconds(), 0.0), max(longest, LONGEST_ASKED))


_RETRYING = Retrying()


def back_off(failures: int, interval: float, longest: float, draw: Random) -> float:
    """The wait in seconds after so many failures in a row: drawn, growing from `interval` up to `longest`."""
    strategy = FullJitter(wait_exponential(multiplier=2 * interval, max=longest), min(interval, longest), draw)
    state = RetryCallState(retry_object=_RETRYING, fn=None, args=(), kwargs={})
    state.attempt_number = failures
    return strategy(state)


def _records(failed: Mapping[str, str]) -> str:
    named = "; ".join(f"ticket {key}: {why}" for key, why in list(failed.items())[:NAMED])
    more = f"; and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
    return f"no report could be made of {named}{more}"


def _clock(skew: float | None) -> str | None:
    if skew is None or abs(skew) <= TOLERATED_SKEW:
        return None
    return f"the clock of the source is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"
