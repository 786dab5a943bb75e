"""What changed in a report, and which events the change deserves."""

import pytest

from hub.model.event import EventType
from hub.model.problem import Document
from hub.problems.changes import changed_attributes, events_of, information_required

CHANGES: list[tuple[Document, Document, Document]] = [
    ({"a": 1}, {"a": 1}, {}),
    ({"a": 1}, {"a": 2}, {"a": {"from": 1, "to": 2}}),
    ({}, {"a": 2}, {"a": {"from": None, "to": 2}}),
    ({"a": 1}, {}, {"a": {"from": 1, "to": None}}),
    ({"a": [1, 2]}, {"a": [2, 1]}, {"a": {"from": [1, 2], "to": [2, 1]}}),
    ({"a": {"b": 1}}, {"a": {"b": 2}}, {"a": {"from": {"b": 1}, "to": {"b": 2}}}),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {}),
    ({"lastUpdate": "x"}, {"lastUpdate": "y"}, {}),
    ({"creationDate": "x"}, {"creationDate": "y"}, {"creationDate": {"from": "x", "to": "y"}}),
    ({"statusChangeDate": "x"}, {"resolutionDate": "y"}, {}),
    (
        {"creationDate": "x", "statusChangeDate": "x"},
        {"creationDate": "y", "statusChangeDate": "y"},
        {name: {"from": "x", "to": "y"} for name in ("creationDate", "statusChangeDate")},
    ),
]


@pytest.mark.parametrize(("before", "after", "changes"), CHANGES)
def test_the_attributes_that_differ_are_told_with_both_values(
    before: Document, after: Document, changes: Document
) -> None:
    assert changed_attributes(before, after) == changes


def change(to: object) -> Document:
    return {"from": "x", "to": to}


def types_of(changes: Document) -> list[tuple[EventType, list[str]]]:
    return [(kind, list(part)) for kind, part in events_of(changes)]


STATE, ATTRIBUTE, ASKS = EventType.STATE_CHANGE, EventType.ATTRIBUTE_VALUE_CHANGE, EventType.INFORMATION_REQUIRED

DESERVED: list[tuple[Document, list[tuple[EventType, list[str]]]]] = [
    ({}, []),
    ({"status": change("held")}, [(STATE, ["status"])]),
    ({"name": change("n")}, [(ATTRIBUTE, ["name"])]),
    ({"statusChangeReason": change("r")}, [(ATTRIBUTE, ["statusChangeReason"])]),
    (
        {"statusChangeReason": change("r"), "status": change("held")},
        [(STATE, ["statusChangeReason", "status"])],
    ),
    ({"name": change("n"), "status": change("held")}, [(STATE, ["status"]), (ATTRIBUTE, ["name"])]),
    ({"status": change("pending")}, [(STATE, ["status"]), (ASKS, [])]),
    (
        {"status": change("pending"), "name": change("n")},
        [(STATE, ["status"]), (ATTRIBUTE, ["name"]), (ASKS, [])],
    ),
]


@pytest.mark.parametrize(("changes", "events"), DESERVED)
def test_a_change_deserves_its_events_in_order(
    changes: Document, events: list[tuple[EventType, list[str]]]
) -> None:
    assert types_of(changes) == events


ALL = ["/affectedService", "/affectedResource", "/affectedLocation", "/note"]


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        ({}, ALL),
        ({"affectedService": []}, ALL),
        ({"affectedLocation": [{"id": "1"}]}, ["/note"]),
        ({"affectedService": [{"id": "1"}], "affectedResource": []}, ["/note"]),
    ],
)
def test_a_pending_report_asks_for_what_it_lacks(document: Document, paths: list[str]) -> None:
    asked = information_required(document)
    assert [operation["path"] for operation in asked] == paths
    assert {operation["op"] for operation in asked} == {"add"}
