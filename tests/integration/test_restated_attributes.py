"""Which attributes a late change made another: told as far as the audience may see it, in no form any further."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.integration.test_management_reports import AGREED, FORMATS, fill, settle
from tests.integration.test_restated_reports import THEN, content, made, words_in

FOREIGN = (
    "SUPPLIER-X",
    "responsible party",
    "responsibleParty",
    "cause:",
    "a digger",
    "BETA",
    "GAMMA",
    "Seen by nobody",
)
"""What a customer's statement hides, what was another's, and what became of a report that is another's now."""

# Few metrics, so that paper is soon read.
REPORTS = """
definitions:
  - {name: statement, title: Statement, audience: customer, metrics: [slaCompliance, backlog, degradedMinutes]}
  - name: operations
    title: Operations
    audience: operations
    metrics: [slaCompliance, backlog, paretoCount]
    breakdowns: [customer, severity]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attributes")
    settle(folder, reporting=AGREED, reports=REPORTS)
    (folder / "ids.json").write_text(json.dumps(fill(folder)))
    return folder


@pytest.fixture(scope="module")
def ids(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "ids.json").read_text())
    return found


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[ContractClient]:
    with Server(folder, "--config", "settings.toml") as running:
        yield running.client


def party(role: str, name: str) -> dict[str, Any]:
    reference = {"@type": "PartyRef", "id": name}
    return {"@type": "RelatedPartyRefOrPartyRoleRef", "role": role, "partyOrPartyRole": reference}


@pytest.fixture(scope="module")
def restated(client: ContractClient, ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """{definition: its report once more}, after one report of ACME was changed and one of BETA became ACME's."""
    asked: dict[str, dict[str, Any]] = {"statement": {"scope": {"customer": "ACME"}}, "operations": {}}
    first = {
        name: made(client, definition={"id": name}, period="2026-03", recordedUntil=THEN, formats=["json"], **more)
        for name, more in asked.items()
    }
    edits: dict[str, dict[str, Any]] = {
        "R1": {
            "priority": 2,
            "responsibleParty": party("supplier", "SUPPLIER-X"),
            "reason": "a digger",
            "description": "Seen by nobody",
        },
        "R3": {"originatorParty": party("customer", "ACME")},
        "R5": {"originatorParty": party("customer", "GAMMA")},
    }
    for name, said in edits.items():
        answer = client.patch(ids[name], **said)
        assert answer.status_code == 200, answer.text
    assert client.patch(ids["R5"], priority=7, affectedService=[{"id": "LINE-GAMMA"}]).status_code == 200
    return {name: made(client, restates={"id": one["id"]}, formats=FORMATS) for name, one in first.items()}


def edited(client: ContractClient, report: dict[str, Any]) -> dict[str, str]:
    """{id of a report: what a late record changed of it}."""
    rows = json.loads(content(client, report, "json"))["restated"]["late"]["rows"]
    return {row[0]: row[-1] for row in rows}


def test_who_sees_everything_is_told_each_attribute_old_and_new(
    client: ContractClient, restated: dict[str, dict[str, Any]], ids: dict[str, str]
) -> None:
    found = edited(client, restated["operations"])
    assert found[ids["R1"]].split("; ") == [
        "severity: 1 → 2",
        "responsible party: unknown → SUPPLIER-X",
        "cause: Unknown → a digger",
        "description",
    ]
    assert found[ids["R3"]] == "customer: BETA → ACME"
    assert found[ids["R5"]] == "service: LINE-9 → LINE-GAMMA; severity: 2 → 7"


def test_an_audience_is_told_what_it_may_see_of_them(
    client: ContractClient, restated: dict[str, dict[str, Any]], ids: dict[str, str]
) -> None:
    found = edited(client, restated["statement"])
    assert found == {
        ids["R1"]: "severity: 1 → 2; other attributes",
        ids["R3"]: "customer: not seen → ACME",
        ids["R5"]: "customer: ACME → not seen",
    }


@pytest.mark.parametrize("form", FORMATS)
def test_no_form_tells_more(client: ContractClient, restated: dict[str, dict[str, Any]], form: str) -> None:
    told = packed(words_in(content(client, restated["statement"], form), form))
    assert [word for word in FOREIGN if packed(word) in told] == []
    assert packed("severity: 1 → 2; other attributes") in told
    everything = packed(words_in(content(client, restated["operations"], form), form))
    assert packed("severity: 1 → 2; responsible party: unknown → SUPPLIER-X") in everything
    assert packed("Seen by nobody") not in everything


def packed(text: str) -> str:
    """Without the spaces, which paper breaks lines at."""
    return "".join(text.split())


def test_a_figure_names_the_attributes_that_made_it_another(
    client: ContractClient, restated: dict[str, dict[str, Any]], ids: dict[str, str]
) -> None:
    changes = json.loads(content(client, restated["statement"], "json"))["restated"]["changes"]
    by_group = {(one["metric"], one["part"], one["group"]): one for one in changes}
    severe = by_group["backlog", "opened", "1"]
    assert (severe["rows"], severe["attributes"]) == ([ids["R1"]], "severity: 1 → 2; other attributes")
