"""What recurs is in the order of the degraded minutes of the reports that its constraints explain."""

from collections.abc import Iterable, Iterator
from typing import Any

from hub.constraints.recurring import recurring
from hub.model.problem import Document
from hub.model.times import from_text, to_micros

UNTIL = to_micros(from_text("2026-03-02T12:00:00Z"))


def constraint(key: str, *members: str, first: str = "08:00", last: str = "08:10") -> Document:
    values = {
        "keyKind": "resource",
        "key": key,
        "firstReport": f"2026-03-02T{first}:00Z",
        "lastActive": f"2026-03-02T{last}:00Z",
    }
    return {
        "characteristic": [{"name": name, "value": value} for name, value in values.items()],
        "underlyingProblem": [{"id": one} for one in members],
    }


def member(customer: str, opened: str, resolved: str | None, *services: str, status: str = "") -> Document:
    party = {"role": "customer", "partyOrPartyRole": {"id": customer}}
    found: dict[str, Any] = {
        "status": status or ("closed" if resolved else "inProgress"),
        "creationDate": f"2026-03-02T{opened}:00Z",
        "relatedParty": [party],
        "affectedService": [{"id": one} for one in services],
    }
    return found | ({"resolutionDate": f"2026-03-02T{resolved}:00Z"} if resolved else {})


MEMBERS = {
    "a1": member("ACME", "08:00", "09:00", "tv"),
    "a2": member("ACME", "08:30", "09:30", "tv"),
    "b1": member("BETA", "08:30", "09:00", "tv"),
    "c1": member("ACME", "08:00", "08:10", "voice"),
    "open": member("ACME", "11:00", None, "tv"),
    "none": member("ACME", "07:00", "11:00", "tv", status="cancelled"),
    "again": member("BETA", "10:00", "10:30", "tv", status="inProgress"),
}


def read(ids: Iterable[str]) -> Iterator[tuple[str, Document]]:
    return ((one, MEMBERS[one]) for one in ids if one in MEMBERS)


def found(*constraints: Document) -> list[tuple[str, int, int, int]]:
    return [
        (one["key"], one["count"], one["degradedMinutes"], one["activeMinutes"])
        for one in recurring(constraints, read, until=UNTIL)
    ]


def test_what_overlaps_of_one_customer_and_service_counts_once() -> None:
    assert found(constraint("olt-1", "a1", "a2"), constraint("olt-1", "b1", "c1", "a1")) == [
        ("olt-1", 2, 90 + 30 + 10, 20)
    ]


def test_what_is_open_counts_until_the_end_and_what_was_no_report_not_at_all() -> None:
    assert found(constraint("olt-1", "open", "none"), constraint("olt-1", "deleted", "again")) == [
        ("olt-1", 2, 60 + 120, 20)
    ]


def test_the_longest_degraded_comes_first_however_long_the_constraints_lasted() -> None:
    long = [constraint("olt-long", "c1", last="11:00"), constraint("olt-long", last="11:00")]
    often = [constraint("olt-often", "c1"), constraint("olt-often"), constraint("olt-often")]
    once = [constraint("olt-once", "a1")]
    assert [key for key, *_ in found(*long, *often, *once, constraint("olt-1", "a1"), constraint("olt-1"))] == [
        "olt-1",
        "olt-often",
        "olt-long",
    ]
