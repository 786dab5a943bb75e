"""Reads the issues of a Jira Cloud site in the order of their change."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields
from marshmallow.validate import Length, OneOf, Range, Regexp

from adapters.http import HttpClient
from adapters.jira.site import Row, Site
from adapters.jira.writing import NAMES, IssueWriter
from adapters.keyset import Keyset
from adapters.options import HttpOptions, Secret
from hub.ports import Check, Page, Record, Unavailable, Writing

FIELDS = (
    "summary",
    "status",
    "priority",
    "created",
    "resolution",
    "reporter",
    "assignee",
    "issuetype",
    "project",
    "components",
    "labels",
)
NAMED = {
    "request_type": "Request Type",
    "organizations": "Organizations",
    "affected_services": "Affected services",
}
PAGE_SIZE = 100
HINT = "does the site understand milliseconds in JQL?"


def conditions(jql: str) -> None:
    """Accepts JQL that can stand beside our own condition and our order."""
    if "order by" in " ".join(jql.casefold().split()):
        raise ValidationError("JQL without ORDER BY: the order is that of the changes")


class Options(HttpOptions):
    """Where the site is, who reads it, and which issues. `named` are fields of the site: {our name: its name}.

    With write_back: `statuses` names for each word of the mapping the statuses that it may be, `with_status` what a
    transition to it asks for, and `internal_notes` keeps comments from the customer of a service project.
    """

    username = fields.String(required=True, validate=Length(min=1))
    password = Secret(required=True)
    projects = fields.List(fields.String(validate=Regexp(r"[A-Za-z0-9_]+\Z")), load_default=list)
    jql = fields.String(load_default=None, validate=[Length(min=1), conditions])
    fields_ = fields.List(fields.String(), load_default=list(FIELDS), data_key="fields", attribute="fields")
    named = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict(NAMED))
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1, max=PAGE_SIZE))
    lookback = fields.Float(load_default=600.0, validate=Range(min=0))
    statuses = fields.Dict(
        keys=fields.String(validate=OneOf(list(NAMES))),
        values=fields.List(fields.String(validate=Length(min=1))),
        load_default=dict,
    )
    with_status = fields.Dict(
        keys=fields.String(validate=OneOf(list(NAMES))),
        values=fields.Dict(keys=fields.String()),
        load_default=dict,
    )
    internal_notes = fields.Boolean(load_default=True)


def make(name: str, options: Mapping[str, Any]) -> "Jira":
    """The source for the options of one site. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    of_projects = ", ".join(f'"{project}"' for project in loaded["projects"])
    jql = [
        *([f"project in ({of_projects})"] if of_projects else []),
        *([f"({loaded['jql']})"] if loaded["jql"] else []),
    ]
    site = Site(HttpClient.from_options(loaded), jql=jql, fields=loaded["fields"], named=loaded["named"])
    writer = IssueWriter(
        site,
        names=loaded["statuses"],
        with_status=loaded["with_status"],
        internal=loaded["internal_notes"],
    )
    return Jira(site, writer=writer, page_size=loaded["page_size"], lookback=timedelta(seconds=loaded["lookback"]))


class Jira:
    """One site. Cursor: that of `adapters.keyset`.

    A deleted issue leaves it without a word: `keys` and `ask` find it.
    """

    def __init__(self, site: Site, *, writer: IssueWriter, page_size: int, lookback: timedelta) -> None:
        self._site = site
        self._writer = writer
        self._page_size = page_size
        self._lookback = lookback

    @property
    def clock_skew(self) -> float | None:
        return self._site.http.clock_skew

    def check(self) -> Check:
        me = self._site.myself()
        return Check(
            identity=str(me.get("emailAddress") or me["accountId"]),
            version=self._site.version(),
            clock_skew=self._site.http.clock_skew,
            details={"name": me.get("displayName"), "timezone": me.get("timeZone")},
        )

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """Issues that changed since the cursor, less the lookback: a search knows a change only after a while."""
        self._site.myself()
        for part in self._keyset().parts(cursor):
            yield Page(records=tuple(_record(row) for row in part.rows), cursor=part.cursor)

    def keys(self) -> Iterator[str]:
        self._site.myself()
        return self._site.keys()

    def ask(self, key: str) -> Record | None:
        row = self._site.issue(key)
        return None if row is None else _record(row)

    def write(self, change: Writing) -> None:
        """A comment or a status, unless the issue has it."""
        self._writer.write(change)

    def _keyset(self) -> Keyset[Row]:
        return Keyset(
            fetch=self._site.since,
            stamp_of=_updated,
            key_of=lambda row: str(row["id"]),
            page_size=self._page_size,
            now=self._site.http.now,
            lookback=self._lookback,
            # JQL compares to the minute, also what has seconds.
            precision=timedelta(minutes=1),
            # A page goes on where its token says, not at a row that was seen.
            short_pages=True,
            hint=HINT,
        )


def _record(row: Row) -> Record:
    return Record(key=str(row["id"]), updated=_updated(row), data=row)


def _updated(row: Row) -> datetime:
    try:
        return datetime.fromisoformat(row["fields"]["updated"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable(f"issue {row.get('key', row.get('id'))}: Jira does not say when it changed") from error
