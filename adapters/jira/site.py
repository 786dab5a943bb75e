"""Asks a Jira Cloud site: searches by JQL, whose pages hang together by tokens."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from adapters.http import HttpClient, NotThere
from hub.ports import Unavailable

SEARCH = "rest/api/3/search/jql"
IDS_AT_ONCE = 5000
"""As many as Jira gives when only ids are asked for."""

Row = Mapping[str, Any]
"""An issue as Jira shows it, with `named`: the fields of the site's own, by the names that we gave them."""


class Site:
    """One site, of which `jql` takes a part: conditions without an order.

    `fields` are ids of fields; `named` gives our names for fields of the site by what the site calls them.
    """

    def __init__(
        self, http: HttpClient, *, jql: Sequence[str] = (), fields: Sequence[str], named: Mapping[str, str]
    ) -> None:
        self.http = http
        self._jql = tuple(jql)
        self._fields = tuple(fields)
        self._named = dict(named)
        self._ids: dict[str, str] | None = None
        self._next: dict[tuple[datetime | None, int], str | None] = {}

    def myself(self) -> Mapping[str, Any]:
        """Who we are there. Only this path refuses a wrong password: a search shows a stranger what is public."""
        me = self.http.get_json("rest/api/3/myself")
        if not isinstance(me, dict) or "accountId" not in me:
            raise Unavailable("rest/api/3/myself: this is not the answer of a Jira site")
        return me

    def version(self) -> str:
        return str(self.http.get_json("rest/api/3/serverInfo").get("version", ""))

    def since(self, since: datetime | None, size: int, offset: int) -> list[Row]:
        """At most `size` issues that changed at `since` or later, the oldest change first.

        An offset is where the page before ended, as a search has tokens and no offsets. JQL reads a date in the zone
        of our account; only milliseconds since 1970 mean the same to everybody.
        """
        token = self._next.get((since, offset)) if offset else None
        if offset and token is None:
            return []
        least = 0 if since is None else int(since.timestamp() * 1000)
        asked = self._asked(self._where(f"updated >= {least}", order="updated ASC, id ASC"), size, token)
        self._next = {(since, offset + size): asked.get("nextPageToken")}
        return [self._with_named(row) for row in asked["issues"]]

    def keys(self, size: int = IDS_AT_ONCE) -> Iterator[str]:
        """The ids of all issues of our part, so many a request. Raises Unavailable when a page comes again."""
        token, before = None, None
        while True:
            asked = self._asked(self._where("updated >= 0", order="id ASC"), size, token, fields="id")
            yield from (row["id"] for row in asked["issues"])
            token, before = asked.get("nextPageToken"), token
            if token is None:
                return
            if token == before:
                raise Unavailable(f"{SEARCH}: the search does not move on")

    def issue(self, key: str) -> Row | None:
        """One issue as it is now; None when it is not there, or not for us to see."""
        found = self.of_issue(key, "", {"fields": self._wanted()})
        return None if found is None else self._with_named(found)

    def of_issue(self, key: str, what: str, params: Mapping[str, str]) -> Row | None:
        """What stands below an issue, such as `/comment`; None when it is not there, or not for us to see."""
        path = f"rest/api/3/issue/{quote(key, safe='')}{what}"
        try:
            found = self.http.get_json(path, params)
        except NotThere:
            # So is answered, too, who is no longer logged in.
            self.myself()
            return None
        if not isinstance(found, dict):
            raise Unavailable(f"{path}: this is not the answer of a Jira site")
        return found

    def add_to_issue(self, key: str, what: str, content: Mapping[str, Any]) -> None:
        """Raises what `HttpClient.send_json` raises."""
        self.http.send_json("POST", f"rest/api/3/issue/{quote(key, safe='')}{what}", content, {})

    def _where(self, bound: str, *, order: str) -> str:
        return f"{' AND '.join([*self._jql, bound])} ORDER BY {order}"

    def _asked(self, jql: str, size: int, token: str | None, fields: str | None = None) -> Mapping[str, Any]:
        params = {"jql": jql, "maxResults": str(size), "fields": fields or self._wanted()}
        answer = self.http.get_json(SEARCH, params | ({"nextPageToken": token} if token else {}))
        if not isinstance(answer, dict) or not isinstance(answer.get("issues"), list):
            raise Unavailable(f"{SEARCH}: this is not the answer of a Jira site")
        return answer

    def _wanted(self) -> str:
        return ",".join(dict.fromkeys((*self._fields, "updated", *self._of_the_site().values())))

    def _with_named(self, row: Row) -> Row:
        fields = row.get("fields") or {}
        return {**row, "named": {name: fields.get(field) for name, field in self._of_the_site().items()}}

    def _of_the_site(self) -> Mapping[str, str]:
        """{our name: id of the field}; a field that the site does not have is left out."""
        if self._ids is None:
            listed = self.http.get_json("rest/api/3/field") if self._named else []
            ids = {str(field["name"]).casefold(): str(field["id"]) for field in listed}
            wanted = {name: ids.get(title.casefold()) for name, title in self._named.items()}
            self._ids = {name: field for name, field in wanted.items() if field}
        return self._ids
