"""A PagerDuty account as far as its public documents go: a log from its end, ten thousand at most, a month back."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.vendor import Answer, Asked, Refused, Vendor

KEY = "u+reads-and-no-more"
MONTH = timedelta(days=30)


class PagerDuty(Vendor):
    """`reach` is how many rows a question can reach; `ignores` makes the log forget `since`."""

    def __init__(self) -> None:
        super().__init__()
        self.incidents: dict[str, dict[str, Any]] = {}
        self.log: list[dict[str, Any]] = []
        self.hidden: set[str] = set()
        self.forbids = False
        self.reach = 10_000
        self.ignores = False

    def create(self, title: str, **fields: Any) -> str:
        number = len(self.incidents) + 1
        key, stamp = f"PT{number:05d}", self._text(self.tick())
        mandatory: dict[str, Any] = {
            "id": key,
            "type": "incident",
            "incident_number": number,
            "title": title,
            "status": "triggered",
            "urgency": "high",
            "priority": None,
            "created_at": stamp,
            "last_status_change_at": stamp,
            "service": {"id": "PSVC1", "type": "service_reference", "summary": "volte-north"},
            "assignments": [],
            "teams": [],
            "resolve_reason": None,
            "html_url": f"https://noc.pagerduty.example/incidents/{key}",
        }
        self.incidents[key] = mandatory | fields
        self.note(key, "trigger_log_entry", stamp)
        return key

    def change(self, key: str, status: str, **fields: Any) -> None:
        stamp = self._text(self.tick())
        self.incidents[key] |= {"status": status, "last_status_change_at": stamp, **fields}
        self.note(key, f"{status}_log_entry", stamp)

    def note(self, key: str, kind: str, stamp: str | None = None) -> None:
        entry = {"id": f"R{len(self.log):08d}", "type": kind, "created_at": stamp or self._text(self.tick())}
        self.log.append(entry | {"incident": {"id": key, "type": "incident_reference"}})

    def put_on_one_stamp(self) -> None:
        stamp = self._text(self.now)
        for row in (*self.log, *self.incidents.values()):
            row["created_at"] = stamp

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Token token={KEY}":
            raise Refused(Answer(status=401, body={"error": {"message": "Unauthorized", "code": 2006}}))
        match asked.path.strip("/").split("/"):
            case ["abilities"]:
                return Answer(body={"abilities": ["teams", "urgencies"]})
            case ["log_entries"]:
                return self._page(asked, "log_entries", self._entries(asked))
            case ["incidents"]:
                return self._page(asked, "incidents", self._listed(asked))
            case ["incidents", key] if key in self.incidents and key not in self.hidden:
                return Answer(body={"incident": self.incidents[key]})
            case ["incidents", key] if key in self.incidents and self.forbids:
                raise Refused(Answer(status=403, body={"error": {"message": "Access Denied", "code": 2010}}))
        raise Refused(Answer(status=404, body={"error": {"message": "Not Found", "code": 2100}}))

    def _entries(self, asked: Asked) -> list[dict[str, Any]]:
        since, until = asked.params["since"], asked.params["until"]
        found = [
            one for one in self.log if (one["created_at"] >= since or self.ignores) and one["created_at"] <= until
        ]
        return sorted(found, key=lambda one: (one["created_at"], one["id"]), reverse=True)

    def _listed(self, asked: Asked) -> list[dict[str, Any]]:
        """Those that began within a month, unless all dates are asked for."""
        found = [one for one in self.incidents.values() if one["status"] in asked.lists["statuses[]"]]
        if asked.params.get("date_range") != "all":
            oldest = self._text(datetime.now(UTC) - MONTH)
            found = [one for one in found if one["created_at"] >= oldest]
        return found

    def _page(self, asked: Asked, kind: str, found: list[dict[str, Any]]) -> Answer:
        offset, limit = int(asked.params.get("offset", 0)), min(int(asked.params.get("limit", 25)), 100)
        if offset + limit > self.reach:
            message = {"message": "Invalid Input Provided", "code": 2001, "errors": ["Offset is too large"]}
            raise Refused(Answer(status=400, body={"error": message}))
        page = found[offset : offset + limit]
        more = offset + limit < len(found)
        return Answer(body={kind: page, "offset": offset, "limit": limit, "more": more, "total": None})

    def _text(self, stamp: datetime) -> str:
        return f"{stamp:%Y-%m-%dT%H:%M:%S}Z"
