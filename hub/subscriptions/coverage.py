"""Who should have been told of an event, who was and when, and why the others were not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from threading import Lock

from hub.model.delivery import UNREGISTERED, DeliveryState
from hub.model.ids import made_at
from hub.model.subscription import SubscriptionState
from hub.model.times import from_text, to_micros
from hub.store.delivery_list import Standing
from hub.store.events import Queued
from hub.store.lists import RefusedEntry
from hub.store.subscriptions import Change, Registered
from hub.store.tables import Tables
from hub.subscriptions.wanting import Interests, MakeWanted

MILLISECOND = 1000
"""An identifier tells the millisecond in which it was made."""


class Reason(StrEnum):
    """How it stands between an event and who might have been told; every one but `told` says why he was not."""

    TOLD = "told"
    PENDING = "pending"
    PAUSED = "paused"
    DISABLED = "disabled"
    GIVEN_UP = "givenUp"
    ENDED = "ended"
    REGISTERED_LATER = "registeredLater"
    NOT_WANTED = "notWanted"
    EXPIRED = "expired"
    USED_UP = "usedUp"
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    REMOVED = "removed"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One event, and one registration, or one entry of a list that is none."""

    queued: Queued
    reason: Reason
    one: Registered | None = None
    entry: RefusedEntry | None = None
    standing: Standing | None = None


Changes = Callable[[int], Sequence[Change]]
"""Gives what was changed of the registration in a row, oldest first."""

WhyNone = Callable[[Registered, Queued, int | None], Reason]


class Coverage:
    """Keeps what the registrations want from call to call: it is read once for each."""

    def __init__(self, make: MakeWanted) -> None:
        self._interests = Interests(make)
        self._known: set[int] = set()
        self._lock = Lock()

    def of(self, tables: Tables, events: Sequence[Queued]) -> list[Row]:
        """A row for each event and each registration that there ever was, and each entry that stood in a list then."""
        registered = tables.subscriptions.every()
        with self._lock:
            for one in registered:
                if one.seq not in self._known:
                    self._known.add(one.seq)
                    self._interests.add(one)
            wanting = [frozenset(self._interests.of(each.event)) for each in events]
        why = partial(
            _why_none, fanned_out=tables.events.fanned_out(), changes=cache(tables.subscriptions.changes)
        )
        return [
            row
            for queued, wanted in zip(events, wanting, strict=True)
            for row in self._rows(tables, queued, registered, wanted, why)
        ]

    def _rows(
        self,
        tables: Tables,
        queued: Queued,
        registered: Sequence[Registered],
        wanted: frozenset[int],
        why: WhyNone,
    ) -> Iterator[Row]:
        standings = tables.delivery_list.of_event(queued.seq)
        recorded = made_at(queued.event.id)
        for one in registered:
            standing = standings.get(one.seq)
            if standing is not None:
                yield Row(queued=queued, one=one, standing=standing, reason=_reason(one, standing))
            elif one.seq in self._interests.unread:
                yield Row(queued=queued, one=one, reason=Reason.UNREADABLE)
            elif one.seq not in wanted:
                yield Row(queued=queued, one=one, reason=Reason.NOT_WANTED)
            else:
                yield Row(queued=queued, one=one, reason=why(one, queued, recorded))
        when = queued.event.time if recorded is None else recorded + MILLISECOND - 1
        for entry in tables.lists.refused_at(when):
            yield Row(queued=queued, entry=entry, reason=Reason.REFUSED)


def _reason(one: Registered, standing: Standing) -> Reason:
    if standing.delivered_at is not None:
        return Reason.TOLD
    match standing.state:
        case DeliveryState.DEAD:
            return Reason.ENDED if standing.last_outcome == UNREGISTERED else Reason.GIVEN_UP
        case DeliveryState.PARKED if one.subscription.state is SubscriptionState.PAUSED:
            return Reason.PAUSED
        case DeliveryState.PARKED if one.subscription.state is SubscriptionState.DISABLED:
            return Reason.DISABLED
        case _:
            return Reason.PENDING


def _why_none(
    one: Registered, queued: Queued, recorded: int | None, *, fanned_out: int, changes: Changes
) -> Reason:
    """Why there is no delivery of what is wanted; `missing` where nothing says why: it was forgotten, or erased.

    Of what was `removed` it is not known any more whether it was told.
    """
    when = queued.event.time if recorded is None else recorded
    if queued.seq in one.removed:
        return Reason.REMOVED
    if queued.seq <= one.from_event:
        return Reason.REGISTERED_LATER
    if one.ended is not None:
        return Reason.ENDED
    if queued.seq > fanned_out:
        return Reason.PENDING
    expires_at, max_events = _bounds_at(when, one, changes(one.seq))
    if expires_at is not None and expires_at < when + MILLISECOND:
        return Reason.EXPIRED
    return Reason.MISSING if max_events is None else Reason.USED_UP


def _bounds_at(when: int, one: Registered, changes: Sequence[Change]) -> tuple[int | None, int | None]:
    """Until when, and of how many events, it was to be told as it was then: the next change says what it replaced."""
    for change in changes:
        if change.time > when and "delivery" in change.changes:
            before = change.changes["delivery"]["from"]
            expires = before["expiresAt"]
            return None if expires is None else to_micros(from_text(expires)), before["maxEvents"]
    options = one.subscription.options
    return options.expires_at, options.max_events
