"""A sender whose time the test owns: time passes, or the clock is set, and both only when the test says so."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import structlog

from hub import telemetry
from hub.delivery.worker import DeliveryWorker
from hub.model.delivery import DeliveryState
from hub.model.subscription import SubscriptionState
from hub.store.delivery_view import DeliveryView
from hub.store.subscriptions import Registered
from tests.fakes.listener import Received
from tests.rooms import Desk, Exchange, TurningClock, open_store


@contextmanager
def logged_lines() -> Iterator[io.StringIO]:
    """What is logged meanwhile, one JSON object a line."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    out = io.StringIO()
    telemetry.configure(stream=out)
    try:
        yield out
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()


class Office:
    """A store, its registrations and reports, and senders, in a time of their own."""

    def __init__(self, folder: Path, log: io.StringIO) -> None:
        self.clock = TurningClock()
        self._passed = 0.0
        self.store = open_store(folder, busy_timeout=0.2)
        self.exchange = Exchange(self.store, folder, clock=self.clock)
        self.desk = Desk(self.store, self.clock)
        self._log = log

    def start(self, **options: Any) -> DeliveryWorker:
        return self.exchange.start(**{"monotonic": self._monotonic, "watch": 0.02, **options})

    def _monotonic(self) -> float:
        return self._passed

    def passes(self, seconds: float) -> None:
        """Time passes; the senders look at the clock."""
        self.clock.turn(seconds=seconds)
        self._passed += seconds
        self.exchange.nudge()

    def sets_clock(self, seconds: float) -> None:
        """The clock is set ahead, or back; no time passes."""
        self.clock.turn(seconds=seconds)
        self.exchange.nudge()

    def views(self, registered: Registered | None = None) -> list[DeliveryView]:
        return self.exchange.log(**({"subscription": registered.subscription.id} if registered else {}))

    def states(self, registered: Registered | None = None) -> list[DeliveryState]:
        return [view.state for view in self.views(registered)]

    def attempts(self, registered: Registered | None = None) -> int:
        return sum(view.attempts for view in self.views(registered))

    def kept(self, registered: Registered) -> Registered:
        (found,) = (one for one in self.store.read.subscriptions.all() if one.seq == registered.seq)
        return found

    def set_state(self, registered: Registered, state: SubscriptionState) -> None:
        """What an operator does: who is active again is told what was parked."""
        self.exchange.change(registered, state=state.value)
        self.exchange.keep()

    def logged(self, message: str) -> list[dict[str, Any]]:
        lines = map(orjson.loads, self._log.getvalue().splitlines())
        return [line for line in lines if line["message"] == message]

    def close(self) -> None:
        self.exchange.close()


def bodies(received: list[Received]) -> list[dict[str, Any]]:
    return [orjson.loads(each.body) for each in received]


def numbers(received: list[Received]) -> list[int]:
    """The sequence numbers of the events, as they came."""
    return [body["sequence"] for body in bodies(received)]
