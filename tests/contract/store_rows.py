"""Rows for the tests of stores, told apart by a number."""

from dataclasses import replace
from typing import Any

from hub.model.event import Event, EventType, Record
from hub.model.problem import Problem, Status
from hub.model.subscription import Subscription
from tests.rooms import report


def problem(number: int, **parts: Any) -> Problem:
    dates = dict.fromkeys(
        ("creationDate", "lastUpdate", "statusChangeDate"), f"2026-03-01T12:00:{number % 60:02}.000Z"
    )
    document = report(status="acknowledged", **dates)
    return replace(Problem(id=f"p{number}", document=document, sequence=1), **parts)


def record(number: int, problem_id: str = "p1") -> Record:
    return Record(
        id=f"r{number}",
        problem_id=problem_id,
        event_type=EventType.STATE_CHANGE,
        event_time=1_000_000 * number,
        record_time=1_000_000 * number + 5,
        sequence=number,
        changes={"status": {"from": "held", "to": "resolved"}},
        from_status=Status.HELD,
        to_status=Status.RESOLVED,
        source="helpdesk",
        source_status="done",
        party="org-1",
        reason="fixed",
        irregular=True,
    )


def event(number: int, problem_id: str = "p1") -> Event:
    body = b'{"number": %d}' % number
    return Event(id=f"e{number}", type=EventType.CREATE, problem_id=problem_id, sequence=number, time=7, body=body)


def subscription(number: int, **parts: Any) -> Subscription:
    url = "https://noc.example.com/in"
    plain = Subscription(id=f"s{number}", callback=url, url=url, created=3, secret=b"sealed", query=None)
    return replace(plain, **parts)
