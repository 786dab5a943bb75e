"""Two faces of one hub: what is written at one is read at the other, each in its own words."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from hub.shipped import openapi_dir
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.fakes.listener import Listener
from tests.rooms import report

V5 = ContractClient.face
V4 = V5.replace("/v5", "/v4")
V3 = V5.replace("/v5", "/v3")
SAMPLE = (
    Path(__file__).resolve().parents[2] / "../shared/specs/TMF656.sample.ServiceProblem.example.json"
).resolve()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"QOS_HUB_DELIVERY_SCHEDULE": "0s", "QOS_HUB_API_R18_NAMES": "false"}
    with Server(tmp_path_factory.mktemp("faces"), settings=settings) as running:
        yield running


@pytest.fixture(scope="module")
def r18(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContractClient]:
    """A hub that speaks the names of R18.5, too."""
    with Server(tmp_path_factory.mktemp("r18"), settings={"QOS_HUB_API_R18_NAMES": "true"}) as running:
        yield running.client


def report_v4(**attributes: Any) -> dict[str, Any]:
    return {
        "category": "supplier.originated",
        "description": "Packet loss on the access ring",
        "priority": 2,
        "reason": "Unknown",
        "originatorParty": {"id": "org-311", "@referredType": "Organization", "role": "supplier"},
        **attributes,
    }


def made(client: ContractClient, face: str, body: Any) -> dict[str, Any]:
    answer = client.post(f"{face}/serviceProblem", body)
    assert answer.status_code == 201, answer.text
    content: dict[str, Any] = answer.json()
    return content


def at(client: ContractClient, face: str, problem: dict[str, Any], **query: Any) -> dict[str, Any]:
    content: dict[str, Any] = client.get(f"{face}/serviceProblem/{problem['id']}", params=query).json()
    return content


def patched(client: ContractClient, face: str, problem: dict[str, Any], patch: Any, kind: str = "") -> Any:
    return client.call(
        "PATCH",
        f"{face}/serviceProblem/{problem['id']}",
        data=json.dumps(patch),
        headers={"Content-Type": kind or "application/merge-patch+json"},
    )


def violations(refused: requests.Response) -> dict[str, str]:
    assert refused.status_code == 400, refused.text
    return {one["field"]: one["message"] for one in refused.json()["violation"]}


def test_what_is_written_at_v4_is_read_at_both(client: ContractClient) -> None:
    full = json.loads((openapi_dir() / "examples" / "v4.serviceProblem.create.request.json").read_text("utf-8"))
    answer = client.post(f"{V4}/serviceProblem", full)
    assert answer.status_code == 201
    kept = answer.json()
    assert {name: kept[name] for name in full} == full
    assert answer.headers["Location"] == kept["href"] == f"{client.base_url}{V4}/serviceProblem/{kept['id']}"
    assert at(client, V4, kept) == kept
    in_v5 = at(client, V5, kept)
    assert in_v5["href"] == f"{client.base_url}{V5}/serviceProblem/{kept['id']}"
    assert in_v5["originatorParty"]["partyOrPartyRole"]["id"] == full["originatorParty"]["id"]
    assert in_v5["responsibleParty"]["partyOrPartyRole"]["@type"] == "PartyRoleRef"


def test_what_is_written_at_v5_is_read_at_v4(client: ContractClient) -> None:
    full = json.loads((openapi_dir() / "examples" / "serviceProblem.create.request.json").read_text("utf-8"))
    problem = made(client, V5, full)
    shown = at(client, V4, problem)
    assert shown["originatorParty"]["id"] == "org-311"
    assert shown["affectedLocation"][0]["city"] == "Dresden"
    assert at(client, V4, problem, fields="priority,relatedParty.id").keys() == {
        "id",
        "href",
        "@type",
        "priority",
        "relatedParty",
    }


@pytest.mark.skipif(not SAMPLE.is_file(), reason="the official sample is not beside the project")
def test_the_official_sample_is_taken_and_given_back(client: ContractClient) -> None:
    sample = json.loads(SAMPLE.read_text("utf-8"))
    kept = made(client, V4, {**sample, "status": "acknowledged"})
    ours = {"id", "href", "status", "creationDate", "lastUpdate", "statusChangeDate", "resolutionDate"}
    for name in sample.keys() - ours:
        assert without_types(kept[name]) == sample[name], name


def without_types(value: Any) -> Any:
    if isinstance(value, list):
        return [without_types(each) for each in value]
    if isinstance(value, dict):
        return {name: without_types(each) for name, each in value.items() if name != "@type"}
    return value


def test_a_client_of_v4_that_sends_back_what_it_read_changes_nothing(client: ContractClient) -> None:
    full = json.loads((openapi_dir() / "examples" / "serviceProblem.create.request.json").read_text("utf-8"))
    problem = made(client, V5, full)
    before = at(client, V5, problem)
    assert patched(client, V4, problem, at(client, V4, problem)).status_code == 200
    assert at(client, V5, problem) == before


@pytest.mark.parametrize("kind", ["application/json", "application/merge-patch+json"])
def test_a_patch_at_v4_is_merged_in_the_words_of_v4(client: ContractClient, kind: str) -> None:
    party = {"role": "resolver", "partyOrPartyRole": {"@type": "PartyRoleRef", "id": "r-7", "partyId": "o-1"}}
    problem = made(client, V5, report(responsibleParty=party, name="ring"))
    answer = patched(client, V4, problem, {"responsibleParty": {"role": "owner"}, "name": None}, kind)
    assert answer.status_code == 200, answer.text
    assert "name" not in answer.json()
    kept = at(client, V5, problem)["responsibleParty"]
    assert kept["role"] == "owner"
    assert kept["partyOrPartyRole"] == {"@type": "PartyRoleRef", "id": "r-7", "partyId": "o-1"}


def test_a_json_patch_at_v4_has_the_paths_of_v4(client: ContractClient) -> None:
    problem = made(client, V4, report_v4(relatedParty=[{"id": "a", "@referredType": "Individual"}]))
    patch = [
        {"op": "test", "path": "/relatedParty/0/id", "value": "a"},
        {"op": "add", "path": "/relatedParty/-", "value": {"id": "b", "@referredType": "Individual"}},
        {"op": "replace", "path": "/relatedParty/0/name", "value": "A. Lindner"},
    ]
    answer = patched(client, V4, problem, patch[:2], "application/json-patch+json")
    assert answer.status_code == 200, answer.text
    assert [each["id"] for each in answer.json()["relatedParty"]] == ["a", "b"]
    kept = at(client, V5, problem)["relatedParty"]
    assert [each["partyOrPartyRole"]["id"] for each in kept] == ["a", "b"]


def test_a_refusal_at_v4_speaks_of_places_in_v4(client: ContractClient) -> None:
    refused = client.post(f"{V4}/serviceProblem", report_v4(originatorParty={"@referredType": "Individual"}))
    assert violations(refused) == {"originatorParty.id": "is missing"}
    problem = made(client, V4, report_v4())
    party = {"originatorParty": {"id": None}}
    assert violations(patched(client, V4, problem, party)) == {"originatorParty.id": "is missing"}


def test_v4_is_read_leniently(client: ContractClient) -> None:
    body = report_v4(
        originatorParty={"id": "org-1"}, name=None, note=None, relatedEntity=[{"id": "x", "role": "y"}]
    )
    kept = made(client, V4, body)
    assert kept["@type"] == "ServiceProblem"
    assert kept["originatorParty"]["@referredType"] == "Party"
    assert not kept.keys() & {"name", "note"}


def test_v5_is_read_leniently(client: ContractClient) -> None:
    body = report(name=None, note=[{"text": "seen", "author": None}], responsibleParty=None)
    del body["@type"]
    kept = made(client, V5, body)
    assert kept["@type"] == "ServiceProblem"
    assert kept["note"] == [{"@type": "Note", "text": "seen"}]
    assert not kept.keys() & {"name", "responsibleParty"}


def test_a_flat_party_at_v5_can_mean_only_one_thing(client: ContractClient) -> None:
    kept = made(client, V5, report(responsibleParty={"id": "org-7", "role": "owner"}))
    assert kept["responsibleParty"] == {
        "@type": "RelatedPartyRefOrPartyRoleRef",
        "role": "owner",
        "partyOrPartyRole": {"@type": "PartyRef", "id": "org-7"},
    }
    refused = client.create(report(affectedLocation=[{"id": "p-1", "role": "site"}]))
    assert violations(refused) == {"affectedLocation[0].place": "is missing"}


def test_a_status_in_another_spelling_is_refused_with_the_right_one(client: ContractClient) -> None:
    refused = client.post(f"{V4}/serviceProblem", report_v4(status="Acknowledged"))
    assert violations(refused)["status"].endswith("did you mean acknowledged?")


@pytest.mark.parametrize("face", [V4, V5])
def test_texts_of_any_script_come_and_go_as_utf_8(client: ContractClient, face: str) -> None:
    name = "Störung in Łódź – 東京 🌩"
    body = {**(report_v4() if face == V4 else report()), "name": name}
    headers = {"Content-Type": "application/json;charset=utf-8"}
    answer = client.call(
        "POST",
        f"{face}/serviceProblem",
        data=json.dumps(body, ensure_ascii=False).encode(),
        headers=headers,
    )
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
    assert name.encode() in answer.content


@pytest.mark.parametrize("path", ["/serviceProblem/", "//serviceProblem", "/serviceProblem//"])
def test_slashes_too_many_lead_to_the_same_resource(server: Server, client: ContractClient, path: str) -> None:
    made(client, V4, report_v4())
    for face in (V4, V5):
        answer = requests.get(f"{client.base_url}{face}{path}", timeout=10)
        assert answer.status_code == 200
        assert answer.json()


def test_the_history_at_v4_tells_changes_in_v4(client: ContractClient) -> None:
    problem = made(client, V5, report())
    patched(client, V5, problem, {"responsibleParty": {"role": "owner", "partyOrPartyRole": {"id": "o-2"}}})
    query = {"serviceProblem.id": problem["id"]}
    created, changed = client.get(f"{V4}/serviceProblemEventRecord", params=query).json()
    change = changed["notification"]["changes"]["responsibleParty"]
    assert change["from"] is None
    assert change["to"]["id"] == "o-2"
    assert "@type" not in created
    one = client.get(f"{V4}/serviceProblemEventRecord/{changed['id']}").json()
    assert one == changed
    assert one["serviceProblem"]["href"] == f"{client.base_url}{V4}/serviceProblem/{problem['id']}"


def test_a_page_at_v4_leads_to_pages_at_v4(client: ContractClient) -> None:
    for _ in range(3):
        made(client, V4, report_v4(category="paged.v4"))
    page = client.get(f"{V4}/serviceProblem", params={"category": "paged.v4", "limit": 2})
    assert page.headers["X-Total-Count"] == "3"
    assert page.links["next"]["url"].startswith(f"{client.base_url}{V4}/serviceProblem?")


def test_a_listener_at_v4_is_told_in_v4(client: ContractClient, listener: Listener) -> None:
    answer = client.post(f"{V4}/hub", {"callback": listener.url("/v4"), "query": None})
    assert answer.status_code == 201
    assert answer.json().keys() == {"id", "callback", "secret"}
    assert answer.headers["Location"] == f"{client.base_url}{V4}/hub/{answer.json()['id']}"
    client.register(listener.url("/v5"))
    problem = made(client, V5, report(category="told.v4"))
    client.call("DELETE", f"{V5}/serviceProblem/{problem['id']}")
    listener.wait_for(2, "/v5")
    (told,) = [json.loads(one.body) for one in listener.wait_for(1, "/v4")]
    assert told["eventType"] == "ServiceProblemCreateEvent"
    assert told["timeOcurred"]
    reported = told["event"]["serviceProblem"]
    assert reported["href"] == problem["href"].replace("/v5/", "/v4/")
    assert reported["originatorParty"]["id"] == "org-311"
    assert client.call("DELETE", f"{V4}/hub/{answer.json()['id']}").status_code == 204


def test_v3_is_not_there_unless_it_is_asked_for(client: ContractClient) -> None:
    assert client.get(f"{V3}/serviceProblem").status_code == 404
    assert "timeRaised" not in made(client, V4, report_v4())


def test_a_client_of_the_v3_generation_reads_and_writes_its_names(r18: ContractClient) -> None:
    body = report_v4(comment=[{"text": "seen"}], correlationId="c-1", timeRaised="2020-01-01T00:00:00Z")
    for face in (V4, V3):
        kept = made(r18, face, body)
        assert kept["timeRaised"] == kept["creationDate"] == "2020-01-01T00:00:00.000Z"
        assert kept["timeChanged"] == kept["lastUpdate"]
        assert kept["responsibleParty"] == kept["originatorParty"]
        assert kept["note"][0]["text"] == "seen"
        assert kept["externalIdentifier"][0]["id"] == "c-1"
        assert kept["href"].startswith(f"{r18.base_url}{face}/")
        assert "responsibleParty" not in at(r18, V5, kept)
        assert patched(r18, face, kept, kept).status_code == 200
        raised = patched(r18, face, kept, {"timeRaised": "2020-01-02T00:00:00Z"} if face == V3 else {}).json()
        assert raised["creationDate"][:10] == ("2020-01-02" if face == V3 else "2020-01-01")
        assert "responsibleParty" not in at(r18, V5, kept)
        assert patched(r18, face, kept, {"comment": None}).status_code == 200
        assert "note" not in at(r18, V5, kept)


def test_an_attribute_under_both_names_is_not_dropped(r18: ContractClient) -> None:
    both = {"comment": [{"text": "old"}], "note": [{"text": "new"}]}
    for given, name in ((both, "comment"), ({"timeRaised": EARLY, "creationDate": EARLIER}, "timeRaised")):
        refused = r18.post(f"{V3}/serviceProblem", report_v4(**given))
        assert (refused.status_code, list(violations(refused))) == (400, [name])
        kept = made(r18, V3, report_v4())
        refused = patched(r18, V3, kept, given)
        assert (refused.status_code, list(violations(refused))) == (400, [name])
        assert at(r18, V3, kept) == kept
    kept = made(r18, V3, report_v4(timeRaised=EARLY, creationDate=EARLY))
    changed = patched(r18, V3, kept, {**kept, "timeRaised": EARLIER})
    assert (changed.status_code, changed.json()["creationDate"][:10]) == (200, EARLIER[:10])


EARLY, EARLIER = "2020-01-02T00:00:00Z", "2020-01-01T00:00:00Z"


@pytest.mark.parametrize("spelling", ["problemAcknowledgement", "ProblemAcknowledgement"])
def test_a_task_at_v4_acts_and_is_found_at_its_location(client: ContractClient, spelling: str) -> None:
    problem = made(client, V4, report_v4())
    body = {"problem": [{"href": problem["href"], "name": None}], "trackingRecord": None}
    answer = client.post(f"{V4}/{spelling}", body)
    assert answer.status_code == 201, answer.text
    assert "state" not in answer.json()
    assert answer.json()["ackProblem"][0]["id"] == problem["id"]
    found = client.get(answer.headers["Location"].removeprefix(client.base_url))
    assert found.json() == answer.json()
    assert at(client, V4, problem)["trackingRecord"][0]["description"]


def test_reports_are_grouped_at_v4_and_seen_so_at_v5(client: ContractClient) -> None:
    parent, child = (made(client, V4, report_v4()) for _ in range(2))
    body = {"parentProblem": {"id": parent["id"]}, "childProblem": [{"id": child["id"], "href": child["href"]}]}
    assert client.post(f"{V4}/problemGroup", body).status_code == 201
    assert at(client, V5, child)["parentProblem"][0]["id"] == parent["id"]
    assert client.post(f"{V4}/problemUngroup", body).status_code == 201
    assert "parentProblem" not in at(client, V5, child) or at(client, V5, child)["parentProblem"] == []


def test_lists_at_v4_are_asked_in_the_words_of_v4(client: ContractClient) -> None:
    parties = ("q-2", "q-1", "q-3")
    for party in parties:
        related = [{"id": party, "@referredType": "Individual", "role": "customer"}]
        originator = {"id": party, "@referredType": "Individual"}
        made(client, V4, report_v4(category="asked.v4", relatedParty=related, originatorParty=originator))

    def asked(query: str) -> list[str]:
        found = client.get(f"{V4}/serviceProblem?category=asked.v4&{query}")
        assert found.status_code == 200, found.text
        return [each["relatedParty"][0]["id"] for each in found.json()]

    assert asked("relatedParty.id=q-1") == ["q-1"]
    assert asked("relatedParty.role=customer&originatorParty.id=q-3") == ["q-3"]
    assert asked("sort=originatorParty.id") == sorted(parties)
    assert asked("filter=relatedParty[?(@.id=='q-2')]") == ["q-2"]
    assert client.get(f"{V4}/serviceProblem?errorMessage.code=7").status_code == 400


def test_a_type_is_asked_for_as_v4_shows_it(client: ContractClient, listener: Listener) -> None:
    place = {"role": "at", "place": {"id": "p-1", "@type": "GeographicAddress"}}
    party = {"role": "x", "partyOrPartyRole": {"id": "t-1"}}
    asked = {
        "callback": listener.url("/typed"),
        "query": "event.serviceProblem.affectedLocation.@type=RelatedPlace",
    }
    assert client.post(f"{V4}/hub", asked).status_code == 201
    own = {**party, "@type": "RelatedParty"}
    bodies = [
        report(relatedParty=[one], affectedLocation=[place]) for one in (party, own, {**party, "@type": "Mine"})
    ]
    mine = [made(client, V5, {**body, "category": "asked.type"})["id"] for body in bodies]

    def found(query: str) -> list[str]:
        answer = client.get(f"{V4}/serviceProblem?category=asked.type&{query}")
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()]

    shown = [each["relatedParty"][0]["@type"] for each in (at(client, V4, {"id": one}) for one in mine)]
    assert shown == ["RelatedParty", "RelatedParty", "Mine"]
    assert found("relatedParty.@type=RelatedParty") == mine[:2]
    assert found("filter=relatedParty[?(@.@type=='RelatedParty')]") == mine[:2]
    assert found("relatedParty.@type.ne=RelatedParty") == mine[2:]
    assert found("relatedParty.@type=RelatedParty,Mine") == mine
    assert found("relatedParty.@type=RelatedPartyRefOrPartyRoleRef") == []
    assert found("originatorParty.@type=RelatedParty&affectedLocation.@type=RelatedPlace") == mine
    assert len(listener.wait_for(3, "/typed")) == 3


@pytest.mark.parametrize(
    "query", ["reportingSystem.id=qos-hub", "source.id=x", "@type=x", "fields=reportingSystem"]
)
def test_a_listener_at_v4_asks_for_nothing_that_v4_never_tells(client: ContractClient, query: str) -> None:
    asked = {"callback": "http://127.0.0.1:9/never", "query": query}
    assert "is in no event that is told here" in violations(client.post(f"{V4}/hub", asked))["query"]
    assert client.post(f"{V5}/hub", asked).status_code == 201
    told = {**asked, "query": "timeOcurred.gt=2026-01-01&fieldPath=note"}
    assert client.post(f"{V4}/hub", {**told, "callback": f"http://127.0.0.1:9/{len(query)}"}).status_code == 201


def test_what_is_wrong_with_a_query_at_v4_is_said_in_its_names(client: ContractClient) -> None:
    (said,) = violations(client.get(f"{V4}/serviceProblem?relatedParty.foo=x")).values()
    assert "'relatedParty.foo'" in said
    (said,) = violations(client.get(f"{V4}/serviceProblem?relatedParty=x")).values()
    shown = said.rpartition(": ")[2].split(", ")
    assert {"id", "name", "role"} <= set(shown)
    assert "partyOrPartyRole" not in shown


def test_a_query_of_a_listener_at_v4_is_in_the_words_of_v4(client: ContractClient, listener: Listener) -> None:
    query = "event.serviceProblem.relatedParty.id=h-1&fields=event.serviceProblem.relatedParty.id"
    answer = client.post(f"{V4}/hub", {"callback": listener.url("/asked"), "query": query})
    assert answer.status_code == 201, answer.text
    for party in ("h-2", "h-1"):
        made(client, V5, report(relatedParty=[{"role": "x", "partyOrPartyRole": {"id": party, "name": "N"}}]))
    (told,) = [json.loads(one.body) for one in listener.wait_for(1, "/asked")]
    (party_told,) = told["event"]["serviceProblem"]["relatedParty"]
    assert party_told["id"] == "h-1"
    assert "name" not in party_told


def test_lists_are_asked_in_the_names_of_r18(r18: ContractClient) -> None:
    kept = made(r18, V3, report_v4(comment=[{"text": "r18"}], correlationId="c-9"))
    for query in ("comment.text=r18", "correlationId=c-9", "correlationId=c-9&sort=-timeRaised"):
        found = r18.get(f"{V3}/serviceProblem?{query}&fields=timeRaised").json()
        assert [each["id"] for each in found] == [kept["id"]], query
        assert found[0]["timeRaised"] == kept["timeRaised"]
    refused = r18.post(f"{V3}/serviceProblem", report_v4(relatedObject=[{"name": "nameless"}]))
    assert violations(refused) == {"relatedEntity[0].id": "is missing"}
    patch = [{"op": "add", "path": "/comment/-", "value": {"text": "more"}}]
    assert patched(r18, V3, kept, patch, "application/json-patch+json").status_code == 200
    assert len(at(r18, V5, kept)["note"]) == 2


@pytest.mark.parametrize("name", ["PartyRef", "PartyRoleRef"])
def test_the_type_of_a_flat_party_at_v5_is_that_of_the_party(client: ContractClient, name: str) -> None:
    flat = {"id": "o1", "@type": name, "role": "supplier"}
    own = {"id": "o2", "@type": "OwnRef", "@baseType": name}
    kept = made(
        client, V5, report(originatorParty=flat, relatedParty=[own, {"id": "o3", "@type": "RelatedParty"}])
    )
    assert kept["originatorParty"] == {
        "@type": "RelatedPartyRefOrPartyRoleRef",
        "role": "supplier",
        "partyOrPartyRole": {"@type": name, "id": "o1"},
    }
    assert {each["@type"] for each in kept["relatedParty"]} == {"RelatedPartyRefOrPartyRoleRef"}
    assert kept["relatedParty"][0]["partyOrPartyRole"] == own
    shown = at(client, V4, kept)
    assert [shown["originatorParty"]["@type"], *(each["@type"] for each in shown["relatedParty"])] == [
        "RelatedParty"
    ] * 3
    again = made(client, V4, report_v4(originatorParty=flat))
    assert at(client, V5, again)["originatorParty"] == kept["originatorParty"]


def test_a_flat_party_in_a_merge_patch_at_v5_is_merged_into_the_party(client: ContractClient) -> None:
    kept = made(client, V5, report(responsibleParty={"id": "o1", "role": "owner"}))
    patch = {"responsibleParty": {"id": "o2", "@type": "PartyRoleRef"}, "originatorParty": {"role": "declarer"}}
    answer = patched(client, V5, kept, patch)
    assert answer.status_code == 200, answer.text
    assert answer.json()["responsibleParty"] == {
        "@type": "RelatedPartyRefOrPartyRoleRef",
        "role": "owner",
        "partyOrPartyRole": {"@type": "PartyRoleRef", "id": "o2"},
    }
    assert answer.json()["originatorParty"]["role"] == "declarer"


def test_addresses_of_this_hub_are_those_of_the_face_that_shows_them(
    client: ContractClient, listener: Listener
) -> None:
    client.post(f"{V4}/hub", {"callback": listener.url("/moved"), "query": "event.serviceProblem.category=moved"})
    theirs = {"id": "x", "href": "https://other.example.com/tmf-api/serviceProblemManagement/v5/serviceProblem/x"}
    parent = made(client, V4, report_v4())
    child = made(client, V4, report_v4(category="moved", affectedService=[theirs]))
    body = {"parentProblem": {"id": parent["id"]}, "childProblem": [{"id": child["id"], "href": child["href"]}]}
    task = client.post(f"{V4}/problemGroup", body).json()
    assert task["parentProblem"]["href"] == task["outcome"][0]["href"].replace(child["id"], parent["id"])
    assert task["childProblem"][0]["href"] == task["outcome"][0]["href"] == child["href"]
    acknowledged = client.post(f"{V4}/problemAcknowledgement", {"problem": [{"id": child["id"]}]}).json()
    assert acknowledged["ackProblem"][0]["href"] == acknowledged["problem"][0]["href"] == child["href"]
    shown = at(client, V4, child)
    assert shown["parentProblem"][0]["href"] == parent["href"]
    assert shown["affectedService"][0]["href"] == theirs["href"]
    (told,) = at(client, V4, child, fields="parentProblem.href")["parentProblem"]
    assert told["href"] == parent["href"]
    query = {"parentProblem.href": parent["href"], "fields": "none"}
    assert [one["id"] for one in client.get(f"{V4}/serviceProblem", params=query).json()] == [child["id"]]
    history = client.get(f"{V4}/serviceProblemEventRecord", params={"serviceProblem.id": child["id"]}).json()
    assert parent["href"] in json.dumps(history)
    events = listener.wait_for(3, "/moved")
    assert parent["href"] in events[1].body.decode()
    for text in (json.dumps([task, acknowledged, shown, history]), *(one.body.decode() for one in events)):
        assert f"{client.base_url}{V5}" not in text


def test_addresses_that_come_back_from_v4_are_kept_as_they_were(client: ContractClient) -> None:
    here, there = f"{client.base_url}{V5}/serviceProblem", f"{client.base_url}{V4}/serviceProblem"
    links = [{"id": "gone-1", "href": f"{here}/gone-1"}, {"id": "gone-2", "href": f"{there}/gone-2"}]
    kept = made(client, V5, report(underlyingProblem=links, own={"href": f"{here}/a", "rest": [{"href": here}]}))
    shown = at(client, V4, kept)
    assert {one["href"] for one in shown["underlyingProblem"]} == {f"{there}/gone-1", f"{there}/gone-2"}
    assert patched(client, V4, kept, shown).status_code == 200
    assert at(client, V5, kept) == kept
    test = [{"op": "test", "path": "/own/href", "value": f"{there}/a"}]
    assert patched(client, V4, kept, test, "application/json-patch+json").status_code == 200
    assert patched(client, V4, kept, {"own": {"href": f"{there}/b"}}).json()["own"]["href"] == f"{there}/b"
    assert at(client, V5, kept)["own"] == {"href": f"{here}/b", "rest": [{"href": here}]}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("eventType=ProblemGroupCreateEvent", "ProblemGroupCreateEvent"),
        ("eventType=ServiceProblemDeleteEvent", "ServiceProblemDeleteEvent"),
        (
            "eventType=ServiceProblemCreateEvent,ServiceProblemRemoveNotification",
            "ServiceProblemRemoveNotification",
        ),
        ("event.problemGroup.id=3", "problemGroup"),
        ("fields=event.informationRequired", "informationRequired"),
        ("filter=$[?(@.event.problemGroup.id=='3')]", "problemGroup"),
    ],
)
def test_what_a_face_never_tells_cannot_be_asked_for_there(
    client: ContractClient, listener: Listener, query: str, named: str
) -> None:
    body = {"callback": listener.url("/never"), "query": query}
    complaint = violations(client.post(f"{V4}/hub", body))["query"]
    assert named in complaint
    if query.startswith("eventType"):
        assert complaint.endswith(
            "known are ServiceProblemCreateEvent, ServiceProblemStateChangeEvent, "
            "ServiceProblemAttributeValueChangeEvent, ServiceProblemInformationRequiredEvent"
        )
    assert client.post(f"{V5}/hub", body).status_code == 201


@pytest.mark.parametrize("face", [V4, V5])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("problemAcknowledgement", {"problem": [{"id": "x"}]}),
        ("problemGroup", {"parentProblem": {"id": "x"}, "childProblem": [{"id": "y"}]}),
    ],
)
def test_the_type_of_a_task_is_that_of_its_path(
    client: ContractClient, face: str, kind: str, body: dict[str, Any]
) -> None:
    for name in ("ProblemUngroup", "Own", ""):
        assert "@type" in violations(client.post(f"{face}/{kind}", {**body, "@type": name}))
    own = {**body, "@type": "Own", "@baseType": f"P{kind[1:]}"}
    assert "@type" not in violations(client.post(f"{face}/{kind}", own))


@pytest.mark.parametrize("face", [V4, V5])
def test_an_empty_type_is_none(client: ContractClient, face: str) -> None:
    body = report_v4() if face == V4 else report()
    assert violations(client.post(f"{face}/serviceProblem", {**body, "@type": ""})) == {
        "@type": "must not be empty"
    }


def test_a_registration_for_everything_has_no_query(client: ContractClient, listener: Listener) -> None:
    for number, query in enumerate((None, "")):
        answer = client.post(f"{V5}/hub", {"callback": listener.url(f"/all{number}"), "query": query})
        assert answer.status_code == 201
        assert "query" not in answer.json()


@pytest.mark.parametrize("query", ["originatorParty.partyOrPartyRole.id", "status,affectedLocation.place.name"])
def test_fields_at_v4_are_those_of_v4(client: ContractClient, listener: Listener, query: str) -> None:
    path = query.rpartition(",")[2]
    refused = client.get(f"{V4}/serviceProblem", params={"fields": query})
    assert path in violations(refused)["fields"]
    body = {"callback": listener.url("/paths"), "query": f"fields=event.serviceProblem.{path}"}
    assert path in violations(client.post(f"{V4}/hub", body))["query"]
    assert client.get(f"{V5}/serviceProblem", params={"fields": query}).status_code == 200
    kept = made(client, V4, report_v4())
    shown = at(client, V4, kept, fields="originatorParty.id")["originatorParty"]
    assert shown["@referredType"] == "Organization"


@pytest.mark.parametrize("face", [V4, V5])
def test_error_messages_are_not_for_clients_to_write(client: ContractClient, face: str) -> None:
    body = report_v4() if face == V4 else report()
    told = {"errorMessage": [{"code": "7", "message": "late"}]}
    assert violations(client.post(f"{face}/serviceProblem", {**body, **told})).keys() == {"errorMessage"}
    kept = made(client, face, {**body, "errorMessage": None})
    assert violations(patched(client, face, kept, told)).keys() == {"errorMessage"}
    add = [{"op": "add", "path": "/errorMessage", "value": told["errorMessage"]}]
    assert violations(patched(client, face, kept, add, "application/json-patch+json")).keys() == {"errorMessage"}
    assert patched(client, face, kept, {"errorMessage": None}).status_code == 200


@pytest.mark.parametrize("face", [V4, V5])
def test_a_whole_number_may_have_a_point(client: ContractClient, face: str) -> None:
    body = report_v4() if face == V4 else report()
    kept = made(client, face, {**body, "priority": 2.0, "affectedNumberOfServices": 3.0})
    assert client.get(f"{face}/serviceProblem/{kept['id']}").text.count('"priority":2,') == 1
    assert isinstance(at(client, V5, kept)["affectedNumberOfServices"], int)
    replace = [{"op": "replace", "path": "/priority", "value": 4.0}]
    for patch, kind in (({"priority": 3.0}, ""), (replace, "application/json-patch+json")):
        answer = patched(client, face, kept, patch, kind)
        assert answer.status_code == 200, answer.text
        assert isinstance(answer.json()["priority"], int)
    assert "priority" in violations(patched(client, face, kept, {"priority": 2.5}))
    too_many = {**body, "affectedNumberOfServices": 1e300}
    assert "affectedNumberOfServices" in violations(client.post(f"{face}/serviceProblem", too_many))


def test_a_byte_order_mark_is_overlooked(client: ContractClient) -> None:
    content = b"\xef\xbb\xbf" + json.dumps(report()).encode()
    answer = client.call(
        "POST", f"{V5}/serviceProblem", data=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("face", [V4, V5])
@pytest.mark.parametrize("kind", ["application/json-patch+json", "application/json-patch-query+json"])
def test_an_object_that_is_added_to_a_list_becomes_its_last(client: ContractClient, face: str, kind: str) -> None:
    kept = made(client, face, report_v4() if face == V4 else report())
    for number in (1, 2):
        patch = [{"op": "add", "path": "/affectedService", "value": {"id": f"s-{number}"}}]
        answer = patched(client, face, kept, patch, kind)
        assert answer.status_code == 200, answer.text
    assert [one["id"] for one in answer.json()["affectedService"]] == ["s-1", "s-2"]
    nested = [
        {"op": "add", "path": "/impactPattern", "value": {}},
        {"op": "add", "path": "/impactPattern/characteristic", "value": {"name": "ring", "value": "north"}},
    ]
    answer = patched(client, face, kept, nested, kind)
    assert [one["name"] for one in answer.json()["impactPattern"]["characteristic"]] == ["ring"]
    replace = [{"op": "replace", "path": "/affectedService", "value": {"id": "s-3"}}]
    assert violations(patched(client, face, kept, replace, kind)) == {
        "affectedService": "must be a list or null, not an object"
    }


def test_fields_of_r18_show_what_they_name(r18: ContractClient, listener: Listener) -> None:
    fields = "comment.text,correlationId,impactPatterns.extensionInfo,relatedObject.id,timeRaised"
    wanted = ",".join(f"event.serviceProblem.{path}" for path in fields.split(","))
    asked = {"callback": listener.url("/r18"), "query": f"fields={wanted}"}
    assert r18.post(f"{V3}/hub", asked).status_code == 201
    kept = made(
        r18,
        V3,
        report_v4(
            comment=[{"text": "seen", "author": "L"}],
            correlationId="c-3",
            externalIdentifier=[{"id": "x-1", "owner": "us"}],
            impactPatterns={"extensionInfo": [{"name": "ring", "value": 1}]},
            relatedObject=[{"id": "o-1", "name": "ring"}],
        ),
    )
    assert [one["id"] for one in kept["externalIdentifier"]] == ["x-1", "c-3"]
    (told,) = [json.loads(one.body) for one in listener.wait_for(1, "/r18")]
    for shown in (
        at(r18, V3, kept, fields=fields),
        r18.get(f"{V3}/serviceProblem", params={"id": kept["id"], "fields": fields}).json()[0],
        told["event"]["serviceProblem"],
    ):
        assert shown["comment"][0]["text"] == "seen"
        assert "author" not in shown["comment"][0]
        assert shown["correlationId"] == "c-3"
        assert without_types(shown["impactPatterns"]["extensionInfo"]) == [{"name": "ring", "value": 1}]
        assert shown["relatedObject"][0]["id"] == "o-1"
        assert shown["timeRaised"] == kept["timeRaised"]
        assert "note" not in shown


@pytest.mark.parametrize(
    ("kind", "patch", "identifiers"),
    [
        ("merge-patch", {"correlationId": "c-2"}, ["x-1", "c-2"]),
        ("merge-patch", {"correlationId": None}, ["x-1"]),
        ("json-patch", [{"op": "replace", "path": "/correlationId", "value": "c-2"}], ["x-1", "c-2"]),
        ("json-patch", [{"op": "test", "path": "/correlationId", "value": "c-1"}], ["x-1", "c-1"]),
        ("json-patch", [{"op": "remove", "path": "/correlationId"}], ["x-1"]),
        ("json-patch-query", [{"op": "replace", "path": "$.correlationId", "value": "c-2"}], ["x-1", "c-2"]),
    ],
)
def test_the_correlation_id_of_r18_is_one_of_the_identifiers(
    r18: ContractClient, kind: str, patch: Any, identifiers: list[str]
) -> None:
    kept = made(r18, V3, report_v4(correlationId="c-1", externalIdentifier=[{"id": "x-1", "owner": "us"}]))
    answer = patched(r18, V3, kept, patch, f"application/{kind}+json")
    assert answer.status_code == 200, answer.text
    assert [one["id"] for one in answer.json()["externalIdentifier"]] == identifiers
    assert "correlationId" not in at(r18, V5, kept)
    alone = made(r18, V3, report_v4(correlationId="c-1"))
    assert "externalIdentifier" not in patched(r18, V3, alone, {"correlationId": None}).json()


@pytest.mark.parametrize(
    "path",
    [
        "/comment/text?comment.author=L",
        "/comment?author=L/text",
        "$.comment[?(@.author=='L')].text",
        "/comment[?(@.author=='L')]/text",
        "/comment/0/text",
    ],
)
def test_paths_of_r18_in_a_patch_lead_to_what_they_name(r18: ContractClient, path: str) -> None:
    kept = made(r18, V3, report_v4(comment=[{"text": "seen", "author": "L"}]))
    patch = [{"op": "replace", "path": path, "value": "mended"}]
    answer = patched(r18, V3, kept, patch, "application/json-patch-query+json")
    assert answer.status_code == 200, answer.text
    assert answer.json()["note"][0]["text"] == "mended"
    assert "comment" not in at(r18, V5, kept)


OWN = {"comment": "free text", "correlationId": "my-own", "timeRaised": "yesterday", "extensionInfo": 7}


@pytest.mark.parametrize("face", [V4, V3])
@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("merge-patch", {"name": "n"}),
        ("merge-patch", None),
        ("json-patch", [{"op": "add", "path": "/name", "value": "n"}]),
        ("json-patch", [{"op": "replace", "path": "/comment", "value": "free text"}]),
        ("json-patch-query", [{"op": "test", "path": "$.correlationId", "value": "my-own"}]),
    ],
)
def test_an_attribute_of_one_s_own_under_a_name_of_r18_stays(
    r18: ContractClient, face: str, kind: str, patch: Any
) -> None:
    part = {"text": "t", "extensionInfo": "own"}
    kept = made(r18, V5, report(**OWN, note=[part], externalIdentifier=[{"id": "x", "owner": "o"}]))
    shown = at(r18, face, kept)
    for seen in (shown, at(r18, face, kept, fields=",".join(OWN))):
        assert {name: seen[name] for name in OWN} == OWN
    assert shown["note"][0]["extensionInfo"] == "own"
    body = {**shown, "name": "n"} if patch is None else patch
    answer = patched(r18, face, kept, body, f"application/{kind}+json")
    assert answer.status_code == 200, answer.text
    after = at(r18, V5, kept)
    same = {name: value for name, value in kept.items() if name not in ("name", "lastUpdate")}
    assert {name: value for name, value in after.items() if name not in ("name", "lastUpdate")} == same


def test_an_attribute_of_one_s_own_is_changed_by_its_name(r18: ContractClient) -> None:
    kept = made(r18, V5, report(**OWN))
    assert patched(r18, V4, kept, {"comment": "other", "correlationId": None}).status_code == 200
    after = at(r18, V5, kept)
    assert (after["comment"], "correlationId" in after, "note" in after) == ("other", False, False)
    assert "externalIdentifier" not in after


def test_the_responsible_party_that_v3_shows_can_be_tested(r18: ContractClient) -> None:
    kept = made(r18, V3, report_v4())
    shown = at(r18, V3, kept)["responsibleParty"]
    test = {"op": "test", "path": "/responsibleParty/id", "value": shown["id"]}
    assert patched(r18, V3, kept, [test], "application/json-patch+json").status_code == 200
    assert "responsibleParty" not in at(r18, V5, kept)
    other = {"op": "replace", "path": "/responsibleParty/id", "value": "another"}
    assert patched(r18, V3, kept, [test, other], "application/json-patch+json").status_code == 200
    after = at(r18, V3, kept)
    assert (after["responsibleParty"]["id"], after["originatorParty"]["id"]) == ("another", shown["id"])


@pytest.mark.parametrize("face", [V4, V3])
def test_a_listener_is_told_the_names_of_r18_that_answers_have(
    r18: ContractClient, listener: Listener, face: str
) -> None:
    path = f"/names{face[-3:]}"
    wanted = "eventType=ServiceProblemCreateEvent&event.serviceProblem.reason=r18-names"
    assert r18.post(f"{face}/hub", {"callback": listener.url(path), "query": wanted}).status_code == 201
    kept = made(r18, face, report_v4(reason="r18-names"))
    (told,) = [json.loads(one.body) for one in listener.wait_for(1, path)]
    shown = told["event"]["serviceProblem"]
    assert shown["timeRaised"] == shown["creationDate"] == kept["timeRaised"]
    assert (shown["timeChanged"], shown["responsibleParty"]) == (kept["timeChanged"], kept["responsibleParty"])
