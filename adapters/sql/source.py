"""Reads the rows of a table or view by rising stamp and key, a page a question."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, Range
from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Select,
    and_,
    column,
    literal_column,
    make_url,
    or_,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from adapters.keyset import earlier, looked_back
from adapters.options import POSITIVE, Secret, authorities
from adapters.rows import Row, RowOptions, RowReader, before_repeated, rfc3339
from adapters.sql.database import Database
from adapters.sql.tls import tls_of
from adapters.sql.values import given_back, kept, like, plain, size_of
from hub.ports import Check, FilterIgnored, Page, Record, Unavailable

PAGE_SIZE = 500
SIZE_LIMIT = 16 * 1024 * 1024
"""Bytes of the texts of one page: it ends before the row that would bring more, and no row may have more."""
PASSWORDS = ("password", "passwd", "pwd")
"""How the names of options of an address end that hold a password."""
PASSWORD_OF_ODBC = re.compile(r"(?:^|;)\s*(?:pwd|password)\s*=", re.IGNORECASE)


def database_url(text: str) -> None:
    """Accepts an address of SQLAlchemy whose driver is installed, without a password."""
    try:
        url = make_url(text)
        url.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError) as error:
        raise ValidationError(f"this is no address of a database: {error}") from error
    except ImportError as error:
        raise ValidationError(f"the driver of {url.drivername} is not installed: {error}") from error
    named = [name for name in url.query if name.lower().endswith(PASSWORDS)]
    if url.password or named or PASSWORD_OF_ODBC.search(str(url.query.get("odbc_connect", ""))):
        raise ValidationError("the password does not belong into the address: use password")


def one_question(query: str) -> None:
    """Accepts a single SELECT."""
    if ";" in query or query.split()[:1] not in (["SELECT"], ["select"], ["WITH"], ["with"]):
        raise ValidationError("a query is one SELECT, without a semicolon")


class Options(RowOptions):
    """Which rows of which database. `timeout` and `lookback` are in seconds.

    `verify` is for the certificate of the server; left out, that of a server on this machine is not asked for.
    """

    url = fields.String(required=True, validate=database_url)
    password = Secret(load_default=None)
    verify = fields.Boolean(load_default=None)
    ca_file = fields.String(load_default=None, validate=authorities)
    table = fields.String(load_default=None, validate=Length(min=1))
    query = fields.String(load_default=None, validate=one_question)
    log = fields.Boolean(load_default=False)
    timeout = fields.Float(load_default=30.0, validate=POSITIVE)
    lookback = fields.Float(load_default=10.0, validate=Range(min=0))
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1))

    @validates_schema
    def _has_one_origin(self, data: Mapping[str, Any], **_: Any) -> None:
        if (data["table"] is None) == (data["query"] is None):
            raise ValidationError("rows come from a table or from a query", "table")

    @validates_schema
    def _can_be_encrypted_so(self, data: Mapping[str, Any], **_: Any) -> None:
        tls_of(make_url(data["url"]), verify=data["verify"], ca_file=data["ca_file"])


def make(name: str, options: Mapping[str, Any]) -> "Sql":
    """The source for one table. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    url: URL = make_url(loaded["url"])
    return Sql(
        Database(
            url.set(password=loaded["password"]) if loaded["password"] else url,
            timeout=loaded["timeout"],
            tls=tls_of(url, verify=loaded["verify"], ca_file=loaded["ca_file"]),
        ),
        identity=url.username or "anyone",
        origin=loaded["query"] or f"SELECT * FROM {_quoted(url, loaded['table'])}",
        reader=RowReader.from_options(loaded, log=loaded["log"]),
        zone=ZoneInfo(loaded["zone"]),
        lookback=timedelta(seconds=loaded["lookback"]),
        page_size=loaded["page_size"],
    )


class Sql:
    """One table, view or query.

    Cursor: `since`, up to when all is read; `sample`, a stamp as the database has it; `at`, stamp and key of the last
    row of a run that is not at its end, where no row can come up behind it any more.
    """

    def __init__(
        self,
        database: Database,
        *,
        identity: str,
        origin: str,
        reader: RowReader,
        zone: ZoneInfo,
        lookback: timedelta,
        page_size: int,
    ) -> None:
        self._database = database
        self._identity = identity
        self._origin = origin
        self._reader = reader
        self._zone = zone
        self._lookback = lookback
        self._page_size = page_size

    def check(self) -> Check:
        with self._database.connected() as connection:
            list(self._database.rows(connection, self._question().limit(1)))
            now = self._database.now(connection)
            version = self._database.version(connection)
        skew = None if now is None else (now - datetime.now(UTC)).total_seconds()
        return Check(identity=self._identity, version=version, clock_skew=skew)

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """Rows that changed since the cursor, less the lookback; each question begins behind the last row."""
        with self._database.connected() as connection:
            # A clock that runs ahead is put right one day: no place goes beyond ours either.
            ours = datetime.now(UTC)
            signpost = min(self._database.now(connection) or ours, ours)
            kept_until = cursor.get("since")
            newest = None if kept_until is None else datetime.fromisoformat(kept_until).astimezone(UTC)
            behind = self._begin(connection, cursor, newest)
            place, ended = dict(cursor), False
            while not ended:
                rows, ended = self._page(connection, behind)
                if not rows:
                    break
                records = self._records(rows)
                newest = max(records[-1].updated, newest or records[-1].updated)
                behind = self._behind(rows[-1])
                # Among stamps of just now rows still come up behind a place: a run that is cut off there looks back.
                is_settled = records[-1].updated <= earlier(signpost, self._lookback)
                place = self._cursor(rows[-1], min(newest, signpost), keeps_place=is_settled and not ended)
                yield Page(records=records, cursor=place)
            if place.get("at"):
                # At its end a run has no place any more, also where its last page was full: the next one looks back.
                yield Page(records=(), cursor={**place, "at": None})

    def _begin(
        self, connection: Connection, cursor: Mapping[str, Any], since: datetime | None
    ) -> ColumnElement[bool] | None:
        """Which rows a run begins with; None stands for all."""
        if cursor.get("at"):
            stamp, *key = map(given_back, cursor["at"])
            return self._after(stamp, key)
        begin = None if since is None else looked_back(since, self._lookback)
        if begin is None:
            return None
        sample = given_back(cursor["sample"]) if "sample" in cursor else self._sample(connection)
        if sample is None:
            return None
        least = like(sample, before_repeated(begin, self._zone), self._reader.form, self._zone)
        return and_(column(self._reader.stamp) >= least)

    def _sample(self, connection: Connection) -> Any:
        rows, _ = self._page(connection, None, size=1)
        return rows[0][self._reader.stamp] if rows else None

    def _page(
        self, connection: Connection, behind: ColumnElement[bool] | None, *, size: int | None = None
    ) -> tuple[Sequence[Row], bool]:
        """The next rows, and whether they are the last. Raises Unavailable for a first row that is too large."""
        stamp: ColumnElement[Any] = column(self._reader.stamp)
        question = self._question().where(stamp.is_not(None) if behind is None else behind)
        order = [stamp, *map(column, self._reader.key)]
        asked = size or self._page_size
        rows: list[Row] = []
        room = SIZE_LIMIT
        with closing(self._database.rows(connection, question.order_by(*order).limit(asked))) as answer:
            for row in answer:
                room -= sum(map(size_of, row.values()))
                if room < 0 and rows:
                    return rows, False
                if room < 0:
                    raise Unavailable(self._too_large(row))
                rows.append(row)
        return rows, len(rows) < asked

    def _too_large(self, row: Row) -> str:
        named = ", ".join(f"{name} {row.get(name)!r:.80}" for name in self._reader.key)
        largest = max(row, key=lambda name: size_of(row[name]))
        return (
            f"the row with {named} has more than {SIZE_LIMIT} bytes, {size_of(row[largest])} of them in the column"
            f" {largest!r}: have a view or query leave it out"
        )

    def _question(self) -> Select[Any]:
        """All columns of all rows. The name stands without AS, which Oracle refuses."""
        return select(literal_column("*")).select_from(text(f"({self._origin}) tickets"))

    def _behind(self, row: Row) -> ColumnElement[bool]:
        return self._after(row[self._reader.stamp], [row[name] for name in self._reader.key])

    def _after(self, stamp: Any, key: Sequence[Any]) -> ColumnElement[bool]:
        """Behind this row in the order of stamp and key."""
        values = list(zip((self._reader.stamp, *self._reader.key), (stamp, *key), strict=True))
        return or_(
            *(
                and_(
                    *(column(name) == value for name, value in values[:place]),
                    column(values[place][0]) > values[place][1],
                )
                for place in range(len(values))
            )
        )

    def _records(self, rows: Sequence[Row]) -> tuple[Record, ...]:
        """Raises FilterIgnored where the order of the stamps is not that of time."""
        try:
            records = self._reader.records(map(self._plain, rows))
        except ValueError as error:
            raise Unavailable(f"a row cannot be read: {error}") from error
        for before, after in pairwise(records):
            if after.updated < before.updated:
                raise FilterIgnored(
                    f"the order was ignored: row {after.key} changed at {rfc3339(after.updated)} and comes behind"
                    f" {rfc3339(before.updated)}; does the column {self._reader.stamp!r} sort as time?"
                )
        return records

    def _plain(self, row: Row) -> Row:
        missing = [name for name in self._reader.names if name not in row]
        if missing:
            raise ValueError(f"there is no column {missing[0]!r}; there are {', '.join(row)}")
        return {name: plain(value, self._zone) for name, value in row.items()}

    def _cursor(self, row: Row, since: datetime, *, keeps_place: bool) -> dict[str, Any]:
        stamp = kept(row[self._reader.stamp])
        at = [stamp, *(kept(row[name]) for name in self._reader.key)] if keeps_place else None
        return {"since": rfc3339(since, "microseconds"), "sample": stamp, "at": at}


def _quoted(url: URL, table: str) -> str:
    """The name of a table, after that of its schema where it has one, as the database wants it quoted."""
    quote = url.get_dialect()().identifier_preparer.quote
    return ".".join(quote(part) for part in table.split("."))
