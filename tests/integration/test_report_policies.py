"""The policy of a definition through a running hub and by the command: in the figures, and kept with the order."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.bulk import ended
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server, run
from tests.integration.test_management_reports import AGREED, asked, content, fill, settle

BASE = ContractClient.operations
POLICY = {"clock": "gross", "percentiles": [50, 90], "ages": ["1d"], "notifyWithin": "1m"}
STRICT = {
    "name": "strict",
    "title": "Strict",
    "audience": "operations",
    "zone": "UTC",
    "period": "month",
    "formats": ["json"],
    "policy": POLICY,
}
CONFIGURED = """
definitions:
  - name: configured
    title: Configured
    audience: operations
    zone: UTC
    period: month
    policy: {clock: business, jeopardy: [50, 100], listed: 1}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("policies")
    settle(folder, reporting=AGREED, reports=CONFIGURED)
    fill(folder)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with Server(folder, "--config", "settings.toml") as running:
        yield running


def define(client: ContractClient, policy: dict[str, Any] | None) -> None:
    """Anew, whatever there was of this name."""
    client.call("DELETE", f"{BASE}/reportDefinition/strict")
    answer = client.post(f"{BASE}/reportDefinition", {**STRICT, "policy": policy})
    assert answer.status_code == 201, answer.text
    assert answer.json().get("policy") == policy


def made(client: ContractClient, **more: Any) -> dict[str, Any]:
    """The report of March as JSON, by default of what is recorded at its end."""
    done = ended(client, asked(client, "strict", period=None, **more))
    return {"id": done["id"], **told(content(client, done, "json"))}


def told(report: str | bytes) -> dict[str, Any]:
    """{head, parts: {metric: parts}, compliance: its figure} of a report as JSON."""
    document = json.loads(report)
    figures = {
        one["metric"]: [each for each in one["figures"] if not each["dimension"]] for one in document["sections"]
    }
    parts = {metric: [one["part"] for one in those] for metric, those in figures.items()}
    return {
        "head": document["head"],
        "parts": parts,
        "compliance": figures["slaCompliance"][0],
        "onTime": figures["notificationOnTime"][0],
        "digest": document["digest"],
    }


def test_figures_are_made_by_the_policy_of_the_definition_and_say_so(client: ContractClient) -> None:
    define(client, POLICY)
    found = made(client)
    assert found["head"]["Policy"] == (
        "clock: gross; percentiles: 50, 90; bands of ages: 1d; told in time within: 1m"
    )
    assert (found["compliance"]["numerator"], found["compliance"]["denominator"]) == (1, 5)
    assert "clock: gross; agreement: standard 2026-01-01 (clock net," in found["compliance"]["policy"]
    assert found["parts"]["timeToRestoreNet"] == ["mean", "p50", "p90"]
    assert found["parts"]["ageing"] == ["< 24 h", "≥ 24 h"]
    assert "within: 60 s" in found["onTime"]["policy"]


def test_a_report_keeps_its_policy_when_the_definition_has_another(client: ContractClient) -> None:
    """The order has it: a restated report is made by the policy of the report that it restates."""
    define(client, POLICY)
    first = made(client)
    define(client, {"clock": "business"})
    new = made(client)
    assert (new["compliance"]["numerator"], new["compliance"]["denominator"]) == (3, 4)
    assert new["digest"] != first["digest"]
    answer = client.post(f"{BASE}/managementReport", {"restates": {"id": first["id"]}})
    assert answer.status_code == 201, answer.text
    document = json.loads(content(client, ended(client, answer.json()), "json"))
    assert document["restated"]["changes"] == []
    assert document["head"]["Policy"] == first["head"]["Policy"]
    assert (told(json.dumps(document))["compliance"]["numerator"], document["period"]) == (1, "2026-03")


def test_without_a_policy_figures_are_as_configured(client: ContractClient) -> None:
    define(client, None)
    found = made(client)
    assert "Policy" not in found["head"]
    assert (found["compliance"]["numerator"], found["compliance"]["denominator"]) == (2, 5)
    assert "clock: of the agreement" in found["compliance"]["policy"]
    assert found["parts"]["timeToRestoreNet"] == ["mean", "p50", "p80", "p95"]


def test_the_command_makes_figures_by_the_policy_of_the_configuration(folder: Path, server: Server) -> None:
    config = ("--config", "settings.toml")
    words = ["--as-recorded-at", "2026-04-01T00:00Z", "--format", "json", *config]
    done = run(folder, "report", "run", "configured", *words)
    assert done.returncode == 0, done.stderr
    found = told(done.stdout)
    assert found["head"]["Policy"] == "clock: business; bands of jeopardy: 50, 100 %; shown each for itself: 1"
    assert (found["compliance"]["numerator"], found["compliance"]["denominator"]) == (3, 4)
    assert found["parts"]["jeopardy"] == ["≤ 50 %", "50–100 %", "> 100 %"]
    assert found["parts"]["availability"] == ["all", "LINE-9"]


def test_the_check_names_what_is_wrong_with_a_policy(tmp_path: Path) -> None:
    (tmp_path / "reports.yaml").write_text(CONFIGURED.replace("[50, 100]", "[100, 50]").replace("listed", "shown"))
    (tmp_path / "settings.toml").write_text(f'[reporting]\nfolder = "{tmp_path}"\n')
    checked = run(tmp_path, "check", "--config", "settings.toml")
    assert checked.returncode == 2
    assert (
        "definitions.0.policy.jeopardy: must rise: each greater than the one before, not [100, 50]"
        in checked.stderr
    )
    assert "definitions.0.policy.shown: is not known here" in checked.stderr
