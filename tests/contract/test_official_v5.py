"""Our v5 contract beside the official file: everything is there, and every difference has its reason."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hub.api.schemas import compile_schema, errors_of, load_contract
from hub.shipped import openapi_dir

OFFICIAL = (
    Path(__file__).resolve().parents[2] / "../shared/specs/TMF656-Service_Problem_Management-v5.0.0.oas.yaml"
).resolve()

pytestmark = pytest.mark.skipif(
    not OFFICIAL.is_file(), reason="the official TMF656 v5 file is not beside the project"
)

Node = dict[str, Any]

LENIENT = "a sub-resource may come without @type on input; the hub writes it"
ALWAYS = "the hub always gives it, so that a client may rely on it"

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
    "nullable Hub*.query": "a registration without a query is shown, and may be sent, with null",
    "oneOf *": "a party fits both alternatives of a reference, a place several: anyOf takes what oneOf refuses",
    # what is held more strictly
    "minimum ServiceProblem*.priority: 1": "the text of the standard: from 1 to 10",
    "maximum ServiceProblem*.priority: 10": "the text of the standard: from 1 to 10",
    "minimum ServiceProblem*.affectedNumberOfServices: 0": "a number of services is not negative",
    "minLength ServiceProblem_?VO.category: 1": "a mandatory text has to say something",
    "minLength ServiceProblem_?VO.description: 1": "a mandatory text has to say something",
    "minLength ServiceProblem_?VO.reason: 1": "a mandatory text has to say something",
    "minItems Problem*_FVO.*: 1": "a task that names nothing asks for nothing",
    "maxItems Problem*_FVO.*: 1000": "a task is one transaction, and others wait for it",
    "enum Problem*.state": "the states that the official text lists",
    "format Hub*.callback: uri": "events are posted there",
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
    "added *Event.sequence": "a listener sees whether an event of a report is missing or out of order",
    "added *Event.recordTime": "when the hub recorded it, beside when it happened",
    "added *Event.fieldPath": "which attributes an event is about, as in v4",
    "added Hub*.secret": "the key that signs what is sent",
    "added ServiceProblemEventRecord.@*": "every resource says its type",
    "added Problem*.outcome": "what a task did to each report that it names",
    "added Error.violation": "all that is wrong with a request, not only the first thing",
}


def reference_name(schema: Node) -> str | None:
    """The name of the schema that a property is, directly or as the only part of an allOf."""
    parts = [schema, *schema.get("allOf", ())]
    found = [part["$ref"] for part in parts if "$ref" in part]
    return str(found[0]).rpartition("/")[2] if len(found) == 1 else None


class Contract:
    """A contract with its schemas flattened: what allOf brings together is one list of properties."""

    def __init__(self, document: Node, *others: Node) -> None:
        self.document: Node = {"paths": {}, "components": {}}
        for each in (document, *others):
            self.document["paths"].update(each["paths"])
            for kind, named in each["components"].items():
                self.document["components"].setdefault(kind, {}).update(named)
        self.paths: Node = self.document["paths"]
        self.schemas: Node = self.document["components"]["schemas"]

    def resolved(self, node: Node) -> Node:
        while "$ref" in node:
            found: Any = self.document
            for step in node["$ref"].partition("#/")[2].split("/"):
                found = found[step]
            node = found
        return node

    def calls(self) -> dict[str, Node]:
        methods = ("get", "post", "put", "patch", "delete")
        return {f"{m.upper()} {path}": item[m] for path, item in self.paths.items() for m in methods if m in item}

    def parts(self, schema: Node) -> list[Node]:
        schema = self.resolved(schema)
        return [schema, *(part for each in schema.get("allOf", ()) for part in self.parts(each))]

    def properties(self, name: str) -> Node:
        """{property: schema}; the last part of an allOf, the most special one, speaks last."""
        return {
            key: each
            for part in self.parts(self.schemas[name])
            for key, each in part.get("properties", {}).items()
        }

    def required(self, name: str) -> set[str]:
        return {key for part in self.parts(self.schemas[name]) for key in part.get("required", ())}

    def reachable(self, node: Any, seen: set[str]) -> set[str]:
        """The schemas that a node leads to."""
        if isinstance(node, dict):
            target = node.get("$ref")
            if isinstance(target, str) and target not in seen:
                seen.add(target)
                self.reachable(self.resolved(node), seen)
            for key, value in node.items():
                if key not in ("discriminator", "examples"):
                    self.reachable(value, seen)
        elif isinstance(node, list):
            for value in node:
                self.reachable(value, seen)
        return {target.rpartition("/")[2] for target in seen if "/schemas/" in target}


def shape(schema: Node) -> str:
    """What a property is, in a word or two: a schema's name, a type, or a list of these."""
    name = reference_name(schema)
    if name:
        return name
    if schema.get("type") == "array":
        return f"[{shape(schema['items'])}]"
    return str(schema.get("type", "anything"))


LIMITS = ("format", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")


def path_differences(theirs: Contract, ours: Contract) -> Iterator[str]:
    for call, official in theirs.calls().items():
        own = ours.calls().get(call)
        if own is None:
            yield f"path {call}"
            continue
        for status in official["responses"].keys() - own["responses"].keys():
            yield f"response {call} {status}"
        yield from (f"media {call} {each}" for each in media_types(theirs, call) - media_types(ours, call))
        yield from (f"parameter {call} {each}" for each in parameters(theirs, call) - parameters(ours, call))


def media_types(contract: Contract, call: str) -> set[str]:
    request: Node = contract.resolved(contract.calls()[call].get("requestBody", {}))
    return set(request.get("content", ()))


def parameters(contract: Contract, call: str) -> set[str]:
    method, _, path = call.partition(" ")
    item = contract.paths[path]
    nodes = [*item.get("parameters", ()), *item[method.lower()].get("parameters", ())]
    return {contract.resolved(node)["name"] for node in nodes}


def schema_differences(theirs: Contract, ours: Contract, name: str) -> Iterator[str]:
    if name not in ours.schemas:
        yield f"schema {name}"
        return
    official, own = theirs.properties(name), ours.properties(name)
    yield from (f"property {name}.{key}" for key in official.keys() - own.keys())
    yield from (f"added {name}.{key}" for key in own.keys() - official.keys())
    yield from (f"required {name}.{key}" for key in theirs.required(name) - ours.required(name))
    yield from (f"stricter {name}.{key}" for key in ours.required(name) - theirs.required(name))
    for key in official.keys() & own.keys():
        yield from property_differences(f"{name}.{key}", official[key], own[key])
    whole, own_whole = theirs.schemas[name], ours.schemas[name]
    yield from property_differences(name, whole, own_whole)
    if "oneOf" in whole:
        branches = [{each["$ref"] for each in node} for node in (whole["oneOf"], own_whole.get("anyOf", ()))]
        yield f"oneOf {name}"
        yield from (f"alternative {name} {each}" for each in branches[0] ^ branches[1])


def property_differences(place: str, official: Node, own: Node) -> Iterator[str]:
    if "." in place and shape(official) != shape(own):
        yield f"shape {place}: {shape(official)}, not {shape(own)}"
    if set(official.get("enum", ())) != set(own.get("enum", ())):
        missing = set(official.get("enum", ())) - set(own.get("enum", ()))
        yield f"enum {place}" + (f" without {', '.join(sorted(missing))}" if missing else "")
    if official.get("nullable", False) != own.get("nullable", False):
        yield f"nullable {place}"
    for limit in LIMITS:
        if official.get(limit) != own.get(limit):
            yield f"{limit} {place}: {own.get(limit)}"


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
    unexplained = [each for each in differences() if not any(fnmatchcase(each, known) for known in patterns())]
    assert sorted(unexplained) == []


def test_every_reason_explains_a_difference() -> None:
    stale = [known for known in REASONS if not any(fnmatchcase(each, escaped(known)) for each in differences())]
    assert stale == []


def test_a_new_report_needs_what_the_standard_demands() -> None:
    theirs, ours = both()
    demanded = {"@type", "category", "description", "originatorParty", "priority", "reason"}
    assert ours.required("ServiceProblem_FVO") == theirs.required("ServiceProblem_FVO") == demanded


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


def escaped(pattern: str) -> str:
    """For fnmatch a bracket begins a set; here it is itself."""
    return pattern.replace("[", "[[]")


def patterns() -> list[str]:
    return [escaped(pattern) for pattern in REASONS]
