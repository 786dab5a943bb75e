"""A Redmine as the real one was seen to be: strangers get 200, fractions are hidden, some changes leave no stamp."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.vendor import NOTHING, Answer, Asked, Refused, Vendor
from tests.real.redmine import ADMIN, LOGINS, WRITER

VERSION = "5.0.4"
STATUSES = ("New", "In Progress", "Resolved", "Feedback", "Closed", "Rejected")
CLOSED = ("Closed", "Rejected")
PRIORITIES = ("Low", "Normal", "High", "Urgent", "Immediate")
TRACKERS = ("Bug", "Feature", "Support")
WORKFLOW = (("New", "In Progress"), ("In Progress", "Resolved"), ("Resolved", "Closed"))
"""What the role of the writer allows."""
SECOND = timedelta(seconds=1)
FRACTION = timedelta(milliseconds=250)
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
PARTS = ("journals", "relations", "allowed_statuses")

Issue = dict[str, Any]
"""As it is shown, but with instants for its times."""


class Redmine(Vendor):
    """Has the methods of `tests.real.redmine.Redmine`. `ignores` are fields whose filter is passed over."""

    def __init__(self) -> None:
        super().__init__()
        self.projects: dict[str, dict[str, Any]] = {}
        self.issues: dict[str, Issue] = {}
        self.ignores: set[str] = set()
        self._journals = 0
        self._relations = 0

    # What its people do

    def create_project(self, identifier: str, *keys: str, public: bool = False) -> int:
        number = len(self.projects) + 1
        about = {"id": number, "name": identifier, "identifier": identifier}
        self.projects[identifier] = {"shown": about, "members": set(keys), "public": public}
        return number

    def create_issue(self, project: str, subject: str, **fields: Any) -> str:
        key, now = str(len(self.issues) + 1), self.tick() + FRACTION
        self.issues[key] = {
            "id": int(key),
            "project": self._project_shown(project),
            "tracker": {"id": 3, "name": "Support"},
            "status": _status("New"),
            "priority": {"id": 2, "name": "Normal"},
            "author": {"id": 1, "name": "Redmine Admin"},
            "subject": subject,
            "description": None,
            "is_private": False,
            "custom_fields": [
                {"id": number, "name": name, "multiple": True, "value": []}
                for number, name in enumerate(("Service", "Location"), start=1)
            ],
            "created_on": now,
            "updated_on": now,
            "journals": [],
            "relations": [],
        }
        self._write(self.issues[key], fields)
        return key

    def change_issue(self, issue: str, *, status: str | None = None, **fields: Any) -> None:
        own = {"status_id": STATUSES.index(status) + 1} if status else {}
        self._update(self.issues[issue], own | fields, "Redmine Admin")

    def statuses(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(STATUSES, start=1)}

    def delete_issue(self, issue: str) -> None:
        self.issues[issue] = {}

    def relate(self, issue: str, to: str) -> None:
        self._relations += 1
        relation = {
            "id": self._relations,
            "issue_id": int(issue),
            "issue_to_id": int(to),
            "relation_type": "relates",
        }
        for end in (issue, to):
            self.issues[end]["relations"].append(relation)

    def rewrite_note(self, journal: int, text: str) -> None:
        for issue in self.issues.values():
            for one in issue.get("journals", ()):
                if one["id"] == journal:
                    one["notes"] = text

    def issue(self, issue: str, *parts: str) -> dict[str, Any]:
        return self._shown(self.issues[issue], parts, ADMIN)

    def set_times(self, stamps: Mapping[str, datetime]) -> None:
        for issue, stamp in stamps.items():
            self.issues[issue]["updated_on"] = stamp

    def set_made(self, issue: str, stamp: datetime) -> None:
        self.issues[issue]["created_on"] = stamp

    def set_journal_times(self, stamps: Mapping[int, datetime]) -> None:
        for issue in self.issues.values():
            for journal in issue.get("journals", ()):
                journal["created_on"] = stamps.get(journal["id"], journal["created_on"])

    # What it answers

    def answer(self, asked: Asked) -> Answer:
        key = asked.headers.get("x-redmine-api-key", "")
        match asked.method, asked.path.strip("/").removesuffix(".json").split("/"):
            case "GET", ["users", "current"]:
                if key not in LOGINS:
                    raise _refused(401)
                return Answer(body={"user": {"id": 5, "login": LOGINS[key], "admin": key == ADMIN}})
            case "GET", ["issue_statuses"]:
                return Answer(body={"issue_statuses": [_status(name) for name in STATUSES]})
            case "GET", ["trackers"]:
                rows = [{"id": number, "name": name} for number, name in enumerate(TRACKERS, start=1)]
                return Answer(body={"trackers": rows})
            case "GET", ["projects", identifier]:
                return Answer(body={"project": self._project(identifier, key)["shown"]})
            case "GET", ["issues"]:
                return self._list(asked, key)
            case method, ["issues", number]:
                return self._one(method, number, asked, key)
        raise _refused(404)

    def _one(self, method: str, number: str, asked: Asked, key: str) -> Answer:
        issue = self.issues.get(number)
        if not issue:
            raise _refused(404)
        if not self._sees(key, issue):
            raise _refused(403 if key in LOGINS else 401)
        if method == "GET":
            return Answer(body={"issue": self._shown(issue, asked.params.get("include", "").split(","), key)})
        if key not in (ADMIN, WRITER):
            raise _refused(403)
        self._update(issue, self._allowed(issue, asked.body["issue"], key), LOGINS[key])
        return Answer(status=204, body=NOTHING)

    def _allowed(self, issue: Issue, changes: Mapping[str, Any], key: str) -> dict[str, Any]:
        """A status that the workflow bars is left out, and no word is lost on it."""
        wanted = changes.get("status_id")
        barred = wanted is not None and wanted not in {one["id"] for one in _allowed(issue, key)}
        return {name: value for name, value in changes.items() if not (barred and name == "status_id")}

    def _update(self, issue: Issue, changes: Mapping[str, Any], user: str) -> None:
        changes = dict(changes)
        notes, private = changes.pop("notes", None), changes.pop("private_notes", False)
        now, before = self.tick() + FRACTION, issue["status"]
        self._write(issue, changes)
        issue["updated_on"] = now
        details = []
        if issue["status"] != before:
            ends = {"old_value": str(before["id"]), "new_value": str(issue["status"]["id"])}
            details = [{"property": "attr", "name": "status_id", **ends}]
        if notes or details:
            self._journals += 1
            about = {"id": self._journals, "user": {"id": 1, "name": user}, "notes": notes, "created_on": now}
            issue["journals"].append({**about, "private_notes": private, "details": details})

    def _write(self, issue: Issue, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            match name:
                case "status_id":
                    issue["status"] = _status(STATUSES[value - 1])
                case "priority_id" | "tracker_id":
                    names = PRIORITIES if name == "priority_id" else TRACKERS
                    issue[name.removesuffix("_id")] = {"id": value, "name": names[value - 1]}
                case "project_id":
                    issue["project"] = self._project_shown(value)
                case "custom_fields":
                    values = {one["id"]: one["value"] for one in value}
                    issue[name] = [one | {"value": values.get(one["id"], one["value"])} for one in issue[name]]
                case _:
                    issue[name] = value

    def _list(self, asked: Asked, key: str) -> Answer:
        found = [issue for issue in self.issues.values() if issue and self._sees(key, issue)]
        for field in asked.lists.get("f[]", []):
            fits = _filter(field, asked.params[f"op[{field}]"], asked.lists.get(f"v[{field}][]", []))
            found = found if field in self.ignores else [issue for issue in found if fits(issue)]
        by_stamp = asked.params["sort"] == "updated_on,id"
        found.sort(key=lambda issue: (issue["updated_on"], issue["id"]) if by_stamp else issue["id"])
        offset, limit = int(asked.params.get("offset", 0)), min(int(asked.params.get("limit", 25)), 100)
        page = [self._shown(issue, (), key) for issue in found[offset : offset + limit]]
        return Answer(body={"issues": page, "total_count": len(found), "offset": offset, "limit": limit})

    def _sees(self, key: str, issue: Issue) -> bool:
        project = self.projects[issue["project"]["name"]]
        return key == ADMIN or ((project["public"] or key in project["members"]) and not issue["is_private"])

    def _project(self, identifier: str, key: str) -> dict[str, Any]:
        project = self.projects.get(identifier)
        if project is None:
            raise _refused(404)
        if not (project["public"] or key == ADMIN or key in project["members"]):
            raise _refused(403 if key in LOGINS else 401)
        return project

    def _project_shown(self, identifier: str) -> dict[str, Any]:
        return {"id": self.projects[identifier]["shown"]["id"], "name": identifier}

    def _shown(self, issue: Issue, parts: Any, key: str) -> dict[str, Any]:
        shown = {name: value for name, value in issue.items() if name not in PARTS or name in parts}
        shown |= {name: _text(issue[name]) for name in ("created_on", "updated_on")}
        if "journals" in parts:
            seen = [one for one in issue["journals"] if key == ADMIN or not one["private_notes"]]
            shown["journals"] = [{**one, "created_on": _text(one["created_on"])} for one in seen]
        if "allowed_statuses" in parts:
            shown["allowed_statuses"] = _allowed(issue, key)
        return shown


def _filter(field: str, operator: str, values: list[str]) -> Callable[[Issue], bool]:
    """Raises Refused for a date in a form that Redmine does not read."""
    value = values[0] if values else ""
    match field, operator:
        case "status_id", "o":
            return lambda issue: not issue["status"]["is_closed"]
        case "updated_on", ">=":
            if not DATE.fullmatch(value):
                raise Refused(Answer(status=422, body={"errors": ["Updated is invalid"]}))
            least = datetime.fromisoformat(value) - SECOND
            return lambda issue: bool(issue["updated_on"] > least)
        case "issue_id", ">=":
            return lambda issue: bool(issue["id"] >= int(value))
        case "issue_id", "=":
            return lambda issue: issue["id"] == int(value)
        case (("project_id" | "tracker_id"), "="):
            return lambda issue: str(issue[field.removesuffix("_id")]["id"]) in values
    return lambda issue: True


def _allowed(issue: Issue, key: str) -> list[dict[str, Any]]:
    now = issue["status"]["name"]
    names = [new for new in STATUSES if key == ADMIN or (now, new) in WORKFLOW or new == now]
    return [_status(name) for name in names]


def _status(name: str) -> dict[str, Any]:
    return {"id": STATUSES.index(name) + 1, "name": name, "is_closed": name in CLOSED}


def _text(stamp: datetime) -> str:
    return stamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _refused(status: int) -> Refused:
    return Refused(Answer(status=status, body=NOTHING))
