"""Waits that end with the work that they are a part of."""

import time
from contextvars import ContextVar
from threading import Event

_stop: ContextVar[Event | None] = ContextVar("stop", default=None)


def ends_with(stop: Event) -> None:
    """From now on no pause of this thread outlasts the event."""
    _stop.set(stop)


def pause(seconds: float) -> bool:
    """Wait so long; whether the work is to end instead of going on."""
    stop = _stop.get()
    if stop is not None:
        return stop.wait(seconds)
    time.sleep(seconds)
    return False
