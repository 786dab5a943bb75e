"""Asks a Zabbix for problems: those that began after another, those that are open, and how they now are."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.zabbix.api import CAMEL_CASE, Session
from hub.ports import AuthFailed, FilterIgnored, Unavailable

Row = Mapping[str, Any]

OF_TRIGGERS = {"source": 0, "object": 0}
BEGAN = 1
"""The value of an event by which a problem begins; its end is an event of its own, with the value 0."""
EVENT = (
    "eventid",
    "objectid",
    "clock",
    "ns",
    "value",
    "name",
    "severity",
    "acknowledged",
    "suppressed",
    "r_eventid",
    "opdata",
)
END = ("eventid", "clock", "ns", "userid", "correlationid")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which problems: of hosts in these groups, at least so severe, with these tags; all where nothing is said."""

    groups: Sequence[str] = ()
    severity: int = 0
    tags: Mapping[str, str] | None = None


class Problems:
    """The questions of one run; each gives `size` rows at most, by rising id."""

    def __init__(self, session: Session, wanted: Wanted, *, size: int) -> None:
        self._session = session
        self._size = size
        self._filter = self._narrowed(wanted)

    def newest(self) -> int:
        """The id of the latest event; 0 when there is none."""
        rows = self._session.rows(
            "event.get", **OF_TRIGGERS, output=["eventid"], sortfield=["eventid"], sortorder="DESC", limit=1
        )
        return max((int(row["eventid"]) for row in rows), default=0)

    def begun_after(self, event: int, since: datetime | None = None) -> Iterator[list[Row]]:
        """The problems with a higher id that began at or after `since`, as they now are: page after page."""
        times = {} if since is None else {"time_from": int(since.timestamp())}
        while rows := self._events(event, value=[BEGAN], **times, **self._filter):
            yield rows
            event = int(rows[-1]["eventid"])

    def open(self) -> Iterator[int]:
        """The ids of all problems that have not ended, also of older ones that only now are wanted or shown to us."""
        event = 0
        while rows := self._after(event, "problem.get", output=["eventid"], **self._filter):
            yield from (int(row["eventid"]) for row in rows)
            event = int(rows[-1]["eventid"])

    def now(self, ids: Collection[int]) -> list[Row]:
        """The problems with these ids, `size` at most, whatever else is wanted; without those that are not there."""
        rows = self._events(0, value=[BEGAN], eventids=[str(event) for event in sorted(ids)])
        strange = [row["eventid"] for row in rows if int(row["eventid"]) not in ids]
        if strange:
            raise FilterIgnored(f"the filter was ignored: event {strange[0]} was not asked for")
        return rows

    def ends(self, ids: Sequence[str]) -> dict[str, Row]:
        """{id: event} of the events that end problems."""
        if not ids:
            return {}
        rows = self._session.rows("event.get", **OF_TRIGGERS, output=list(END), eventids=list(ids))
        return {str(row["eventid"]): row for row in rows}

    def _events(self, after: int, **condition: Any) -> list[Row]:
        acknowledges = "selectAcknowledges" if self._session.is_at_least(CAMEL_CASE) else "select_acknowledges"
        return self._after(
            after,
            "event.get",
            output=list(EVENT),
            selectHosts=["hostid", "host", "name", "status"],
            selectRelatedObject=["triggerid", "status"],
            selectTags=["tag", "value"],
            selectSuppressionData=["maintenanceid", "suppress_until"],
            **{acknowledges: "extend"},
            **condition,
        )

    def _after(self, event: int, method: str, **question: Any) -> list[Row]:
        """The next rows, held against the question: Zabbix passes over a parameter that it does not know."""
        rows: list[Row] = list(
            self._session.rows(
                method,
                **OF_TRIGGERS,
                eventid_from=str(event + 1),
                sortfield=["eventid"],
                sortorder="ASC",
                limit=self._size,
                **question,
            )
        )
        before = event
        for row in rows:
            if int(row["eventid"]) <= before:
                raise FilterIgnored(
                    f"the filter or the order was ignored: event {row['eventid']} came after {before}"
                )
            before = int(row["eventid"])
        return rows

    def _narrowed(self, wanted: Wanted) -> dict[str, Any]:
        """Raises AuthFailed for a user who sees no host group: every list would be empty then, without an error."""
        condition = {"filter": {"name": list(wanted.groups)}} if wanted.groups else {}
        found = self._session.rows("hostgroup.get", output=["groupid", "name"], **condition)
        missing = [name for name in wanted.groups if name not in {row["name"] for row in found}]
        if missing:
            raise Unavailable(f"Zabbix shows our user no host group {', '.join(map(repr, missing))}")
        if not found:
            raise AuthFailed("Zabbix shows our user no host group: it needs permission to read one")
        narrowed: dict[str, Any] = {}
        if wanted.groups:
            narrowed["groupids"] = [row["groupid"] for row in found]
        if wanted.severity:
            narrowed["severities"] = list(range(wanted.severity, 6))
        if wanted.tags:
            narrowed["tags"] = [{"tag": tag, "value": value, "operator": 1} for tag, value in wanted.tags.items()]
        return narrowed
