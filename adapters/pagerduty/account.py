"""Asks a PagerDuty account: its log entries, newest first and ten thousand at most, and its incidents."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.http import Forbidden, HttpClient, NotThere
from hub.ports import FilterIgnored, Unavailable

LIMIT = 100
REACH = 10_000
"""What lies behind the ten thousandth row is not given: an offset and a limit are no more than this."""

Row = Mapping[str, Any]


class Account:
    """One account, of which `teams` take a part: ids of teams, all when there are none."""

    def __init__(self, http: HttpClient, *, teams: Sequence[str] = ()) -> None:
        self.http = http
        self._teams: dict[str, str | list[str]] = {"team_ids[]": list(teams)} if teams else {}

    def abilities(self) -> Sequence[str]:
        return self._rows("abilities", {})[0]

    def open_incidents(self) -> Iterator[Row]:
        """All incidents that are not resolved, of whatever age: by default PagerDuty gives those of a month."""
        asked: dict[str, str | list[str]] = {"statuses[]": ["triggered", "acknowledged"], "date_range": "all"}
        yield from self._all("incidents", asked | {"sort_by": "incident_number:asc"})

    def incident(self, key: str) -> Row | None:
        """One incident as it is now; None when our key may not see it, as none is ever deleted."""
        try:
            found = self.http.get_json(f"incidents/{key}")
        except NotThere:
            return None
        except Forbidden:
            # So is answered for an incident of another team, too, if the key is still good.
            self.abilities()
            return None
        if not isinstance(found, dict) or not isinstance(found.get("incident"), dict):
            raise Unavailable(f"incidents/{key}: this is not the answer of PagerDuty")
        incident: Row = found["incident"]
        return incident

    def entries(self, since: datetime, until: datetime) -> Iterator[Row]:
        """The log entries of a time, the oldest first.

        Where there are more than PagerDuty gives, each half of the time is asked for by itself. Entries that are made
        meanwhile move the pages so that some come twice, and none is lost.
        """
        asked = {"since": _text(since), "until": _text(until), "is_overview": "false"}
        try:
            found = list(self._all("log_entries", dict(asked)))
        except _TooMany as error:
            middle = since + (until - since) / 2
            if until - since < timedelta(seconds=2):
                raise Unavailable(f"log_entries: more than {REACH} between {since} and {until}") from error
            yield from self.entries(since, middle)
            yield from self.entries(middle, until)
            return
        for entry in found:
            if instant(entry["created_at"]) < since.replace(microsecond=0):
                raise FilterIgnored(
                    f"the filter was ignored: log entry {entry.get('id')} is of {entry['created_at']}, asked was for"
                    f" {_text(since)} or later"
                )
        yield from reversed(found)

    def _all(self, kind: str, params: Mapping[str, str | list[str]]) -> Iterator[Row]:
        offset, more = 0, True
        while more:
            if offset + LIMIT > REACH:
                raise _TooMany(f"{kind}: there are more than {REACH}")
            rows, more = self._rows(kind, {**params, **self._teams, "limit": str(LIMIT), "offset": str(offset)})
            yield from rows
            offset += LIMIT

    def _rows(self, kind: str, params: Mapping[str, str | list[str]]) -> tuple[list[Any], bool]:
        """The rows of a page, and whether there is another one; without `offset` there are no pages."""
        answer = self.http.get_json(kind, params)
        rows = answer.get(kind) if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise Unavailable(f"{kind}: this is not the answer of PagerDuty")
        if "offset" in params and not isinstance(answer.get("more"), bool):
            raise Unavailable(f"{kind}: PagerDuty does not say whether there are more")
        return rows, bool(answer.get("more"))


class _TooMany(Unavailable):
    """More rows than PagerDuty gives for one question."""


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
