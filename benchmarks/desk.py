"""Fast local sources for the benchmark of intake: a file of made-up tickets with its mapping, and a made-up log."""

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from hub.intake.mapping import FieldMapping
from hub.intake.mapping_file import mapping_from
from hub.ports import Check, Page, Record

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
STATES = ("New", "In Progress", "On Hold", "Resolved", "Closed")
LOG_STATES = ("New", "Active", "Awaiting User Info", "Awaiting User Info", "Resolved", "Closed")
LOG_PRIORITIES = ("1 - Critical", "2 - High", "3 - Moderate", "4 - Low")
LOG_TIME = "%d/%m/%Y %H:%M"
LOG_COLUMNS = [
    "number",
    "incident_state",
    "opened_at",
    "sys_updated_at",
    "sys_mod_count",
    "caller_id",
    "opened_by",
    "sys_updated_by",
    "assignment_group",
    "location",
    "priority",
    "closed_code",
    "cmdb_ci",
]
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
    """Tells the tickets in a file, so many at a time: those behind the cursor or, if so wanted, all each time."""

    def __init__(self, lines: Path, *, page_size: int, from_the_beginning: bool = False) -> None:
        self._lines = lines
        self._page_size = page_size
        self._from_the_beginning = from_the_beginning

    def check(self) -> Check:
        return Check(identity="benchmark", clock_skew=0.0)

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        told = 0 if self._from_the_beginning else cursor.get("read", 0)
        with self._lines.open("rb") as file:
            lines = islice(file, told, None)
            while tickets := [orjson.loads(line) for line in islice(lines, self._page_size)]:
                told += len(tickets)
                yield Page(records=tuple(map(record, tickets)), cursor={"read": told})


def record(data: dict[str, Any]) -> Record:
    return Record(key=data["number"], updated=datetime.fromisoformat(data["changed"]), data=data)


def write_tickets(lines: Path, count: int) -> None:
    with lines.open("wb") as file:
        file.writelines(orjson.dumps(ticket(number), option=orjson.OPT_APPEND_NEWLINE) for number in range(count))


def ticket(number: int) -> dict[str, Any]:
    changed = BEGIN + timedelta(seconds=number)
    return {
        "number": f"INC{number:07}",
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


def write_log(rows: Path, count: int) -> None:
    """A log of incidents with the columns of ServiceNow, six rows of each on end: five changes of its status and one
    that says nothing new."""
    with rows.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(LOG_COLUMNS)
        for number in range(count):
            incident, step = divmod(number, len(LOG_STATES))
            opened = BEGIN + timedelta(minutes=incident)
            changed = opened + timedelta(hours=step * 3)
            texts = (f"INC{incident:07}", LOG_STATES[step], f"{opened:{LOG_TIME}}", f"{changed:{LOG_TIME}}", step)
            people = (f"Caller {incident % 5000}", f"Opened by {incident % 200}", f"Updated by {number % 800}")
            rest = (f"Group {number % 70}", f"Location {incident % 220}", LOG_PRIORITIES[incident % 4], "?", "?")
            writer.writerow((*texts, *people, *rest))
