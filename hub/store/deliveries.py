"""Tables `delivery` and `attempt`: who is to be told what, when, and how each try ended."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from hub.model.delivery import Attempt, Claim, DeliveryState, Timing
from hub.model.event import EventType
from hub.store.statements import statements

DELIVERIES_CHANGED = "delivery"
"""The signal that somebody other than the sender has made deliveries due."""

FILTERS = {"subscription": "subscription.id", "state": "delivery.state", "serviceProblem": "event.problem_id"}


@dataclass(frozen=True, kw_only=True)
class NewDelivery:
    """One event for one listener, about to be written; see `hub.delivery.fanout`."""

    subscription: int
    event: int
    order_key: int | None
    state: DeliveryState


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """What became of a claim: its attempt, its new state, and when it is due again if it is not at rest."""

    claim: Claim
    attempt: Attempt
    state: DeliveryState
    due_at: int
    settled_at: int | None


@dataclass(frozen=True, kw_only=True)
class DeliveryView:
    """A delivery as the operator sees it."""

    id: int
    state: DeliveryState
    waiting: bool
    due_at: int
    created: int
    settled_at: int | None
    attempts: int
    last_outcome: str | None
    last_status: int | None
    subscription_id: str
    callback: str
    event_id: str
    event_type: str
    sequence: int
    event_time: int
    problem_id: str

    @property
    def resource(self) -> str:
        """What the event is about, whose id is `problem_id`: serviceProblem, problemGroup, …"""
        return EventType(self.event_type).resource


def as_view(row: tuple[Any, ...]) -> DeliveryView:
    """A row of the statement `view`."""
    fields = DeliveryView.__dataclass_fields__
    values = dict(zip(fields, row, strict=True))
    return DeliveryView(**{**values, "state": DeliveryState(values["state"]), "waiting": bool(values["waiting"])})


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
        rows = (
            {
                "subscription": one.subscription,
                "event": one.event,
                "order_key": one.order_key,
                "state": one.state,
                "now": now,
                "patience": patience,
            }
            for one in new
        )
        self._connection.executemany(self._sql["insert"], rows)

    def claim(self, subscription: int, *, now: int, limit: int, token: str, lease_until: int) -> list[Claim]:
        """Lease the listener's longest due deliveries to the holder of the token, oldest first."""
        rows = self._connection.execute(
            self._sql["claim"], (token, lease_until, subscription, now, limit)
        ).fetchall()
        rows.sort()
        return [
            Claim(
                delivery=delivery,
                subscription=subscription,
                event=event,
                order_key=order_key,
                attempts=attempts,
                tries=tries,
                created=created,
                token=token,
            )
            for delivery, event, order_key, attempts, tries, created in rows
        ]

    def settle(self, settlement: Settlement) -> bool:
        """Record an attempt and what became of the delivery; False, and nothing written, when the lease was lost."""
        claim, attempt = settlement.claim, settlement.attempt
        values = (
            settlement.state,
            settlement.settled_at,
            settlement.due_at,
            attempt.outcome,
            attempt.status,
            claim.delivery,
            claim.token,
        )
        if self._connection.execute(self._sql["settle"], values).rowcount == 0:
            return False
        self._append(claim.delivery, attempt)
        return True

    def promote(self, settled: Claim, *, now: int) -> bool:
        """Make due what waits for this delivery; False when nothing does."""
        key = (now, settled.subscription, settled.order_key, settled.event)
        return self._connection.execute(self._sql["promote"], key).rowcount > 0

    def _append(self, delivery: int, attempt: Attempt) -> None:
        timing = attempt.timing
        values = (
            delivery,
            attempt.number,
            attempt.started,
            attempt.outcome,
            attempt.status,
            attempt.peer_address,
            timing.name_lookup,
            timing.connect,
            timing.tls,
            timing.first_byte,
            timing.total,
            orjson.dumps(attempt.headers).decode(),
            attempt.body,
            attempt.error,
        )
        self._connection.execute(self._sql["insert_attempt"], values)

    def release(self, claims: Iterable[Claim]) -> None:
        """Give claims back unsent."""
        self._connection.executemany(self._sql["release"], ((claim.delivery, claim.token) for claim in claims))

    def next_due(self, subscription: int) -> int | None:
        due: int | None = self._connection.execute(self._sql["next_due"], (subscription,)).fetchone()[0]
        return due

    def expire_leases(self, *, now: int) -> set[int]:
        """Make claims due again whose lease has ended; gives their subscriptions."""
        return {row[0] for row in self._connection.execute(self._sql["expire_leases"], (now,)).fetchall()}

    def lease_tokens(self) -> list[str]:
        return [row[0] for row in self._connection.execute(self._sql["leases"])]

    def free_leases(self, tokens: Sequence[str]) -> None:
        self._connection.executemany(self._sql["free_lease"], ((token,) for token in tokens))

    def resend(self, delivery: int, *, now: int) -> bool:
        """Make a delivery due now with a fresh schedule; False when it is in flight or its listener left."""
        row = self._connection.execute(self._sql["resend"], (now, delivery)).fetchone()
        self._signals.add(DELIVERIES_CHANGED)
        return row is not None

    def abandon(self, subscription: int, *, now: int, outcome: str) -> None:
        """Close what is open for a registration that has ended."""
        self._connection.execute(self._sql["abandon"], (now, outcome, subscription))

    def park(self, subscription: int) -> None:
        self._connection.execute(self._sql["park"], (subscription,))

    def get(self, delivery: int) -> DeliveryView | None:
        row = self._connection.execute(f"{self._sql['view']} WHERE delivery.id = ?", (delivery,)).fetchone()
        return as_view(row) if row else None

    def attempts(self, delivery: int) -> list[Attempt]:
        return [_attempt(row) for row in self._connection.execute(self._sql["attempts"], (delivery,))]

    def page(self, filters: dict[str, str], *, offset: int, limit: int) -> list[DeliveryView]:
        """The deliveries that fit, newest first; the keys of `filters` are those of FILTERS."""
        where, values = _where(filters)
        sql = f"{self._sql['view']}{where} ORDER BY delivery.id DESC LIMIT ? OFFSET ?"
        return [as_view(row) for row in self._connection.execute(sql, (*values, limit, offset))]

    def count(self, filters: dict[str, str]) -> int:
        where, values = _where(filters)
        return int(self._connection.execute(self._sql["count"] + where, values).fetchone()[0])

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
        """The earliest due time of all deliveries that wait for one."""
        due: int | None = self._connection.execute(self._sql["overdue"]).fetchone()[0]
        return due


def _where(filters: dict[str, str]) -> tuple[str, list[str]]:
    if not filters:
        return "", []
    terms = [f"{FILTERS[name]} = ?" for name in filters]
    return f" WHERE {' AND '.join(terms)}", list(filters.values())
