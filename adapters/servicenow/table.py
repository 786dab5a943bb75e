"""Asks the Table API of ServiceNow: encoded queries, pages, and rows that our user may not read."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from adapters.http import HttpClient
from hub.ports import Unavailable

STAMP = "%Y-%m-%d %H:%M:%S"
"""Values of the database, which we ask for, are in UTC."""
NEEDED = ("sys_id", "sys_updated_on")

Row = Mapping[str, Any]
"""The fields of a row by their names, those of a referenced row by `field.field`; an empty one is ""."""


class Table:
    """One table, of which `query` takes a part: conditions in the encoded form."""

    def __init__(self, http: HttpClient, *, name: str, fields: tuple[str, ...], query: str | None = None) -> None:
        self.http = http
        self.name = name
        self._fields = ",".join(dict.fromkeys((*NEEDED, *fields)))
        self._query = (query,) if query else ()

    def since(self, since: datetime | None, size: int, offset: int) -> list[Row]:
        """At most `size` rows that changed at `since` or later, the oldest change first.

        A page that access rules have emptied is passed over while there are rows behind it.
        """
        asked = [*self._query, *_changed(since), "ORDERBYsys_updated_on", "ORDERBYsys_id"]
        rows, more = self._asked(asked, self._fields, size, offset)
        while more and not rows:
            offset += size
            rows, more = self._asked(asked, self._fields, size, offset)
        return rows

    def row(self, sys_id: str, *, since: datetime | None = None, ours: bool = False) -> Row | None:
        """One row as it is now; None when it is not there. With `ours`, when it is not of our part, either."""
        asked = [f"sys_id={sys_id}", *(self._query if ours else ()), *_changed(since)]
        rows, _ = self._asked(asked, self._fields, 1, 0)
        # An instance that did not understand us gives any row.
        return next((row for row in rows if row["sys_id"] == sys_id), None)

    def keys(self, size: int) -> Iterator[str]:
        """The sys_ids of the rows of our part; one may be passed over when another is deleted meanwhile."""
        offset, more = 0, True
        while more:
            rows, more = self._asked([*self._query, "ORDERBYsys_id"], "sys_id", size, offset)
            yield from (row["sys_id"] for row in rows)
            offset += size

    def check(self) -> None:
        """Raises AuthFailed, RateLimited or Unavailable when the table does not answer us."""
        self._asked(self._query, ",".join(NEEDED), 1, 0)

    def one(self, sys_id: str, fields: Sequence[str], *, display_value: bool = False) -> Row:
        """Fields of a row, as the database has them or as people read them. Raises NotThere."""
        params = {
            "sysparm_fields": ",".join(fields),
            "sysparm_display_value": str(display_value).lower(),
            "sysparm_exclude_reference_link": "true",
        }
        answer = self.http.get_json(self._path(sys_id), params)
        row = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(row, dict):
            raise Unavailable(f"{self._path(sys_id)}: this is not the answer of a ServiceNow table")
        return row

    def change(self, sys_id: str, fields: Mapping[str, str]) -> None:
        """Raises what `HttpClient.send_json` raises."""
        self.http.send_json("PATCH", f"{self._path(sys_id)}?sysparm_fields=sys_id", fields, {})

    def _path(self, sys_id: str) -> str:
        return f"api/now/table/{self.name}/{quote(sys_id, safe='')}"

    def _asked(self, conditions: Sequence[str], fields: str, size: int, offset: int) -> tuple[list[Row], bool]:
        """A page, and whether there is another one."""
        params = {
            "sysparm_query": "^".join(conditions),
            "sysparm_fields": fields,
            "sysparm_limit": str(size),
            "sysparm_offset": str(offset),
            "sysparm_display_value": "false",
            "sysparm_exclude_reference_link": "true",
        }
        path = f"api/now/table/{self.name}"
        answer = self.http.get_json(path, params)
        rows = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise Unavailable(f"{path}: this is not the answer of a ServiceNow table")
        for row in rows:
            if any(not row.get(name) for name in NEEDED if name in fields):
                raise Unavailable(f"{path}: our user may not read {' and '.join(NEEDED)} of {row}")
        total = self.http.last_headers.get("X-Total-Count")
        return rows, bool(rows) if total is None else offset + size < int(total)


def instant(stamp: str) -> datetime:
    return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)


def _changed(since: datetime | None) -> list[str]:
    return [] if since is None else [f"sys_updated_on>={since.strftime(STAMP)}"]
