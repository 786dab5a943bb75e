"""A Zammad as far as its public documents go: an index that lags, counted pages, and a search without Elasticsearch."""

import re
from datetime import UTC, datetime
from typing import Any

from tests.fakes.vendor import Answer, Asked, Refused, Vendor

TOKEN = "reads-and-no-more"
CAP = 100
BOUND = re.compile(r"updated_at:\[(?P<least>\S+) TO \*\]")
ONE = re.compile(r"^id:(?P<id>\d+) AND ")


class Zammad(Vendor):
    """`lag` are ids that the index does not know yet; without `elasticsearch` a query is words to look for."""

    def __init__(self) -> None:
        super().__init__()
        self.tickets: dict[int, dict[str, Any]] = {}
        self.lag: set[int] = set()
        self.hidden: set[int] = set()
        self.elasticsearch = True
        self.ignores = False
        self._searches = 0

    def create(self, title: str, **fields: Any) -> int:
        key, stamp = len(self.tickets) + 1, self._text(self.tick())
        mandatory = {
            "id": key,
            "number": f"{22000 + key}",
            "title": title,
            "state": "new",
            "priority": "2 normal",
            "group": "NOC",
            "owner": "-",
            "customer": "field.ops@example.test",
            "organization": None,
            "created_at": stamp,
            "updated_at": stamp,
        }
        self.tickets[key] = mandatory | fields
        return key

    def change(self, key: int, **fields: Any) -> None:
        self.tickets[key] |= fields | {"updated_at": self._text(self.tick())}

    def put_on_one_stamp(self) -> None:
        for ticket in self.tickets.values():
            ticket["updated_at"] = self._text(self.now)

    def delete(self, key: int) -> None:
        del self.tickets[key]

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Token token={TOKEN}":
            raise Refused(Answer(status=401, body={"error": "Invalid BasicAuth credentials"}))
        match asked.path.removeprefix("/api/v1/").split("/"):
            case ["users", "me"]:
                return Answer(body={"id": 3, "login": "qos-hub@example.test", "active": True})
            case ["tickets", "search"]:
                return self._page(asked, self._found(asked))
            case ["tickets"]:
                return self._page(asked, sorted(self.tickets.values(), key=lambda one: str(one["id"])[::-1]))
            case ["tickets", key] if int(key) in self.hidden:
                raise Refused(Answer(status=403, body={"error": "Not authorized"}))
            case ["tickets", key] if int(key) in self.tickets:
                return Answer(body=self.tickets[int(key)])
        raise Refused(Answer(status=404, body={"error": "Couldn't find Ticket"}))

    def _found(self, asked: Asked) -> list[dict[str, Any]]:
        query = asked.params["query"]
        sort_by, order_by = asked.params["sort_by"].split(","), asked.params["order_by"].split(",")
        if not self.elasticsearch:
            return [one for one in self.tickets.values() if query in one["title"]]
        found = [one for key, one in self.tickets.items() if key not in self.lag]
        bound = BOUND.search(query)
        if bound and not self.ignores:
            least = datetime.fromisoformat(bound["least"])
            found = [one for one in found if datetime.fromisoformat(one["updated_at"]) >= least]
        if one_of := ONE.match(query):
            found = [one for one in found if one["id"] == int(one_of["id"])]
        if '(group.name:"NOC")' in query:
            found = [one for one in found if one["group"] == "NOC"]
        # The index gives what is equal in the sort as it likes, and otherwise each time.
        self._searches += 1
        found = found[:: -1 if self._searches % 2 else 1]
        names = [name for name, way in zip(sort_by, order_by, strict=False) if way == "asc"]
        return sorted(found, key=lambda one: [one[name] for name in names])

    def _page(self, asked: Asked, found: list[dict[str, Any]]) -> Answer:
        """Pages are cut, then what the groups of the user hide is taken out of them."""
        size = min(int(asked.params.get("per_page", 50)), CAP)
        first = (int(asked.params.get("page", 1)) - 1) * size
        return Answer(body=[one for one in found[first : first + size] if one["id"] not in self.hidden])

    def _text(self, stamp: datetime) -> str:
        return f"{stamp.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.250Z"
