"""Lists the problems that Icinga has at present, and what it says of those that it had: a snapshot."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, Range

from adapters.http import Clock, HttpClient, system_clock
from adapters.icinga.episodes import Episodes, Row, followed
from adapters.options import HttpOptions
from hub.ports import AuthFailed, Check, Page, Record, Unavailable

PAGE_SIZE = 500
ATTRIBUTES = (
    "__name",
    "name",
    "display_name",
    "state",
    "state_type",
    "acknowledgement",
    "acknowledgement_last_change",
    "downtime_depth",
    "last_state_change",
    "last_hard_state_change",
    "last_check_result",
    "vars",
    "groups",
    "notes",
    "notes_url",
)
OWN = {"host": ("last_state_up", "address"), "service": ("last_state_ok", "host_name")}
RIGHTS = ("status/query", "objects/query/Host", "objects/query/Service")
OF_HOST = ("host.name", "host.display_name", "host.address", "host.vars", "host.groups", "host.state")


class Options(HttpOptions):
    """Where the API is, who reads it, and which hosts: `filter` is an expression over `host`. Times are in seconds."""

    username = fields.String(required=True, validate=Length(min=1))
    filter = fields.String(load_default=None, validate=Length(min=1))
    filter_vars = fields.Dict(keys=fields.String(), load_default=dict)
    soft = fields.Boolean(load_default=False)
    patience = fields.Float(load_default=900.0, validate=Range(min=0))
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=Range(min=1))


def make(name: str, options: Mapping[str, Any]) -> "Icinga":
    """The source for the options of one instance. Raises marshmallow's ValidationError."""
    loaded = Options().load(options)
    return Icinga(
        HttpClient.from_options(loaded),
        identity=loaded["username"],
        condition=loaded["filter"],
        variables=loaded["filter_vars"],
        soft=loaded["soft"],
        patience=timedelta(seconds=loaded["patience"]),
        page_size=loaded["page_size"],
    )


class Icinga:
    """One instance. `soft` takes a problem before Icinga has checked it again as often as it is told to."""

    def __init__(
        self,
        http: HttpClient,
        *,
        identity: str,
        condition: str | None = None,
        variables: Mapping[str, Any] | None = None,
        soft: bool = False,
        patience: timedelta = timedelta(minutes=15),
        page_size: int = PAGE_SIZE,
        clock: Clock = system_clock,
    ) -> None:
        self._http = http
        self._identity = identity
        # In front, so that one that is none is found out while nothing has a problem, too.
        self._condition = f"({condition}) && " if condition else ""
        self._variables = dict(variables or {})
        self._soft = soft
        self._patience = patience
        self._page_size = page_size
        self._clock = clock

    def check(self) -> Check:
        """Icinga answers without a date: its time is that of its start and the seconds since."""
        self._refuse_missing_rights()
        status = {row.get("name"): row.get("status", {}) for row in self._rows("status")}
        try:
            application = status["IcingaApplication"]["icingaapplication"]["app"]
            now = application["program_start"] + status["CIB"]["uptime"]
        except (KeyError, TypeError) as error:
            raise Unavailable("v1/status: this is not the answer of an Icinga 2") from error
        return Check(
            identity=self._identity,
            version=str(application.get("version", "")),
            clock_skew=now - self._clock().timestamp(),
            details={"node": application.get("node_name")},
        )

    def _refuse_missing_rights(self) -> None:
        """Who may not list objects is told that there are none (404), as is who writes a filter that is none."""
        granted = [str(right) for row in self._rows("") for right in row.get("permissions", ())]
        missing = [right for right in RIGHTS if not any(fnmatch(right.lower(), one.lower()) for one in granted)]
        if missing:
            raise AuthFailed(f"user {self._identity!r} has no permission {', '.join(missing)}")

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """All problems, and those of the list before that have ended; one empty page when there are none."""
        rows = [row for kind in ("host", "service") for row in self._listed(kind, cursor.get("episodes", {}))]
        try:
            episodes = followed(rows, cursor, now=self._clock(), patience=self._patience, soft=self._soft)
            records = sorted(_records(rows, episodes), key=lambda record: (record.updated, record.key))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise Unavailable(f"v1/objects: an object without a usable name or time: {error!r}") from error
        for start in range(0, max(len(records), 1), self._page_size):
            # Each page carries the whole cursor, so that a pull that is cut off leaves no episode to be named anew.
            page = tuple(records[start : start + self._page_size])
            yield Page(records=page, cursor=episodes.cursor, snapshot=not episodes.unsure)

    def again(self, cursor: Mapping[str, Any], since: str | None) -> Mapping[str, Any]:
        """Every pull reads everything; the names of the problems stay."""
        return cursor

    def _listed(self, kind: str, known: Mapping[str, float]) -> list[Row]:
        """Hosts or services that have a problem, and those of the known ones that still exist."""
        hard = "" if self._soft else f" && {kind}.state_type == 1"
        problem = f"{kind}.state != 0 && {kind}.last_check_result != null{hard}"
        question = {
            "filter": f"({self._condition}{problem}) || {kind}.__name in qos_hub_known",
            "filter_vars": {**self._variables, "qos_hub_known": list(known)},
            "attrs": [*ATTRIBUTES, *OWN[kind]],
        }
        return self._rows(f"objects/{kind}s", question | ({"joins": list(OF_HOST)} if kind == "service" else {}))

    def _rows(self, path: str, question: Mapping[str, Any] | None = None) -> list[Row]:
        answer = self._http.get_json(f"v1/{path}", body=question)
        if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
            raise Unavailable(f"v1/{path}: this is not the answer of an Icinga 2")
        rows: list[Row] = answer["results"]
        return rows


def _records(rows: Sequence[Row], episodes: Episodes) -> Iterator[Record]:
    for row in rows:
        name = row["attrs"]["__name"]
        if name in episodes.told:
            key = f"{name}@{episodes.told[name]:.3f}"
            yield Record(key=key, updated=_changed(row["attrs"]), data=row)


def _changed(attributes: Mapping[str, Any]) -> datetime:
    """When it changed: an acknowledgement has a time of its own, and does not move that of the state."""
    return datetime.fromtimestamp(
        max(attributes["last_state_change"], attributes.get("acknowledgement_last_change") or 0), UTC
    )
