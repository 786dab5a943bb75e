"""Identifiers that sort by time: UUID version 7 (RFC 9562, section 5.7)."""

import os
from collections.abc import Callable
from datetime import datetime
from struct import iter_unpack
from threading import Lock

from hub.model.times import Clock, to_micros

RANDOM, VARIANT = 0x3FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000

AT_A_TIME = 64
"""How many random numbers are asked of the system at once."""

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
        self._tails: list[int] = []
        self._process = 0
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
            head, counter, tail = self._head, self._counter, self._tail()
        last = f"{tail:016x}"
        return f"{head}{counter:03x}-{last[:4]}-{last[4:]}"

    def _begin(self, millis: int) -> None:
        digits = f"{millis:012x}"
        self._millis, self._counter, self._head = millis, 0, f"{digits[:8]}-{digits[8:]}-7"

    def _tail(self) -> int:
        """Variant and random bits; a forked process has its own."""
        if not self._tails or self._process != os.getpid():
            some, self._process = self._random(8 * AT_A_TIME), os.getpid()
            self._tails = [value & RANDOM | VARIANT for (value,) in iter_unpack(">Q", some)]
        return self._tails.pop()


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
