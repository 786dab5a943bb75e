"""Tables `delivery` and `attempt`: who is to be told what, when, and how each try ended."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from hub.model.delivery import Attempt, Claim, DeliveryState, Timing
from hub.store.delivery_view import DeliveryView, as_view
from hub.store.statements import statements

DELIVERIES_CHANGED = "delivery"
"""The signal that somebody other than the sender has made deliveries due."""

LOOKED_AT = 16
"""How many deliveries that have waited too long in line are looked at in one claim."""

LOOK_AGAIN = 60_000_000
"""Microseconds after which one is looked at again that still has something before it that is about to be sent."""


class NewDelivery(NamedTuple):
    """One event for one listener, about to be written; see `hub.delivery.fanout`."""

    subscription: int
    event: int
    order_key: int | None
    state: DeliveryState


class Settlement(NamedTuple):
    """What became of a claim: its attempt, its new state, and when it is due again if it is not at rest.

    `held_until` is the instant before which nothing is to be sent to this listener, `probed` whether its breaker
    says so. `counts` is False for an attempt that began before its listener was activated again.
    """

    claim: Claim
    attempt: Attempt
    state: DeliveryState
    due_at: int
    settled_at: int | None
    held_until: int | None = None
    probed: bool = False
    counts: bool = True


def _attempt_row(delivery: int, attempt: Attempt) -> tuple[Any, ...]:
    number, started, outcome, timing, status, peer, headers, body, error = attempt
    told = orjson.dumps(headers).decode() if headers else "[]"
    return (delivery, number, started, outcome, status, peer, *timing, told, body, error)


def _attempt(row: tuple[Any, ...]) -> Attempt:
    number, started, outcome, status, peer, name_lookup, connect, tls, first_byte, total, headers, body, error = (
        row
    )
    return Attempt(
        number=number,
        started=started,
        outcome=outcome,
        status=status,
        peer_address=peer,
        timing=Timing(name_lookup=name_lookup, connect=connect, tls=tls, first_byte=first_byte, total=total),
        headers=tuple((name, value) for name, value in orjson.loads(headers)),
        body=body,
        error=error,
    )


class Deliveries:
    def __init__(self, connection: sqlite3.Connection, dialect: str, signals: set[str]) -> None:
        self._connection = connection
        self._sql = statements(dialect, "delivery")
        self._signals = signals

    def insert(self, new: Iterable[NewDelivery], *, now: int, patience: int) -> None:
        """Write deliveries, due now or parked; one behind an open one of its order key waits, `patience` at most.

        `now` and `patience` are microseconds.
        """
        rows = [(*one, now, patience) for one in new]
        self._connection.executemany(self._sql["insert"], rows)

    def claim(
        self, subscription: int, *, now: int, limit: int, token: str, lease_until: int, patience: int = 0
    ) -> list[Claim]:
        """Lease the listener's longest due deliveries to the holder of the token, oldest first.

        Of one order key one at most is in flight, and one that has waited in line for too long goes ahead only of
        those that are not about to be sent themselves.
        """
        again = now + min(LOOK_AGAIN, max(patience, 1_000_000))
        if self._connection.execute(self._sql["overdue_in_line"], (subscription, now)).fetchone():
            overdue = {"subscription": subscription, "now": now, "again": again, "limit": LOOKED_AT}
            self._connection.execute(self._sql["overtake"], overdue)
        rows = self._connection.execute(
            self._sql["claim"], (token, lease_until, subscription, now, limit)
        ).fetchall()
        rows.sort(key=itemgetter(1))  # a line stands in the order of its events
        # By position: names would cost as much again.
        return [
            Claim(delivery, subscription, event, order_key, attempts, tries, created, token, bool(received))
            for delivery, event, order_key, attempts, tries, created, received in self._one_a_key(rows, again)
        ]

    def _one_a_key(self, rows: list[tuple[Any, ...]], again: int) -> list[tuple[Any, ...]]:
        """Of each order key the oldest; the others, which were sent again by hand, for example, step back in line."""
        keys = {row[2] for row in rows if row[2] is not None}
        if len(keys) == sum(row[2] is not None for row in rows):
            return rows
        first: list[tuple[Any, ...]] = []
        for row in rows:
            if row[2] is None or row[2] in keys:
                keys.discard(row[2])
                first.append(row)
            else:
                self._connection.execute(self._sql["step_back"], (again, row[0]))
        return first

    def settle(self, settlements: Sequence[Settlement]) -> list[Settlement]:
        """Record attempts and what became of the deliveries.

        Gives those whose lease was lost, of which nothing is written.
        """
        lost = [each for each in settlements if not self._settled(each)]
        self._append([each for each in settlements if each not in lost] if lost else settlements)
        return lost

    def _settled(self, settlement: Settlement) -> bool:
        claim, attempt = settlement.claim, settlement.attempt
        outcome = (attempt.outcome, attempt.status, claim.delivery, claim.token)
        if settlement.settled_at is None:
            written = self._connection.execute(
                self._sql["retry"], (settlement.state, settlement.due_at, *outcome)
            ).rowcount
        else:
            values = (settlement.state, settlement.settled_at, settlement.due_at, *outcome)
            written = self._connection.execute(self._sql["settle"], values).rowcount
        return written > 0

    def promote(self, settled: Iterable[Claim], *, now: int) -> bool:
        """Make due what waits for these deliveries; False when nothing does."""
        keys = [(now, claim.subscription, claim.order_key, claim.event) for claim in settled]
        return self._connection.executemany(self._sql["promote"], keys).rowcount > 0

    def let_pass(self, failed: Claim, *, now: int, patience: int) -> None:
        """The next in line goes before the next attempt at this one, if it has waited for it long enough.

        Else the two could be due together each time that the listener may be asked, and the same one be sent first.
        """
        line = {"subscription": failed.subscription, "order_key": failed.order_key, "event": failed.event}
        asked = {**line, "delivery": failed.delivery, "now": now, "patience": patience}
        self._connection.execute(self._sql["let_pass"], asked)

    def _append(self, settlements: Sequence[Settlement]) -> None:
        """The attempts together, so that each page they are on is looked for once, and not between other tables'."""
        rows = [_attempt_row(each.claim.delivery, each.attempt) for each in settlements]
        self._connection.executemany(self._sql["insert_attempt"], rows)

    def release(self, claims: Iterable[Claim]) -> None:
        """Give claims back unsent."""
        self._connection.executemany(self._sql["release"], ((claim.delivery, claim.token) for claim in claims))

    def next_due(self, subscription: int) -> int | None:
        key = {"subscription": subscription}
        due: int | None = self._connection.execute(self._sql["next_due"], key).fetchone()[0]
        return due

    def expire_leases(self, *, now: int) -> Counter[int]:
        """Make claims due again whose lease has ended; gives how many of each subscription."""
        return Counter(row[0] for row in self._connection.execute(self._sql["expire_leases"], (now,)).fetchall())

    def cap_leases(self, *, most: int) -> int:
        """No lease ends later than this: one that does was made by a clock that was ahead. How many there were."""
        return self._connection.execute(self._sql["cap_leases"], {"most": most}).rowcount

    def renew(self, claims: Sequence[Claim], *, lease_until: int) -> int:
        """Hold on to claims that are still held; how many these are."""
        rows = [(lease_until, claim.delivery, claim.token) for claim in claims]
        return max(0, self._connection.executemany(self._sql["renew"], rows).rowcount)

    def heal(
        self,
        *,
        now: int,
        patience: int,
        waits: Sequence[int],
        subscription: int | None = None,
        others: Sequence[int] = (),
    ) -> int:
        """No delivery is due later than the schedule can say now, unless its listener is held; how many were.

        `waits` has the longest wait before the first, the second, … attempt in microseconds: for the deliveries of
        one subscription, or of all but `others`.
        """
        values = {
            "now": now,
            "patience": patience,
            "waits": orjson.dumps(waits).decode(),
            "longest": len(waits) - 1,
            "subscription": subscription,
            "others": orjson.dumps(others).decode(),
        }
        return self._connection.execute(self._sql["heal"], values).rowcount

    def lease_tokens(self) -> list[str]:
        return [row[0] for row in self._connection.execute(self._sql["leases"])]

    def free_leases(self, tokens: Sequence[str]) -> None:
        self._connection.executemany(self._sql["free_lease"], ((token,) for token in tokens))

    def resend(self, delivery: int, *, now: int) -> bool:
        """Make a delivery due now with a fresh schedule; False when it is in flight or its listener left."""
        row = self._connection.execute(self._sql["resend"], (now, delivery)).fetchone()
        self._signals.add(DELIVERIES_CHANGED)
        return row is not None

    def has_open(self, subscription: int) -> bool:
        """Whether anything is left to be told."""
        return bool(self._connection.execute(self._sql["open"], (subscription,)).fetchone()[0])

    def get(self, delivery: int) -> DeliveryView | None:
        row = self._connection.execute(f"{self._sql['view']} WHERE delivery.id = ?", (delivery,)).fetchone()
        return as_view(row) if row else None

    def attempts(self, delivery: int) -> list[Attempt]:
        return [_attempt(row) for row in self._connection.execute(self._sql["attempts"], (delivery,))]

    def counts(self) -> dict[int, dict[str, int]]:
        """{subscription: {state: how many deliveries}}."""
        counts: dict[int, dict[str, int]] = {}
        for subscription, state, count in self._connection.execute(self._sql["counts"]):
            counts.setdefault(subscription, {})[state] = count
        return counts

    def counts_of(self, subscription: int) -> dict[str, int]:
        """{state: how many deliveries} of one registration."""
        return dict(self._connection.execute(self._sql["counts_of"], (subscription,)).fetchall())

    def last_delivered(self, subscription: int) -> int | None:
        last: int | None = self._connection.execute(self._sql["last_delivered"], (subscription,)).fetchone()[0]
        return last

    def oldest_due(self) -> int | None:
        """Since when a delivery could have been sent and was not; what is held back for its listener could not."""
        due: int | None = self._connection.execute(self._sql["overdue"]).fetchone()[0]
        return due
