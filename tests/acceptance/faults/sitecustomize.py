"""Loaded by a process at its start when this folder is on its path: kills it at the point that the test names.

`FAULT_AT` is `module:Class.method:before:4`: at the fourth call after `FAULT_AFTER` events were written. The hub has no
hook of its own for this; what is here reaches it from outside, and a name that is gone ends the process at once.
"""

import os
import signal
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from itertools import count
from typing import Any

ARMED_AFTER = int(os.environ.get("FAULT_AFTER", "3"))
"""Events, so that the start and the registration of the listener are behind the process."""


def _set_fault(place: str) -> None:
    module, path, side, number = place.split(":")
    owner: Any = import_module(module)
    *steps, name = path.split(".")
    for step in steps:
        owner = getattr(owner, step)
    calls, events = count(1), import_module("hub.store.events")
    armed = {"after": ARMED_AFTER}
    events.Events.append = _counting(events.Events.append, armed)
    setattr(owner, name, _fatal(getattr(owner, name), armed, calls, side == "before", int(number)))


def _counting(work: Callable[..., Any], armed: dict[str, int]) -> Callable[..., Any]:
    @wraps(work)
    def counted(*arguments: Any, **named: Any) -> Any:
        armed["after"] -= 1
        return work(*arguments, **named)

    return counted


def _fatal(
    work: Callable[..., Any], armed: dict[str, int], calls: "count[int]", before: bool, number: int
) -> Callable[..., Any]:
    @wraps(work)
    def fatal(*arguments: Any, **named: Any) -> Any:
        now = armed["after"] <= 0 and next(calls) == number
        if now and before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = work(*arguments, **named)
        if now:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return fatal


if "FAULT_AT" in os.environ:
    _set_fault(os.environ["FAULT_AT"])
