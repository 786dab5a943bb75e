"""Our v4 contract beside the official file: everything is there, and every difference has its reason."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hub.api.schemas import compile_schema, errors_of, load_contract
from hub.shipped import openapi_dir
from tests.contract.official import Contract, Node, path_differences, schema_differences, stale, unexplained

SPECS = (Path(__file__).resolve().parents[2] / "../shared/specs").resolve()
OFFICIAL = SPECS / "TMF656-ServiceProblem-v4.0.0.swagger.json"

pytestmark = pytest.mark.skipif(
    not OFFICIAL.is_file(), reason="the official TMF656 v4 file is not beside the project"
)

LENIENT = "clients leave it out, and the hub writes what it knows"
NULL = "null stands for what is absent"
ALWAYS = "the hub always gives it, so that a client may rely on it"
FORMAT = "an address may be relative, at the v5 face too"

REASONS = {
    # what is left out
    "path POST /listener/*": "the listener's side: the callbacks of POST /hub describe it",
    "response GET * 409": "reading changes nothing, so nothing can be in its way",
    "format *.@schemaLocation: uri-reference": FORMAT,
    "format *.href: uri-reference": FORMAT,
    "format Error.referenceError: None": "the same Error as at the v5 face",
    # what is read more leniently
    "shape ServiceProblem_*: *RelatedParty*, not *RelatedParty_Create*": LENIENT,
    "shape ServiceProblem_Update.*: RelatedParty, not RelatedParty_Update": "a merge patch says what changes only",
    "shape ServiceProblem_*: *RelatedEntity*, not *RelatedEntity_Create*": LENIENT,
    "nullable *": NULL,
    "shape Problem*_Create.*: *ServiceProblemRef*, not *NamedProblem_Create*": "its href is enough",
    # what is held more strictly
    "maxItems Problem*_Create.*: 1000": "the whole task is done in one transaction",
    "stricter Problem*": ALWAYS,
    "minimum ServiceProblem*.priority: 1": "the text of the standard: from 1 to 10",
    "maximum ServiceProblem*.priority: 10": "the text of the standard: from 1 to 10",
    "minimum ServiceProblem*.affectedNumberOfServices: 0": "a number of services is not negative",
    "minLength ServiceProblem_*: 1": "a mandatory text has to say something",
    "format EventSubscription*.callback: uri": "events are posted there",
    "enum *Event.eventType": "an event has the type of its schema",
    "enum Error.@type": "an error has no other type",
    "stricter Error.@type": "the same Error as at the v5 face",
    "stricter ServiceProblem.*": ALWAYS,
    "stricter ServiceProblemEventRecord.*": ALWAYS,
    "stricter *Event.*": ALWAYS,
    "stricter *EventPayload.*": ALWAYS,
    # what is added
    "added Problem*.outcome": "what the task did to each problem",
    "added TrackingRecord.actor*": "who really did it, whatever the client says",
    "added TrackingRecord.task": "what makes a record an acknowledgement",
    "added *Event.sequence": "a listener sees whether an event of a report is missing or out of order",
    "added *Event.recordTime": "when the hub recorded it, beside when it happened",
    "added EventSubscription*.delivery": "how a listener is told: authentication, TLS, signatures",
    "added EventSubscription*.secret": "the key that signs what is sent",
    "added EventSubscriptionInput.delivery": "how this listener is told, where that differs from the settings",
    "added Error.violation": "all that is wrong with a request, not only the first thing",
}


def modern(swagger: Node) -> Node:
    """A Swagger 2.0 document in the form of OpenAPI 3, as far as it is compared."""
    text = json.dumps(swagger).replace("#/definitions/", "#/components/schemas/")
    document: Node = json.loads(text)
    for item in document["paths"].values():
        for operation in item.values():
            _modernise(operation)
    document["components"] = {"schemas": document.pop("definitions")}
    return document


def _modernise(operation: Node) -> None:
    parameters: list[Node] = operation.pop("parameters", [])
    operation["parameters"] = [each for each in parameters if each["in"] != "body"]
    for each in parameters:
        if each["in"] == "body":
            operation["requestBody"] = {"content": {"application/json": {"schema": each["schema"]}}}


@cache
def both() -> tuple[Contract, Contract]:
    theirs = modern(json.loads(OFFICIAL.read_text("utf-8")))
    return Contract(theirs), Contract(load_contract(openapi_dir() / "serviceProblem-v4.yaml"))


@cache
def differences() -> frozenset[str]:
    theirs, ours = both()
    found = set(path_differences(theirs, ours))
    listeners = [node for call, node in theirs.calls().items() if "/listener/" in call]
    served = [node for call, node in theirs.calls().items() if call in ours.calls()]
    for name in theirs.reachable([*served, *listeners], set()):
        found |= set(schema_differences(theirs, ours, name))
    return frozenset(found)


def test_every_difference_has_its_reason() -> None:
    assert unexplained(differences(), REASONS) == []


def test_every_reason_explains_a_difference() -> None:
    assert stale(differences(), REASONS) == []


def test_the_comparison_reaches_what_matters() -> None:
    theirs, ours = both()
    assert {"listServiceProblem", "registerListener"} <= {each["operationId"] for each in ours.calls().values()}
    added = {f"GET /problem{kind}/{{id}}" for kind in ("Acknowledgement", "Unacknowledgement", "Group", "Ungroup")}
    several = {"PATCH /serviceProblem"}
    assert ours.calls().keys() - theirs.calls().keys() == added | several, "where the Location of a task leads"
    for call in ours.calls().keys() - added - several:
        assert theirs.calls()[call]["operationId"] == ours.calls()[call]["operationId"]
    assert len(theirs.properties("ServiceProblem")) > 40
    assert ours.required("ServiceProblem_Create") == theirs.required("ServiceProblem_Create")


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        ("TMF656.sample.ServiceProblem.example.json", "ServiceProblem_Create"),
        ("TMF656.sample.ServiceProblem.example.json", "ServiceProblem_Update"),
        ("TMF656.sample.ServiceProblem.example.json", "ServiceProblem"),
        ("TMF656.sample.ServiceProblemEventRecord.example.json", "ServiceProblemEventRecord"),
    ],
)
def test_the_official_samples_fit(file: str, schema: str) -> None:
    _, ours = both()
    sample: Any = json.loads((SPECS / file).read_text("utf-8"))
    validator = compile_schema(ours.document, {"$ref": f"#/components/schemas/{schema}"})
    for each in sample if isinstance(sample, list) else [sample]:
        assert errors_of(validator, each) == []


def test_what_is_written_at_v4_fits_the_official_file() -> None:
    theirs, _ = both()
    examples = openapi_dir() / "examples"
    shown = {
        "v4.serviceProblem.retrieve.response.json": "ServiceProblem",
        "v4.serviceProblemEventRecord.retrieve.response.json": "ServiceProblemEventRecord",
        "v4.hub.register.response.json": "EventSubscription",
        "v4.event.serviceProblemCreateEvent.json": "ServiceProblemCreateEvent",
        "v4.event.serviceProblemInformationRequiredEvent.json": "ServiceProblemInformationRequiredEvent",
    }
    for file, schema in shown.items():
        validator = compile_schema(theirs.document, {"$ref": f"#/components/schemas/{schema}"})
        assert errors_of(validator, json.loads((examples / file).read_text("utf-8"))) == []
