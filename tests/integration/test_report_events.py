"""The event that a management report is ready, and its links, through a running hub and a real listener."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from hub.api.schemas import compile_schema, errors_of, load_contract
from hub.keys import create_key
from hub.settings import load_settings
from hub.shipped import openapi_dir
from tests.acceptance.bulk import ended
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.fakes.listener import Listener, Received
from tests.rooms import until

BASE, FACE = ContractClient.operations, ContractClient.face
READY = "eventType=ManagementReportReadyEvent"
FAILED = "eventType=ManagementReportFailedEvent"
AUDIENCES = """
audiences:
  operations: {title: Operations}
  regulator: {title: Regulator, party: agency, rows: false}
  customer: {title: Customer, one: customer}
  desk: {title: The desk of one customer, only: {customer: [GONE]}}
"""
REPORTS = """
definitions:
  - {name: all, title: Everything, audience: operations, formats: [json, html]}
  - {name: agency, title: For the agency, audience: regulator, formats: [csv]}
  - {name: statement, title: Statement, audience: customer, formats: [json, csv]}
  - {name: desk, title: For the desk, audience: desk, formats: [json]}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("events")
    (folder / "audiences.yaml").write_text(AUDIENCES)
    (folder / "reports.yaml").write_text(REPORTS)
    (folder / "settings.toml").write_text(f'[reporting]\nfolder = "{folder}"\n')
    settings = load_settings(None, {}, {"store.database": str(folder / "qos-hub.db")})
    keys = {
        name: create_key(settings, name=name, scopes=["*"], party=party)[0]
        for name, party in {"office": None, "acme": "ACME", "beta": "BETA", "agency": "agency"}.items()
    }
    (folder / "keys.json").write_text(json.dumps(keys))
    with Server(folder, "--config", "settings.toml", headers={"X-API-Key": keys["office"]}) as running:
        yield running


@pytest.fixture(scope="module")
def listener(server: Server) -> Iterator[Listener]:
    """With a registration for each of the callers, by their names, and one that asks for nothing by name."""
    keys = json.loads((server.folder / "keys.json").read_text())
    with Listener() as running:
        for name, key in keys.items():
            body = {"callback": running.url(f"/{name}"), "query": READY}
            made = server.client.post(f"{FACE}/hub", body, headers={"X-API-Key": key})
            assert made.status_code == 201, made.text
        server.client.register(running.url("/anything"))
        yield running


@pytest.fixture
def client(server: Server) -> ContractClient:
    return server.client


def made(client: ContractClient, definition: str, **more: Any) -> dict[str, Any]:
    answer = client.post(
        f"{BASE}/managementReport", {"definition": {"id": definition}, "period": "2026-03", **more}
    )
    assert answer.status_code == 201, answer.text
    done = ended(client, answer.json())
    assert done["status"] == "Succeeded", done
    return done


def told(listener: Listener, path: str, report: dict[str, Any]) -> list[Received]:
    """What was posted there about a report."""
    return [one for one in listener.received(path) if json.loads(one.body)["correlationId"] == report["id"]]


def event(listener: Listener, path: str, report: dict[str, Any]) -> dict[str, Any]:
    until(lambda: told(listener, path, report))
    (one,) = told(listener, path, report)
    found: dict[str, Any] = json.loads(one.body)
    return found


def link(listener: Listener, report: dict[str, Any], form: str) -> str:
    artefacts = event(listener, "/office", report)["event"]["managementReport"]["artefact"]
    return str(next(one["url"] for one in artefacts if one["format"] == form))


def opened(client: ContractClient, url: str, key: str = "", **headers: str) -> Any:
    """As somebody who has the link and nothing else."""
    place = urlsplit(url)
    return client.get(f"{place.path}?{place.query}", headers={"X-API-Key": key, **headers})


def test_an_operator_who_names_the_event_is_told_with_links(client: ContractClient, listener: Listener) -> None:
    report = made(client, "all")
    body = event(listener, "/office", report)
    contract = load_contract(openapi_dir() / "events.yaml")
    schema = compile_schema(contract, {"$ref": "#/components/schemas/ManagementReportReadyEvent"})
    assert errors_of(schema, body) == []
    told_of = body["event"]["managementReport"]
    assert (told_of["href"], told_of["period"]) == (report["href"], "2026-03")
    assert [one["format"] for one in told_of["artefact"]] == ["json", "html"]
    for one in told_of["artefact"]:
        answer = opened(client, one["url"])
        own = client.get(f"{BASE}/managementReport/{report['id']}/content/{one['format']}")
        assert (answer.status_code, answer.content) == (200, own.content)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert listener.received("/anything") == []


def test_only_the_party_for_which_it_is_is_told(client: ContractClient, listener: Listener) -> None:
    of_acme = made(client, "statement", scope={"customer": "ACME"})
    of_agency = made(client, "agency")
    of_all = made(client, "all", formats=["json"])
    event(listener, "/office", of_all)
    event(listener, "/acme", of_acme)
    event(listener, "/agency", of_agency)
    last = made(client, "statement", scope={"customer": "BETA"})
    event(listener, "/beta", last)
    names = {"/acme": [of_acme], "/agency": [of_agency], "/beta": [last]}
    for path, expected in names.items():
        ids = [json.loads(one.body)["correlationId"] for one in listener.received(path)]
        assert ids == [one["id"] for one in expected]


def test_operators_alone_are_told_of_a_report_that_could_not_be_made(
    server: Server, client: ContractClient, listener: Listener
) -> None:
    keys = json.loads((server.folder / "keys.json").read_text())
    for name in ("office", "acme"):
        asked_for = {"callback": listener.url(f"/failed/{name}"), "query": FAILED}
        made_known = client.post(f"{FACE}/hub", asked_for, headers={"X-API-Key": keys[name]})
        assert made_known.status_code == 201, made_known.text
    jobs = server.folder / "qos-hub.db.jobs"
    jobs.rename(server.folder / "away")
    jobs.write_text("no folder")
    asked = {"definition": {"id": "statement"}, "period": "2026-03", "scope": {"customer": "ACME"}}
    failed = ended(client, client.post(f"{BASE}/managementReport", asked).json())
    jobs.unlink()
    (server.folder / "away").rename(jobs)
    assert failed["status"] == "Failed"
    body = event(listener, "/failed/office", failed)
    contract = load_contract(openapi_dir() / "events.yaml")
    schema = compile_schema(contract, {"$ref": "#/components/schemas/ManagementReportFailedEvent"})
    assert errors_of(schema, body) == []
    told_of = body["event"]["managementReport"]
    assert told_of["error"].startswith("cannot write in")
    assert (told_of["href"], told_of["artefact"]) == (failed["href"], [])
    last = made(client, "statement", scope={"customer": "ACME"})
    event(listener, "/acme", last)
    assert listener.received("/failed/acme") == []
    assert len(told(listener, "/acme", failed)) == 0


def test_the_delivery_names_the_report(client: ContractClient, listener: Listener) -> None:
    report = made(client, "all", formats=["json"])
    event(listener, "/office", report)
    until(
        lambda: [one for one in client.deliveries() if one.get("managementReport", {}).get("id") == report["id"]]
    )


def test_a_link_opens_its_own_form_alone(client: ContractClient, listener: Listener) -> None:
    first, second = made(client, "all"), made(client, "all")
    url = link(listener, first, "json")
    missing = client.get(
        f"{BASE}/managementReport/nothing/shared/json?expires=1&signature=x", headers={"X-API-Key": ""}
    )
    changed = [
        url.replace("/shared/json", "/shared/html"),
        url.replace("/shared/json", "/shared/pdf"),
        url.replace(first["id"], second["id"]),
        url.replace(first["id"], "nothing"),
        url.partition("&signature=")[0],
        url.partition("?")[0],
        url.replace("expires=", "expires=9"),
        url[:-1] + ("A" if url[-1] != "A" else "E"),
    ]
    for one in changed:
        answer = opened(client, one)
        assert answer.status_code == 404, one
        assert answer.json() == missing.json(), "nobody learns what there is"
    assert opened(client, url).status_code == 200


def test_a_link_is_a_download_like_any_other(client: ContractClient, listener: Listener) -> None:
    url = link(listener, made(client, "all"), "html")
    whole = opened(client, url)
    assert whole.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert whole.headers["Cache-Control"] == "private, no-store"
    part = opened(client, url, Range="bytes=0-8")
    assert (part.status_code, part.content) == (206, whole.content[:9])
    assert opened(client, url, **{"If-None-Match": whole.headers["ETag"]}).status_code == 304
    assert opened(client, url, **{"If-Match": '"other"'}).status_code == 412
    assert opened(client, url, Range="bytes=99999999-").status_code == 416


def test_with_its_report_a_link_ends(client: ContractClient, listener: Listener) -> None:
    report = made(client, "all")
    url = link(listener, report, "json")
    assert client.call("DELETE", f"{BASE}/managementReport/{report['id']}").status_code == 204
    assert opened(client, url).status_code == 404


@pytest.mark.parametrize(("definition", "asked"), [("statement", {"scope": {"customer": "GONE"}}), ("desk", {})])
def test_with_the_erasure_of_its_customer_a_link_ends(
    client: ContractClient, listener: Listener, definition: str, asked: dict[str, Any]
) -> None:
    """Whether a run names the customer, or its audience sees that one alone."""
    report = made(client, definition, **asked)
    url = link(listener, report, "json")
    erasure = client.post(f"{BASE}/erasures", {"party": "GONE"})
    assert erasure.status_code in (201, 202), erasure.text
    until(lambda: client.get(f"{BASE}/erasures/{erasure.json()['id']}").json()["status"] == "Succeeded")
    assert opened(client, url).status_code == 404
    assert client.get(f"{BASE}/managementReport/{report['id']}").status_code == 404


def test_no_link_is_logged(server: Server, client: ContractClient, listener: Listener) -> None:
    url = link(listener, made(client, "all", formats=["json"]), "json")
    assert opened(client, url).status_code == 200
    assert opened(client, url[:-2]).status_code == 404
    assert url.rpartition("=")[2] not in server.output()
    assert "signature=" not in server.output()
