"""Schemathesis bombards a running server with what the contracts allow and forbid, and finds no fault."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.api.app import operation_ids
from hub.api.schemas import load_contract
from hub.shipped import openapi_dir
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.fakes.listener import Listener, answer
from tests.rooms import report, until

NOT_CHECKED = {
    "positive_data_acceptance": (
        "a schema cannot say which attributes `fields` may name, which step of `status` is legal now, or that a "
        "patched report must still be valid: such a request is refused although its schema allows it"
    ),
}
SETTINGS = """
[sources.desk]
adapter = "alertmanager"
options = { url = "http://127.0.0.1:9" }
"""
REFUSALS = [400, 401, 403, 404, 405, 406, 409, 412, 415, 416, 422, 428, 429, 501]
"""How a request that breaks the contract may end: one that breaks two rules is refused for either, a condition that
does not hold among them."""
CONFIGURATION = f"""
[checks]
negative_data_rejection.expected-statuses = {[str(status) for status in REFUSALS]}
"""
PROJECT = Path(__file__).parents[2]
WITHIN = 300.0


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with Listener() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, listener: Listener) -> Iterator[Server]:
    """With reports, deliveries of several kinds and a source, so that its lists are not empty."""
    folder = tmp_path_factory.mktemp("bombarded")
    (folder / "settings.toml").write_text(SETTINGS)
    schedule = {"QOS_HUB_DELIVERY_SCHEDULE": "0s"}
    with Server(folder, "--config", "settings.toml", settings=schedule) as running:
        client = running.client
        listener.on("/broken", answer(500))
        for path in ("/good", "/broken"):
            client.register(listener.url(path))
        problem = client.create(report()).json()["id"]
        client.patch(problem, status="inProgress", priority=1)
        until(lambda: len(client.deliveries(state="dead")) == 3 and len(client.deliveries(state="delivered")) == 3)
        yield running


def local_only(contract: dict[str, Any], listener: Listener) -> dict[str, Any]:
    """The contract with callbacks to one listener of this machine only: nothing is to be looked up or called
    elsewhere. Its examples stand in it, where Schemathesis finds them."""
    schemas = contract["components"]["schemas"]
    asked = schemas["Hub_FVO"]["allOf"][1] if "Hub_FVO" in schemas else schemas["EventSubscriptionInput"]
    if asked is schemas.get("EventSubscriptionInput"):
        # Behind an `allOf` as at v5, so that the pattern, which is only this test's, is not what gets violated.
        schemas["EventSubscriptionInput"] = {"allOf": [{"type": "object"}, asked]}
    callback = asked["properties"]["callback"]
    # A token endpoint would be looked up; tests/integration/test_credentials.py tries what is in it.
    del asked["properties"]["delivery"]
    callback["pattern"] = rf"^http://127\.0\.0\.1:{listener.port}/[a-z]{{1,8}}$"
    for path in contract["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                operation.pop("callbacks", None)
                for content in operation.get("requestBody", {}).get("content", {}).values():
                    content["examples"] = {name: inlined(one) for name, one in content["examples"].items()}
    for example in contract["paths"]["/hub"]["post"]["requestBody"]["content"]["application/json"][
        "examples"
    ].values():
        example["value"]["callback"] = listener.url("/example")
    return contract


def inlined(example: dict[str, Any]) -> dict[str, Any]:
    if "externalValue" not in example:
        return example
    return {"value": json.loads((openapi_dir() / example["externalValue"]).read_text("utf-8"))}


def bombard(contract: Path, url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    script = Path(sys.executable).parent / "schemathesis"
    (folder / "schemathesis.toml").write_text(CONFIGURATION)
    return subprocess.run(
        [
            str(script),
            "run",
            str(contract),
            f"--url={url}",
            "--phases=examples,coverage,fuzzing,stateful",
            "--max-examples=10",
            "--seed=1",
            "--generation-deterministic",
            f"--exclude-checks={','.join(NOT_CHECKED)}",
            "--no-color",
        ],
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.contract.bulk_bodies", "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )


def links_followed(told: str) -> int:
    """How many links between operations the stateful phase went along."""
    found = re.search(r"API Links:\s+(\d+) covered", told)
    return int(found[1]) if found else 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["v5", "v4"])
def test_a_face_keeps_its_contract(server: Server, listener: Listener, tmp_path: Path, name: str) -> None:
    """Also along its links: what was made is read, changed and deleted, in any order."""
    contract = local_only(load_contract(openapi_dir() / f"serviceProblem-{name}.yaml"), listener)
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(contract))
    done = bombard(path, f"{server.client.base_url}{contract['servers'][0]['url']}", tmp_path)
    assert done.returncode == 0, done.stdout[max(0, done.stdout.find("= FAILURES =")) :][:6000]
    assert f"Tested: {len(operation_ids(contract))}" in done.stdout
    assert links_followed(done.stdout) > 0
    assert server.is_running
    assert "Traceback" not in server.output()


@pytest.mark.slow
def test_the_operations_keep_their_contract(server: Server, tmp_path: Path) -> None:
    """Also along the links of jobs: made, given a content, read, and deleted at any moment."""
    path = openapi_dir() / "operations-v1.yaml"
    done = bombard(path, server.client.base_url + ContractClient.operations, tmp_path)
    assert done.returncode == 0, done.stdout[max(0, done.stdout.find("= FAILURES =")) :][:6000]
    assert f"Tested: {len(operation_ids(load_contract(path)))}" in done.stdout
    assert links_followed(done.stdout) > 0
    assert "Traceback" not in server.output()
