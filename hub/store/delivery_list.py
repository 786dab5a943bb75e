"""The log of deliveries as a list: what narrows it, a page of it by number or by place, and how long it is."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from hub.model.delivery import DeliveryState
from hub.store.delivery_view import DeliveryView, as_view
from hub.store.statements import statements

EQUAL = {
    "subscription": "subscription.id",
    "state": "delivery.state",
    "outcome": "delivery.last_outcome",
    "event": "event.id",
    "serviceProblem": "event.problem_id",
    "party": "subscription.party",
    "list": "subscription.list",
}
"""{filter: the column that has just this value}"""

FILTERS = (*EQUAL, "since", "until")
"""Beside those of EQUAL the instants, as microseconds, from and until which a delivery was made."""

Filters = Mapping[str, str | int]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Behind a delivery in the list (it is newest first), or before it; without an id at the list's own end."""

    delivery: int | None = None
    backwards: bool = False


@dataclass(frozen=True, kw_only=True)
class DeliveryPage:
    """`more` tells whether there are further ones in the direction that was read."""

    rows: list[DeliveryView]
    more: bool


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where the delivery of an event stands; times are microseconds."""

    delivery: int
    state: DeliveryState
    due_at: int
    delivered_at: int | None
    attempts: int
    last_outcome: str | None
    last_status: int | None


class DeliveryList:
    def __init__(self, connection: sqlite3.Connection, dialect: str) -> None:
        self._connection = connection
        self._sql = statements(dialect, "delivery_list")
        self._view = statements(dialect, "delivery")["view"]

    def of_event(self, event: int) -> dict[int, Standing]:
        """{registration: where its delivery stands} of the event in row `event`."""
        return {
            subscription: Standing(
                delivery=delivery,
                state=DeliveryState(state),
                due_at=due_at,
                delivered_at=delivered_at,
                attempts=attempts,
                last_outcome=outcome,
                last_status=status,
            )
            for subscription, delivery, state, due_at, delivered_at, attempts, outcome, status in (
                self._connection.execute(self._sql["of_event"], (event,))
            )
        }

    def by_place(self, filters: Filters, place: Place, *, limit: int) -> DeliveryPage:
        terms, values = _terms(filters)
        if place.delivery is not None:
            terms.append(f"delivery.id {'>' if place.backwards else '<'} ?")
            values.append(place.delivery)
        order = "ASC" if place.backwards else "DESC"
        sql = f"{self._view}{_where(terms)} ORDER BY delivery.id {order} LIMIT ?"
        found = [as_view(row) for row in self._connection.execute(sql, (*values, limit + 1))]
        rows = found[:limit]
        return DeliveryPage(rows=rows[::-1] if place.backwards else rows, more=len(found) > limit)

    def by_number(self, filters: Filters, *, offset: int, limit: int) -> list[DeliveryView]:
        terms, values = _terms(filters)
        sql = f"{self._view}{_where(terms)} ORDER BY delivery.id DESC LIMIT ? OFFSET ?"
        return [as_view(row) for row in self._connection.execute(sql, (*values, limit, offset))]

    def count(self, filters: Filters) -> int:
        """The tables that nothing is asked of are left out: a count looks at every row that fits."""
        terms, values = _terms(filters)
        where = _where(terms)
        joins = "".join(
            f" JOIN {table} ON {table}.seq = delivery.{table}"
            for table in ("event", "subscription")
            if f"{table}." in where
        )
        return int(self._connection.execute(f"SELECT count(*) FROM delivery{joins}{where}", values).fetchone()[0])


def _terms(filters: Filters) -> tuple[list[str], list[str | int]]:
    terms = [f"{column} = ?" for name, column in EQUAL.items() if name in filters]
    values = [filters[name] for name in EQUAL if name in filters]
    for name, sign in (("since", ">="), ("until", "<=")):
        if name in filters:
            terms.append(f"delivery.created {sign} ?")
            values.append(filters[name])
    return terms, values


def _where(terms: list[str]) -> str:
    return f" WHERE {' AND '.join(terms)}" if terms else ""
