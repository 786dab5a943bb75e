"""Our v5 contract beside the official file: everything is there, and every difference has its reason."""

from functools import cache
from pathlib import Path

import pytest

from hub.api.schemas import compile_schema, errors_of, load_contract
from hub.shipped import openapi_dir
from tests.contract.official import Contract, path_differences, schema_differences, stale, unexplained

OFFICIAL = (
    Path(__file__).resolve().parents[2] / "../shared/specs/TMF656-Service_Problem_Management-v5.0.0.oas.yaml"
).resolve()

pytestmark = pytest.mark.skipif(
    not OFFICIAL.is_file(), reason="the official TMF656 v5 file is not beside the project"
)

LENIENT = "a sub-resource may come without @type on input; the hub writes it"
ALWAYS = "the hub always gives it, so that a client may rely on it"

EITHER = "version 4 does not demand it, and both versions serve the same report"

REASONS = {
    # what is left out
    "response POST /problem* 200": "a task is kept, so it is created: 201",
    "response * 202": "the hub answers when the work is done",
    "response * /hub* default": "each failure is listed with its own code",
    # what is read more leniently
    "required *_FVO.@type": LENIENT,
    "required *_MVO.@type": LENIENT,
    "shape *_MVO.*: EntityRef, not EntityRef_FVO": LENIENT,
    "shape Problem*_FVO.*: *ServiceProblemRef_FVO*, not *NamedProblem_FVO*": "a task may name a report by its href",
    "* Any.@*": "a record's notification is what another system said: any JSON, not only what has a type",
    "nullable *_MVO.*": "null removes an attribute in a merge patch",
    "nullable *_FVO.*": "null stands for what is absent",
    "required Related*_FVO.role": EITHER,
    "required CharacteristicRelationship_FVO.*": EITHER,
    "nullable Hub_FVO.query": "a registration without a query may be sent with null",
    "oneOf *": "a party fits both alternatives of a reference, a place several: anyOf takes what oneOf refuses",
    # what is held more strictly
    "minimum ServiceProblem*.priority: 1": "the text of the standard: from 1 to 10",
    "maximum ServiceProblem*.priority: 10": "the text of the standard: from 1 to 10",
    "minimum ServiceProblem*.affectedNumberOfServices: 0": "a number of services is not negative",
    "minLength ServiceProblem_?VO.category: 1": "a mandatory text has to say something",
    "minLength ServiceProblem_?VO.description: 1": "a mandatory text has to say something",
    "minLength ServiceProblem_?VO.reason: 1": "a mandatory text has to say something",
    "maximum ServiceProblem_?VO.affectedNumberOfServices: *": "what every reader of JSON can count exactly",
    "minLength *VO.@type: 1": "an empty name names no type",
    "minItems Problem*_FVO.*: 1": "a task that names nothing asks for nothing",
    "maxItems Problem*_FVO.*: 1000": "a task is one transaction, and others wait for it",
    "enum Problem*.state": "the states that the official text lists",
    "format Hub*.callback: uri": "events are posted there",
    "format *.@schemaLocation: uri-reference": "text that is no address leads to no schema",
    "format *.href: uri-reference": "text that is no address leads nowhere",
    "enum *Event.eventType": "an event has the type of its schema",
    "enum Error.@type": "an error has no other type",
    "stricter ServiceProblem.id": ALWAYS,
    "stricter ServiceProblem.href": ALWAYS,
    "stricter ServiceProblemEventRecord.*": ALWAYS,
    "stricter Problem*.id": ALWAYS,
    "stricter Problem*.href": ALWAYS,
    "stricter Hub.id": ALWAYS,
    "stricter Hub.href": ALWAYS,
    "stricter *Event.*": ALWAYS,
    "stricter *EventPayload.*": ALWAYS,
    # what is added
    "added Characteristic*.value": "the official schema has a characteristic without a value",
    "added TrackingRecord.actor*": "who really did it, whatever the client says",
    "added TrackingRecord.task": "what makes a record an acknowledgement",
    "added *Event.sequence": "a listener sees whether an event of a report is missing or out of order",
    "added *Event.recordTime": "when the hub recorded it, beside when it happened",
    "added *Event.fieldPath": "which attributes an event is about, as in v4",
    "added Hub*.delivery": "how a listener is told: authentication, TLS, signatures",
    "added Hub*.secret": "the key that signs what is sent",
    "added Hub_FVO.delivery": "how this listener is told, where that differs from the settings",
    "added ServiceProblemEventRecord.@*": "every resource says its type",
    "added Problem*.outcome": "what a task did to each report that it names",
    "added Error.violation": "all that is wrong with a request, not only the first thing",
}


@cache
def both() -> tuple[Contract, Contract]:
    face = load_contract(openapi_dir() / "serviceProblem-v5.yaml")
    return Contract(load_contract(OFFICIAL)), Contract(face, load_contract(openapi_dir() / "events.yaml"))


@cache
def differences() -> frozenset[str]:
    theirs, ours = both()
    found = set(path_differences(theirs, ours))
    served = {call: node for call, node in theirs.calls().items() if call in ours.calls()}
    for name in theirs.reachable(served, set()):
        found |= set(schema_differences(theirs, ours, name))
    return frozenset(found)


def test_the_comparison_reaches_what_matters() -> None:
    theirs, ours = both()
    served = [node for call, node in theirs.calls().items() if call in ours.calls()]
    names = theirs.reachable(served, set())
    assert {"ServiceProblem", "ServiceProblem_FVO", "ServiceProblem_MVO", "Hub_FVO", "JsonPatch", "Error"} <= names
    assert len(theirs.properties("ServiceProblem")) > 40


def test_every_difference_has_its_reason() -> None:
    assert unexplained(differences(), REASONS) == []


def test_every_reason_explains_a_difference() -> None:
    assert stale(differences(), REASONS) == []


def test_a_new_report_needs_what_the_standard_demands() -> None:
    theirs, ours = both()
    demanded = {"category", "description", "originatorParty", "priority", "reason"}
    assert ours.required("ServiceProblem_FVO") == demanded
    assert theirs.required("ServiceProblem_FVO") == demanded | {"@type"}


def test_a_property_that_is_lost_would_be_seen() -> None:
    theirs, _ = both()
    ours = Contract(load_contract(openapi_dir() / "serviceProblem-v5.yaml"))
    del ours.schemas["ServiceProblem"]["allOf"][1]["properties"]["slaViolation"]
    ours.schemas["ServiceProblemStateType"]["enum"].remove("held")
    assert "property ServiceProblem.slaViolation" in set(schema_differences(theirs, ours, "ServiceProblem"))
    found = set(schema_differences(theirs, ours, "ServiceProblemStateType"))
    assert found == {"enum ServiceProblemStateType without held"}


@pytest.mark.parametrize(
    ("example", "schema"),
    [
        ("ServiceProblem_create_example_request", "ServiceProblem_FVO"),
        ("ServiceProblem_partialupdate_example_01_request", "ServiceProblem_MVO"),
        ("ServiceProblem_partialupdate_example_02_request", "ServiceProblem_MVO"),
    ],
)
def test_the_official_requests_are_accepted(example: str, schema: str) -> None:
    theirs, ours = both()
    value = theirs.document["components"]["examples"][example]["value"]
    validator = compile_schema(ours.document, {"$ref": f"#/components/schemas/{schema}"})
    assert errors_of(validator, value) == []
