"""Reads the tickets of an API as its options declare it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import jmespath

from adapters.http import Answer, HttpClient
from adapters.keyset import EPOCH, Keyset, earlier, looked_back
from adapters.rest.options import Options, client
from adapters.rest.paging import Paging, Walk
from adapters.rest.secrets import without
from adapters.rows import Row, RowReader, TimeForm, before_repeated, rfc3339
from hub.ports import Check, FilterIgnored, Page, Record, Unavailable

HINT = "is changes.format right, and changes.sorted?"


def make(name: str, options: Mapping[str, Any]) -> "Rest":
    """The source for the options of one API. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    changes = loaded["changes"]
    return Rest(
        client(loaded),
        path=loaded["path"],
        params=loaded["params"],
        secret_params=loaded["secret_params"],
        items=loaded["items"],
        paging=Paging(size=loaded["page_size"], **loaded["paging"]),
        reader=RowReader.from_options(loaded, log=loaded["log"]),
        changes=None if changes is None else Changes.from_options(changes, loaded),
        snapshot=loaded["snapshot"],
        login=Login(who=loaded["username"] or "anyone", **(loaded["check"] or {})),
    )


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How the API is asked for what changed; `form` is that of the instant in the question."""

    parameter: str
    value: str
    initial: str | None
    form: TimeForm
    zone: ZoneInfo
    sorted: bool
    lookback: timedelta
    precision: timedelta

    @classmethod
    def from_options(cls, options: Mapping[str, Any], row_options: Mapping[str, Any]) -> "Changes":
        zone = ZoneInfo(row_options["zone"])
        return cls(
            parameter=options["parameter"],
            value=options["value"],
            initial=options["initial"],
            form=TimeForm(options["format"] or row_options["stamp_format"], zone),
            zone=zone,
            sorted=options["sorted"],
            lookback=timedelta(seconds=options["lookback"]),
            precision=timedelta(seconds=options["precision"]),
        )

    def params(self, since: datetime | None) -> dict[str, str]:
        if since is None:
            return {} if self.initial is None else {self.parameter: self.initial}
        return {self.parameter: self.value.replace("{since}", self.form.text(since))}

    def begin(self, newest: datetime) -> datetime | None:
        """From when on is asked for what changed, where all until `newest` is read; None for everything."""
        begin = looked_back(newest, self.lookback)
        return None if begin is None else before_repeated(begin, self.zone)

    def floor(self, instant: datetime) -> datetime:
        return earlier(instant, (instant - EPOCH) % self.precision)


@dataclass(frozen=True, kw_only=True)
class Login:
    """Where the API says who we are; without a path the tickets themselves are asked for."""

    who: str
    path: str | None = None
    identity: str | None = None
    version: str | None = None

    def said(self, content: Any, expression: str | None) -> str:
        found = jmespath.search(expression, content) if expression else None
        if expression and found is None:
            raise Unavailable(f"{self.path}: there is no {expression} in the answer")
        return "" if found is None else str(found)


class Rest:
    """One API.

    Cursor: that of `adapters.keyset` where the API gives what changed in order; else `since`, the latest change that
    a walk through all pages has seen.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        path: str,
        params: Mapping[str, str],
        secret_params: Mapping[str, str],
        items: str,
        paging: Paging,
        reader: RowReader,
        changes: Changes | None,
        snapshot: bool,
        login: Login,
    ) -> None:
        self._http = http
        self._path = path
        self._params = {**params, **secret_params}
        self._secret_params = dict(secret_params)
        self._items = jmespath.compile(items)
        self._paging = paging
        self._reader = reader
        self._changes = changes
        self._snapshot = snapshot
        self._login = login

    @property
    def clock_skew(self) -> float | None:
        return self._http.clock_skew

    def check(self) -> Check:
        login = self._login
        if login.path is None:
            self._rows_of(self._http.get(self._path, self._asked(None) | self._paging.params(size=1, offset=0)))
            return Check(identity=login.who, clock_skew=self._http.clock_skew)
        content = self._http.get_json(login.path, {**self._secret_params})
        identity = login.said(content, login.identity) or login.who
        version = login.said(content, login.version)
        return Check(identity=identity, version=version, clock_skew=self._http.clock_skew)

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """What changed since the cursor, or all that there is where the API cannot be asked for changes."""
        if self._changes is not None and self._changes.sorted and self._paging.kind in ("none", "page", "offset"):
            yield from self._in_order(self._changes, cursor)
        else:
            yield from self._walked(self._changes, cursor)

    def _in_order(self, changes: Changes, cursor: Mapping[str, Any]) -> Iterator[Page]:
        def fetch(since: datetime | None, size: int, offset: int) -> list[Row]:
            if self._paging.kind == "none":
                # There is no way to pass over rows: where one stamp fills a page, the page grows.
                asked = self._paging.params(size=offset + size, offset=0)
                return self._rows_of(self._http.get(self._path, self._asked(since) | asked))[offset:]
            return self._rows_of(
                self._http.get(self._path, self._asked(since) | self._paging.params(size=size, offset=offset))
            )

        keyset = Keyset(
            fetch=fetch,
            stamp_of=self._stamp,
            key_of=self._reader.key_of,
            page_size=self._paging.size,
            now=self._http.now,
            lookback=changes.lookback,
            precision=changes.precision,
            # Counted pages cannot overlap, so that they are read to an empty one.
            short_pages=self._paging.kind == "page" or not self._paging.short_last,
            hint=HINT,
        )
        for part in keyset.parts(self._widened(changes, cursor)):
            yield Page(records=self._records(part.rows), cursor=part.cursor)

    def _widened(self, changes: Changes, cursor: Mapping[str, Any]) -> Mapping[str, Any]:
        """The cursor, and before an hour that comes twice where its lookback ends in one."""
        kept = cursor.get("since")
        newest = None if kept is None else datetime.fromisoformat(kept).astimezone(UTC)
        begin = None if newest is None else changes.begin(newest)
        return cursor if begin is None else {**cursor, "since": rfc3339(begin + changes.lookback, "microseconds")}

    def _walked(self, changes: Changes | None, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """All pages; only when the last one is read is it known up to when all is read."""
        kept = cursor.get("since") if changes is not None else None
        newest = None if kept is None else datetime.fromisoformat(kept).astimezone(UTC)
        begin = None if newest is None or changes is None else changes.begin(newest)
        since = None if begin is None or changes is None else changes.floor(begin)
        walk = Walk(
            http=self._http,
            path=self._path,
            paging=self._paging,
            rows_of=self._rows_of,
            key_of=self._reader.key_of,
            always=self._secret_params,
        )
        signpost: datetime | None = None
        for rows in walk.pages(self._asked(since)):
            signpost = signpost or self._http.now()
            records = self._records(rows)
            self._require(records, since)
            known = [] if newest is None else [newest]
            newest = max([*known, *(record.updated for record in records)], default=None)
            yield Page(records=records, cursor=dict(cursor), snapshot=self._snapshot)
        if changes is not None and newest is not None and signpost is not None:
            yield Page(records=(), cursor={"since": rfc3339(min(newest, signpost), "microseconds")})

    def _require(self, records: Sequence[Record], since: datetime | None) -> None:
        for record in records:
            if since is not None and record.updated < since:
                raise FilterIgnored(
                    f"the filter was ignored: ticket {record.key} changed at {rfc3339(record.updated)}, asked was for"
                    f" {rfc3339(since)} or later; {HINT}"
                )

    def _asked(self, since: datetime | None) -> dict[str, str]:
        return self._params | (self._changes.params(since) if self._changes else {})

    def _rows_of(self, answer: Answer) -> list[Row]:
        rows = self._items.search(answer.content)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Unavailable(
                f"{self._path}: there is no list of tickets at {self._items.expression} in the answer"
            )
        return [without(self._http.redacted, row) for row in rows] if self._secret_params else rows

    def _stamp(self, row: Row) -> datetime:
        return self._records([row])[0].updated

    def _records(self, rows: Sequence[Row]) -> tuple[Record, ...]:
        try:
            return self._reader.records(rows)
        except ValueError as error:
            raise Unavailable(f"{self._path}: a ticket cannot be read: {error}") from error
