"""A fast local source for the benchmark of intake: tickets made as they are asked for, and their mapping."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.intake.mapping import FieldMapping
from hub.intake.mapping_file import mapping_from
from hub.ports import Check, Page, Record

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
STATES = ("New", "In Progress", "On Hold", "Resolved", "Closed")
MAPPING: dict[str, Any] = {
    "system": "desk",
    "fields": {
        "status": {
            "path": "state",
            "table": {
                "New": "acknowledged",
                "In Progress": "inProgress",
                "On Hold": "held",
                "Resolved": "resolved",
                "Closed": "closed",
            },
        },
        "statusChangeReason": {"path": "state"},
        "priority": {"path": "severity", "table": {"1": 1, "2": 3, "3": 5, "4": 8}, "default": 5},
        "name": {"path": "title", "default": "Untitled"},
        "description": {"path": "description || title", "default": "Untitled"},
        "reason": {"path": "cause.name", "default": "Unknown"},
        "category": {"value": "serviceProvider.declarer"},
        "originatingSystem": {"value": "desk"},
        "originatorParty": {
            "id": {"path": "opened_by.id", "default": "unknown"},
            "name": {"path": "opened_by.name"},
            "role": {"value": "originator"},
        },
        "relatedParty": [
            {"id": {"path": "customer.id"}, "name": {"path": "customer.name"}, "role": {"value": "customer"}}
        ],
        "affectedService": [{"each": "services", "item": {"id": {"path": "id"}, "name": {"path": "name"}}}],
        "affectedLocation": [{"id": {"path": "site"}, "role": {"value": "affected"}}],
        "externalIdentifier": [
            {"id": {"path": "number"}, "owner": {"value": "desk"}, "externalIdentifierType": {"value": "ticket"}}
        ],
        "troubleTicket": [{"id": {"path": "number"}, "href": {"path": "link"}}],
        "note": [{"each": "comments", "item": {"id": {"path": "id"}, "text": {"path": "text"}}}],
    },
    "times": {"event": {"path": "changed", "type": "iso"}, "start": {"path": "opened", "type": "iso"}},
}


def mapping() -> FieldMapping:
    return mapping_from(MAPPING, "benchmarks/desk.py")


class Desk:
    """`count` tickets in the order of their change, those behind the cursor or, if so wanted, all each time."""

    def __init__(self, count: int, *, page_size: int, from_the_beginning: bool = False) -> None:
        self.count = count
        self._page_size = page_size
        self._from_the_beginning = from_the_beginning

    def check(self) -> Check:
        return Check(identity="benchmark", clock_skew=0.0)

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        begin = 0 if self._from_the_beginning else cursor.get("read", 0)
        for start in range(begin, self.count, self._page_size):
            end = min(start + self._page_size, self.count)
            self.reached(start)
            yield Page(records=tuple(ticket(number) for number in range(start, end)), cursor={"read": end})

    def reached(self, number: int) -> None:
        """So many tickets have been told."""


def ticket(number: int) -> Record:
    changed = BEGIN + timedelta(seconds=number)
    key = f"INC{number:07}"
    data = {
        "number": key,
        "link": f"https://desk.example.test/incident/{number}",
        "title": f"Picture freezes in cell {number % 977}",
        "description": f"The mean opinion score fell below what was promised, seen {number % 13} times",
        "state": STATES[number % 5],
        "severity": str(1 + number % 4),
        "cause": {"id": number % 7, "name": f"cause {number % 7}"},
        "opened_by": {"id": f"agent-{number % 40}", "name": f"Agent {number % 40}"},
        "customer": {"id": f"customer-{number % 2000}", "name": f"Customer {number % 2000}"},
        "services": [{"id": f"iptv-{number % 500}", "name": f"IPTV {number % 500}"}],
        "site": f"site-{number % 300}",
        "comments": [{"id": f"{number}-1", "text": "The customer was called back"}],
        "opened": (changed - timedelta(hours=1)).isoformat(),
        "changed": changed.isoformat(),
    }
    return Record(key=key, updated=changed, data=data)
