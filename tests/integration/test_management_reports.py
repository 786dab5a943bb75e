"""Management reports through a running hub and by the command: the six reports of one month, for each audience."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from hub.model.times import from_micros
from tests.acceptance.bulk import ended
from tests.acceptance.contract_client import ContractClient, violations
from tests.acceptance.running import Server, run
from tests.rooms import Desk, TurningClock, open_store, report
from tests.unit.reporting.example import ACKNOWLEDGED, REPORTS, TAKEN, at

BASE = ContractClient.operations
FORMATS = ["json", "csv", "html", "xlsx", "pdf"]
AGREED = """
calendars:
  office:
    zone: Europe/Berlin
    hours: {mon: [&day "08:00-18:00"], tue: [*day], wed: [*day], thu: [*day], fri: [*day]}
agreements:
  - name: standard
    from: 2026-01-01
    stops: [pending]
    clock: net
    calendar: office
    restore: {"1": 4h, "2": 8h}
    acknowledge: {"1": 15m, "2": 1h}
"""


def settle(folder: Path, **files: str) -> None:
    """Write the settings of a hub whose database and reports are in the folder, and these files of its reports."""
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content)
    (folder / "settings.toml").write_text(
        f'[store]\ndatabase = "{folder}/hub.db"\n[reporting]\nfolder = "{folder}"\n'
    )


def fill(folder: Path) -> dict[str, str]:
    """Write the six reports with the hub's own rules, each step at its time; {name: id}."""
    clock = TurningClock()
    store = open_store(folder)
    desk, ids = Desk(store, clock), {}
    for name, (customer, severity, service, steps) in REPORTS.items():
        for when, state in steps:
            clock.now = from_micros(at(when))
            if state == ACKNOWLEDGED:
                party = {"@type": "PartyRef", "id": customer}
                said = report(
                    originatorParty={
                        "@type": "RelatedPartyRefOrPartyRoleRef",
                        "role": "customer",
                        "partyOrPartyRole": party,
                    }
                )
                made = desk.create(
                    **{**said, "priority": int(severity), "affectedService": [{"id": service}]},
                )
                ids[name] = made.id
            elif state == TAKEN:
                desk.acknowledge(made)
            else:
                made = desk.patch(made, status=state)
    store.close()
    return ids


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    settle(folder, reporting=AGREED)
    (folder / "ids.json").write_text(json.dumps(fill(folder)))
    return folder


@pytest.fixture(scope="module")
def ids(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "ids.json").read_text())
    return found


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with Server(folder, "--config", "settings.toml") as running:
        yield running


def asked(client: ContractClient, definition: str, **more: Any) -> dict[str, Any]:
    body = {"definition": {"id": definition}, "period": "2026-03", "recordedUntil": "2026-04-01T00:00:00Z", **more}
    answer = client.post(f"{BASE}/managementReport", {name: one for name, one in body.items() if one is not None})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == made["href"]
    return made


@pytest.fixture(scope="module")
def made(client: ContractClient) -> dict[str, Any]:
    """The statement of ACME in every form."""
    return ended(client, asked(client, "customer-sla", scope={"customer": "ACME"}, formats=FORMATS))


def content(client: ContractClient, made: dict[str, Any], form: str) -> bytes:
    answer = client.get(f"{BASE}/managementReport/{made['id']}/content/{form}")
    assert answer.status_code == 200, answer.text
    return answer.content


def test_a_run_tells_its_progress_and_where_its_forms_are(client: ContractClient, made: dict[str, Any]) -> None:
    assert made["status"] == "Succeeded", made
    assert made["progress"] == {"written": 5, "expected": 5}
    assert [one["format"] for one in made["artefact"]] == FORMATS
    assert all(one["size"] == len(content(client, made, one["format"])) for one in made["artefact"])
    assert made in client.get(f"{BASE}/managementReport").json()


def test_every_form_says_the_same(client: ContractClient, made: dict[str, Any], ids: dict[str, str]) -> None:
    sections = {one["metric"]: one for one in json.loads(content(client, made, "json"))["sections"]}
    assert sections["timeToAcknowledge"]["figures"][0]["value"] == 20
    assert sections["timeToRestoreNet"]["figures"][0]["value"] == pytest.approx(24.333, abs=0.001)
    said = sections["slaCompliance"]["summary"]
    assert said.startswith("SLA compliance: 66.7 % (2 of 3; 95 % interval 20.8 to 93.9 %)")
    assert said in content(client, made, "html").decode()
    pages = PdfReader(io.BytesIO(content(client, made, "pdf"))).pages
    assert said in " ".join(" ".join(page.extract_text() for page in pages).split())
    book = openpyxl.load_workbook(io.BytesIO(content(client, made, "xlsx")))
    assert said in {cell.value for row in book["Contents"].iter_rows() for cell in row}
    rows = list(csv.DictReader(io.StringIO(content(client, made, "csv").decode())))
    (sla,) = [one for one in rows if one["metric"] == "slaCompliance" and not one["dimension"]]
    assert (sla["numerator"], sla["n"]) == ("2", "3")
    assert set(sla["rows"].split()) == {ids["R1"], ids["R2"], ids["R5"]}


@pytest.mark.parametrize("form", FORMATS[:3])
def test_nothing_of_another_customer_is_in_it(
    client: ContractClient, made: dict[str, Any], ids: dict[str, str], form: str
) -> None:
    """The packed forms are looked through in tests/unit/reporting/test_renderers.py."""
    told = content(client, made, form).decode()
    foreign = ["BETA", "LINE-3", "VPN-8", ids["R3"], ids["R4"], ids["R6"]]
    assert [word for word in foreign if word in told] == []
    assert ids["R5"] in told
    assert "Packet loss" not in told, "no text of a report is in it"


def test_as_recorded_then_it_is_the_same_to_the_byte(client: ContractClient, made: dict[str, Any]) -> None:
    again = ended(client, asked(client, "customer-sla", scope={"customer": "ACME"}, formats=["json", "xlsx"]))
    assert content(client, again, "json") == content(client, made, "json")
    assert content(client, again, "xlsx") == content(client, made, "xlsx")


def test_of_all_customers_operations_see_the_figures_worked_out_by_hand(client: ContractClient) -> None:
    done = ended(client, asked(client, "operations-weekly", zone="UTC", formats=["csv"]))
    rows = {
        (one["metric"], one["part"]): one
        for one in csv.DictReader(io.StringIO(content(client, done, "csv").decode()))
        if not one["dimension"]
    }
    assert float(rows["timeToAcknowledge", "mean"]["value"]) == 135
    assert float(rows["slaCompliance", ""]["value"]) == 40
    assert float(rows["slaComplianceBusiness", ""]["value"]) == 75
    assert float(rows["degradedMinutes", "all"]["value"]) == 6360


def test_a_preview_shows_what_an_audience_would_get(client: ContractClient) -> None:
    path = f"{BASE}/reportDefinition/operations-weekly/preview"
    seen = client.get(path, params={"period": "2026-03", "as": "regulator"})
    assert seen.status_code == 200, seen.text
    assert 'lang="de"' in seen.text
    assert not re.search("ACME|BETA|VPN-7", seen.text)
    known = client.get(path, params={"period": "2026-03", "as": "executive"}, headers={"If-None-Match": "*"})
    assert known.status_code == 304


@pytest.mark.parametrize("form", FORMATS)
def test_no_form_is_kept_by_others_or_taken_for_another_and_a_page_loads_nothing(
    client: ContractClient, made: dict[str, Any], form: str
) -> None:
    shown = {"period": "2026-03", "scope": "customer:ACME", "format": form}
    for path, params in (
        (f"{BASE}/managementReport/{made['id']}/content/{form}", {}),
        (f"{BASE}/reportDefinition/customer-sla/preview", shown),
    ):
        answer = client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        policy = answer.headers.get("Content-Security-Policy", "")
        if form != "html":
            assert policy == ""
            continue
        allowed = dict(part.split(" ", 1) for part in policy.split("; "))
        assert allowed.pop("style-src") == "'unsafe-inline'"
        assert allowed.pop("img-src") == "data:"
        assert set(allowed.values()) == {"'none'"}
        page = answer.text
        assert "<style>" in page
        assert "<svg" in page
        assert not re.search(
            r"<script|<link|<img|<iframe|<object|<form|<base|@import|url\((?!#)|\ssrc=|\son\w+=", page
        )


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({}, "scope.customer"),
        ({"scope": {"customer": "ACME"}, "period": "March"}, "period"),
        ({"scope": {"customer": "ACME"}, "zone": "Mars/Olympus"}, "zone"),
        ({"scope": {"customer": "ACME", "cause": "x"}}, "scope.cause"),
        ({"scope": {"customer": "ACME", "planet": "x"}}, "scope.planet"),
        ({"scope": {"customer": ""}}, "scope.customer"),
        ({"scope": {"customer": "ACME"}, "period": "2027-03"}, "period"),
        ({"scope": {"customer": "ACME"}, "recordedTill": "2026-04-01T00:00:00Z"}, "recordedTill"),
    ],
)
def test_what_cannot_be_made_is_refused(client: ContractClient, parts: dict[str, Any], field: str) -> None:
    body = {"definition": {"id": "customer-sla"}, "period": "2026-03", **parts}
    refused = client.post(f"{BASE}/managementReport", body)
    assert refused.status_code == 400, refused.text
    assert field in violations(refused)


def test_what_is_not_there_is_not_found(client: ContractClient, made: dict[str, Any]) -> None:
    unknown = client.post(f"{BASE}/managementReport", {"definition": {"id": "nothing"}, "period": "2026-03"})
    assert unknown.status_code == 404
    done = ended(client, asked(client, "executive-monthly", formats=["html"]))
    assert client.get(f"{BASE}/managementReport/{done['id']}/content/pdf").status_code == 404
    assert client.call("DELETE", f"{BASE}/managementReport/{done['id']}").status_code == 204
    assert client.get(f"{BASE}/managementReport/{done['id']}/content/html").status_code == 404
    assert client.get(f"{BASE}/exportJob/{made['id']}").status_code == 404


def test_a_definition_is_made_used_and_removed(client: ContractClient) -> None:
    new = {
        "name": "vpn",
        "title": "VPN",
        "audience": "operations",
        "scope": {"service": "VPN-7"},
        "formats": ["json"],
    }
    first = client.post(f"{BASE}/reportDefinition", new)
    assert (first.status_code, first.json()["origin"]) == (201, "api")
    assert client.post(f"{BASE}/reportDefinition", new).status_code == 409
    assert client.post(f"{BASE}/reportDefinition", {**new, "name": "customer-sla"}).status_code == 409
    refused = client.post(f"{BASE}/reportDefinition", {**new, "name": "x", "audience": "nobody"})
    assert (refused.status_code, set(violations(refused))) == (400, {"audience"})
    done = ended(client, asked(client, "vpn", scope={"service": "VPN-7"}))
    found = json.loads(content(client, done, "json"))
    assert {row[found["rows"]["columns"].index("service")] for row in found["rows"]["rows"]} == {"VPN-7"}
    names = [one["id"] for one in client.get(f"{BASE}/reportDefinition").json()]
    assert names[-1] == "vpn"
    assert client.call("DELETE", f"{BASE}/reportDefinition/vpn").status_code == 204
    assert client.get(f"{BASE}/reportDefinition/vpn").status_code == 404
    assert client.call("DELETE", f"{BASE}/reportDefinition/customer-sla").status_code == 409


def test_a_run_that_names_no_period_has_that_of_its_definition(client: ContractClient) -> None:
    """The last one that was over when the history is read, in the zone of the definition, or of the run."""

    def period_of(definition: str, recorded: str, **more: Any) -> str:
        made = asked(client, definition, period=None, recordedUntil=recorded, formats=["json"], **more)
        assert json.loads(content(client, ended(client, made), "json"))["period"] == made["period"]
        found: str = made["period"]
        return found

    new = {"name": "of-berlin", "title": "X", "audience": "operations", "zone": "Europe/Berlin", "period": "month"}
    assert client.post(f"{BASE}/reportDefinition", new).json()["period"] == "month"
    assert period_of("of-berlin", "2026-03-31T22:30:00Z") == "2026-03"
    assert period_of("of-berlin", "2026-03-31T22:30:00Z", zone="UTC") == "2026-02"
    assert period_of("operations-weekly", "2026-04-01T00:00:00Z") == "2026-W13"
    assert client.call("DELETE", f"{BASE}/reportDefinition/of-berlin").status_code == 204


def test_without_any_period_a_run_is_refused_as_ever(client: ContractClient) -> None:
    new = {"name": "timeless", "title": "X", "audience": "operations"}
    assert "period" not in client.post(f"{BASE}/reportDefinition", new).json()
    refused = client.post(f"{BASE}/managementReport", {"definition": {"id": "timeless"}})
    assert refused.status_code == 400
    assert violations(refused)["period"].startswith("is missing; one is written as 2026, ")
    preview = client.get(f"{BASE}/reportDefinition/timeless/preview")
    assert (preview.status_code, list(violations(preview))) == (400, ["period"])
    assert client.call("DELETE", f"{BASE}/reportDefinition/timeless").status_code == 204


def test_a_run_cannot_ask_for_another_than_its_definition_names(client: ContractClient, folder: Path) -> None:
    new = {"name": "acme", "title": "ACME", "audience": "customer", "scope": {"customer": "ACME"}}
    empty = client.post(f"{BASE}/reportDefinition", {**new, "scope": {"customer": ""}})
    assert (empty.status_code, set(violations(empty))) == (400, {"scope.customer"})
    assert client.post(f"{BASE}/reportDefinition", new).status_code == 201
    ordered = {"definition": {"id": "acme"}, "period": "2026-03", "scope": {"customer": "BETA"}}
    said = "is ACME in each report of the definition acme"
    preview = f"{BASE}/reportDefinition/acme/preview"
    for refused in (
        client.post(f"{BASE}/managementReport", ordered),
        client.get(preview, params={"period": "2026-03", "scope": "customer:BETA"}),
        client.get(preview, params={"period": "2026-03", "scope": "customer:BETA", "as": "operations"}),
    ):
        assert refused.status_code == 400, refused.text
        assert said in refused.text
        assert set(violations(refused)) == {"scope.customer"}
    for words in (("run",), ("preview", "--as", "operations")):
        command, *more = words
        done = run(
            folder,
            *("report", command, "acme", "--period", "2026-03", "--scope", "customer:BETA"),
            *more,
            *("--config", "settings.toml"),
        )
        assert (done.returncode, done.stderr.strip()) == (2, f"qos-hub: scope.customer: {said}")
    twice = client.get(preview, params={"period": "2026-03", "scope": ["customer:ACME", "customer:BETA"]})
    assert (twice.status_code, set(violations(twice))) == (400, {"scope.customer"})
    assert client.call("DELETE", f"{BASE}/reportDefinition/acme").status_code == 204


def test_every_metric_of_a_report_is_described(client: ContractClient, made: dict[str, Any]) -> None:
    known = {one["id"] for one in client.get(f"{BASE}/metricDefinition").json()}
    used = {one["metric"] for one in json.loads(content(client, made, "json"))["sections"]}
    assert used <= known
    assert client.get(f"{BASE}/metricDefinition/slaCompliance").json()["denominator"]
    assert client.get(f"{BASE}/metricDefinition/happiness").status_code == 404


# -- the command


@pytest.mark.parametrize("form", FORMATS)
def test_the_command_makes_each_form(server: Server, folder: Path, form: str) -> None:
    out = folder / f"statement.{form}"
    words = ["--period", "2026-03", "--scope", "customer:ACME", "--format", form, "--out", str(out)]
    done = run(folder, "report", "run", "customer-sla", *words, "--config", "settings.toml")
    assert done.returncode == 0, done.stderr
    begins = {"json": b"{", "csv": b"report,", "html": b"<!DOCTYPE html>", "xlsx": b"PK", "pdf": b"%PDF-1.7"}
    assert out.read_bytes().startswith(begins[form])


def test_the_command_previews_and_lists(server: Server, folder: Path, made: dict[str, Any]) -> None:
    config = ("--config", "settings.toml")
    seen = run(
        folder, "report", "preview", "operations-weekly", "--as", "regulator", "--period", "2026-03", *config
    )
    assert (seen.returncode, 'lang="de"' in seen.stdout, "ACME" in seen.stdout) == (0, True, False)
    assert "customer-sla" in run(folder, "report", "list", *config).stdout
    assert made["id"] in run(folder, "report", "list", "--made", *config).stdout
    refused = run(folder, "report", "run", "customer-sla", "--period", "2026-03", *config)
    assert (refused.returncode, refused.stderr.strip()) == (
        2,
        "qos-hub: scope.customer: must name one customer: audience customer sees the reports of one only",
    )


def test_the_command_takes_the_period_of_the_definition(server: Server, folder: Path) -> None:
    config = ("--config", "settings.toml")
    words = ["--as-recorded-at", "2026-04-01T06:00Z", "--format", "json", *config]
    done = run(folder, "report", "run", "executive-monthly", *words)
    assert (done.returncode, json.loads(done.stdout)["period"]) == (0, "2026-03"), done.stderr
    empty = run(folder, "report", "run", "executive-monthly", "--period", "", *words)
    assert empty.returncode == 2
    assert "period: is no period; one is written as" in empty.stderr
    seen = run(folder, "report", "preview", "operations-weekly", "--as", "executive", "--format", "json", *config)
    assert (seen.returncode, "-W" in json.loads(seen.stdout)["period"]) == (0, True), seen.stderr
