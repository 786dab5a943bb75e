"""Changing reports over HTTP: patches of every kind, alone and at once."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.rooms import report

FACE = ContractClient.face
JSON_PATCH, JSON_PATCH_QUERY = "application/json-patch+json", "application/json-patch-query+json"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("writing")) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> ContractClient:
    return server.client


@pytest.fixture
def problem(client: ContractClient) -> dict[str, Any]:
    made: dict[str, Any] = client.create(
        report(
            name="ring",
            characteristic=[{"name": "isIsolated", "value": True}, {"name": "ring", "value": 7}],
        )
    ).json()
    return made


def path_of(problem: dict[str, Any]) -> str:
    return f"{FACE}/serviceProblem/{problem['id']}"


def patch(
    client: ContractClient, problem: dict[str, Any], body: Any, media_type: str = JSON_PATCH
) -> requests.Response:
    headers = {"Content-Type": media_type}
    return client.call("PATCH", path_of(problem), data=json.dumps(body), headers=headers)


def violations(refused: requests.Response) -> dict[str, str]:
    return {one["field"]: one["message"] for one in refused.json()["violation"]}


def note(text: str) -> dict[str, Any]:
    return {"op": "add", "path": "/note/-", "value": {"author": "desk", "text": text}}


# -- JSON Patch


def test_the_operations_of_a_json_patch_are_done(client: ContractClient, problem: dict[str, Any]) -> None:
    changed = patch(
        client,
        problem,
        [
            {"op": "test", "path": "/status", "value": "acknowledged"},
            {"op": "replace", "path": "/priority", "value": 1},
            {"op": "copy", "from": "/description", "path": "/name"},
            {"op": "remove", "path": "/characteristic/0"},
            note("first"),
        ],
    )
    assert changed.status_code == 200
    kept = changed.json()
    assert (kept["priority"], kept["name"]) == (1, kept["description"])
    assert [one["name"] for one in kept["characteristic"]] == ["ring"]
    assert kept["note"] == [{"@type": "Note", "author": "desk", "text": "first"}]
    assert client.get(path_of(problem)).json() == kept


@pytest.mark.parametrize("media_type", [JSON_PATCH, JSON_PATCH_QUERY])
def test_one_operation_may_come_without_its_list(
    client: ContractClient, problem: dict[str, Any], media_type: str
) -> None:
    changed = patch(client, problem, {"op": "remove", "path": "/name"}, media_type)
    assert changed.status_code == 200
    assert "name" not in changed.json()


def test_a_patch_is_done_whole_or_not_at_all(client: ContractClient, problem: dict[str, Any]) -> None:
    steps = [
        {"op": "replace", "path": "/priority", "value": 1},
        {"op": "test", "path": "/status", "value": "resolved"},
    ]
    refused = patch(client, problem, steps)
    assert (refused.status_code, refused.json()["code"]) == (409, "patchConflict")
    assert violations(refused) == {"[1].value": "/status has another value"}
    assert client.get(path_of(problem)).json() == problem


REFUSED = [
    ([{"op": "remove", "path": "/note/3"}], 409, "[0].path"),
    ([{"op": "remove", "path": "note"}], 400, "[0].path"),
    ([{"op": "add", "path": "/name"}], 400, "[0].value"),
    ([{"op": "grow", "path": "/name"}], 400, "[0].op"),
    ([{"op": "remove"}], 400, "[0].path"),
    ([{"op": "remove", "path": 7}], 400, "[0].path"),
    ([{"op": "replace", "path": "/priority", "value": 11}], 400, "priority"),
    ([{"op": "replace", "path": "/priority", "value": "urgent"}], 400, "priority"),
    ([{"op": "remove", "path": "/category"}], 400, "category"),
    ([{"op": "remove", "path": "/status"}], 400, "status"),
    ([{"op": "replace", "path": "/status", "value": "closed"}], 409, "status"),
    ([{"op": "replace", "path": "/status", "value": "strange"}], 400, "status"),
    ([{"op": "add", "path": "/note/-", "value": "text"}], 400, "note[0]"),
    ([{"op": "replace", "path": "/id", "value": "another"}], 400, "id"),
    ([{"op": "remove", "path": "/href"}], 400, "href"),
    ([{"op": "add", "path": "/firstAlert", "value": {"role": "x", "entity": {"id": "1"}}}], 400, "firstAlert"),
    ([{"op": "remove", "path": "/originatingSystem"}], 400, "originatingSystem"),
    ([{"op": "add", "path": "/trackingRecord", "value": []}], 400, "trackingRecord"),
    ([{"op": "replace", "path": "", "value": []}], 400, ""),
    ("text", 400, ""),
]


@pytest.mark.parametrize(("body", "status", "field"), REFUSED, ids=str)
def test_what_cannot_be_done_is_named(
    client: ContractClient, problem: dict[str, Any], body: Any, status: int, field: str
) -> None:
    refused = patch(client, problem, body)
    assert refused.status_code == status, refused.text
    assert field in violations(refused)
    assert client.get(path_of(problem)).json() == problem


def test_what_the_hub_keeps_itself_may_be_tested_and_is_not_read(
    client: ContractClient, problem: dict[str, Any]
) -> None:
    steps = [
        {"op": "test", "path": "/creationDate", "value": problem["creationDate"]},
        {"op": "replace", "path": "/lastUpdate", "value": "2020-01-01T00:00:00Z"},
        {"op": "remove", "path": "/statusChangeDate"},
    ]
    assert patch(client, problem, steps).json() == problem


def test_a_report_does_not_grow_beyond_the_limit_of_a_body(
    client: ContractClient, problem: dict[str, Any]
) -> None:
    half = [{"op": "add", "path": "/name", "value": "x" * 600_000}]
    assert patch(client, problem, half).status_code == 200
    for more in (
        [{"op": "copy", "from": "/name", "path": "/statusChangeReason"}],
        [{"op": "add", "path": "/statusChangeReason", "value": "x" * 600_000}],
    ):
        refused = patch(client, problem, more)
        assert (refused.status_code, refused.json()["code"]) == (413, "bodyTooLarge")
    refused = client.patch(problem["id"], statusChangeReason="x" * 600_000)
    assert refused.status_code == 413
    assert patch(client, problem, [{"op": "remove", "path": "/name"}]).status_code == 200


def test_no_note_is_lost_when_many_write_at_once(client: ContractClient, problem: dict[str, Any]) -> None:
    url = client.base_url + path_of(problem)
    texts = [f"note {number}" for number in range(100)]

    def append(text: str) -> int:
        headers = {"Content-Type": JSON_PATCH}
        return requests.patch(url, data=json.dumps([note(text)]), headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(append, texts)) == {200}
    kept = client.get(path_of(problem)).json()["note"]
    assert sorted(one["text"] for one in kept) == sorted(texts)


# -- JSON Patch with queries


def test_the_official_example_of_a_path_with_a_query_is_done(
    client: ContractClient, problem: dict[str, Any]
) -> None:
    step = {"op": "replace", "path": "/characteristic/value?characteristic.name=isIsolated", "value": False}
    changed = patch(client, problem, step, JSON_PATCH_QUERY)
    assert changed.status_code == 200
    assert [one["value"] for one in changed.json()["characteristic"]] == [False, 7]


def test_a_query_that_fits_nothing_names_the_path(client: ContractClient, problem: dict[str, Any]) -> None:
    step = {"op": "remove", "path": "/characteristic?name=unknown"}
    refused = patch(client, problem, [step], JSON_PATCH_QUERY)
    assert refused.status_code == 409
    assert violations(refused) == {"[0].path": "fits no place of the report"}
    assert refused.json()["violation"][0]["value"] == step["path"]


def test_a_query_in_a_plain_json_patch_is_a_name(client: ContractClient, problem: dict[str, Any]) -> None:
    refused = patch(client, problem, [{"op": "remove", "path": "/characteristic?name=ring"}])
    assert refused.status_code == 409
