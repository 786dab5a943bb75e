"""Bulk jobs as a client sees them."""

import json
from collections.abc import Iterable
from typing import Any

from tests.acceptance.contract_client import ContractClient
from tests.rooms import until

ENDED = ("Succeeded", "Failed")
NDJSON, CSV = "application/x-ndjson", "text/csv"


def job(client: ContractClient, made: dict[str, Any]) -> dict[str, Any]:
    """The job as it is now."""
    found: dict[str, Any] = client.get(made["href"].removeprefix(client.base_url)).json()
    return found


def ended(client: ContractClient, made: dict[str, Any], within: float = 30.0) -> dict[str, Any]:
    """The job at its end."""
    until(lambda: job(client, made)["status"] in ENDED, within)
    return job(client, made)


def ask(client: ContractClient, kind: str, **asked: Any) -> dict[str, Any]:
    answer = client.post(f"{client.operations}/{kind}", asked)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == made["href"]
    return made


def send(client: ContractClient, made: dict[str, Any], content: bytes) -> dict[str, Any]:
    path = f"{client.operations}/importJob/{made['id']}/content"
    answer = client.call("PUT", path, data=content, headers={"Content-Type": made["contentType"]})
    assert answer.status_code == 200, answer.text
    sent: dict[str, Any] = answer.json()
    return sent


def imported(client: ContractClient, content: bytes, within: float = 30.0, **asked: Any) -> dict[str, Any]:
    """The import of a content, at its end."""
    made = ask(client, "importJob", **asked)
    send(client, made, content)
    return ended(client, made, within)


def exported(client: ContractClient, **asked: Any) -> bytes:
    """The content of an export."""
    made = ended(client, ask(client, "exportJob", **asked))
    assert made["status"] == "Succeeded", made
    content = client.get(f"{client.operations}/exportJob/{made['id']}/content").content
    assert len(content) == made["progress"]["total"]
    return content


def errors(client: ContractClient, made: dict[str, Any]) -> list[dict[str, Any]]:
    answer = client.get(made["errorLogUrl"].removeprefix(client.base_url))
    return [json.loads(line) for line in answer.content.splitlines()]


def lines(reports: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in reports)


def without(report: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in names}
