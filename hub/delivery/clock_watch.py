"""Sees that the clock was set: the time of day went another way than the time that only ever goes on."""

from collections.abc import Callable

JUMP = 2_000_000
"""Microseconds by which the two may part between two looks before the clock counts as set."""

Monotonic = Callable[[], float]
"""Gives seconds that no setting of the clock changes."""


class ClockWatch:
    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._offset: int | None = None

    def jump(self, now: int) -> int:
        """By how many microseconds the clock was set since the last look; 0 when it was not."""
        offset = now - round(self._monotonic() * 1e6)
        before, self._offset = self._offset, offset
        by = 0 if before is None else offset - before
        return by if abs(by) > JUMP else 0
