"""Changes of many deliveries of one registration, a batch at a time, that keep each line in its order.

A line is what waits for one another: the deliveries of a registration with the same order key, by their events. Its
first one is due; those behind it wait for `patience` at most. All times are microseconds.
"""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import orjson

from hub.model.delivery import DeliveryState
from hub.model.subscription import Order
from hub.store.deliveries import DELIVERIES_CHANGED
from hub.store.statements import statements

BATCH = 250
"""How many deliveries one transaction changes at most, so that no other writing waits long for it."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """When a batch is done, and how long what is behind another in its line waits for it."""

    now: int
    patience: int


class Lines:
    def __init__(self, connection: sqlite3.Connection, dialect: str, signals: set[str]) -> None:
        self._connection = connection
        self._sql = statements(dialect, "recovery")
        self._signals = signals

    def _ids(self, name: str, *values: object) -> list[int]:
        return [row[0] for row in self._connection.execute(self._sql[name], values)]

    def _count(self, name: str, *values: object) -> int:
        return int(self._connection.execute(self._sql[name], values).fetchone()[0])

    def count_due(self, subscription: int) -> int:
        row = self._connection.execute(self._sql["count_due"], {"subscription": subscription}).fetchone()
        return int(row[0])

    def count_parked(self, subscription: int) -> int:
        return self._count("count_parked", subscription)

    def count_open(self, subscription: int) -> int:
        return self._count("count_open", subscription)

    def count_dead(self, subscription: int, since: int, until: int) -> int:
        return self._count("count_dead", subscription, since, until)

    def count_misplaced(self, subscription: int, order: Order) -> int:
        """How many of what is open stand in the lines of another order."""
        asked = {"subscription": subscription, "order": order, "limit": -1}
        return sum(1 for _ in self._connection.execute(self._sql["misplaced"], asked))

    def count_events(self, after: int, last: int) -> int:
        return self._count("count_events", after, last)

    def is_in_flight(self, subscription: int) -> bool:
        return bool(self._ids("in_flight", subscription))

    def strays(self) -> list[int]:
        """The registrations that are not active, and have due deliveries that nobody parks: a lease gave them back."""
        return self._ids("strays")

    def park(self, subscription: int, *, limit: int) -> int:
        """Park some of what is due; gives how many."""
        asked = {"subscription": subscription, "limit": limit}
        ids = [row[0] for row in self._connection.execute(self._sql["due"], asked)]
        self._connection.execute(self._sql["park"], (_text(ids),))
        return len(ids)

    def abandon(self, subscription: int, *, now: int, outcome: str, limit: int) -> int:
        """Close some of what is open for a registration that has ended; gives how many."""
        ids = self._ids("open", subscription, limit)
        self._connection.execute(self._sql["abandon"], {"ids": _text(ids), "now": now, "outcome": outcome})
        return len(ids)

    def unpark(self, subscription: int, wait: Wait, *, limit: int) -> int:
        """Make due the oldest of what is parked; gives how many."""
        ids = self._ids("parked", subscription, limit)
        self._release(subscription, ids, DeliveryState.DUE, wait)
        return len(ids)

    def revive(
        self, subscription: int, since: int, until: int, state: DeliveryState, wait: Wait, *, limit: int
    ) -> int:
        """Make due, or parked, some of what was given up in a span of time, with all tries anew; gives how many."""
        ids = self._ids("dead", subscription, since, until, limit)
        self._release(subscription, ids, state, wait)
        return len(ids)

    def _release(self, subscription: int, ids: Sequence[int], state: DeliveryState, wait: Wait) -> None:
        self._connection.execute(self._sql["release"], {"ids": _text(ids), "state": state, "now": wait.now})
        self.line_up(subscription, ids, wait)

    def place(self, subscription: int, order: Order, wait: Wait, *, limit: int) -> int:
        """Put some of what is open into the lines of another order; gives how many."""
        asked = {"subscription": subscription, "order": order, "limit": limit}
        ids = [row[0] for row in self._connection.execute(self._sql["misplaced"], asked)]
        self._connection.execute(self._sql["place"], {"ids": _text(ids), "order": order, "now": wait.now})
        self.line_up(subscription, ids, wait)
        return len(ids)

    def insert_missing(
        self, subscription: int, event: int, order_key: int | None, state: DeliveryState, *, now: int
    ) -> int | None:
        """Make the delivery of an event, and give its id; None when it has one. Line it up afterwards."""
        values = {
            "subscription": subscription,
            "event": event,
            "order_key": order_key,
            "state": state,
            "now": now,
        }
        row = self._connection.execute(self._sql["replay"], values).fetchone()
        return row[0] if row else None

    def line_up(self, subscription: int, ids: Sequence[int], wait: Wait) -> None:
        """Let what stands behind another in the lines of these deliveries wait for it."""
        values = {"subscription": subscription, "ids": _text(ids), "now": wait.now, "patience": wait.patience}
        self._connection.execute(self._sql["line_up"], values)
        self._connection.execute(self._sql["line_up_whole"], values)

    def hand_over(self, old: int, new: int, types: Collection[str]) -> None:
        """Let another registration be told what this one was still to be told, of events of these types.

        What is in flight is due again: whether it arrives is not known.
        """
        values = {"old": old, "new": new, "types": orjson.dumps(sorted(types)).decode()}
        self._connection.execute(self._sql["hand_over"], values)
        self._signals.add(DELIVERIES_CHANGED)

    def end(self, subscription: int, wait: Wait, *, started: int) -> None:
        """After the last batch: what came meanwhile waits, too, and the senders are told."""
        values = {
            "subscription": subscription,
            "now": wait.now,
            "patience": wait.patience,
            "started": started,
        }
        self._connection.execute(self._sql["line_up_rest"], values)
        self._signals.add(DELIVERIES_CHANGED)

    def event_before(self, event_id: str) -> int:
        """The row number of the last event whose id is smaller; 0 when there is none."""
        row = self._connection.execute(self._sql["event_before"], (event_id,)).fetchone()
        return row[0] if row else 0


def _text(ids: Sequence[int]) -> str:
    return orjson.dumps(ids).decode()
