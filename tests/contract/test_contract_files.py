"""The contract files: valid OpenAPI 3.0.3, every body with an example that validates, errors that the code has."""

import json
import pkgutil
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

import jsonschema_rs
import pytest
from connexion.spec import Specification

from hub.api.attributes import attributes_of
from hub.api.schemas import compile_schema, errors_of, load_contract
from hub.delivery.outcome import Outcome
from hub.errors import HubError
from hub.faces import EVENT_TYPES, V4
from hub.model.delivery import UNREGISTERED, DeliveryState
from hub.model.erasure import Stage
from hub.model.event import BY_NAME, EventType
from hub.model.job import ContentType, JobStatus, Mode
from hub.model.listed import ChangeKind
from hub.model.mail import MailOutcome
from hub.model.problem import Status
from hub.model.recovery import RecoveryKind
from hub.model.subscription import Order, SubscriptionState
from hub.model.task import TaskKind, TaskState
from hub.problems.tasks import RESULTS, UNCHANGED
from hub.query.event_paths import OF_NOTICES, OF_REPORTS, TASKS
from hub.shipped import openapi_dir
from hub.store.subscriptions import ENDED
from hub.subscriptions.coverage import Reason

FOLDER = openapi_dir()
FACE, FACE_V4 = "serviceProblem-v5.yaml", "serviceProblem-v4.yaml"
OPERATIONS, EVENTS = "operations-v1.yaml", "events.yaml"
SERVED = (FACE, FACE_V4, OPERATIONS)
CONTRACTS = {name: load_contract(FOLDER / name) for name in (*SERVED, EVENTS)}
METHODS = ("get", "post", "put", "patch", "delete")

REPORTS = {
    "listServiceProblem": "GET /serviceProblem",
    "createServiceProblem": "POST /serviceProblem",
    "createServiceProblems": "PATCH /serviceProblem",
    "retrieveServiceProblem": "GET /serviceProblem/{id}",
    "patchServiceProblem": "PATCH /serviceProblem/{id}",
    "deleteServiceProblem": "DELETE /serviceProblem/{id}",
    "listServiceProblemEventRecord": "GET /serviceProblemEventRecord",
    "retrieveServiceProblemEventRecord": "GET /serviceProblemEventRecord/{id}",
}
"""What both faces promise of reports and their history."""

PROMISED = {
    FACE: {
        **REPORTS,
        **{
            f"{call}{kind.type_name}": f"{method} /{kind}{rest}"
            for kind in TaskKind
            for call, method, rest in (("list", "GET", ""), ("create", "POST", ""), ("retrieve", "GET", "/{id}"))
        },
        "createHub": "POST /hub",
        "hubDelete": "DELETE /hub/{id}",
    },
    FACE_V4: {
        **REPORTS,
        **{f"create{kind.type_name}": f"POST /{kind}" for kind in TaskKind},
        **{f"retrieve{kind.type_name}": f"GET /{kind}/{{id}}" for kind in TaskKind},
        "registerListener": "POST /hub",
        "unregisterListener": "DELETE /hub/{id}",
    },
    OPERATIONS: {
        "getHealth": "GET /health",
        "listSubscription": "GET /subscriptions",
        "retrieveSubscription": "GET /subscriptions/{id}",
        "patchSubscription": "PATCH /subscriptions/{id}",
        "recoverSubscription": "POST /subscriptions/{id}/recover",
        "replaySubscription": "POST /subscriptions/{id}/replay",
        "listRecovery": "GET /recoveries",
        "retrieveRecovery": "GET /recoveries/{id}",
        "listCoverage": "GET /coverage",
        "listErasure": "GET /erasures",
        "createErasure": "POST /erasures",
        "retrieveErasure": "GET /erasures/{id}",
        "listNotificationList": "GET /lists",
        "retrieveNotificationList": "GET /lists/{name}",
        "retrieveSubscriptionSecret": "GET /subscriptions/{id}/secret",
        "rotateSubscriptionSecret": "POST /subscriptions/{id}/secret",
        "testSubscription": "POST /subscriptions/{id}/test",
        "listDelivery": "GET /deliveries",
        "retrieveDelivery": "GET /deliveries/{id}",
        "resendDelivery": "POST /deliveries/{id}/resend",
        "listSource": "GET /sources",
        "listWriteBack": "GET /writeBacks",
        "retrieveWriteBack": "GET /writeBacks/{id}",
        "resendWriteBack": "POST /writeBacks/{id}/resend",
        "wakeSource": "POST /sources/{name}/wake",
        "wakeSourceBySecret": "POST /sources/{name}/wake/{secret}",
        "listExportJob": "GET /exportJob",
        "createExportJob": "POST /exportJob",
        "retrieveExportJob": "GET /exportJob/{id}",
        "deleteExportJob": "DELETE /exportJob/{id}",
        "retrieveExportJobContent": "GET /exportJob/{id}/content",
        "listImportJob": "GET /importJob",
        "createImportJob": "POST /importJob",
        "retrieveImportJob": "GET /importJob/{id}",
        "deleteImportJob": "DELETE /importJob/{id}",
        "listConstraint": "GET /constraint",
        "retrieveConstraint": "GET /constraint/{id}",
        "reviewConstraint": "POST /constraint/{id}/review",
        "retrieveConstraintReview": "GET /constraintReview",
        "retrieveImportJobContent": "GET /importJob/{id}/content",
        "putImportJobContent": "PUT /importJob/{id}/content",
        "listImportJobError": "GET /importJob/{id}/errors",
        "listMetricDefinition": "GET /metricDefinition",
        "retrieveMetricDefinition": "GET /metricDefinition/{id}",
        "listReportDefinition": "GET /reportDefinition",
        "createReportDefinition": "POST /reportDefinition",
        "retrieveReportDefinition": "GET /reportDefinition/{id}",
        "deleteReportDefinition": "DELETE /reportDefinition/{id}",
        "previewReportDefinition": "GET /reportDefinition/{id}/preview",
        "listManagementReport": "GET /managementReport",
        "createManagementReport": "POST /managementReport",
        "retrieveManagementReport": "GET /managementReport/{id}",
        "deleteManagementReport": "DELETE /managementReport/{id}",
        "retrieveManagementReportContent": "GET /managementReport/{id}/content/{format}",
        "retrieveSharedManagementReport": "GET /managementReport/{id}/shared/{format}",
    },
    EVENTS: {f"{kind[0].lower()}{kind[1:]}": f"POST /listener/{kind[0].lower()}{kind[1:]}" for kind in EventType},
}


class Operation(NamedTuple):
    file: str
    call: str
    node: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.file}: {self.call}"


class Body(NamedTuple):
    """A body that the contract describes: where, and with which schema and examples."""

    file: str
    place: str
    node: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.file}: {self.place}"


def resolved(file: str, node: Any) -> tuple[str, Any]:
    """The node that a chain of references leads to, and the file that it stands in."""
    while isinstance(node, dict) and "$ref" in node:
        other, _, pointer = node["$ref"].partition("#/")
        file = other or file
        node = CONTRACTS[file]
        for step in pointer.split("/"):
            node = node[step]
    return file, node


def operations_of(file: str) -> Iterator[Operation]:
    for path, item in CONTRACTS[file]["paths"].items():
        for method in METHODS:
            if method in item:
                yield Operation(file, f"{method.upper()} {path}", item[method])


def bodies_of(operation: Operation) -> Iterator[Body]:
    """The request's body and the answers' bodies; those of the callbacks too."""
    parts = [("request", operation.node.get("requestBody")), *operation.node["responses"].items()]
    for name, part in parts:
        file, node = resolved(operation.file, part or {})
        for content in node.get("content", {}).values():
            yield Body(file, f"{operation.call} {name}", content)
    for event, callback in operation.node.get("callbacks", {}).items():
        for item in callback.values():
            yield from bodies_of(Operation(operation.file, f"callback {event}", item["post"]))


def example_values(body: Body) -> Iterator[tuple[str, Any]]:
    """(name, value) of the examples of a body; those in files are read."""
    for name, example in body.node.get("examples", {}).items():
        if "externalValue" in example:
            yield example["externalValue"], json.loads((FOLDER / example["externalValue"]).read_text("utf-8"))
        else:
            yield name, example["value"]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


ALL_OPERATIONS = [operation for file in CONTRACTS for operation in operations_of(file)]
SERVED_OPERATIONS = [operation for operation in ALL_OPERATIONS if operation.file in SERVED]
ALL_BODIES = [body for operation in ALL_OPERATIONS for body in bodies_of(operation)]


@pytest.mark.parametrize("file", CONTRACTS)
def test_a_contract_is_valid_openapi_3_0_3(file: str) -> None:
    published = pkgutil.get_data("connexion", "resources/schemas/v3.0/schema.json")
    assert published is not None
    validator = jsonschema_rs.Draft4Validator(json.loads(published))
    assert [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(CONTRACTS[file])] == []
    assert CONTRACTS[file]["openapi"] == "3.0.3"


@pytest.mark.parametrize("file", SERVED)
def test_connexion_accepts_a_served_contract(file: str) -> None:
    specification = Specification.from_dict(CONTRACTS[file])
    assert specification.base_path == CONTRACTS[file]["servers"][0]["url"]


@pytest.mark.parametrize("file", CONTRACTS)
def test_every_reference_leads_somewhere(file: str) -> None:
    for reference in set(references(CONTRACTS[file])):
        assert resolved(file, {"$ref": reference})[1], reference


@pytest.mark.parametrize("file", SERVED)
def test_a_served_contract_is_one_file(file: str) -> None:
    assert [reference for reference in references(CONTRACTS[file]) if not reference.startswith("#/")] == []


@pytest.mark.parametrize("file", CONTRACTS)
def test_every_component_is_used(file: str) -> None:
    used = {reference.rpartition("#")[2] for contract in CONTRACTS.values() for reference in references(contract)}
    spoken_of_only_in_prose = {"/components/schemas/ServiceProblemChange"}
    components = CONTRACTS[file]["components"]
    defined = {
        f"/components/{kind}/{name}"
        for kind in components
        if kind != "securitySchemes"
        for name in components[kind]
    }
    assert defined - used == (spoken_of_only_in_prose if file == FACE else set())


@pytest.mark.parametrize("file", CONTRACTS)
def test_the_operations_are_the_promised_ones(file: str) -> None:
    found = [(operation.node["operationId"], operation.call) for operation in operations_of(file)]
    assert len({name for name, _ in found}) == len(found)
    assert dict(found) == PROMISED[file]


PROVEN_OTHERWISE = {"wakeSource", "wakeSourceBySecret"}
"""What needs no key but a secret of another kind, takes any body, and is the same when it is asked for twice."""


@pytest.mark.parametrize("operation", SERVED_OPERATIONS, ids=str)
def test_an_operation_says_how_it_fails(operation: Operation) -> None:
    expected = {"405", "500", "503"}
    if operation.node["operationId"] in PROVEN_OTHERWISE:
        expected |= {"401"}
    elif operation.node["security"]:
        expected |= {"401", "403", "429"}
    else:
        assert not {"401", "403", "429"} & operation.node["responses"].keys()
    if "{id}" in operation.call:
        expected |= {"404"}
    if "requestBody" in operation.node:
        expected |= {"408", "413"}
    if "requestBody" in operation.node and operation.node["operationId"] not in PROVEN_OTHERWISE:
        expected |= {"400", "415"}
    responses = operation.node["responses"]
    assert expected <= responses.keys()
    for status in expected - ({"503"} if operation.node["operationId"] == "getHealth" else set()):
        _, response = resolved(operation.file, responses[status])
        assert response["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}


WITHOUT_TAG = {"getHealth"}
"""What says how things are at this moment."""

DONE_AGAIN = {"resendDelivery", "resendWriteBack", "testSubscription"}
"""What does the same when it is asked for twice."""


REGISTRATIONS = {"createHub", "registerListener"}
"""What makes something that cannot be read."""


def headers_of(operation: Operation) -> set[str]:
    """The names of the request headers that an operation promises to read."""
    parameters = [resolved(operation.file, node)[1] for node in operation.node.get("parameters", ())]
    return {parameter["name"] for parameter in parameters if parameter["in"] == "header"}


@pytest.mark.parametrize("operation", SERVED_OPERATIONS, ids=str)
def test_an_operation_says_on_which_conditions_it_is_done(operation: Operation) -> None:
    """Readings have a tag and 304, changes 412, and what does another thing each time is done once for each key."""
    method, responses, name = (
        operation.call.partition(" ")[0],
        operation.node["responses"],
        operation.node["operationId"],
    )
    if name in PROVEN_OTHERWISE:
        return
    if method == "GET" and name not in WITHOUT_TAG:
        assert "If-None-Match" in headers_of(operation)
        assert responses["304"]["headers"].keys() == {"ETag"}
        assert all("ETag" in responses[status]["headers"] for status in ("200", "206") if status in responses)
    if method != "GET" or name.endswith("JobContent"):
        assert headers_of(operation) >= {"If-Match", "If-None-Match"}
        assert "412" in responses
    if "201" in responses and name not in REGISTRATIONS:
        assert "ETag" in responses["201"]["headers"]
    if method in ("POST", "PATCH") and name not in DONE_AGAIN:
        assert "Idempotency-Key" in headers_of(operation)
        assert "422" in responses


@pytest.mark.parametrize("operation", ALL_OPERATIONS, ids=str)
def test_an_operation_is_described(operation: Operation) -> None:
    assert operation.node["summary"]
    assert operation.node["tags"]
    assert any(status.startswith("2") for status in operation.node["responses"])


@pytest.mark.parametrize("body", ALL_BODIES, ids=str)
def test_every_body_has_examples_that_validate(body: Body) -> None:
    file, schema = resolved(body.file, body.node["schema"])
    validator = compile_schema(CONTRACTS[file], schema)
    examples = list(example_values(body))
    assert examples
    for name, value in examples:
        assert errors_of(validator, value) == [], name


@pytest.mark.parametrize("file", CONTRACTS)
def test_no_contract_has_what_drafts_of_json_schema_read_differently(file: str) -> None:
    text = (FOLDER / file).read_text("utf-8")
    assert "exclusiveMinimum" not in text
    assert "exclusiveMaximum" not in text


def test_every_example_file_is_shown_by_a_contract() -> None:
    shown = {
        example["externalValue"]
        for body in ALL_BODIES
        for example in body.node["examples"].values()
        if "externalValue" in example
    }
    assert {f"examples/{path.name}" for path in (FOLDER / "examples").iterdir()} == shown


@pytest.mark.parametrize("name", ["list.response", "retrieve.response"])
def test_the_notification_of_a_record_is_a_change(name: str) -> None:
    """The contract says so in prose only, since the standard allows anything there."""
    content = json.loads((FOLDER / "examples" / f"serviceProblemEventRecord.{name}.json").read_text("utf-8"))
    validator = compile_schema(CONTRACTS[FACE], {"$ref": "#/components/schemas/ServiceProblemChange"})
    for record in content if isinstance(content, list) else [content]:
        assert errors_of(validator, record["notification"]) == []


def all_errors(kind: type[HubError]) -> list[type[HubError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in all_errors(child))]


@pytest.mark.parametrize("file", SERVED)
def test_the_errors_shown_are_errors_that_the_hub_has(file: str) -> None:
    ours = {(str(kind.status), kind.code, kind.reason) for kind in all_errors(HubError)}
    for response in CONTRACTS[file]["components"]["responses"].values():
        for example in response["content"]["application/json"]["examples"].values():
            error = example["value"]
            assert (error["status"], error["code"], error["reason"]) in ours


def enumeration(file: str, *steps: str) -> list[str | None]:
    node: Any = CONTRACTS[file]["components"]["schemas"]
    for step in steps:
        node = node[step]
    values: list[str | None] = node["enum"]
    return values


@pytest.mark.parametrize(
    ("words", "file", "steps"),
    [
        (Status, FACE, ("ServiceProblemStateType",)),
        (Status, FACE_V4, ("ServiceProblemStateType",)),
        (DeliveryState, OPERATIONS, ("DeliveryState",)),
        (Outcome, OPERATIONS, ("Outcome",)),
        (Order, OPERATIONS, ("SubscriptionView", "properties", "order")),
        (JobStatus, OPERATIONS, ("JobStateType",)),
        ((ContentType.NDJSON, ContentType.CSV), OPERATIONS, ("ContentType",)),
        (Mode, OPERATIONS, ("ImportMode",)),
        (SubscriptionState, OPERATIONS, ("SubscriptionPatch", "properties", "state")),
        (Order, OPERATIONS, ("SubscriptionPatch", "properties", "order")),
        (RecoveryKind, OPERATIONS, ("RecoveryKind",)),
        (Reason, OPERATIONS, ("CoverageReason",)),
        (Stage, OPERATIONS, ("ErasureStage",)),
        (MailOutcome, OPERATIONS, ("MailOutcome",)),
        (ChangeKind, OPERATIONS, ("ListChange", "properties", "kind")),
    ],
)
def test_the_words_of_the_contract_are_those_of_the_code(
    words: Iterable[StrEnum], file: str, steps: tuple[str, ...]
) -> None:
    assert set(enumeration(file, *steps)) == {word.value for word in words}


def test_a_registration_that_is_no_more_has_a_state_of_its_own() -> None:
    assert enumeration(OPERATIONS, "SubscriptionView", "properties", "state") == [*SubscriptionState, ENDED]


def test_the_last_outcome_has_the_words_of_an_outcome_or_says_why_there_was_none() -> None:
    last = enumeration(OPERATIONS, "LastOutcome")
    recorded = [word for word in enumeration(OPERATIONS, "Outcome") if word != Outcome.NO_RESOURCES]
    assert last == [*recorded, UNREGISTERED, None]


@pytest.mark.parametrize("kind", TaskKind)
def test_a_task_has_the_states_of_the_code(kind: TaskKind) -> None:
    _, own = CONTRACTS[FACE]["components"]["schemas"][kind.type_name]["allOf"]
    assert own["properties"]["state"]["enum"] == list(TaskState)


def test_a_task_brings_about_what_the_contract_says() -> None:
    assert enumeration(FACE, "ProblemOutcome", "properties", "result") == [*RESULTS.values(), UNCHANGED]


@pytest.mark.parametrize("kind", TaskKind)
def test_a_listener_can_ask_for_every_attribute_of_a_task(kind: TaskKind) -> None:
    assert TASKS[kind.payload] == attributes_of(CONTRACTS[FACE], kind.type_name).by_name.keys()


OF_THE_STANDARD = [kind for kind in EventType if kind not in BY_NAME]


@pytest.mark.parametrize("kind", OF_THE_STANDARD)
def test_every_event_has_a_schema_and_a_callback(kind: EventType) -> None:
    _, own = CONTRACTS[FACE]["components"]["schemas"][kind]["allOf"]
    assert own["properties"]["eventType"]["enum"] == [kind]
    callbacks = CONTRACTS[FACE]["paths"]["/hub"]["post"]["callbacks"]
    assert f"{kind[0].lower()}{kind[1:]}" in callbacks


@pytest.mark.parametrize("kind", sorted(BY_NAME))
def test_an_event_beyond_the_standard_has_a_schema_and_a_listener_can_ask_for_all_that_is_in_it(
    kind: EventType,
) -> None:
    schemas = CONTRACTS[EVENTS]["components"]["schemas"]
    own = schemas[kind]["allOf"][1]["properties"]
    assert own["eventType"]["enum"] == [kind]
    (name,) = own["event"]["required"]
    (_, schema) = resolved(EVENTS, own["event"]["properties"][name])
    assert {**OF_NOTICES, **OF_REPORTS}[name] == schema["properties"].keys()


@pytest.mark.parametrize("kind", EventType)
def test_every_event_that_v4_has_is_described_there(kind: EventType) -> None:
    callbacks = CONTRACTS[FACE_V4]["paths"]["/hub"]["post"]["callbacks"]
    assert (f"{kind[0].lower()}{kind[1:]}" in callbacks) is (kind in EVENT_TYPES[V4])
    assert (kind in CONTRACTS[FACE_V4]["components"]["schemas"]) is (kind in EVENT_TYPES[V4])


@pytest.mark.parametrize("name", ["Error", "Violation"])
def test_all_served_contracts_have_the_same_errors(name: str) -> None:
    first, *others = [CONTRACTS[file]["components"]["schemas"][name] for file in SERVED]
    assert all(other == first for other in others)


def test_every_contract_that_is_shipped_is_held_to_this() -> None:
    assert {path.name for path in FOLDER.glob("*.yaml")} == set(CONTRACTS)
