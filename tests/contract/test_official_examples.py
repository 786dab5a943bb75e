"""The examples of the official files: those that are requests are sent to a real server, all others are read.

A request is answered with the status of the standard, by a body that fits both the official schema and ours. What an
official example gets wrong stands in a table with its reason, and an entry that is no longer needed fails.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest

from hub.api.schemas import CompiledSchema, compile_schema, errors_of, load_contract
from hub.shipped import openapi_dir
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.contract.official import Contract, Node
from tests.contract.test_official_v4 import OFFICIAL as OFFICIAL_V4
from tests.contract.test_official_v4 import SPECS, modern
from tests.contract.test_official_v5 import OFFICIAL as OFFICIAL_V5

pytestmark = pytest.mark.skipif(
    not (OFFICIAL_V5.is_file() and OFFICIAL_V4.is_file()),
    reason="the official TMF656 files are not beside the project",
)

V5, V4 = ContractClient.face, ContractClient.face.replace("v5", "v4")
GIVEN = ("41", "42", "43")
"""The reports that the examples of tasks name."""


class Sent(NamedTuple):
    """An official request; `answer` is the schema of what the standard answers with."""

    name: str
    face: str
    method: str
    path: str
    media_type: str
    body: Any
    status: int
    answer: CompiledSchema

    def __str__(self) -> str:
        return self.name


class Refused(NamedTuple):
    """Why an official request is refused, with which status, and what it takes to mend it."""

    status: int
    reason: str
    mended: Callable[[Any], Any]


def without_the_parent(body: Any) -> Any:
    return body | {
        "childProblem": [one for one in body["childProblem"] if one["id"] != body["parentProblem"]["id"]]
    }


OWN_CHILD = Refused(400, "the parent is among its own children", without_the_parent)

REFUSED = {
    "ProblemGroup_create_example": OWN_CHILD,
    "ProblemUngroup_create_example": OWN_CHILD,
    "TMF656.sample.ProblemGroup.example": OWN_CHILD,
    "TMF656.sample.ProblemUngroup.example": OWN_CHILD,
    "TMF656.sample.ServiceProblem.example": Refused(
        409,
        "shows a report that is resolved; a new one begins as acknowledged",
        lambda body: {name: value for name, value in body.items() if name != "status"},
    ),
}

SAMPLES = {
    "ServiceProblem.example": "/serviceProblem",
    "ProblemAcknowledgement.example.old": "/problemAcknowledgement",
    "ProblemUnacknowledgement.example.old": "/problemUnacknowledgement",
    "ProblemGroup.example": "/problemGroup",
    "ProblemUngroup.example": "/problemUngroup",
}
"""The sample files of v4 that are requests, by where they are sent."""


@cache
def official(face: str) -> Contract:
    """As published, but for `oneOf`: a party fits both of its alternatives, and nothing would be valid."""
    document = load_contract(OFFICIAL_V5) if face == V5 else modern(json.loads(OFFICIAL_V4.read_text("utf-8")))
    return Contract(json.loads(json.dumps(document).replace('"oneOf"', '"anyOf"')))


@cache
def ours(face: str) -> Contract:
    return Contract(load_contract(openapi_dir() / f"serviceProblem-{face[-2:]}.yaml"))


def compiled(contract: Contract, call: str, status: str) -> CompiledSchema:
    """The schema of an answer."""
    response = contract.resolved(contract.calls()[call]["responses"][status])
    schema = response["content"]["application/json"]["schema"] if "content" in response else response["schema"]
    return compile_schema(contract.document, schema)


def requests_of_v5() -> Iterator[Sent]:
    theirs = official(V5)
    for call, operation in theirs.calls().items():
        method, _, path = call.partition(" ")
        if "/listener/" in path:
            continue
        status = "201" if method == "POST" else "200"
        for media_type, content in theirs.resolved(operation.get("requestBody", {})).get("content", {}).items():
            for name, example in content.get("examples", {}).items():
                value = theirs.resolved(example)["value"]
                yield Sent(name, V5, method, path, media_type, value, int(status), compiled(theirs, call, status))


def requests_of_v4() -> Iterator[Sent]:
    for name, path in SAMPLES.items():
        body = json.loads((SPECS / f"TMF656.sample.{name}.json").read_text("utf-8"))
        answer = compiled(official(V4), f"POST {path}", "201")
        yield Sent(
            f"TMF656.sample.{name.removesuffix('.old')}", V4, "POST", path, "application/json", body, 201, answer
        )
    yield from requests_of_properties()


def requests_of_properties() -> Iterator[Sent]:
    """A new report and a change with each value that the schemas of v4 give as an example."""
    theirs = official(V4)
    smallest = {"category": "c", "priority": 5, "description": "d", "reason": "r", "originatorParty": {"id": "o"}}
    note = {name: value[0] for name, value in examples_in(theirs, "Note").items()}
    identifier = examples_in(theirs, "ExternalIdentifier")
    for schema, call, begin in (
        ("ServiceProblem_Create", "POST /serviceProblem", smallest),
        ("ServiceProblem_Update", "PATCH /serviceProblem/{id}", {}),
    ):
        method, _, path = call.partition(" ")
        status = "201" if method == "POST" else "200"
        values = [(name, one) for name, each in examples_in(theirs, schema).items() for one in each]
        for name, value in [*values, ("note", [note]), ("externalIdentifier", [identifier])]:
            yield Sent(
                f"{schema}.{name}={value if isinstance(value, str | int) else ''}",
                V4,
                method,
                path,
                "application/json",
                begin | {name: value},
                int(status),
                compiled(theirs, call, status),
            )


def examples_in(contract: Contract, schema: str) -> Node:
    properties: Node = contract.schemas[schema]["properties"]
    return {name: each["example"] for name, each in properties.items() if "example" in each}


def all_requests() -> list[Sent]:
    if not (OFFICIAL_V5.is_file() and OFFICIAL_V4.is_file()):
        return []
    return [*requests_of_v5(), *requests_of_v4()]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContractClient]:
    with Server(tmp_path_factory.mktemp("official")) as running:
        yield running.client


@pytest.fixture
def known(client: ContractClient) -> dict[str, dict[str, str]]:
    """A report for each that the examples name, as references to it at both faces."""
    create = next(one for one in requests_of_v5() if one.path == "/serviceProblem")
    isolated = {"name": "isIsolated", "value": True, "valueType": "boolean", "@type": "BooleanCharacteristic"}
    made = [client.create(create.body | {"characteristic": [isolated]}).json() for _ in GIVEN]
    return {number: {"id": one["id"], "href": one["href"]} for number, one in zip(GIVEN, made, strict=True)}


def about(value: Any, known: dict[str, dict[str, str]], face: str) -> Any:
    """The same about reports that there are."""
    if isinstance(value, list):
        return [about(each, known, face) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("id") in known and "/serviceProblem/" in value.get("href", ""):
        return value | known[value["id"]] | {"href": known[value["id"]]["href"].replace(V5, face)}
    return {name: about(each, known, face) for name, each in value.items()}


def send(client: ContractClient, sent: Sent, body: Any, known: dict[str, dict[str, str]]) -> Any:
    """The answer, which is one that our contract promises."""
    path = sent.face + sent.path.replace("{id}", known[GIVEN[0]]["id"])
    content = json.dumps(about(body, known, sent.face))
    return client.call(sent.method, path, data=content, headers={"Content-Type": sent.media_type})


@pytest.mark.parametrize("sent", all_requests(), ids=str)
def test_an_official_request_does_what_the_standard_says(
    client: ContractClient, known: dict[str, dict[str, str]], sent: Sent
) -> None:
    body = sent.body
    if sent.name in REFUSED:
        refused = send(client, sent, body, known)
        assert refused.status_code == REFUSED[sent.name].status, refused.text
        body = REFUSED[sent.name].mended(body)
    answer = send(client, sent, body, known)
    assert answer.status_code == sent.status, answer.text
    assert errors_of(sent.answer, answer.json()) == []


def test_the_requests_are_those_of_every_operation_that_writes() -> None:
    sent = {(one.face, f"{one.method} {one.path}") for one in all_requests()}
    writing = {f"POST /{path}" for path in ("serviceProblem", "problemGroup", "problemUngroup")}
    writing |= {"POST /problemAcknowledgement", "POST /problemUnacknowledgement", "PATCH /serviceProblem/{id}"}
    assert sent == {(face, call) for face in (V5, V4) for call in writing}
    assert REFUSED.keys() <= {one.name for one in all_requests()}


def test_every_media_type_of_a_patch_is_sent() -> None:
    sent = {one.media_type for one in all_requests() if one.method == "PATCH"}
    theirs = official(V5).resolved(official(V5).calls()["PATCH /serviceProblem/{id}"]["requestBody"])
    assert sent == set(theirs["content"])
