"""Reads the tickets of a GLPI in the order of their change."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import ValidationError, fields
from marshmallow.validate import Range

from adapters.glpi.session import NewClient, Session
from adapters.http import HttpClient
from adapters.keyset import Keyset
from adapters.options import HttpOptions, Secret
from hub.ports import Check, Page, Record, Unavailable

STAMP = "%Y-%m-%d %H:%M:%S"
COLUMNS = {
    "id": 2,
    "name": 1,
    "content": 21,
    "status": 12,
    "priority": 3,
    "category": 7,
    "location": 83,
    "entity": 80,
    "requester": 4,
    "assignee": 5,
    "group": 8,
    "date": 15,
    "date_mod": 19,
}
"""Our names for the columns of a search, which GLPI numbers."""
FIELDS = {"id": "id", "status": "status", "priority": "priority", "date": "date", "date_mod": "date_mod"}
"""What the table calls those by which we decide: `check` holds the numbers against it."""
PAGE_SIZE = 100
HINT = "is `timezone` that of the GLPI?"

Ticket = Mapping[str, Any]
"""A row of the search by our names, and `changed` and `opened`, the two stamps in UTC."""


def time_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValidationError(f"{name!r} is no time zone") from error


class Options(HttpOptions):
    """Where GLPI is, who reads it, and its time zone. `columns` are further columns: {name: number}."""

    user_token = Secret(required=True)
    app_token = Secret(load_default=None)
    timezone = fields.String(load_default="UTC", validate=time_zone)
    columns = fields.Dict(keys=fields.String(), values=fields.Integer(validate=Range(min=1)), load_default=dict)
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1))
    lookback = fields.Float(load_default=60.0, validate=Range(min=0))


def make(name: str, options: Mapping[str, Any]) -> "Glpi":
    """The source for the options of one GLPI. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    hidden = tuple(token for token in (loaded["user_token"], loaded["app_token"]) if token)
    own = {"App-Token": loaded["app_token"]} if loaded["app_token"] else {}

    def client(headers: Mapping[str, str]) -> HttpClient:
        secrets = (*hidden, *headers.values())
        return HttpClient.from_options(loaded, headers={**own, **headers}, hidden=secrets)

    return Glpi(
        client,
        user_token=loaded["user_token"],
        zone=ZoneInfo(loaded["timezone"]),
        columns={**loaded["columns"], **COLUMNS},
        page_size=loaded["page_size"],
        lookback=timedelta(seconds=loaded["lookback"]),
    )


class Glpi:
    """One GLPI. Cursor: that of `adapters.keyset`.

    A ticket in the dustbin leaves the search without a word: `keys` and `ask` find it.
    """

    def __init__(
        self,
        client: NewClient,
        *,
        user_token: str,
        zone: ZoneInfo,
        columns: Mapping[str, int],
        page_size: int,
        lookback: timedelta,
    ) -> None:
        self._client = client
        self._user_token = user_token
        self._zone = zone
        self._columns = dict(columns)
        self._page_size = page_size
        self._lookback = lookback

    def check(self) -> Check:
        """Who we are there, and whether the columns have the numbers that we know them by."""
        with self._session() as session:
            who = session.get("apirest.php/getFullSession", {})
            listed = session.get("apirest.php/listSearchOptions/Ticket", {})
            if not isinstance(who, dict) or "session" not in who or not isinstance(listed, dict):
                raise Unavailable("apirest.php/getFullSession: this is not the answer of a GLPI")
            for name, field in FIELDS.items():
                found = (listed.get(str(self._columns[name])) or {}).get("field")
                if found != field:
                    raise Unavailable(f"column {self._columns[name]} of a ticket is {found!r}, not {field!r}")
            return Check(identity=str(who["session"].get("glpiname", "")), clock_skew=session.http.clock_skew)

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        with self._session() as session:
            for part in self._keyset(session).parts(cursor):
                yield Page(records=tuple(_record(row) for row in part.rows), cursor=part.cursor)

    def keys(self) -> Iterator[str]:
        """The ids of all tickets that our user sees; one may be passed over when another is deleted meanwhile."""
        number = str(self._columns["id"])
        params = {"sort": number, "order": "ASC", "forcedisplay[0]": number}
        with self._session() as session:
            first, total = 0, 1
            while first < total:
                rows, total = session.search(params, first, self._page_size)
                yield from (str(row[number]) for row in rows)
                first += self._page_size

    def ask(self, key: str) -> Record | None:
        with self._session() as session:
            rows, _ = session.search({**self._shown(), **_where(self._columns["id"], "equals", key)}, 0, 1)
        found = [self._named(row) for row in rows]
        return next((_record(row) for row in found if str(row["id"]) == key), None)

    def _session(self) -> Any:
        return Session.open(self._client, user_token=self._user_token)

    def _keyset(self, session: Session) -> Keyset[Ticket]:
        def fetch(since: datetime | None, size: int, offset: int) -> list[Ticket]:
            # Only "later than" can be asked for.
            after = None if since is None else (since - timedelta(seconds=1)).astimezone(self._zone)
            condition = (
                {} if after is None else _where(self._columns["date_mod"], "morethan", after.strftime(STAMP))
            )
            rows, total = session.search({**self._shown(), **condition}, offset, size)
            if len(rows) < min(size, total - offset):
                # Taken for the last page it would hide the others.
                raise Unavailable(
                    f"apirest.php/search/Ticket: GLPI gave {len(rows)} tickets of {total} when asked for {size} from"
                    f" {offset} on; is page_size more than it gives?"
                )
            return [self._named(row) for row in rows]

        return Keyset(
            fetch=fetch,
            stamp_of=lambda row: datetime.fromisoformat(row["changed"]),
            key_of=lambda row: str(row["id"]),
            page_size=self._page_size,
            now=lambda: session.http.now(),
            lookback=self._lookback,
            hint=HINT,
        )

    def _shown(self) -> dict[str, str]:
        shown = {f"forcedisplay[{place}]": str(number) for place, number in enumerate(self._columns.values())}
        return {"sort": str(self._columns["date_mod"]), "order": "ASC", **shown}

    def _named(self, row: Mapping[str, Any]) -> Ticket:
        """The row by our names. GLPI keeps times as its clock on the wall shows them."""
        named = {name: row.get(str(number)) for name, number in self._columns.items()}
        try:
            return {**named, "changed": self._utc(named["date_mod"]), "opened": self._utc(named["date"])}
        except (TypeError, ValueError) as error:
            raise Unavailable(f"ticket {named['id']}: GLPI does not say when it changed: {error}") from error

    def _utc(self, stamp: Any) -> str:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=self._zone).astimezone(UTC).isoformat()


def _where(column: int, how: str, value: str) -> dict[str, str]:
    place = "criteria[0]"
    return {f"{place}[field]": str(column), f"{place}[searchtype]": how, f"{place}[value]": value}


def _record(row: Ticket) -> Record:
    return Record(key=str(row["id"]), updated=datetime.fromisoformat(row["changed"]), data=row)
