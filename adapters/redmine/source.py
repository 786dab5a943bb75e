"""Reads Redmine's issues in the order of their change, each with what its journals tell of its way there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, Range, Regexp

from adapters.http import Clock, HttpClient, system_clock
from adapters.keyset import Keyset
from adapters.options import HttpOptions, Secret
from adapters.redmine.history import earlier, told
from adapters.redmine.server import PAGE_SIZE, Row, Server
from adapters.redmine.writing import write
from hub.ports import Check, Page, Record, Unavailable, Writing

HIDDEN_FRACTION = timedelta(seconds=1)
"""Redmine compares with fractions of a second that it does not show, and takes a second off what it is asked for."""


class Options(HttpOptions):
    """Where Redmine is, who reads it and what. Times are in seconds."""

    api_key = Secret(load_default=None)
    projects = fields.List(fields.String(validate=Regexp(r"[a-z0-9_-]+\Z")), load_default=list)
    trackers = fields.List(fields.String(validate=Length(min=1)), load_default=list)
    journals = fields.Boolean(load_default=True)
    private_notes = fields.Boolean(load_default=False)
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1, max=PAGE_SIZE))
    lookback = fields.Float(load_default=60.0, validate=Range(min=0))
    reread = fields.Float(load_default=86400.0, validate=Range(min=0))

    @validates_schema
    def _says_who_we_are(self, data: Mapping[str, Any], **_: Any) -> None:
        if bool(data["username"]) == bool(data["api_key"]):
            raise ValidationError("give either an api_key or a username with its password", "api_key")


def make(name: str, options: Mapping[str, Any]) -> "Redmine":
    """The source for the options of one Redmine. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    key = loaded["api_key"]
    http = HttpClient.from_options(
        loaded, headers={"X-Redmine-API-Key": key} if key else None, hidden=[key] if key else []
    )
    return Redmine(
        Server(http, projects=loaded["projects"], trackers=loaded["trackers"]),
        journals=loaded["journals"],
        private_notes=loaded["private_notes"],
        page_size=loaded["page_size"],
        lookback=timedelta(seconds=loaded["lookback"]),
        reread=timedelta(seconds=loaded["reread"]),
    )


class Redmine:
    """One Redmine. Cursor: that of `adapters.keyset`; `told`, the `since` of the last run that came to its end, up to
    which all states of all issues are told; and `reread`, when the open issues were last read again.

    A deleted issue leaves it without a word, as one does that moves to where our user sees nothing: `keys` and `ask`
    find them.
    """

    def __init__(
        self,
        server: Server,
        *,
        journals: bool = True,
        private_notes: bool = False,
        page_size: int = PAGE_SIZE,
        lookback: timedelta = timedelta(minutes=1),
        reread: timedelta = timedelta(days=1),
        clock: Clock = system_clock,
    ) -> None:
        self._server = server
        self._journals = journals
        self._private_notes = private_notes
        self._page_size = page_size
        self._lookback = lookback
        self._reread = reread
        self._clock = clock

    @property
    def clock_skew(self) -> float | None:
        return self._server.http.clock_skew

    def check(self) -> Check:
        """Who we are there; a project or tracker that we do not see fails it. Redmine does not tell its version."""
        me = self._server.myself()
        self._server.part()
        return Check(
            identity=str(me.get("login", "")),
            clock_skew=self._server.http.clock_skew,
            details={"admin": bool(me.get("admin"))},
        )

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """Issues that changed since the cursor, less the lookback; now and then all that are open, as well."""
        self._server.myself()
        position = dict(cursor)
        told = _instant(cursor["told"]) if cursor.get("told") else None
        for part in self._keyset().parts(cursor):
            position |= part.cursor
            if part.cursor["at"] is None:
                position["told"] = part.cursor["since"]
            yield Page(records=self._all(part.rows, told), cursor=dict(position))
        if self._is_due(position):
            yield from self._open_again(position, told)

    def keys(self) -> Iterator[str]:
        self._server.myself()
        return (str(row["id"]) for rows in self._by_number(only_open=False) for row in rows)

    def ask(self, key: str) -> Record | None:
        row = self._server.listed(key)
        if row is None:
            # To a stranger nothing is there.
            self._server.myself()
            return None
        states = self._states(row)
        return states[-1] if states else None

    def write(self, change: Writing) -> None:
        """A note or a status, unless the issue has it."""
        write(self._server, change)

    def _keyset(self) -> Keyset[Row]:
        return Keyset(
            fetch=self._server.changed,
            stamp_of=_updated,
            key_of=lambda row: str(row["id"]),
            page_size=self._page_size,
            now=self._server.http.now,
            lookback=self._lookback,
            slack=HIDDEN_FRACTION,
            hint="is this a Redmine?",
        )

    def _is_due(self, position: Mapping[str, Any]) -> bool:
        done = position.get("reread")
        return done is None or abs(self._clock() - datetime.fromisoformat(done)) >= self._reread

    def _open_again(self, position: Mapping[str, Any], told: datetime | None) -> Iterator[Page]:
        """A note that is rewritten and a relation that is made leave the stamp of their issue alone.

        Not in the first run, which has read everything just now.
        """
        begun = self._clock()
        for rows in self._by_number(only_open=True) if "reread" in position else ():
            yield Page(records=self._all(rows, told), cursor=dict(position))
        yield Page(records=(), cursor={**position, "reread": begun.isoformat()})

    def _by_number(self, *, only_open: bool) -> Iterator[list[Row]]:
        first = 0
        while rows := self._server.numbered(first, self._page_size, only_open=only_open):
            yield rows
            first = int(rows[-1]["id"]) + 1

    def _all(self, rows: Sequence[Row], told: datetime | None) -> tuple[Record, ...]:
        return tuple(record for row in rows for record in self._states(row, told))

    def _states(self, row: Row, told: datetime | None = None) -> list[Record]:
        """The states of an issue since `told`, the present one last; none when it has gone since it was listed.

        An earlier state that is told again could undo what was changed here meanwhile and written to the issue.
        """
        try:
            states = [self._record(state) for state in self._known(row)]
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable(f"issue {row.get('id')}: without a usable journal or time: {error!r}") from error
        past = [replace(one, log=True) for one in states[:-1] if told is None or one.updated > told]
        return past + states[-1:]

    def _known(self, row: Row) -> Iterator[Row]:
        if not self._journals:
            yield row
            return
        issue = self._server.issue(str(row["id"]), "journals", "relations")
        if issue is not None:
            whole = {**issue, "journals": told(issue.get("journals") or (), private=self._private_notes)}
            yield from earlier(whole, self._server.status)
            yield whole

    def _record(self, row: Row) -> Record:
        key = str(row["id"])
        data = {
            **row,
            "url": self._url(key),
            "related": [{**one, "url": self._url(one["id"])} for one in _related(row)],
        }
        return Record(key=key, updated=_updated(row), data=data)

    def _url(self, key: str) -> str:
        return f"{self._server.http.base_url}/issues/{key}"


def _related(row: Row) -> list[dict[str, str]]:
    """The issues that an issue is related to, its parent first."""
    own = str(row["id"])
    found = [("parent", str(row["parent"]["id"]))] if row.get("parent") else []
    for relation in sorted(row.get("relations") or (), key=lambda relation: int(relation["id"])):
        ends = {str(relation["issue_id"]), str(relation["issue_to_id"])} - {own}
        found += [(str(relation["relation_type"]), end) for end in ends]
    return [{"id": key, "type": kind} for kind, key in found]


def _updated(row: Row) -> datetime:
    try:
        return _instant(row["updated_on"])
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable(f"issue {row.get('id')}: Redmine does not say when it changed") from error


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
