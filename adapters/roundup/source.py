"""Reads Roundup's issues in the order of their change, and finds those that were retired."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, Range

from adapters.http import Clock, HttpClient, system_clock
from adapters.keyset import Keyset
from adapters.options import HttpOptions
from adapters.roundup.gaps import Ranges, missing, only_in
from adapters.roundup.writing import TIME, IssueWriter
from hub.ports import Check, FilterIgnored, Page, Record, Unavailable, Writing

FIELDS = ("title", "status", "priority", "activity", "creation", "creator", "assignedto", "keyword")
PAGE_SIZE = 500
ZONE = "is the time zone of our user UTC?"
TIMEZONES_OF_UTC = (None, "", "0", "UTC", "Etc/UTC", "GMT")

Row = Mapping[str, Any]
"""An issue as the tracker shows it."""


class Options(HttpOptions):
    """Where the tracker is, who reads it, and how. `fields` are properties of an issue, in the tracker's words."""

    username = fields.String(required=True, validate=Length(min=1))
    fields_ = fields.List(fields.String(), load_default=list(FIELDS), data_key="fields", attribute="fields")
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1))
    lookback = fields.Float(load_default=10.0, validate=Range(min=0))
    reconcile = fields.Float(load_default=3600.0, validate=Range(min=0))


def make(name: str, options: Mapping[str, Any]) -> "Roundup":
    """The source for the options of one tracker. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    return Roundup(
        HttpClient.from_options(loaded),
        username=loaded["username"],
        properties=tuple(loaded["fields"]),
        page_size=loaded["page_size"],
        lookback=timedelta(seconds=loaded["lookback"]),
        reconcile=timedelta(seconds=loaded["reconcile"]),
    )


class Roundup:
    """One tracker.

    Cursor: that of `adapters.keyset`; `id` of the last issue read; `reconciled`, when the retired ones were last
    looked for, and `highest` and `missing`, the largest id and the ranges of ids that were not listed then.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        username: str,
        properties: tuple[str, ...] = FIELDS,
        page_size: int = PAGE_SIZE,
        lookback: timedelta = timedelta(seconds=10),
        reconcile: timedelta = timedelta(hours=1),
        clock: Clock = system_clock,
    ) -> None:
        self._http = http
        self._writer = IssueWriter(http, origin=http.base_url, username=username)
        self._username = username
        self._properties = ",".join(dict.fromkeys((*properties, "activity")))
        self._page_size = page_size
        self._lookback = lookback
        self._reconcile = reconcile
        self._clock = clock

    @property
    def clock_skew(self) -> float | None:
        return self._http.clock_skew

    def check(self) -> Check:
        """Who we are there. Any request tells a bad password, by 401; this one tells the time zone, too."""
        params = {"username": self._username, "@fields": "username,timezone,roles"}
        users = self._rows("user", params)
        me = next((user for user in users if user.get("username") == self._username), None)
        if me is None:
            raise Unavailable(f"rest/data/user: the tracker shows no user {self._username!r}")
        details = {"roles": me.get("roles"), "timezone": me.get("timezone")}
        if me.get("timezone") not in TIMEZONES_OF_UTC:
            raise Unavailable(
                f"the tracker reads our dates in the user's time zone {me['timezone']!r}: set that of user"
                f" {self._username!r} to UTC"
            )
        return Check(identity=self._username, clock_skew=self._http.clock_skew, details=details)

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """Issues that changed since the cursor, less the lookback; then those retired or restored since."""
        position = _present(cursor)
        for part in self._keyset(position.get("id")).parts(position):
            position |= part.cursor
            if part.rows:
                position |= {"id": part.rows[-1]["id"]}
            yield Page(records=tuple(_record(row) for row in part.rows), cursor=dict(position))
        if self._is_due(cursor):
            yield self._reconciled(position)

    def again(self, cursor: Mapping[str, Any], since: str | None) -> Mapping[str, Any]:
        """By the stamp, from the instant on; which ids were missing stays, or what was retired since is not found."""
        kept = {name: cursor[name] for name in ("reconciled", "highest", "missing") if name in cursor}
        return kept if since is None else {**kept, "since": since}

    def write(self, change: Writing) -> None:
        """A message or a status, unless the issue has it."""
        self._writer.write(change)

    def _keyset(self, known: str | None) -> Keyset[Row]:
        """`known` is an issue that was read before: the first answer of a run must not hide it."""
        doubted = [known] if known else []

        def fetch(since: datetime | None, size: int, offset: int) -> list[Row]:
            asked = None if since is None else since.strftime(TIME)
            # Roundup counts pages, not rows: where one stamp fills a page, the page grows.
            rows = self._from(asked, offset + size)
            if doubted and asked is not None:
                self._see_again(doubted.pop(), asked, rows)
            return rows[offset:]

        return Keyset(
            fetch=fetch,
            stamp_of=lambda row: _instant(row["activity"]),
            key_of=lambda row: str(row["id"]),
            page_size=self._page_size,
            now=self._http.now,
            lookback=self._lookback,
            hint=ZONE,
        )

    def _from(self, since: str | None, size: int) -> list[Row]:
        params = {"@fields": self._properties, "@verbose": "2", "@sort": "activity,id", "@page_size": str(size)}
        rows = self._rows("issue", params | ({"activity": f"{since};"} if since else {}))
        for row in rows:
            if "activity" not in row:
                raise Unavailable(f"issue {row.get('id')}: user {self._username!r} may not see when it changed")
        return rows

    def _see_again(self, known: str, since: str, rows: list[Row]) -> None:
        """Raises when the filter hides what we have read before: then it hides what is new, too.

        This is what a time zone west of UTC does. A retired issue is hidden rightly.
        """
        if any(row["id"] == known for row in rows):
            return
        listed = self._rows("issue", {"id": known, "@fields": "activity"})
        if listed and not self._rows("issue", {"id": known, "activity": f"{since};", "@fields": "activity"}):
            raise FilterIgnored(
                f"the filter hides issue {known}, changed at {listed[0]['activity']}, when asked for {since} or"
                f" later; {ZONE}"
            )

    def _is_due(self, cursor: Mapping[str, Any]) -> bool:
        done = cursor.get("reconciled")
        return done is None or abs(self._clock() - datetime.fromisoformat(done)) >= self._reconcile

    def _reconciled(self, position: Mapping[str, Any]) -> Page:
        """A retired issue only leaves the list, a restored one only comes back: the ids tell both."""
        now = self._clock()
        listed = {int(row["id"]) for row in self._rows("issue", {"@verbose": "0"})}
        highest = max(position.get("highest", 0), *listed, 0)
        absent = missing(listed, highest)
        before: Ranges = position.get("missing", absent)
        gone = [_gone(number, now) for number in only_in(absent, before)]
        back = [_record(row) for number in only_in(before, absent) for row in self._one(number)]
        cursor = {**position, "reconciled": now.isoformat(), "highest": highest, "missing": absent}
        return Page(records=(*gone, *back), cursor=cursor)

    def _one(self, number: int) -> list[Row]:
        return self._rows("issue", {"id": str(number), "@fields": self._properties, "@verbose": "2"})

    def _rows(self, kind: str, params: Mapping[str, str]) -> list[Row]:
        answer = self._http.get_json(f"rest/data/{kind}", dict(params))
        try:
            rows: list[Row] = answer["data"]["collection"]
        except (KeyError, TypeError) as error:
            raise Unavailable(f"rest/data/{kind}: this is not the answer of a Roundup tracker") from error
        return rows


def _present(cursor: Mapping[str, Any]) -> dict[str, Any]:
    """The cursor with the stamp of the last issue as an instant; it used to be kept as Roundup writes it."""
    position = dict(cursor)
    if "activity" in position:
        position["since"] = _instant(position.pop("activity")).isoformat()
    return position


def _instant(stamp: str) -> datetime:
    return datetime.strptime(stamp, TIME).replace(tzinfo=UTC)


def _record(row: Row) -> Record:
    return Record(key=row["id"], updated=_instant(row["activity"]), data=row)


def _gone(number: int, now: datetime) -> Record:
    return Record(key=str(number), updated=now, data={"id": str(number)}, gone=True)
