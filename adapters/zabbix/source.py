"""Reads the problems of a Zabbix as they begin, and those that go on again and again: they change without a word."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, Range

from adapters.http import HttpClient
from adapters.options import HttpOptions, Secret
from adapters.zabbix.api import Login, Session
from adapters.zabbix.following import Following, has_ended, has_trigger, seconds
from adapters.zabbix.problems import Problems, Row, Wanted
from hub.ports import Check, Page, Record, Unavailable

PAGE_SIZE = 500
TAIL = 1000
"""Among so many numbers before the latest event some may still be under way at the first pull."""
A_MESSAGE = 4
"""The bit of an action by which somebody has written something; the others have changed something."""


class Options(HttpOptions):
    """Where the frontend is, who reads it, and which problems. `history` is in days, other times are in seconds."""

    token = Secret(load_default=None)
    groups = fields.List(fields.String(validate=Length(min=1)), load_default=list)
    severity = fields.Integer(load_default=0, validate=Range(min=0, max=5))
    tags = fields.Dict(keys=fields.String(validate=Length(min=1)), values=fields.String(), load_default=dict)
    messages = fields.Boolean(load_default=False)
    history = fields.Float(load_default=7.0, validate=Range(min=0))
    follow = fields.Float(load_default=3600.0, validate=Range(min=0))
    lookback = fields.Float(load_default=60.0, validate=Range(min=0))
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1))

    @validates_schema
    def _says_who_we_are(self, data: Mapping[str, Any], **_: Any) -> None:
        if bool(data["username"]) == bool(data["token"]):
            raise ValidationError("give either a username with its password or a token", "username")
        if data["username"] and not data["password"]:
            raise ValidationError("a username needs its password", "password")


def make(name: str, options: Mapping[str, Any]) -> "Zabbix":
    """The source for the options of one Zabbix. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    login = Login(token=loaded["token"], username=loaded["username"], password=loaded["password"])
    hidden = tuple(secret for secret in (login.token, login.password) if secret)
    return Zabbix(
        # The name and the password are for Zabbix's own login, and none of HTTP's.
        HttpClient.from_options({**loaded, "username": None}, hidden=hidden),
        login,
        wanted=Wanted(groups=loaded["groups"], severity=loaded["severity"], tags=loaded["tags"]),
        messages=loaded["messages"],
        history=timedelta(days=loaded["history"]),
        follow=timedelta(seconds=loaded["follow"]),
        lookback=timedelta(seconds=loaded["lookback"]),
        page_size=loaded["page_size"],
    )


class Zabbix:
    """One Zabbix.

    Cursor: `marks` are [id of the latest event, when it was], of which the first is far enough back that nothing can
    come before it any more. `open` are the ids of problems that go on; `ended` is {id: seconds since 1970} of those
    whose end is not long ago. While new ones are read, `at` is the last of them, and `from` the instant to begin at.
    """

    def __init__(
        self,
        http: HttpClient,
        login: Login,
        *,
        wanted: Wanted,
        messages: bool,
        history: timedelta,
        follow: timedelta,
        lookback: timedelta,
        page_size: int,
    ) -> None:
        self._http = http
        self._login = login
        self._wanted = wanted
        self._messages = messages
        self._history = history
        self._follow = follow
        self._lookback = lookback
        self._page_size = page_size

    @property
    def clock_skew(self) -> float | None:
        return self._http.clock_skew

    def check(self) -> Check:
        """Whether we are let in, and see anything. A token does not say whose it is."""
        with self._session() as session:
            Problems(session, self._wanted, size=1)
            return Check(
                identity=self._login.username or "the owner of the token",
                version=session.version,
                clock_skew=session.http.clock_skew,
            )

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """The problems that have begun, then those that were or are open as they now are."""
        with self._session() as session:
            problems = Problems(session, self._wanted, size=self._page_size)
            try:
                yield from self._pages(problems, deepcopy(dict(cursor)))
            except (KeyError, TypeError, ValueError, OverflowError) as error:
                raise Unavailable(f"an event without a usable number, name or time: {error!r}") from error

    def again(self, cursor: Mapping[str, Any], since: str | None) -> Mapping[str, Any]:
        """From the history, or the instant, on; of what was open the end is still asked for."""
        kept = {name: cursor[name] for name in ("open", "ended") if name in cursor}
        return kept if since is None else {**kept, "since": since}

    def _session(self) -> AbstractContextManager[Session]:
        return Session.open(self._http, self._login)

    def _pages(self, problems: Problems, position: dict[str, Any]) -> Iterator[Page]:
        begun = self._http.now()
        following = Following.of(position, since=(begun - self._follow).timestamp())
        if "marks" not in position:
            since = _instant(position["since"]) if "since" in position else begun - self._history
            newest = problems.newest()
            marks = [[event, _text(begun)] for event in (max(0, newest - TAIL), newest)]
            position = {"marks": marks, "at": 0, "from": _text(since)}
        read: set[int] = set()
        for rows in self._begun(problems, position, begun):
            read |= {int(row["eventid"]) for row in rows}
            yield self._page(problems, rows, following, position)
        known = sorted({*following.open, *following.ended, *problems.open()} - read)
        for start in range(0, len(known), self._page_size):
            ids = known[start : start + self._page_size]
            yield self._page(problems, problems.now(ids), following, position, asked=ids)
        yield Page(records=(), cursor={**deepcopy(position), **following.cursor})

    def _begun(self, problems: Problems, position: dict[str, Any], begun: datetime) -> Iterator[list[Row]]:
        """The problems that are new, page after page; moves the position.

        Events get their number before others see them, so one may come up behind a later one: what is younger than the
        lookback is read again.
        """
        marks = position["marks"]
        while len(marks) > 1 and _instant(marks[1][1]) <= begun - self._lookback:
            del marks[0]
        since = _instant(position["from"]) if "from" in position else None
        for rows in problems.begun_after(position.get("at", marks[0][0]), since):
            position["at"] = int(rows[-1]["eventid"])
            yield rows
        latest = position.pop("at", 0)
        position.pop("from", None)
        if latest > marks[-1][0]:
            marks.append([latest, _text(begun)])

    def _page(
        self,
        problems: Problems,
        rows: Sequence[Row],
        following: Following,
        position: Mapping[str, Any],
        asked: Collection[int] = (),
    ) -> Page:
        """The records of rows, and of what was asked for and is gone."""
        ends = problems.ends([row["r_eventid"] for row in rows if has_ended(row)])
        gone = following.note(rows, ends, asked)
        records = [self._record(row, ends.get(row["r_eventid"])) for row in rows if has_trigger(row)]
        records += [_gone(event, self._http.now()) for event in gone]
        return Page(records=tuple(sorted(records, key=_order)), cursor={**deepcopy(position), **following.cursor})

    def _record(self, row: Row, end: Row | None) -> Record:
        acts = [act for act in row["acknowledges"] if self._messages or int(act["action"]) & ~A_MESSAGE]
        changed = max([seconds(row), *(float(act["clock"]) for act in acts), *([seconds(end)] if end else [])])
        data = {
            **row,
            "tags": sorted(row["tags"], key=lambda tag: (tag["tag"], tag["value"])),
            "hosts": sorted(row["hosts"], key=lambda host: int(host["hostid"])),
            "acknowledges": [self._act(act) for act in sorted(acts, key=lambda act: int(act["acknowledgeid"]))],
            "suppression_data": sorted(row["suppression_data"], key=lambda part: str(part.get("maintenanceid"))),
            "end": end,
            "began": seconds(row),
            "changed": changed,
            "link": f"{self._http.base_url}/tr_events.php?triggerid={row['objectid']}&eventid={row['eventid']}",
        }
        return Record(key=str(row["eventid"]), updated=datetime.fromtimestamp(changed, UTC), data=data)

    def _act(self, act: Row) -> Row:
        return act if self._messages else {name: act[name] for name in act if name != "message"}


def _gone(event: int, when: datetime) -> Record:
    return Record(key=str(event), updated=when, data={"eventid": str(event)}, gone=True)


def _order(record: Record) -> tuple[datetime, int]:
    return record.updated, int(record.key)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
