"""How often a caller may call: a bucket for each, which fills steadily and holds a burst."""

import time
from collections.abc import Callable
from dataclasses import dataclass

MOST_CALLERS = 50_000
"""How many buckets are kept; a full one is as good as none, so those go first."""

SWEEP = 1.0
"""Seconds between two searches for full buckets, so that a flood of callers does not pay one each."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left to a caller: `remaining` calls at once; `reset` seconds until all of `limit` are there again.

    `wait` is the time in seconds until the next call is allowed, 0 when this one was.
    """

    limit: int
    remaining: int
    reset: float
    wait: float


class RateLimit:
    """`rate` calls a second for each caller, and `burst` at once.

    Of a bucket only the instant is kept at which it will be full again: each call moves it on by the time that a call
    takes to grow back (the generic cell rate algorithm).
    """

    def __init__(self, rate: float, burst: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._step = 1.0 / rate
        self._burst = burst
        self._depth = burst * self._step
        self._monotonic = monotonic
        self._full_at: dict[str, float] = {}
        self._swept = 0.0

    def take(self, who: str) -> Quota:
        """Use one call up, if there is one."""
        present = self._monotonic()
        full_at = max(self._full_at.get(who, present), present) + self._step
        missing = full_at - present
        if missing > self._depth * (1 + 1e-9):
            return Quota(self._burst, 0, missing - self._step, missing - self._depth)
        if who not in self._full_at and len(self._full_at) >= MOST_CALLERS:
            self._make_room(present)
        self._full_at[who] = full_at
        return Quota(self._burst, int((self._depth - missing) / self._step + 1e-6), missing, 0.0)

    def is_empty(self, who: str) -> float:
        """The seconds until `who` has a call left; 0 when there is one. Nothing is used up."""
        present = self._monotonic()
        missing = max(self._full_at.get(who, present), present) + self._step - present
        return max(0.0, missing - self._depth) if missing > self._depth * (1 + 1e-9) else 0.0

    def _make_room(self, present: float) -> None:
        if present - self._swept >= SWEEP:
            self._swept = present
            self._full_at = {who: full_at for who, full_at in self._full_at.items() if full_at > present}
        if len(self._full_at) >= MOST_CALLERS:
            del self._full_at[next(iter(self._full_at))]
