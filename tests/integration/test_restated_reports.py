"""A management report once more: as recorded at an instant, and restated with what has changed, in every form."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from tests.acceptance.bulk import ended
from tests.acceptance.contract_client import ContractClient, violations
from tests.acceptance.running import Server, run
from tests.integration.test_management_reports import AGREED, FORMATS, fill, settle
from tests.rooms import report

BASE = ContractClient.operations
THEN = "2026-04-01T00:00:00Z"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("restated")
    settle(folder, reporting=AGREED)
    fill(folder)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with Server(folder, "--config", "settings.toml") as running:
        yield running


@pytest.fixture(scope="module")
def first(client: ContractClient) -> dict[str, Any]:
    """The statement of ACME as it was known at the end of March."""
    return statement(client)


def statement(client: ContractClient) -> dict[str, Any]:
    return made(
        client,
        definition={"id": "customer-sla"},
        period="2026-03",
        scope={"customer": "ACME"},
        recordedUntil=THEN,
        formats=FORMATS,
    )


@pytest.fixture(scope="module")
def late(client: ContractClient, first: dict[str, Any]) -> dict[str, str]:
    """{customer: id} of reports of March that come late, one for each customer."""
    return {customer: comes_late(client, customer) for customer in ("ACME", "BETA")}


@pytest.fixture(scope="module")
def restated(client: ContractClient, first: dict[str, Any], late: dict[str, str]) -> dict[str, Any]:
    return made(client, restates={"id": first["id"]})


def comes_late(client: ContractClient, customer: str) -> str:
    party = {"@type": "PartyRef", "id": customer}
    originator = {"@type": "RelatedPartyRefOrPartyRoleRef", "role": "customer", "partyOrPartyRole": party}
    said = report(
        originatorParty=originator,
        priority=1,
        creationDate="2026-03-20T08:00:00Z",
        affectedService=[{"id": f"LATE-{customer}"}],
    )
    answer = client.create(said)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def made(client: ContractClient, **asked: Any) -> dict[str, Any]:
    answer = client.post(f"{BASE}/managementReport", asked)
    assert answer.status_code == 201, answer.text
    done = ended(client, answer.json())
    assert done["status"] == "Succeeded", done
    return done


def content(client: ContractClient, made: dict[str, Any], form: str) -> bytes:
    answer = client.get(f"{BASE}/managementReport/{made['id']}/content/{form}")
    assert answer.status_code == 200, answer.text
    return answer.content


def test_as_recorded_then_every_form_is_the_same_to_the_byte(
    client: ContractClient, folder: Path, first: dict[str, Any], late: dict[str, str]
) -> None:
    again = statement(client)
    for form in FORMATS:
        before = content(client, first, form)
        assert content(client, again, form) == before
        words = ["--period", "2026-03", "--scope", "customer:ACME", "--as-recorded-at", THEN, "--format", form]
        out = folder / f"then.{form}"
        done = run(folder, "report", "run", "customer-sla", *words, "--out", str(out), "--config", "settings.toml")
        assert done.returncode == 0, done.stderr
        assert out.read_bytes() == before


def test_a_restated_report_says_what_it_restates(restated: dict[str, Any], first: dict[str, Any]) -> None:
    assert restated["restates"] == {
        "id": first["id"],
        "href": first["href"],
        "recordedUntil": "2026-04-01T00:00:00.000Z",
    }
    assert (restated["period"], restated["scope"]) == (first["period"], first["scope"])
    assert restated["formats"] == first["formats"]


def test_it_tells_which_figures_have_changed_and_which_late_records_made_them_so(
    client: ContractClient, restated: dict[str, Any], first: dict[str, Any], late: dict[str, str]
) -> None:
    found = json.loads(content(client, restated, "json"))["restated"]
    assert found["report"] == first["id"]
    (row,) = found["late"]["rows"]
    assert row[0] == late["ACME"]
    changes = {(one["metric"], one["part"], one["dimension"]): one for one in found["changes"]}
    sla = changes["slaCompliance", "", ""]
    assert sla["before"] == pytest.approx(100 * 2 / 3)
    assert sla["after"] == 50
    assert (sla["rows"], sla["late"]) == ([late["ACME"]], [1])
    assert changes["backlog", "end", ""]["after"] == 1
    assert ("timeToRestoreNet", "mean", "") not in changes
    assert sla["amounts"].startswith("n 3 → 4; denominator 3 → 4")
    assert [one for one in found["changes"] if one["before"] == one["after"] and not one["amounts"]] == []
    new = changes["availability", "LATE-ACME", ""]
    assert new["before"] == ""


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_tells_it(
    client: ContractClient, restated: dict[str, Any], first: dict[str, Any], late: dict[str, str], form: str
) -> None:
    told = words_in(content(client, restated, form), form)
    assert late["ACME"] in told
    assert [word for word in (late["BETA"], "LATE-BETA", "BETA") if word in told] == []
    if form in ("html", "pdf", "xlsx"):
        assert "What has changed" in told
        assert "Late records" in told
        assert first["id"] in told


def words_in(content: bytes, form: str) -> str:
    if form == "pdf":
        # Ids are broken over lines on paper.
        return "".join("".join(page.extract_text().split("\n")) for page in PdfReader(io.BytesIO(content)).pages)
    if form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(content))
        cells = (str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
        return "\n".join([*book.sheetnames, *cells])
    return content.decode()


def test_a_row_of_the_table_has_the_value_before(
    client: ContractClient, restated: dict[str, Any], late: dict[str, str]
) -> None:
    rows = list(csv.DictReader(io.StringIO(content(client, restated, "csv").decode())))
    (sla,) = [one for one in rows if (one["metric"], one["dimension"]) == ("slaCompliance", "")]
    assert float(sla["before"]) == pytest.approx(66.6667, abs=0.001)
    assert float(sla["value"]) == 50
    assert sla["because of"] == late["ACME"]
    same = [one for one in rows if one["metric"] == "timeToRestoreNet" and one["part"] == "mean"]
    assert {one["before"] for one in same if not one["dimension"]} == {""}


def test_restated_as_recorded_then_it_is_the_same_to_the_byte_and_by_the_command(
    client: ContractClient, folder: Path, restated: dict[str, Any], first: dict[str, Any]
) -> None:
    recorded = restated["recordedUntil"]
    before = json.loads(content(client, restated, "json"))
    again = made(client, restates={"id": first["id"]}, recordedUntil=recorded, formats=["json", "html"])
    found = json.loads(content(client, again, "json"))
    assert found["restated"] == before["restated"]
    out = folder / "restated.json"
    words = ["--restates", first["id"], "--as-recorded-at", recorded, "--format", "json", "--out", str(out)]
    done = run(folder, "report", "run", "customer-sla", *words, "--config", "settings.toml")
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == content(client, again, "json")


def test_the_command_refuses_what_does_not_belong_together(
    server: Server, folder: Path, first: dict[str, Any]
) -> None:
    config = ("--config", "settings.toml")
    other = run(folder, "report", "run", "operations-weekly", "--restates", first["id"], *config)
    assert (other.returncode, "restates" in other.stderr) == (2, True)
    period = run(
        folder, "report", "run", "customer-sla", "--restates", first["id"], "--period", "2026-02", *config
    )
    assert (period.returncode, "period" in period.stderr) == (2, True)
    words = ("report", "run", "customer-sla", "--period", "2026-03", "--scope", "customer:ACME", *config)
    for text, field in (
        ("2026-04-01", "as-recorded-at"),
        ("0001-01-01T00:00+05:00", "as-recorded-at"),
        ("2090-04-01T00:00Z", "recordedUntil"),
    ):
        instant = run(folder, *words, "--as-recorded-at", text)
        assert (instant.returncode, f"{field}: " in instant.stderr, "Traceback" in instant.stderr) == (
            2,
            True,
            False,
        )


def test_what_is_restated_has_to_be_there(client: ContractClient, first: dict[str, Any]) -> None:
    assert client.post(f"{BASE}/managementReport", {"restates": {"id": "nothing"}}).status_code == 404
    older = client.post(f"{BASE}/managementReport", {"restates": {"id": first["id"]}, "recordedUntil": THEN})
    assert (older.status_code, set(violations(older))) == (400, {"recordedUntil"})


def test_who_sees_no_single_report_is_told_of_none(
    client: ContractClient, late: dict[str, str], restated: dict[str, Any]
) -> None:
    """And of what is withheld, nothing."""
    before = made(
        client, definition={"id": "regulator-quarterly"}, period="2026-Q1", recordedUntil=THEN, formats=["json"]
    )
    again = made(client, restates={"id": before["id"]}, formats=FORMATS)
    found = json.loads(content(client, again, "json"))["restated"]
    assert found["late"] is None
    assert {tuple(one["rows"]) + tuple(one["late"]) for one in found["changes"]} <= {()}
    assert "weniger als 5 Einträge" in found["summary"]
    for form in FORMATS:
        told = words_in(content(client, again, form), form)
        assert [word for word in (*late.values(), "LATE-", "ACME", "BETA") if word in told] == []
