"""A Jira Cloud site as far as its public documents go: JQL by the minute, page tokens, and quiet logins."""

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.vendor import Answer, Asked, Refused, Vendor

USER = ("qos-hub@example.test", "reads-and-no-more")
MINUTE = timedelta(minutes=1)
STATUSES = {
    "To Do": "new",
    "Open": "new",
    "In Progress": "indeterminate",
    "Waiting for customer": "indeterminate",
    "On Hold": "indeterminate",
    "Resolved": "done",
    "Closed": "done",
}
TRANSITIONS = {
    "11": ("Back to the start", "To Do"),
    "21": ("Start work", "In Progress"),
    "31": ("Ask the customer", "Waiting for customer"),
    "41": ("Put aside", "On Hold"),
    "51": ("Resolve", "Resolved"),
    "61": ("Close", "Closed"),
}
"""{id: (name, status it leads to)}; the name of a transition is another one than that of the status."""
WORKFLOW = {
    "To Do": ("21", "31", "41", "51"),
    "Open": ("21", "31", "41", "51"),
    "In Progress": ("11", "31", "41", "51"),
    "Waiting for customer": ("21", "51"),
    "On Hold": ("21", "51"),
    "Resolved": ("61", "21"),
    "Closed": (),
}
COMMENT_LIMIT = 32767
FIELDS = {
    "summary": "Summary",
    "updated": "Updated",
    "customfield_10010": "Request Type",
    "customfield_10002": "Organizations",
    "customfield_10051": "Affected services",
}
BOUND = re.compile(r"updated >= (?:(?P<epoch>\d+)|\"(?P<date>[^\"]+)\")")
PROJECTS = re.compile(r"project in \((?P<names>[^)]*)\)")
CLAUSE = re.compile(r'updated >= (\d+|"[^"]+")|project in \([^)]*\)|\(labels = noc\)')


class Jira(Vendor):
    """`zone` is by how much the zone of the account is ahead of UTC: a bare date in JQL is read in it.

    `lag` are ids of issues that the search does not know yet as they are. `ignores` makes the search forget `updated`,
    `sticks` where it is: the first page comes again and again, with the same token.
    `comments` are those of each issue as they came. `screens` says what the screen of a transition asks for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.issues: dict[str, dict[str, Any]] = {}
        self.zone = timedelta(hours=2)
        self.lag: set[str] = set()
        self.ignores = False
        self.sticks = False
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self.screens: dict[str, str] = {}
        self._next = 10_001
        self._tokens: dict[str, tuple[str, tuple[str, int]]] = {}

    def create(self, title: str, project: str = "NOC", **fields: Any) -> str:
        key, stamp = str(self._next), self._stamp()
        self._next += 1
        mandatory: dict[str, Any] = {
            "summary": title,
            "status": self._status("To Do"),
            "priority": {"id": "3", "name": "Medium"},
            "created": stamp,
            "updated": stamp,
            "resolution": None,
            "resolutiondate": None,
            "reporter": {"accountId": "5b10a2844c20165700ede21g", "displayName": "Field Ops"},
            "assignee": None,
            "components": [],
            "labels": [],
            "issuetype": {"name": "Incident"},
            "project": {"id": "10000", "key": project, "name": project},
        }
        url = f"{self.url}/rest/api/3/issue/{key}"
        self.issues[key] = {"id": key, "key": f"{project}-{key}", "self": url, "fields": mandatory | fields}
        return key

    def change(self, key: str, status: str | None = None, **fields: Any) -> None:
        held = self.issues[key]["fields"]
        held |= fields | {"updated": self._stamp()} | ({"status": self._status(status)} if status else {})

    def put_on_one_stamp(self) -> None:
        for issue in self.issues.values():
            issue["fields"]["updated"] = self._text(self.now)

    def delete(self, key: str) -> None:
        del self.issues[key]

    def answer(self, asked: Asked) -> Answer:
        known = "Basic " + base64.b64encode(":".join(USER).encode()).decode()
        ours = asked.headers.get("authorization") == known
        match asked.path.removeprefix("/rest/api/3/").split("/"):
            case ["myself"]:
                if not ours:
                    message = "Client must be authenticated to access this resource."
                    raise Refused(Answer(status=401, body={"message": message, "status-code": 401}))
                me = {"accountId": "712020:qos", "emailAddress": USER[0], "displayName": "QoS hub"}
                return Answer(body=me | {"timeZone": "Europe/Zurich"})
            case ["serverInfo"]:
                return Answer(body={"version": "1001.0.0-SNAPSHOT", "deploymentType": "Cloud"})
            case ["field"]:
                return Answer(body=[{"id": field, "name": name} for field, name in FIELDS.items()])
            case ["search", "jql"]:
                return self._search(asked, visible=ours)
            case ["issue", key, *rest]:
                found = self.issues.get(key) if ours else None
                if found is None:
                    message = "Issue does not exist or you do not have permission to see it."
                    raise Refused(Answer(status=404, body={"errorMessages": [message], "errors": {}}))
                return self._of_issue(found, asked, rest)
        raise Refused(Answer(status=404, body={"errorMessages": ["no such resource"]}))

    def _of_issue(self, issue: dict[str, Any], asked: Asked, what: list[str]) -> Answer:
        match asked.method, what:
            case "GET", []:
                return Answer(body=self._shown(issue, asked.params.get("fields", "*all")))
            case "GET", ["comment"]:
                return Answer(body=self._page_of_comments(issue["id"], asked))
            case "POST", ["comment"]:
                return Answer(status=201, body=self._add_comment(issue["id"], asked.body))
            case "GET", ["transitions"]:
                ids = WORKFLOW[issue["fields"]["status"]["name"]]
                return Answer(
                    body={"expand": "transitions", "transitions": [self._transition(one) for one in ids]}
                )
            case "POST", ["transitions"]:
                self._take(issue, asked.body)
                return Answer(status=204)
        raise Refused(Answer(status=405, body={"errorMessages": ["no such method"]}))

    def _page_of_comments(self, key: str, asked: Asked) -> dict[str, Any]:
        found = self.comments.get(key, [])
        if asked.params.get("orderBy") == "-created":
            found = found[::-1]
        start, size = int(asked.params.get("startAt", 0)), int(asked.params.get("maxResults", 50))
        page = found[start : start + size]
        return {"startAt": start, "maxResults": size, "total": len(found), "comments": page}

    def _add_comment(self, key: str, content: dict[str, Any]) -> dict[str, Any]:
        body = content.get("body")
        if not isinstance(body, dict) or body.get("type") != "doc" or body.get("version") != 1:
            raise self._bad("INVALID_INPUT", comment="Comment body is not valid!")
        texts = list(_texts_of(body))
        if not all(texts) or not texts:
            raise self._bad("INVALID_INPUT")
        if sum(map(len, texts)) > COMMENT_LIMIT:
            raise self._bad("", comment=f"The entered text is too long. It exceeds the limit of {COMMENT_LIMIT}.")
        made = {"id": str(len(self.comments.get(key, [])) + 1), "body": body, "created": self._stamp()}
        self.comments.setdefault(key, []).append(made | {"properties": content.get("properties", [])})
        self.issues[key]["fields"]["updated"] = made["created"]
        return made

    def _take(self, issue: dict[str, Any], content: dict[str, Any]) -> None:
        wanted = content["transition"]["id"]
        if wanted not in WORKFLOW[issue["fields"]["status"]["name"]]:
            raise self._bad(f"Action {wanted} is invalid for the issue's status.")
        fields = content.get("fields", {})
        needed = self.screens.get(wanted)
        if needed is not None and not fields.get(needed):
            raise self._bad("", **{needed: f"{needed.title()} is required."})
        self.change(issue["id"], TRANSITIONS[wanted][1], **fields)

    def _transition(self, number: str) -> dict[str, Any]:
        name, status = TRANSITIONS[number]
        return {"id": number, "name": name, "to": self._status(status), "hasScreen": number in self.screens}

    def _search(self, asked: Asked, *, visible: bool) -> Answer:
        """Whoever is not logged in sees what the public sees: here nothing, with 200."""
        jql = asked.params["jql"]
        size = min(int(asked.params.get("maxResults", 50)), 5000 if asked.params.get("fields") == "id" else 100)
        found = self._found(jql) if visible else []
        token = None if self.sticks else asked.params.get("nextPageToken")
        if token:
            of, last = self._tokens[token]
            if of != jql:
                raise self._bad("The provided next page token is invalid or expired.")
            found = [issue for issue in found if self._place(issue) > last]
        page, rest = found[:size], found[size:]
        shown = [self._shown(issue, asked.params.get("fields", "id")) for issue in page]
        body: dict[str, Any] = {"issues": shown, "isLast": not rest}
        if rest:
            token = "token" if self.sticks else f"token-{len(self._tokens)}"
            self._tokens[token] = (jql, self._place(page[-1]))
            body["nextPageToken"] = token
        return Answer(body=body)

    def _found(self, jql: str) -> list[dict[str, Any]]:
        condition, _, order = jql.partition(" ORDER BY ")
        if not condition:
            raise self._bad("Unbounded JQL queries are not allowed here. Please add a search restriction.")
        for clause in condition.split(" AND "):
            if not CLAUSE.fullmatch(clause):
                raise self._bad(f"Error in the JQL Query: {clause}")
        found = [issue for key, issue in self.issues.items() if key not in self.lag]
        if (bound := BOUND.search(condition)) and not self.ignores:
            least = self._least(**bound.groupdict())
            found = [issue for issue in found if self._of(issue) >= least]
        if projects := PROJECTS.search(condition):
            names = {name.strip().strip('"') for name in projects["names"].split(",")}
            if unknown := names - {"NOC", "FIELD"}:
                raise self._bad(f"The value '{min(unknown)}' does not exist for the field 'project'.")
            found = [issue for issue in found if issue["fields"]["project"]["key"] in names]
        if "labels = noc" in condition:
            found = [issue for issue in found if "noc" in issue["fields"]["labels"]]
        assert order in ("updated ASC, id ASC", "id ASC")
        return sorted(found, key=self._place if order.startswith("updated") else lambda issue: int(issue["id"]))

    def _least(self, epoch: str | None, date: str | None) -> datetime:
        """To the minute, whatever is asked for; a bare date in the account's own zone."""
        if epoch is not None:
            instant = datetime.fromtimestamp(int(epoch) / 1000, UTC)
            return instant.replace(second=0, microsecond=0)
        return datetime.strptime(str(date), "%Y-%m-%d %H:%M").replace(tzinfo=UTC) - self.zone

    def _place(self, issue: dict[str, Any]) -> tuple[str, int]:
        return self._of(issue).isoformat(), int(issue["id"])

    def _of(self, issue: dict[str, Any]) -> datetime:
        return datetime.fromisoformat(issue["fields"]["updated"]).astimezone(UTC)

    def _shown(self, issue: dict[str, Any], wanted: str) -> dict[str, Any]:
        if wanted == "id":
            return {"id": issue["id"]}
        names = wanted.split(",")
        fields = {name: value for name, value in issue["fields"].items() if wanted == "*all" or name in names}
        return {**issue, "fields": fields}

    def _status(self, name: str) -> dict[str, Any]:
        return {"name": name, "statusCategory": {"key": STATUSES[name], "name": STATUSES[name].title()}}

    def _stamp(self) -> str:
        return self._text(self.tick())

    def _text(self, instant: datetime) -> str:
        """As Jira shows it: in the zone of the account, with milliseconds."""
        local = instant + self.zone
        hours = int(self.zone.total_seconds() // 3600)
        return f"{local:%Y-%m-%dT%H:%M:%S}.000{hours:+03d}00"

    def _bad(self, message: str, **errors: str) -> Refused:
        messages = [message] if message else []
        return Refused(Answer(status=400, body={"errorMessages": messages, "errors": errors}))


def plain_text(body: dict[str, Any]) -> str:
    """The text of a comment as people see it: paragraphs apart, lines below each other."""
    paragraphs = [
        "".join("\n" if node["type"] == "hardBreak" else node["text"] for node in paragraph["content"])
        for paragraph in body["content"]
    ]
    return "\n\n".join(paragraphs)


def _texts_of(node: dict[str, Any]) -> Iterator[str]:
    if node.get("type") == "text":
        yield node["text"]
    for each in node.get("content", ()):
        yield from _texts_of(each)
