"""Reports of one's own types, with attributes and characteristics of one's own, over HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.rooms import report
from tests.unit.test_extensions import LOCATION, SCHEMA

FACE = ContractClient.face


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContractClient]:
    folder = tmp_path_factory.mktemp("extensions")
    schemas = folder / "schemas"
    schemas.mkdir()
    (schemas / "QosDegradation.schema.json").write_text(json.dumps(SCHEMA), "utf-8")
    with Server(folder, settings={"QOS_HUB_API_EXTENSION_SCHEMAS": str(schemas)}) as running:
        yield running.client


def degradation(**attributes: Any) -> dict[str, Any]:
    return report(**{"@type": "QosDegradation", "mosScore": 2.5, **attributes})


def test_a_subclass_is_kept_whole_and_says_what_it_is(client: ContractClient) -> None:
    made = client.create(degradation(kqi="voice"))
    assert made.status_code == 201, made.text
    kept = client.get(f"{FACE}/serviceProblem/{made.json()['id']}").json()
    shown = {name: kept[name] for name in ("@type", "@baseType", "@schemaLocation", "mosScore", "kqi")}
    assert shown == {
        "@type": "QosDegradation",
        "@baseType": "ServiceProblem",
        "@schemaLocation": LOCATION,
        "mosScore": 2.5,
        "kqi": "voice",
    }


def test_what_its_schema_forbids_is_refused_by_name_when_made_and_when_changed(client: ContractClient) -> None:
    refused = client.create(degradation(mosScore=9))
    assert refused.status_code == 400
    assert [(one["field"], one["value"]) for one in refused.json()["violation"]] == [("mosScore", 9)]
    made = client.create(degradation()).json()
    path = f"{FACE}/serviceProblem/{made['id']}"
    again = client.patch(made["id"], mosScore=None)
    assert again.status_code == 400
    assert [one["field"] for one in again.json()["violation"]] == ["mosScore"]
    assert client.get(path).json()["mosScore"] == 2.5


def test_a_schema_is_not_dodged_by_another_name(client: ContractClient) -> None:
    plain = client.create(report(**{"@schemaLocation": LOCATION}))
    assert plain.status_code == 400
    assert [(one["field"], one["value"]) for one in plain.json()["violation"]] == [("@type", "ServiceProblem")]
    made = client.create(degradation()).json()
    renamed = client.patch(made["id"], **{"@type": "Unheard"})
    assert renamed.status_code == 400
    assert [one["field"] for one in renamed.json()["violation"]] == ["@type"]


def test_a_type_that_nobody_registered_is_kept_as_it_is(client: ContractClient) -> None:
    made = client.create(report(**{"@type": "Unheard", "ownAttribute": {"deep": [1]}}))
    assert made.status_code == 201
    kept = client.get(f"{FACE}/serviceProblem/{made.json()['id']}").json()
    assert (kept["@type"], kept["@baseType"], kept["ownAttribute"]) == ("Unheard", "ServiceProblem", {"deep": [1]})


def test_a_characteristic_has_any_value(client: ContractClient) -> None:
    characteristics = [
        {"@type": "Characteristic", "name": "mos", "valueType": "number", "value": 2.5},
        {"@type": "Characteristic", "name": "codec", "value": {"name": "opus", "rates": [6, 510]}},
    ]
    made = client.create(report(characteristic=characteristics))
    assert made.status_code == 201
    assert made.json()["characteristic"] == characteristics


def test_its_attributes_are_asked_and_shown_like_those_of_the_standard(client: ContractClient) -> None:
    made = client.create(degradation(mosScore=1.5, kqi="filtered")).json()
    client.create(degradation(mosScore=4.5, kqi="filtered"))
    asked = {"@type": "QosDegradation", "kqi": "filtered", "mosScore.lt": "2", "fields": "mosScore"}
    found = client.problems(**asked)
    assert [(one["id"], one["mosScore"]) for one in found] == [(made["id"], 1.5)]
    in_order = client.problems(kqi="filtered", sort="-mosScore")
    assert [one["mosScore"] for one in in_order] == [4.5, 1.5]
    assert [one["id"] for one in client.problems(filter="$[?(@.mosScore<2 && @.kqi=='filtered')]")] == [made["id"]]
    refused = client.get(f"{FACE}/serviceProblem", params={"mosScore.regex": "2"})
    assert refused.status_code == 400
    assert refused.json()["violation"][0]["field"] == "mosScore.regex"


def test_a_characteristic_is_found_by_its_name_and_value_together(client: ContractClient) -> None:
    loss = {"name": "loss", "value": 7}
    made = client.create(report(characteristic=[loss, {"name": "jitter", "value": 40}])).json()
    client.create(report(characteristic=[{"name": "loss", "value": 40}, {"name": "jitter", "value": 7}]))
    together = "characteristic[?(@.name=='loss' && @.value<10)]"
    assert [one["id"] for one in client.problems(filter=together)] == [made["id"]]
    assert len(client.problems(**{"characteristic.name": "loss", "characteristic.value": "7"})) == 2
