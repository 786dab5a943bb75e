"""Bulk for a party: its own reports and its own jobs, and nothing that tells of another's."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hub.keys import create_key
from hub.settings import load_settings
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.rooms import report, until

A, B = "org-a", "org-b"
SCOPES = ("serviceProblem:read", "serviceProblem:write", "job:read", "job:write")
JOBS = ContractClient.operations


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("parties")) as running:
        yield running


@pytest.fixture(scope="module")
def keys(server: Server) -> dict[str, dict[str, str]]:
    """{party: headers}, and an operator's."""
    settings = load_settings(None, {}, {"store.database": str(server.folder / "qos-hub.db")})
    made = {
        party: {"X-API-Key": create_key(settings, name=f"key-of-{party}", scopes=SCOPES, party=party)[0]}
        for party in (A, B)
    }
    made["operator"] = {"X-API-Key": create_key(settings, name="noc", scopes=("*",), party=None)[0]}
    # Until the running hub heeds its first key, everybody is let in as an operator.
    until(lambda: server.client.get(f"{JOBS}/exportJob").status_code == 401, within=5)
    for party in (A, B):
        body = report(originatorParty={"role": "supplier", "partyOrPartyRole": {"id": party}})
        answer = server.client.call("POST", f"{server.client.face}/serviceProblem", json=body, headers=made[party])
        assert answer.status_code == 201
    return made


def exported(client: ContractClient, headers: dict[str, str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A new export of everything, and its content."""
    made = client.post(f"{JOBS}/exportJob", {}, headers=headers).json()
    path = f"{JOBS}/exportJob/{made['id']}"
    until(lambda: client.get(path, headers=headers).json()["status"] == "Succeeded")
    content = client.get(f"{path}/content", headers=headers).content
    return client.get(path, headers=headers).json(), [json.loads(line) for line in content.splitlines()]


def test_an_export_of_a_party_has_its_own_reports(server: Server, keys: dict[str, dict[str, str]]) -> None:
    for party in (A, B):
        job, reports = exported(server.client, keys[party])
        assert [one["originatorParty"]["partyOrPartyRole"]["id"] for one in reports] == [party]
        assert job["progress"]["expected"] == 1
    _, reports = exported(server.client, keys["operator"])
    assert len(reports) == 2


def test_a_party_knows_of_its_own_jobs_alone(server: Server, keys: dict[str, dict[str, str]]) -> None:
    client = server.client
    job, _ = exported(client, keys[B])
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/content")):
        refused = client.call(method, f"{JOBS}/exportJob/{job['id']}{path}", headers=keys[A])
        assert refused.status_code == 404
    listed = client.get(f"{JOBS}/exportJob", headers=keys[A])
    assert job["id"] not in listed.text
    assert listed.headers["X-Total-Count"] == str(len(listed.json()))
    assert client.get(f"{JOBS}/exportJob/{job['id']}", headers=keys["operator"]).json() == job


def test_imports_are_for_operators(server: Server, keys: dict[str, dict[str, str]]) -> None:
    refused = server.client.post(f"{JOBS}/importJob", {}, headers=keys[A])
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert server.client.post(f"{JOBS}/importJob", {}, headers=keys["operator"]).status_code == 201
