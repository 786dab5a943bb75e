"""Table `subscription`: the registrations, ended ones included, for the log refers to them."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from hub.model.options import DeliveryOptions
from hub.model.subscription import Order, Subscription, SubscriptionState
from hub.store.statements import statements

SUBSCRIPTIONS_CHANGED = "subscription"
"""The signal that a registration came, went or changed its state."""


EQUAL = {"id": "id", "owner": "owner", "party": "party", "callback": "callback", "list": "list"}
"""{filter: the column that has just this value}"""

ENDED = "ended"
"""The state that registrations are asked for by which have ended; they have none of their own any more."""

FILTERS = ("state", *EQUAL)


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A registration with its row number and the last event before it; when it ended, and who did so.

    Of the events in the rows `removed`, deliveries that were received may have been removed since.
    """

    seq: int
    from_event: int
    subscription: Subscription
    ended: int | None = None
    ended_by: str | None = None
    removed: range = range(0)


@dataclass(frozen=True, kw_only=True)
class Change:
    """What somebody changed of a registration: {attribute: {"from": …, "to": …}}; without an actor the hub itself."""

    time: int
    actor: str | None
    changes: dict[str, Any]


def _registered(row: tuple[Any, ...]) -> Registered:
    (seq, subscription_id, callback, url, query, normalised, secret, order, state, reason, created, from_event) = (
        row[:12]
    )
    face, owner, party, options, of_list, credentials, ended, ended_by, removed_from, removed_to = row[12:]
    subscription = Subscription(
        id=subscription_id,
        callback=callback,
        url=url,
        query=query,
        normalised_query=normalised,
        secret=secret,
        order=Order(order),
        state=SubscriptionState(state),
        state_reason=reason,
        created=created,
        face=face,
        owner=owner,
        party=party,
        options=DeliveryOptions.from_kept(orjson.loads(options)),
        list=of_list,
        credentials=credentials,
    )
    return Registered(
        seq=seq,
        from_event=from_event,
        subscription=subscription,
        ended=ended,
        ended_by=ended_by,
        removed=range(0) if removed_from is None else range(removed_from, removed_to + 1),
    )


class Subscriptions:
    def __init__(self, connection: sqlite3.Connection, dialect: str, signals: set[str]) -> None:
        self._connection = connection
        self._sql = statements(dialect, "subscription")
        self._signals = signals

    def insert(self, subscription: Subscription, *, from_event: int) -> None:
        values = (
            subscription.id,
            subscription.callback,
            subscription.url,
            subscription.query,
            subscription.normalised_query,
            subscription.secret,
            subscription.order,
            subscription.state,
            subscription.created,
            from_event,
            subscription.face,
            subscription.owner,
            subscription.party,
            orjson.dumps(subscription.options.as_kept()).decode(),
            subscription.list,
            subscription.credentials,
        )
        self._changed()
        self._connection.execute(self._sql["insert"], values)

    def present(self, subscription_id: str) -> Registered | None:
        """The registration, unless it has ended."""
        sql = f"{self._sql['columns']} WHERE id = ? AND ended IS NULL"
        row = self._connection.execute(sql, (subscription_id,)).fetchone()
        return _registered(row) if row else None

    def set_credentials(self, seq: int, secret: bytes, credentials: bytes | None) -> None:
        """Keep other ones, sealed; every sender reads them before its next turn."""
        self._changed()
        self._connection.execute(self._sql["set_credentials"], (secret, credentials, seq))

    def same(self, subscription: Subscription) -> str | None:
        """The id of the registration that tells the same: of its URL, query, face and party; None without one."""
        key = (subscription.url, subscription.normalised_query, subscription.face, subscription.party)
        row = self._connection.execute(self._sql["same"], key).fetchone()
        return row[0] if row else None

    def end(
        self, subscription_id: str, *, now: int, actor: str | None = None, party: str | None = None
    ) -> int | None:
        """End a registration; gives its row number, or None when there is no such one.

        It is kept who did so, the `actor`. With a `party`, there is none but its own.
        """
        self._changed()
        row = self._connection.execute(self._sql["end"], (now, actor, subscription_id, party, party)).fetchone()
        return row[0] if row else None

    def ended_by(self, subscription_id: str) -> str | None:
        """Who ended a registration; None while it has not ended, and where that was not kept."""
        row = self._connection.execute(self._sql["ended_by"], (subscription_id,)).fetchone()
        return row[0] if row else None

    def set_state(self, seq: int, state: SubscriptionState, reason: str | None) -> bool:
        """Change the state; False when the registration is in it already, or has ended."""
        self._changed()
        changed = self._connection.execute(self._sql["set_state"], (state, reason, seq, state)).rowcount
        return changed > 0

    def disable(self, seq: int, reason: str, *, now: int) -> bool:
        """Change the state by the hub's own rules, and keep when and why; False when it is so already, or has ended."""
        before = self._connection.execute(self._sql["state"], (seq,)).fetchone()
        if not self.set_state(seq, SubscriptionState.DISABLED, reason):
            return False
        after = (SubscriptionState.DISABLED.value, reason)
        changes = {
            name: {"from": old, "to": new}
            for name, old, new in zip(("state", "stateReason"), before, after, strict=True)
        }
        self.note(seq, Change(time=now, actor=None, changes=changes))
        return True

    def set(self, seq: int, subscription: Subscription) -> None:
        """Keep the state, the order, the options, the list and the callback of a registration that has not ended."""
        self._changed()
        options = orjson.dumps(subscription.options.as_kept()).decode()
        state = (subscription.state, subscription.state_reason, subscription.order)
        place = (subscription.list, subscription.callback, subscription.url)
        self._connection.execute(self._sql["set"], (*state, options, *place, seq))

    def touch(self, seq: int | None = None) -> None:
        """Let every sender, also of another process, look at a registration anew, or at what is changed after this."""
        self._changed()
        if seq is not None:
            self._connection.execute(self._sql["touch"], (seq,))

    def note(self, seq: int, change: Change) -> None:
        values = (seq, change.time, change.actor, orjson.dumps(change.changes).decode())
        self._connection.execute(self._sql["insert_change"], values)

    def changes(self, seq: int) -> list[Change]:
        """What was changed of a registration, oldest first."""
        return [
            Change(time=time, actor=actor, changes=orjson.loads(changes))
            for time, actor, changes in self._connection.execute(self._sql["changes"], (seq,))
        ]

    def is_sent_to(self, seq: int) -> bool:
        """Whether anything may be claimed for it: it is active, and its deliveries are not being worked on."""
        return self._connection.execute(self._sql["is_sent_to"], (seq,)).fetchone() is not None

    def get(self, subscription_id: str) -> Registered | None:
        """Also one that has ended."""
        row = self._connection.execute(f"{self._sql['columns']} WHERE id = ?", (subscription_id,)).fetchone()
        return _registered(row) if row else None

    def page(self, filters: Mapping[str, str], *, offset: int, limit: int) -> list[Registered]:
        """The registrations that fit, oldest first; the keys of `filters` are those of FILTERS.

        Those that have ended are among them only where the state asked for is ENDED.
        """
        where, values = _where(filters)
        sql = f"{self._sql['columns']}{where} ORDER BY seq LIMIT ? OFFSET ?"
        return [_registered(row) for row in self._connection.execute(sql, (*values, limit, offset))]

    def count(self, filters: Mapping[str, str]) -> int:
        where, values = _where(filters)
        return int(self._connection.execute(self._sql["count"] + where, values).fetchone()[0])

    def every(self) -> list[Registered]:
        """All registrations that there ever were, oldest first."""
        return [_registered(row) for row in self._connection.execute(f"{self._sql['columns']} ORDER BY seq")]

    def _changed(self) -> None:
        """Called before a change, which is then marked with the new version."""
        self._connection.execute(self._sql["set_version"])
        self._signals.add(SUBSCRIPTIONS_CHANGED)

    def version(self) -> int:
        """A number that rises with every change of a registration."""
        row = self._connection.execute(self._sql["version"]).fetchone()
        return row[0] if row else 0

    def all(self) -> list[Registered]:
        """The registrations that have not ended, oldest first."""
        sql = f"{self._sql['columns']} WHERE ended IS NULL ORDER BY seq"
        return [_registered(row) for row in self._connection.execute(sql)]

    def changed_since(self, version: int) -> tuple[list[Registered], list[int]]:
        """The registrations that came or changed after this version, oldest first, and the row numbers of the ended."""
        sql = f"{self._sql['columns']} WHERE changed > ? AND ended IS NULL ORDER BY seq"
        present = [_registered(row) for row in self._connection.execute(sql, (version,))]
        return present, [row[0] for row in self._connection.execute(self._sql["ended"], (version,))]


def _where(filters: Mapping[str, str]) -> tuple[str, list[str]]:
    state = filters.get("state")
    terms = ["ended IS NOT NULL"] if state == ENDED else ["ended IS NULL"]
    values = []
    if state not in (None, ENDED):
        terms.append("state = ?")
        values.append(state)
    for name, column in EQUAL.items():
        if name in filters:
            terms.append(f"{column} = ?")
            values.append(filters[name])
    return f" WHERE {' AND '.join(terms)}", values
