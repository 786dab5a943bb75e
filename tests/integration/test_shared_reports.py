"""A report that names two parties: each is told of it, and of what belongs to the other nothing, in no form."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.model.times import from_micros
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.integration.test_management_reports import FORMATS, settle
from tests.integration.test_restated_attributes import packed, party
from tests.integration.test_restated_reports import BASE, THEN, content, made, words_in
from tests.rooms import Desk, TurningClock, open_store, report
from tests.unit.reporting.example import at

FOREIGN = ("BETA", "LINE-3", "line3-gold", "SECRET", "EVPL", "ROUTER-9", "SUPPLIER-Y", "PORT-4")
"""What the other customer's, and the other supplier's, reports name, and what only the shared one names."""

AGREED = """
agreements:
  - {name: standard, from: 2026-01-01, restore: {other: 72h}}
  - {name: line3-gold, from: 2026-01-01, service: LINE-3, restore: {other: 1h}}
dimensions:
  responsibleParty: ["relatedParty[role=supplier].partyOrPartyRole.id"]
"""
AUDIENCES = """
audiences:
  customer:
    title: Customer
    one: customer
    breakdowns: [service, region, product, cause, resource, severity]
    hide: [responsibleParty]
  supplier:
    title: Supplier
    one: responsibleParty
    breakdowns: [service, region, product, cause, resource, severity]
    hide: [customer]
"""
# The metrics that name services, causes or resources, or are judged by an agreement: paper with all is read for long.
REPORTS = """
definitions:
  - name: customer-sla
    title: Statement
    audience: customer
    metrics: &telling [slaCompliance, availability, degradedMinutes, paretoCount, paretoDegraded]
  - {name: supplier-monthly, title: Suppliers, audience: supplier, metrics: *telling}
"""
SCOPES = {"customer-sla": ("customer", "ACME"), "supplier-monthly": ("responsibleParty", "SUPPLIER-X")}


def said(customers: str, suppliers: str, services: str, region: str, **more: Any) -> dict[str, Any]:
    """A report whose parties and services are given as words."""
    parties = [party("customer", one) for one in customers.split()] + [
        party("supplier", one) for one in suppliers.split()
    ]
    place = {"@type": "PlaceRef", "id": region, "name": region}
    return report(
        relatedParty=parties,
        affectedService=[{"id": one} for one in services.split()],
        affectedLocation=[{"@type": "RelatedPlaceRefOrValue", "role": "site", "place": place}],
        **more,
    )


SHARED = said(
    "ACME BETA",
    "SUPPLIER-X SUPPLIER-Y",
    "VPN-7 LINE-3",
    "BETA HQ SECRET",
    reason="PORT-4 broke",
    characteristic=[{"@type": "StringCharacteristic", "name": "product", "value": "EVPL"}],
    affectedResource=[{"id": "ROUTER-9"}],
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    settle(folder, reporting=AGREED, audiences=AUDIENCES, reports=REPORTS)
    clock = TurningClock()
    store = open_store(folder)
    desk = Desk(store, clock)
    clock.now = from_micros(at("02T08:00"))
    documents = {
        "own": said("ACME", "SUPPLIER-X", "VPN-7", "north"),
        "theirs": said("BETA", "SUPPLIER-Y", "LINE-3", "BETA HQ SECRET"),
        "shared": SHARED,
    }
    ids = {name: desk.create(**document).id for name, document in documents.items()}
    (folder / "ids.json").write_text(json.dumps(ids))
    store.close()
    return folder


@pytest.fixture(scope="module")
def ids(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "ids.json").read_text())
    return found


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[ContractClient]:
    with Server(folder, "--config", "settings.toml") as running:
        yield running.client


@pytest.fixture(scope="module")
def first(client: ContractClient) -> dict[str, dict[str, Any]]:
    return {
        name: made(
            client,
            definition={"id": name},
            period="2026-03",
            recordedUntil=THEN,
            formats=FORMATS,
            scope=dict([scope]),
        )
        for name, scope in SCOPES.items()
    }


@pytest.fixture(scope="module")
def restated(
    client: ContractClient, ids: dict[str, str], first: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """After the shared report was moved, and named one service more that is nobody's alone."""
    moved = said("ACME", "SUPPLIER-X", "VPN-7 LINE-3 LINE-3b", "BETA SECOND SECRET")
    edit = {name: moved[name] for name in ("affectedService", "affectedLocation")}
    answer = client.patch(ids["shared"], priority=1, **edit)
    assert answer.status_code == 200, answer.text
    return {name: made(client, restates={"id": one["id"]}) for name, one in first.items()}


def foreign_in(told: bytes, form: str) -> list[str]:
    words = packed(words_in(told, form))
    return [one for one in FOREIGN if packed(one) in words]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", SCOPES)
def test_of_a_shared_report_no_form_tells_what_is_anothers(
    client: ContractClient, first: dict[str, dict[str, Any]], name: str, form: str
) -> None:
    assert foreign_in(content(client, first[name], form), form) == []
    scope = ":".join(SCOPES[name])
    params = {"period": "2026-03", "scope": scope, "format": form}
    preview = client.get(f"{BASE}/reportDefinition/{name}/preview", params=params)
    assert preview.status_code == 200, preview.text
    assert foreign_in(preview.content, form) == []


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", SCOPES)
def test_restated_it_tells_no_more(
    client: ContractClient, restated: dict[str, dict[str, Any]], name: str, form: str
) -> None:
    told = content(client, restated[name], form)
    assert foreign_in(told, form) == []
    assert packed("severity: 2 → 1; other attributes") in packed(words_in(told, form))


def test_a_shared_report_counts_and_says_what_is_ones_own(
    client: ContractClient, ids: dict[str, str], first: dict[str, dict[str, Any]]
) -> None:
    found = json.loads(content(client, first["customer-sla"], "json"))
    columns = found["rows"]["columns"]
    rows = {row[0]: dict(zip(columns, row, strict=True)) for row in found["rows"]["rows"]}
    assert rows.keys() == {ids["own"], ids["shared"]}
    shared = rows[ids["shared"]]
    assert (shared["customer"], shared["service"], shared["region"]) == ("ACME", "VPN-7", "not seen")
    assert (shared["product"], shared["resource"], shared["cause"]) == ("not seen", "not seen", "not seen")
    assert shared["agreement"].startswith("standard ")
