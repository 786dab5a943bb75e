"""Reads the incidents of PagerDuty that its log entries speak of."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from marshmallow import fields
from marshmallow.validate import Range

from adapters.http import HttpClient, system_clock
from adapters.keyset import EPOCH, earlier
from adapters.options import HttpOptions, Secret
from adapters.pagerduty.account import Account, Row, instant
from hub.ports import Check, Page, Record, Unavailable

PAGE_SIZE = 100
VERSION = "application/vnd.pagerduty+json;version=2"
MERGED = "merge_resolve_reason"


class Options(HttpOptions):
    """Where the account is and who reads it. `history` are days; `teams` are ids of teams."""

    api_key = Secret(required=True)
    teams = fields.List(fields.String(), load_default=list)
    history = fields.Float(load_default=30.0, validate=Range(min=0, max=180))
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1))
    lookback = fields.Float(load_default=60.0, validate=Range(min=0))


def make(name: str, options: Mapping[str, Any]) -> "PagerDuty":
    """The source for the options of one account. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    key = loaded["api_key"]
    headers = {"Authorization": f"Token token={key}", "Accept": VERSION}
    return PagerDuty(
        Account(HttpClient.from_options(loaded, headers=headers, hidden=(key,)), teams=loaded["teams"]),
        history=timedelta(days=loaded["history"]),
        page_size=loaded["page_size"],
        lookback=timedelta(seconds=loaded["lookback"]),
    )


class PagerDuty:
    """One account. Cursor: `since`, the time of the last log entry whose incident was read; none in the first pull.

    A list of incidents is by the time they began, and shows no change of an older one: only the log tells changes.
    """

    def __init__(self, account: Account, *, history: timedelta, page_size: int, lookback: timedelta) -> None:
        self._account = account
        self._history = history
        self._page_size = page_size
        self._lookback = lookback

    @property
    def clock_skew(self) -> float | None:
        return self._account.http.clock_skew

    def check(self) -> Check:
        """A key belongs to nobody in particular, so there is nobody to name."""
        abilities = self._account.abilities()
        return Check(
            identity="the API key",
            clock_skew=self._account.http.clock_skew,
            details={"abilities": list(abilities)},
        )

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """The incidents whose log has grown since the cursor; in the first pull all that are open, too."""
        begun = self._account.http.now()
        if cursor.get("since") is not None:
            # PagerDuty has nothing older, and knows no year of fewer than four digits.
            since = max(earlier(instant(cursor["since"]), self._lookback), EPOCH)
            yield from self._changed(since, read={})
            return
        read: dict[str, datetime] = {}
        for rows in _batches(self._account.open_incidents(), self._page_size):
            read |= {str(row["id"]): begun for row in rows}
            yield Page(records=tuple(_record(row) for row in rows), cursor={})
        since = begun - self._history
        last = yield from self._changed(since, read=read)
        yield Page(records=(), cursor={"since": (last or since).isoformat()})

    def _changed(self, since: datetime, read: Mapping[str, datetime]) -> Generator[Page, None, datetime | None]:
        """Incidents in the order of their last log entry, not those read after it; gives the time of the last entry.

        The cursor of a page is the last entry of its last incident: those behind it have later ones. It never goes
        beyond our clock: PagerDuty's may run ahead until somebody puts it right.
        """
        latest: dict[str, datetime] = {}
        ours = system_clock()
        for entry in self._account.entries(since, self._account.http.now()):
            try:
                key, made = str(entry["incident"]["id"]), instant(entry["created_at"])
            except (KeyError, TypeError, ValueError) as error:
                raise Unavailable(f"log entry {entry.get('id')}: without a usable incident or time") from error
            latest[key] = max(made, latest.get(key, made))
        changed = sorted((made, key) for key, made in latest.items())
        unread = [(made, key) for made, key in changed if key not in read or made >= read[key]]
        for batch in _batches(unread, self._page_size):
            rows = [row for _, key in batch if (row := self._account.incident(key)) is not None]
            place = min(batch[-1][0], ours)
            yield Page(records=tuple(_record(row) for row in rows), cursor={"since": place.isoformat()})
        return min(changed[-1][0], ours) if changed else None


def _batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch


def _record(row: Row) -> Record:
    """A merged incident is resolved, and goes on as a part of another one."""
    try:
        changed = instant(row.get("last_status_change_at") or row["created_at"])
        key = str(row["id"])
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable(f"an incident without a usable identity or time: {error}") from error
    reason = row.get("resolve_reason")
    merged = isinstance(reason, dict) and reason.get("type") == MERGED
    return Record(key=key, updated=changed, data=row, gone=merged)
