"""Asks a Redmine for issues: its filters, its pages, and who may see what."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from adapters.http import Forbidden, HttpClient, NotThere
from hub.ports import AuthFailed, FilterIgnored, Unavailable

Row = Mapping[str, Any]
"""An issue as Redmine shows it."""

Filter = tuple[str, str, Sequence[str]]
"""A field, an operator and the values."""

PAGE_SIZE = 100
"""Redmine never gives more at once, whatever it is asked for."""

ANY_STATUS: Filter = ("status_id", "*", ())
"""Without it a list hides what is closed."""
OPEN: Filter = ("status_id", "o", ())

STAMP = "%Y-%m-%dT%H:%M:%SZ"
"""Another form is refused: neither fractions nor another zone."""


class Server:
    """One Redmine, of which `projects` (by their identifiers) and `trackers` (by their names) take a part."""

    def __init__(self, http: HttpClient, *, projects: Sequence[str] = (), trackers: Sequence[str] = ()) -> None:
        self.http = http
        self._projects = tuple(projects)
        self._trackers = tuple(trackers)
        self._part: tuple[Filter, ...] | None = None
        self._statuses: dict[str, Row] = {}

    def myself(self) -> Row:
        """Who we are there. Only this refuses a wrong key: a list shows a stranger what is public, with 200."""
        user: Row = self._answer("users/current.json", "user")
        return user

    def part(self) -> tuple[Filter, ...]:
        """The filters of our part. Raises Unavailable for a project or tracker that our user does not see.

        A list in a project that is not there would be empty, and not say so.
        """
        if self._part is None:
            projects = [self._project(identifier) for identifier in self._projects]
            self._part = tuple(
                (field, "=", values)
                for field, values in (("project_id", projects), ("tracker_id", self._tracker_ids()))
                if values
            )
        return self._part

    def changed(self, since: datetime | None, size: int, offset: int) -> list[Row]:
        """At most `size` issues of any status that changed at `since` or later, the oldest change first.

        Issues of the second before may be among them: Redmine keeps fractions that it does not show.
        """
        bound = [] if since is None else [("updated_on", ">=", [since.astimezone(UTC).strftime(STAMP)])]
        return self._issues([ANY_STATUS, *bound], sort="updated_on,id", size=size, offset=offset)

    def numbered(self, first: int, size: int, *, only_open: bool = False) -> list[Row]:
        """At most `size` issues with this number or a higher one, the lowest first."""
        wanted = [OPEN if only_open else ANY_STATUS, ("issue_id", ">=", [str(first)])]
        rows = self._issues(wanted, sort="id", size=size)
        if rows and int(rows[0]["id"]) < first:
            raise FilterIgnored(f"the filter was ignored: issue {rows[0]['id']}, asked was for {first} or higher")
        return rows

    def listed(self, key: str) -> Row | None:
        """One issue of our part, as a list shows it; None when it is not there."""
        rows = self._issues([ANY_STATUS, ("issue_id", "=", [key])], sort="id", size=1)
        if rows and str(rows[0]["id"]) != key:
            raise FilterIgnored(f"the filter was ignored: issue {rows[0]['id']}, asked was for {key}")
        return rows[0] if rows else None

    def issue(self, key: str, *parts: str) -> Row | None:
        """One issue with these parts of it, wherever it is; None when it is not there, or not for us to see."""
        try:
            found: Row = self._answer(f"issues/{key}.json", "issue", {"include": ",".join(parts)})
        except NotThere:
            return None
        except Forbidden:
            # It is said of an issue that we may not see; only who is still known here may believe that.
            self.myself()
            return None
        return found

    def status(self, number: str) -> Row:
        """The status with this number; one that nobody has any more has the number for its name."""
        if number not in self._statuses:
            self._statuses = {str(row["id"]): row for row in self._answer("issue_statuses.json", "issue_statuses")}
        return self._statuses.get(number) or {"id": number, "name": number, "is_closed": False}

    def status_named(self, word: str) -> Row | None:
        self.status("")
        return next((row for row in self._statuses.values() if row["name"] == word), None)

    def _project(self, identifier: str) -> str:
        try:
            return str(self._answer(f"projects/{identifier}.json", "project")["id"])
        except (NotThere, AuthFailed) as error:
            self.myself()
            raise Unavailable(f"Redmine shows our user no project {identifier!r}") from error

    def _tracker_ids(self) -> list[str]:
        rows = self._answer("trackers.json", "trackers") if self._trackers else []
        ids = {str(row["name"]).casefold(): str(row["id"]) for row in rows}
        missing = [name for name in self._trackers if name.casefold() not in ids]
        if missing:
            raise Unavailable(f"Redmine has no tracker {', '.join(map(repr, missing))}; it has {', '.join(ids)}")
        return [ids[name.casefold()] for name in self._trackers]

    def _issues(self, wanted: Sequence[Filter], *, sort: str, size: int, offset: int = 0) -> list[Row]:
        params: dict[str, str | list[str]] = {"sort": sort, "limit": str(size), "offset": str(offset)}
        fields: list[str] = []
        for field, operator, values in (*wanted, *self.part()):
            fields.append(field)
            params |= {f"op[{field}]": operator, f"v[{field}][]": list(values)}
        rows: list[Row] = self._answer("issues.json", "issues", params | {"f[]": fields})
        return rows

    def _answer(self, path: str, member: str, params: Mapping[str, str | list[str]] | None = None) -> Any:
        answer = self.http.get_json(path, params)
        try:
            return answer[member]
        except (KeyError, TypeError) as error:
            raise Unavailable(f"{path}: this is not the answer of a Redmine") from error
