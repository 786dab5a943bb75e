"""The envelope of an event, whole and valid for every type."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from hub.api.schemas import compile_schema, errors_of
from hub.model.event import PROBLEM_EVENTS, EventType
from hub.model.problem import Problem
from hub.problems.envelope import TITLES, WITH_FIELD_PATH, Letterhead, event_of
from tests.rooms import contract, report

LETTERHEAD = Letterhead(reporting_system="noc-hub", base_url="https://qos.example.com/v5")
DATE = "2026-03-01T12:00:00.000Z"


def problem(**parts: Any) -> Problem:
    dates = dict.fromkeys(("creationDate", "lastUpdate", "statusChangeDate"), DATE)
    document = report(status="pending", originatingSystem="x", affectedNumberOfServices=0, **dates)
    return Problem(id="p1", document=document | parts.pop("document", {}), **{"sequence": 4, **parts})


def envelope(kind: EventType, of: Problem, changed: Sequence[str] = ()) -> dict[str, Any]:
    event = event_of(
        kind,
        of,
        event_id="e1",
        event_time=1_500_000,
        record_time=2_250_000,
        letterhead=LETTERHEAD,
        changed=changed,
    )
    assert (event.id, event.type, event.problem_id, event.sequence, event.time) == ("e1", kind, "p1", 4, 2_250_000)
    body: dict[str, Any] = orjson.loads(event.body)
    return body


@pytest.mark.parametrize("kind", PROBLEM_EVENTS)
def test_an_event_fits_its_schema(kind: EventType) -> None:
    schema = compile_schema(contract(), {"$ref": f"#/components/schemas/{kind}"})
    assert errors_of(schema, envelope(kind, problem())) == []


@pytest.mark.parametrize("kind", PROBLEM_EVENTS)
def test_an_envelope_says_what_when_and_of_whom(kind: EventType) -> None:
    body = envelope(kind, problem())
    payload = body.pop("event")
    assert ("fieldPath" in body) is (kind in WITH_FIELD_PATH)
    body.pop("fieldPath", None)
    assert body == {
        "@type": kind.value,
        "eventId": "e1",
        "eventTime": "1970-01-01T00:00:01.500Z",
        "eventType": kind.value,
        "timeOccurred": "1970-01-01T00:00:01.500Z",
        "recordTime": "1970-01-01T00:00:02.250Z",
        "sequence": 4,
        "correlationId": "p1",
        "domain": "serviceProblemManagement",
        "title": TITLES[kind],
        "description": "Packet loss on the access ring",
        "priority": "2",
        "reportingSystem": {"@type": "EntityRef", "id": "noc-hub", "name": "qos-hub"},
    }
    href = "https://qos.example.com/v5/serviceProblem/p1"
    assert payload["serviceProblem"] == {"id": "p1", "href": href, **problem().document}


def test_only_a_request_for_information_says_what_is_wanted() -> None:
    wanting = [kind for kind in PROBLEM_EVENTS if "informationRequired" in envelope(kind, problem())["event"]]
    assert wanting == [EventType.INFORMATION_REQUIRED]


def test_an_event_names_the_attributes_that_it_is_about() -> None:
    changed = envelope(EventType.ATTRIBUTE_VALUE_CHANGE, problem(), ("priority", "note"))
    assert changed["fieldPath"] == "priority,note"
    asked = envelope(EventType.INFORMATION_REQUIRED, problem())
    assert asked["fieldPath"] == "affectedService,affectedResource,affectedLocation,note"


def test_a_report_with_a_name_is_described_by_it() -> None:
    assert envelope(EventType.CREATE, problem(document={"name": "ring"}))["description"] == "ring"


def test_a_report_of_a_trouble_system_names_it() -> None:
    assert "source" not in envelope(EventType.CREATE, problem())
    of_desk = problem(source="helpdesk", source_key="7")
    assert envelope(EventType.CREATE, of_desk)["source"] == {"@type": "EntityRef", "id": "helpdesk"}
