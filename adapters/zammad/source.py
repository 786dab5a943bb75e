"""Reads the tickets of a Zammad in the order of their change, as its search index knows them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, Range

from adapters.http import Forbidden, HttpClient, NotThere
from adapters.keyset import Keyset
from adapters.options import HttpOptions, Secret
from hub.ports import Check, FilterIgnored, Page, Record, Unavailable

PAGE_SIZE = 100
"""What every version gives at once; newer ones give more."""
BEGIN = "1970-01-01T00:00:00Z"
HINT = "does this Zammad search with Elasticsearch?"
MERGED = ("merged", "removed")

Ticket = Mapping[str, Any]


class Options(HttpOptions):
    """Where Zammad is, who reads it, and which tickets: `query` is a condition in the words of its search."""

    token = Secret(required=True)
    query = fields.String(load_default=None, validate=Length(min=1))
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1, max=PAGE_SIZE))
    lookback = fields.Float(load_default=120.0, validate=Range(min=0))


def make(name: str, options: Mapping[str, Any]) -> "Zammad":
    """The source for the options of one Zammad. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    token = loaded["token"]
    headers = {"Authorization": f"Token token={token}"}
    return Zammad(
        HttpClient.from_options(loaded, headers=headers, hidden=(token,)),
        query=loaded["query"],
        page_size=loaded["page_size"],
        lookback=timedelta(seconds=loaded["lookback"]),
    )


class Zammad:
    """One Zammad. Cursor: that of `adapters.keyset`; `id` is that of the last ticket read.

    A deleted ticket leaves it without a word: `keys` and `ask` find it.
    """

    def __init__(self, http: HttpClient, *, query: str | None, page_size: int, lookback: timedelta) -> None:
        self._http = http
        self._condition = f" AND ({query})" if query else ""
        self._page_size = page_size
        self._lookback = lookback

    @property
    def clock_skew(self) -> float | None:
        return self._http.clock_skew

    def check(self) -> Check:
        return Check(identity=self._myself(), clock_skew=self._http.clock_skew)

    def _myself(self) -> str:
        me = self._http.get_json("api/v1/users/me")
        if not isinstance(me, dict) or "login" not in me:
            raise Unavailable("api/v1/users/me: this is not the answer of a Zammad")
        return str(me["login"])

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """Tickets that changed since the cursor, less the lookback: the index learns of a change only after a while."""
        position = dict(cursor)
        for part in self._keyset(position.get("id")).parts(position):
            position |= part.cursor
            if part.rows:
                position |= {"id": str(part.rows[-1]["id"])}
            yield Page(records=tuple(_record(row) for row in part.rows), cursor=dict(position))

    def keys(self) -> Iterator[str]:
        """The ids of all tickets that our user sees, whatever `query` says: this list is not made by the index."""
        page = 1
        while rows := self._rows("api/v1/tickets", {"page": str(page), "per_page": str(self._page_size)}):
            yield from (str(row["id"]) for row in rows)
            page += 1

    def ask(self, key: str) -> Record | None:
        try:
            found = self._http.get_json(f"api/v1/tickets/{key}", {"expand": "true"})
        except NotThere:
            return None
        except Forbidden:
            # So is answered for a ticket of a group that is not ours, too, if we are still known.
            self._myself()
            return None
        return _record(found)

    def _keyset(self, known: str | None) -> Keyset[Ticket]:
        """`known` is a ticket that was read before: the first answer of a run must not hide it."""
        doubted = [known] if known else []

        def fetch(since: datetime | None, size: int, offset: int) -> list[Ticket]:
            rows = self._search(since, size, offset)
            if doubted and since is not None:
                self._see_again(doubted.pop(), since, rows)
            return rows

        return Keyset(
            fetch=fetch,
            stamp_of=_updated,
            key_of=lambda row: str(row["id"]),
            page_size=self._page_size,
            now=self._http.now,
            lookback=self._lookback,
            # Pages are counted, so none can overlap; and what a group hides is taken out of a page.
            short_pages=True,
            hint=HINT,
        )

    def _search(self, since: datetime | None, size: int, offset: int, of: str = "") -> list[Ticket]:
        """Without Elasticsearch, Zammad takes the condition for words to look for in the text of tickets."""
        least = BEGIN if since is None else since.strftime("%Y-%m-%dT%H:%M:%SZ")
        params = {
            "query": f"{of}updated_at:[{least} TO *]{self._condition}",
            # Of what is equal in this the index gives any first. It cannot sort by id in every version.
            "sort_by": "updated_at,created_at",
            "order_by": "asc,asc",
            "page": str(offset // size + 1),
            "per_page": str(size),
            "expand": "true",
        }
        return self._rows("api/v1/tickets/search", params)

    def _see_again(self, known: str, since: datetime, rows: Sequence[Ticket]) -> None:
        """Raises when the search hides a ticket that was read before: then it hides what is new, too.

        A ticket that was deleted, or that left the condition, is hidden rightly; the list by ids tells the first.
        """
        if any(str(row["id"]) == known for row in rows):
            return
        found = self.ask(known)
        if found is None or found.updated < since or self._search(since, 1, 0, of=f"id:{known} AND "):
            return
        if not self._condition:
            raise FilterIgnored(
                f"the search hides ticket {known}, changed at {found.updated}, when asked for {since} or later; {HINT}"
            )

    def _rows(self, path: str, params: Mapping[str, str]) -> list[Ticket]:
        rows = self._http.get_json(path, dict(params))
        if not isinstance(rows, list) or not all(isinstance(row, dict) and "id" in row for row in rows):
            raise Unavailable(f"{path}: this is not the answer of a Zammad")
        return rows


def _updated(row: Ticket) -> datetime:
    try:
        return datetime.fromisoformat(row["updated_at"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable(f"ticket {row.get('id')}: Zammad does not say when it changed") from error


def _record(row: Ticket) -> Record:
    return Record(key=str(row["id"]), updated=_updated(row), data=row, gone=row.get("state") in MERGED)
