"""Reads the tickets of a Zendesk account as its incremental export gives them: a feed with a cursor of its own."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Range

from adapters.http import HttpClient
from adapters.options import HttpOptions, Secret
from hub.ports import AuthFailed, Check, Page, Record, Unavailable

EXPORT = "api/v2/incremental/tickets/cursor.json"
PAGE_SIZE = 1000
NEWEST_START = timedelta(minutes=2)
"""The export refuses to begin within the last minute."""
MERGED = "closed_by_merge"
"""The tag of a ticket that was closed because it was merged into another one."""

Ticket = Mapping[str, Any]


class Options(HttpOptions):
    """Where the account is and who reads it. `service_field` is the id of the custom field that names the service."""

    token = Secret(load_default=None)
    service_field = fields.Integer(load_default=None)
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1, max=PAGE_SIZE))

    @validates_schema
    def one_login(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        if (data["username"] is None) == (data["token"] is None):
            raise ValidationError("either username and password, or token", "username")


def make(name: str, options: Mapping[str, Any]) -> "Zendesk":
    """The source for the options of one account. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    token = loaded["token"]
    headers = {"Authorization": f"Bearer {token}"} if token else None
    http = HttpClient.from_options(loaded, headers=headers, hidden=(token,) if token else ())
    return Zendesk(http, service_field=loaded["service_field"], page_size=loaded["page_size"])


class Zendesk:
    """One account. Cursor: `after`, the cursor that the export gave last, and none of ours beside it.

    A cursor follows the time at which a ticket was changed by anybody, the system included, which `updated_at` does
    not tell: a cursor made of `updated_at` would lose changes.
    """

    def __init__(self, http: HttpClient, *, service_field: int | None, page_size: int) -> None:
        self._http = http
        self._service_field = service_field
        self._page_size = str(page_size)

    @property
    def clock_skew(self) -> float | None:
        return self._http.clock_skew

    def check(self) -> Check:
        """Who we are there. Without a login Zendesk says, with 200, that we are nobody."""
        answer = self._http.get_json("api/v2/users/me.json")
        me = answer.get("user") if isinstance(answer, dict) else None
        if not isinstance(me, dict):
            raise Unavailable("api/v2/users/me.json: this is not the answer of a Zendesk account")
        if me.get("id") is None:
            raise AuthFailed("api/v2/users/me.json: the account takes us for nobody")
        if me.get("role") != "admin":
            raise AuthFailed(f"user {me.get('email')!r} is {me.get('role')!r}: only an admin may export tickets")
        return Check(identity=str(me.get("email") or me["id"]), clock_skew=self._http.clock_skew)

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """What the export holds behind the cursor: all but the last minute."""
        asked = (
            {"cursor": cursor["after"]} if "after" in cursor else {"start_time": self._start(cursor.get("since"))}
        )
        while True:
            answer = self._http.get_json(EXPORT, {**asked, "per_page": self._page_size})
            tickets, after = _read(answer)
            if tickets:
                yield Page(records=tuple(self._record(ticket) for ticket in tickets), cursor={"after": after})
            if answer["end_of_stream"]:
                return
            if after == asked.get("cursor"):
                raise Unavailable(f"{EXPORT}: the cursor does not move on")
            asked = {"cursor": after}

    def _start(self, since: str | None) -> str:
        if since is None:
            return "0"
        asked = datetime.fromisoformat(since).astimezone(UTC)
        return str(int(min(asked, self._http.now() - NEWEST_START).timestamp()))

    def _record(self, ticket: Ticket) -> Record:
        """`service` is the value of the field that names the service."""
        values = {one.get("id"): one.get("value") for one in ticket.get("custom_fields") or ()}
        gone = ticket.get("status") == "deleted" or MERGED in (ticket.get("tags") or ())
        try:
            changed = datetime.fromisoformat(ticket["updated_at"]).astimezone(UTC)
            key = str(ticket["id"])
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable(f"{EXPORT}: a ticket without a usable identity or time: {error}") from error
        return Record(
            key=key, updated=changed, data={**ticket, "service": values.get(self._service_field)}, gone=gone
        )


def _read(answer: Any) -> tuple[list[Ticket], str | None]:
    """The tickets of a page, and the cursor behind them."""
    tickets = answer.get("tickets") if isinstance(answer, dict) else None
    if not isinstance(tickets, list) or "end_of_stream" not in answer:
        raise Unavailable(f"{EXPORT}: this is not the answer of a Zendesk export")
    if (tickets or not answer["end_of_stream"]) and not answer.get("after_cursor"):
        raise Unavailable(f"{EXPORT}: a page without a cursor behind it")
    return tickets, answer.get("after_cursor")
