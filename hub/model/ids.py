"""Identifiers that sort by time: UUID version 7 (RFC 9562, section 5.7)."""

import os
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from hub.model.times import Clock, to_micros

AT_A_TIME = 64
"""How many random numbers are asked of the system at once."""

COUNTERS = [f"{counter:03x}-" for counter in range(0x1000)]

VARIANTS = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""A random digit with the two bits of the variant in the place of its upper two."""

FORKS: list[int] = []
"""The forks that lead to this process. Its random numbers are to be its own."""

os.register_at_fork(after_in_child=lambda: FORKS.append(os.getpid()))

NewId = Callable[[], str]
"""Gives a fresh identifier; later ones sort after earlier ones of the same process."""


class Uuid7:
    """Makes UUIDv7 texts that rise strictly within a process, even when the clock stands still or steps back.

    Layout: 48 bits of Unix milliseconds, version 7, a 12-bit counter, variant, 62 random bits. These are asked of the
    system for many at a time: each time other threads get their turn, and this one waits for its own.
    """

    def __init__(self, clock: Clock, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        self._clock = clock
        self._random = random_bytes
        self._tails: list[str] = []
        self._forks = 0
        self._lock = Lock()
        self._millis = 0
        self._counter = 0
        self._head = ""
        """The text of the milliseconds and of the version: many identifiers have it in common."""

    def __call__(self) -> str:
        return self.at(self._clock())

    def at(self, instant: datetime) -> str:
        millis = to_micros(instant) // 1000
        with self._lock:
            if millis > self._millis:
                self._begin(millis)
            else:
                self._counter += 1
                if self._counter > 0xFFF:
                    self._begin(self._millis + 1)
            if not self._tails or self._forks != len(FORKS):
                self._tails, self._forks = _tails(self._random(8 * AT_A_TIME).hex()), len(FORKS)
            return self._head + COUNTERS[self._counter] + self._tails.pop()

    def _begin(self, millis: int) -> None:
        digits = f"{millis:012x}"
        self._millis, self._counter, self._head = millis, 0, f"{digits[:8]}-{digits[8:]}-7"


def _tails(digits: str) -> list[str]:
    """The variant and 62 random bits of several identifiers, of sixteen digits each."""
    return [
        f"{VARIANTS[digits[at]]}{digits[at + 1 : at + 4]}-{digits[at + 4 : at + 16]}"
        for at in range(0, len(digits), 16)
    ]


def first_id_at(micros: int) -> str:
    """The smallest identifier that can be made in the millisecond of an instant; all before it sort before."""
    head = f"{max(micros, 0) // 1000:012x}7000"
    return f"{head[:8]}-{head[8:12]}-{head[12:]}-8000-000000000000"


def made_at(identifier: str) -> int | None:
    """The instant (microseconds, by the millisecond) at which an identifier was made; None for one of another kind."""
    digits = identifier.replace("-", "")
    if len(digits) != 32 or digits[12] != "7":
        return None
    try:
        return int(digits[:12], 16) * 1000
    except ValueError:
        return None
