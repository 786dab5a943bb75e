"""The memory of the hubs of a soak: after its first minute and at its end, all processes together."""

from collections.abc import Sequence
from threading import Event
from time import monotonic

from benchmarks.soak_hubs import Hub

Reading = tuple[float, float]
"""(resident MB of all hubs, seconds for which the youngest of them runs)"""

SETTLED = 5.0
"""Seconds after which a process has what it needs to begin with."""


class Memory:
    """`first_at` is when the first reading is taken, in seconds from the begin, or as soon after it as all hubs have
    run for a while.
    """

    def __init__(self, first_at: float) -> None:
        self.first_at = first_at
        self.first: Reading | None = None
        self.last: Reading | None = None
        self.most = 0.0

    def watch(self, hubs: Sequence[Hub], begin: float, over: Event) -> None:
        while not over.wait(0.5):
            found = self._read(hubs)
            if found and found[1] >= SETTLED and self.first is None and monotonic() - begin >= self.first_at:
                self.first = found

    def at_the_end(self, hubs: Sequence[Hub]) -> None:
        self.last = self._read(hubs)

    def _read(self, hubs: Sequence[Hub]) -> Reading | None:
        readings = [hub.memory() for hub in hubs]
        if any(reading is None for reading in readings):
            return None
        found = [reading for reading in readings if reading is not None]
        total = sum(resident for resident, _ in found)
        self.most = max(self.most, total)
        return total, min(age for _, age in found)
