"""Management reports by region, of what came in at v5 and at v4: a table, the filter of an audience, and a scope."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.bulk import ended
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.integration.test_faces import V4, V5, made, report_v4
from tests.integration.test_management_reports import FORMATS
from tests.integration.test_restated_attributes import packed
from tests.integration.test_restated_reports import words_in
from tests.rooms import report

BASE = ContractClient.operations
AUDIENCES = """
audiences:
  regulator:
    title: Regulator
    metrics: [backlog]
    breakdowns: [region]
    hide: [customer, service, resource, responsibleParty, source]
    rows: false
    smallest: 2
  northerners:
    title: Of the north
    metrics: [backlog]
    breakdowns: [region]
    only: {region: [north]}
"""
REPORTS = """
definitions:
  - {name: table, title: By region, audience: regulator, formats: [json]}
  - {name: north, title: North, audience: northerners, formats: [json]}
"""
NORTH, SOUTH, EAST = 3, 2, "BETA HQ SECRET"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("regions")
    (folder / "audiences.yaml").write_text(AUDIENCES)
    (folder / "reports.yaml").write_text(REPORTS)
    (folder / "settings.toml").write_text(f'[reporting]\nfolder = "{folder}"\n')
    with Server(folder, "--config", "settings.toml") as running:
        for _ in range(NORTH - 1):
            made(running.client, V5, at_v5("north"))
        made(running.client, V4, at_v4("north"))
        made(running.client, V5, at_v5("south"))
        made(running.client, V4, at_v4("south"))
        made(running.client, V5, at_v5(EAST))
        yield running


def at_v5(region: str) -> dict[str, Any]:
    place = {"@type": "PlaceRef", "id": f"id-{region}", "name": region}
    where = {"@type": "RelatedPlaceRefOrValue", "role": "outage", "place": place}
    return report(creationDate="2026-03-20T08:00:00Z", affectedLocation=[where])


def at_v4(region: str) -> dict[str, Any]:
    where = {"id": f"id-{region}", "name": region, "role": "outage", "@referredType": "GeographicSite"}
    return report_v4(creationDate="2026-03-20T08:00:00Z", affectedLocation=[where])


def backlog(client: ContractClient, definition: str, **asked: Any) -> dict[str, Any]:
    """{region: open reports at the end of March}; "" is all."""
    body = {"definition": {"id": definition}, "period": "2026-03", **asked}
    answer = client.post(f"{BASE}/managementReport", body)
    assert answer.status_code == 201, answer.text
    done = ended(client, answer.json())
    assert done["status"] == "Succeeded", done
    content = client.get(f"{BASE}/managementReport/{done['id']}/content/json").json()
    (section,) = content["sections"]
    return {one["group"]: one["value"] for one in section["figures"] if one["part"] == "end"}


def test_a_table_by_region_tells_north_from_south(client: ContractClient) -> None:
    assert backlog(client, "table") == {"": NORTH + SOUTH + 1, "north": NORTH, "(withheld)": None}


@pytest.mark.parametrize("form", FORMATS)
def test_a_region_of_which_nothing_is_told_is_not_named(client: ContractClient, form: str) -> None:
    params = {"period": "2026-03", "format": form}
    answer = client.get(f"{BASE}/reportDefinition/table/preview", params=params)
    assert answer.status_code == 200, answer.text
    words = packed(words_in(answer.content, form))
    assert "north" in words
    assert [one for one in (packed(EAST), "south") if one in words] == []


def test_an_audience_of_one_region_sees_the_reports_of_it_alone(client: ContractClient) -> None:
    assert backlog(client, "north") == {"": NORTH, "north": NORTH}


def test_a_scope_of_one_region_narrows_to_it(client: ContractClient) -> None:
    assert backlog(client, "table", scope={"region": "south"}) == {"": SOUTH, "south": SOUTH}
