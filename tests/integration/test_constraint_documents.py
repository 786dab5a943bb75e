"""Constraints in management reports of a running hub, by the API and by the command: what their review says, too."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from hub.reporting.catalogue import OF_CONSTRAINTS
from tests.acceptance.bulk import ask, ended
from tests.acceptance.contract_client import ContractClient, violations
from tests.acceptance.running import Server, run
from tests.integration.test_constraint_reports import SECOND, Weeks

BASE = ContractClient.operations
CONFIG = ("--config", "settings.toml")
FORMATS = ["json", "csv", "html", "xlsx", "pdf"]
SAID = "Precision of constraints so far: 50 % (1 of 2; 95 % interval 9.5 to 90.5 %)."
NEW = {
    "name": "constraints",
    "title": "Constraints",
    "audience": "operations",
    "metrics": ["constraintsRaised", "constraintPrecision"],
    "formats": ["json"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weeks")
    desk = Weeks(folder)
    desk.store.close()
    (folder / "settings.toml").write_text(f'[store]\ndatabase = "{folder}/hub.db"\n')
    (folder / "names.json").write_text(json.dumps(desk.names))
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """With a verdict on two of the three constraints."""
    names = json.loads((folder / "names.json").read_text())
    with Server(folder, *CONFIG) as running:
        for name, verdict in (("first", "true"), ("second", "false")):
            answer = running.client.post(f"{BASE}/constraint/{names[name]}/review", {"verdict": verdict})
            assert answer.status_code == 200, answer.text
        yield running


def report_of(client: ContractClient, definition: str, **more: Any) -> dict[str, Any]:
    asked = ask(client, "managementReport", definition={"id": definition}, period=SECOND, zone="UTC", **more)
    made = ended(client, asked, within=60)
    assert made["status"] == "Succeeded", made
    return made


def content(client: ContractClient, made: dict[str, Any], form: str) -> bytes:
    answer = client.get(f"{BASE}/managementReport/{made['id']}/content/{form}")
    assert answer.status_code == 200, answer.text
    return answer.content


def figures(document: bytes) -> dict[tuple[str, str], dict[str, Any]]:
    """{(metric, part): the figure} of those of constraints."""
    sections = json.loads(document)["sections"]
    return {
        (one["metric"], one["part"]): one
        for section in sections
        if section["metric"] in OF_CONSTRAINTS
        for one in section["figures"]
    }


def hold(found: dict[tuple[str, str], dict[str, Any]], review: dict[str, Any]) -> None:
    """Against the review of the same week."""
    assert {metric for metric, _ in found} == OF_CONSTRAINTS
    assert {kind: found["constraintsRaised", kind]["value"] for kind in review["raised"]} == review["raised"]
    explained = found["constraintReports", "all"]
    assert (explained["value"], explained["denominator"]) == (review["explained"], review["reports"])
    failures = review["precisionSoFar"]["resourceFailure"]
    for one, said in (
        (found["constraintPrecision", ""], review["precision"]),
        (found["constraintPrecisionSoFar", "resourceFailure"], failures),
    ):
        assert (one["numerator"], one["denominator"]) == (said["true"], said["true"] + said["false"])
        assert one["value"] == pytest.approx(100 * said["precision"])
        assert one["excluded"] == {"notReviewed": said["notReviewed"]}


def test_the_weekly_report_has_the_numbers_of_the_review(client: ContractClient) -> None:
    made = report_of(client, "operations-weekly", formats=["json"])
    review = client.get(f"{BASE}/constraintReview", params={"week": SECOND}).json()
    assert (review["raised"]["resourceFailure"], review["precision"]["false"]) == (2, 1)
    hold(figures(content(client, made, "json")), review)


def test_every_form_says_so(client: ContractClient) -> None:
    new = {**NEW, "name": "all-forms", "metrics": sorted(OF_CONSTRAINTS), "breakdowns": ["severity"]}
    assert client.post(f"{BASE}/reportDefinition", new).status_code == 201
    made = report_of(client, "all-forms", formats=FORMATS)
    assert SAID in {one["summary"] for one in json.loads(content(client, made, "json"))["sections"]}
    assert SAID in content(client, made, "html").decode()
    pages = PdfReader(io.BytesIO(content(client, made, "pdf"))).pages
    assert SAID in " ".join(" ".join(page.extract_text() for page in pages).split())
    book = openpyxl.load_workbook(io.BytesIO(content(client, made, "xlsx")))
    assert SAID in {cell.value for row in book["Contents"].iter_rows() for cell in row}
    rows = list(csv.DictReader(io.StringIO(content(client, made, "csv").decode())))
    (share,) = [one for one in rows if one["metric"] == "constraintPrecisionSoFar" and not one["part"]]
    assert (float(share["value"]), share["numerator"], share["n"]) == (50, "1", "2")


def test_the_command_says_the_same(server: Server, folder: Path) -> None:
    out = folder / "week.json"
    words = ["--period", SECOND, "--zone", "UTC", "--format", "json", "--out", str(out)]
    done = run(folder, "report", "run", "operations-weekly", *words, *CONFIG)
    assert done.returncode == 0, done.stderr
    review = run(folder, "constraints", "review", "--week", SECOND, "--json", *CONFIG)
    assert review.returncode == 0, review.stderr
    hold(figures(out.read_bytes()), json.loads(review.stdout))


def test_a_report_with_a_scope_has_none_of_them(client: ContractClient) -> None:
    narrowed = report_of(client, "operations-weekly", scope={"customer": "c1"}, formats=["json", "csv"])
    assert figures(content(client, narrowed, "json")) == {}
    assert "constraintPrecision" not in content(client, narrowed, "csv").decode()


@pytest.mark.parametrize(
    ("audience", "scope"),
    [("customer", {"customer": "c1"}), ("executive", {}), ("operations", {"customer": "c1"})],
)
def test_a_definition_for_others_that_names_them_is_refused(
    client: ContractClient, audience: str, scope: dict[str, str]
) -> None:
    refused = client.post(f"{BASE}/reportDefinition", {**NEW, "audience": audience, "scope": scope})
    assert refused.status_code == 400, refused.text
    assert set(violations(refused)) == {"metrics"}
    assert "constraintPrecision" in refused.text


def test_a_definition_that_names_them_is_made_without_a_scope_only(client: ContractClient) -> None:
    assert client.post(f"{BASE}/reportDefinition", NEW).status_code == 201
    found = figures(content(client, report_of(client, "constraints"), "json"))
    assert {metric for metric, _ in found} == set(NEW["metrics"])
    body = {"definition": {"id": "constraints"}, "period": SECOND, "scope": {"customer": "c1"}}
    refused = client.post(f"{BASE}/managementReport", body)
    assert refused.status_code == 400, refused.text
    (wrong,) = refused.json()["violation"]
    assert (wrong["field"], wrong["value"]) == ("scope", "customer:c1")
    assert wrong["message"] == "must be empty: constraints span customers (constraintsRaised, constraintPrecision)"
