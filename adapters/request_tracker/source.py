"""Reads Request Tracker's tickets once, and from then on those that its transactions name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, Range

from adapters.http import Clock, HttpClient, system_clock
from adapters.options import HttpOptions, Secret
from adapters.request_tracker.tracker import PAGE_SIZE, Row, Tracker
from adapters.request_tracker.writing import write
from hub.ports import Check, Page, Record, Unavailable, Writing

TAIL = 100
"""Among so many numbers before the latest transaction some may still be under way at the first pull."""
KEPT = ("transaction", "seen", "active", "reconciled")
"""The parts of a cursor that say what was found out, beside up to where the tickets are listed."""
PEOPLE = ("Requestor", "Cc", "CustomFields")
"""Lists that Request Tracker gives in any order."""


class Options(HttpOptions):
    """Where the tracker is, who reads it and what. Times are in seconds."""

    token = Secret(load_default=None)
    queues = fields.List(fields.String(validate=Length(min=1)), load_default=list)
    messages = fields.Boolean(load_default=False)
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1, max=PAGE_SIZE))
    lookback = fields.Float(load_default=60.0, validate=Range(min=0))
    reconcile = fields.Float(load_default=3600.0, validate=Range(min=0))

    @validates_schema
    def _says_who_we_are(self, data: Mapping[str, Any], **_: Any) -> None:
        if bool(data["username"]) == bool(data["token"]):
            raise ValidationError("give either a username with its password or a token", "username")


def make(name: str, options: Mapping[str, Any]) -> "RequestTracker":
    """The source for the options of one tracker. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    token = loaded["token"]
    headers = {"Authorization": f"token {token}"} if token else None
    http = HttpClient.from_options(loaded, headers=headers, hidden=(token,) if token else ())
    return RequestTracker(
        Tracker(http, queues=loaded["queues"], page_size=loaded["page_size"]),
        identity=loaded["username"] or "the owner of the token",
        messages=loaded["messages"],
        lookback=timedelta(seconds=loaded["lookback"]),
        reconcile=timedelta(seconds=loaded["reconcile"]),
    )


class RequestTracker:
    """One tracker.

    Cursor: `ticket`, the last ticket read, while the tickets are listed, and `since`, from when on. `transaction`, up
    to which nothing can come any more, and `seen`, those after it that were read. `active`, the tickets that were in
    an active status at `reconciled`.
    """

    def __init__(
        self,
        tracker: Tracker,
        *,
        identity: str,
        messages: bool = False,
        lookback: timedelta = timedelta(minutes=1),
        reconcile: timedelta = timedelta(hours=1),
        clock: Clock = system_clock,
    ) -> None:
        self._tracker = tracker
        self._identity = identity
        self._messages = messages
        self._lookback = lookback
        self._reconcile = reconcile
        self._clock = clock

    @property
    def clock_skew(self) -> float | None:
        return self._tracker.http.clock_skew

    def check(self) -> Check:
        """Any request tells a bad password, by 401; these tell the version too, and a queue that we do not see."""
        version = self._tracker.version()
        self._tracker.queues()
        return Check(identity=self._identity, version=version, clock_skew=self._tracker.http.clock_skew)

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """At first the tickets by their number; later those that something happened to since the cursor."""
        try:
            yield from self._pages(dict(cursor))
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable(f"REST/2.0: a row without a usable number, name or time: {error!r}") from error

    def again(self, cursor: Mapping[str, Any], since: str | None) -> Mapping[str, Any]:
        """All tickets, or those that changed since; the transactions go on from where they are, or an end is missed."""
        kept = {name: cursor[name] for name in KEPT if name in cursor}
        return {**kept, "ticket": 0} | ({} if since is None else {"since": since})

    def write(self, change: Writing) -> None:
        """A comment or a status, unless the ticket has it."""
        write(self._tracker, change)

    def _pages(self, position: dict[str, Any]) -> Iterator[Page]:
        if "ticket" in position or "transaction" not in position:
            yield from self._first(position)
        yield from self._changed(position)
        if self._is_due(position):
            yield self._reconciled(position)

    def _first(self, position: dict[str, Any]) -> Iterator[Page]:
        if "transaction" not in position:
            position |= {"ticket": 0, **self._start()}
        since = _time(position["since"]) if "since" in position else None
        for rows in self._tracker.tickets_after(position["ticket"], since=since):
            position["ticket"] = int(rows[-1]["id"])
            yield Page(records=self._records(rows), cursor=dict(position))
        for name in ("ticket", "since"):
            position.pop(name, None)

    def _start(self) -> dict[str, Any]:
        """Where the transactions are before the tickets are listed: what happens from now on is read by them."""
        start = max(0, self._tracker.newest_transaction() - TAIL)
        seen = [int(row["id"]) for rows in self._tracker.transactions_after(start) for row in rows]
        return {"transaction": start, "seen": seen}

    def _changed(self, position: dict[str, Any]) -> Iterator[Page]:
        """The tickets of all transactions that are new.

        A transaction has its number before others see it, so one may come up behind a later one: only what is older
        than the lookback is behind us, and what is younger is kept in `seen` and asked for again.
        """
        seen = set(position.get("seen", ()))
        open_: list[int] = []
        for rows in self._tracker.transactions_after(position["transaction"]):
            settled = self._now() - self._lookback
            for row in rows:
                if not open_ and _time(row["Created"]) < settled:
                    position["transaction"] = int(row["id"])
                else:
                    open_.append(int(row["id"]))
            fresh = [row for row in rows if int(row["id"]) not in seen]
            later = {number for number in seen if number > int(rows[-1]["id"])}
            position["seen"] = [*open_, *sorted(later)]
            yield Page(records=self._named(fresh), cursor=dict(position))

    def _named(self, transactions: Sequence[Row]) -> tuple[Record, ...]:
        """The tickets of transactions as they are now. One that no search finds is deleted, merged or moved away."""
        latest = {int(row["ObjectId"]): _time(row["Created"]) for row in transactions}
        found = self._records(self._tracker.tickets(list(latest)))
        known = {record.key for record in found}
        gone = [_gone(ticket, when) for ticket, when in latest.items() if str(ticket) not in known]
        return tuple(sorted((*found, *gone), key=lambda record: (record.updated, int(record.key))))

    def _is_due(self, position: Mapping[str, Any]) -> bool:
        done = position.get("reconciled")
        return done is None or abs(self._clock() - datetime.fromisoformat(done)) >= self._reconcile

    def _reconciled(self, position: Mapping[str, Any]) -> Page:
        """Tickets that were shredded, or that a right was taken from us to see, leave no transaction behind."""
        active = [int(row["id"]) for rows in self._tracker.tickets_after(0, active=True) for row in rows]
        left = sorted({*position.get("active", ())} - {*active})
        size = self._tracker.page_size
        parts = [left[start : start + size] for start in range(0, len(left), size)]
        found = [record for part in parts for record in self._records(self._tracker.tickets(part))]
        known = {int(record.key) for record in found}
        gone = [_gone(ticket, self._now()) for ticket in left if ticket not in known]
        cursor = {**position, "reconciled": self._clock().isoformat(), "active": active}
        return Page(records=(*found, *gone), cursor=cursor)

    def _records(self, rows: Sequence[Row]) -> tuple[Record, ...]:
        messages = self._tracker.messages([int(row["id"]) for row in rows]) if self._messages and rows else {}
        return tuple(_record(row, messages.get(str(row["id"]), [])) for row in rows)

    def _now(self) -> datetime:
        """The tracker's own time, as far as it tells it."""
        return self._tracker.http.last_date or self._clock()


def _record(row: Row, messages: Sequence[Mapping[str, Any]]) -> Record:
    data = dict(row) | {name: _ordered(row.get(name, ())) for name in PEOPLE}
    if messages:
        data["messages"] = messages
    return Record(key=str(row["id"]), updated=_time(row["LastUpdated"]), data=data)


def _ordered(parts: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(parts or (), key=lambda part: str(part["id"]))


def _gone(ticket: int, when: datetime) -> Record:
    return Record(key=str(ticket), updated=when, data={"id": str(ticket)}, gone=True)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
