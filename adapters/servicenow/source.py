"""Reads the rows of a ServiceNow table, usually incidents, in the order of their change."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range, Regexp

from adapters.http import HttpClient
from adapters.keyset import Keyset
from adapters.options import HttpOptions, Secret
from adapters.servicenow.table import STAMP, Row, Table, instant
from adapters.servicenow.writing import RowWriter
from hub.ports import Check, FilterIgnored, Page, Record, Writing

FIELDS = (
    "number",
    "short_description",
    "description",
    "state",
    "hold_reason",
    "priority",
    "category",
    "opened_at",
    "close_code",
    "cmdb_ci",
    "cmdb_ci.name",
    "business_service",
    "business_service.name",
    "location",
    "location.name",
    "caller_id.user_name",
    "assigned_to.user_name",
    "assignment_group.name",
    "company",
    "company.name",
)
PAGE_SIZE = 500
HINT = "are the fields of the query those of the table, and may our user read them?"


def encoded_query(text: str) -> None:
    """Accepts conditions that can stand beside ours: a new query would set ours aside, an order would come first."""
    if "^NQ" in text or "ORDERBY" in text or text.startswith("^"):
        raise ValidationError("an encoded query of conditions only, without ^NQ, ORDERBY and a leading ^")


class Options(HttpOptions):
    """Where the instance is, who reads it, and which rows; `api_key` stands in place of a user and a password.

    With write_back: `note_field` is the journal that takes notes, `with_state` what goes along with a state.
    """

    api_key = Secret(load_default=None)
    table = fields.String(load_default="incident", validate=Regexp(r"[a-z0-9_]+\Z"))
    query = fields.String(load_default=None, validate=[Length(min=1), encoded_query])
    fields_ = fields.List(fields.String(), load_default=list(FIELDS), data_key="fields", attribute="fields")
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1, max=10_000))
    lookback = fields.Float(load_default=60.0, validate=Range(min=0))
    note_field = fields.String(load_default="work_notes", validate=OneOf(["work_notes", "comments"]))
    with_state = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.String()),
        load_default=dict,
    )

    @validates_schema
    def one_login(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        if (data["username"] is None) == (data["api_key"] is None):
            raise ValidationError("either username and password, or api_key", "username")


def make(name: str, options: Mapping[str, Any]) -> "ServiceNow":
    """The source for the options of one table. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    key = loaded["api_key"]
    http = HttpClient.from_options(
        loaded, headers={"x-sn-apikey": key} if key else None, hidden=(key,) if key else ()
    )
    table = Table(http, name=loaded["table"], fields=tuple(loaded["fields"]), query=loaded["query"])
    return ServiceNow(
        table,
        writer=RowWriter(table, note_field=loaded["note_field"], with_state=loaded["with_state"]),
        identity=loaded["username"] or "the user of the API key",
        page_size=loaded["page_size"],
        lookback=timedelta(seconds=loaded["lookback"]),
    )


class ServiceNow:
    """One table. Cursor: that of `adapters.keyset`; `id` is the sys_id of the last row read.

    A deleted row leaves the table without a word: `keys` and `ask` find it.
    """

    def __init__(
        self, table: Table, *, writer: RowWriter, identity: str, page_size: int, lookback: timedelta
    ) -> None:
        self._table = table
        self._writer = writer
        self._identity = identity
        self._page_size = page_size
        self._lookback = lookback

    @property
    def clock_skew(self) -> float | None:
        return self._table.http.clock_skew

    def check(self) -> Check:
        """Whether the table answers our user; the API does not tell whom it takes us for, nor its version."""
        self._table.check()
        return Check(identity=self._identity, clock_skew=self._table.http.clock_skew)

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        position = dict(cursor)
        for part in self._keyset(position.get("id")).parts(position):
            position |= part.cursor
            if part.rows:
                position |= {"id": part.rows[-1]["sys_id"]}
            yield Page(records=tuple(_record(row) for row in part.rows), cursor=dict(position))

    def keys(self) -> Iterator[str]:
        return self._table.keys(self._page_size)

    def ask(self, key: str) -> Record | None:
        row = self._table.row(key)
        return None if row is None else _record(row)

    def write(self, change: Writing) -> None:
        """A journal entry or a state, unless the row has it."""
        self._writer.write(change)

    def _keyset(self, known: str | None) -> Keyset[Row]:
        """`known` is a row that was read before: the first answer of a run must not hide it."""
        doubted = [known] if known else []

        def fetch(since: datetime | None, size: int, offset: int) -> list[Row]:
            rows = self._table.since(since, size, offset)
            if doubted and since is not None:
                self._see_again(doubted.pop(), since, rows)
            return rows

        return Keyset(
            fetch=fetch,
            stamp_of=lambda row: instant(row["sys_updated_on"]),
            key_of=lambda row: str(row["sys_id"]),
            page_size=self._page_size,
            now=self._table.http.now,
            lookback=self._lookback,
            # An access rule takes rows out of a page that was made before.
            short_pages=True,
            hint=HINT,
        )

    def _see_again(self, known: str, since: datetime, rows: list[Row]) -> None:
        """Raises when the filter hides what we have read before: then it hides what is new, too.

        This is what an instance does that reads our times in another zone, or gives no rows for what it does not
        understand. A deleted row is hidden rightly.
        """
        if any(row["sys_id"] == known for row in rows):
            return
        row = self._table.row(known, ours=True)
        if row is not None and self._table.row(known, since=since, ours=True) is None:
            raise FilterIgnored(
                f"the filter hides {row.get('number', known)}, changed at {row['sys_updated_on']}, when asked for"
                f" {since.astimezone(UTC).strftime(STAMP)} or later; {HINT}"
            )


def _record(row: Row) -> Record:
    return Record(key=row["sys_id"], updated=instant(row["sys_updated_on"]), data=row)
