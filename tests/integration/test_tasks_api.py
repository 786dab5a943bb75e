"""The task resources of a running server, and what a listener is told of them."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hub.model.task import TaskKind
from hub.shipped import openapi_dir
from tests.acceptance.contract_client import ContractClient, violations
from tests.acceptance.running import Server
from tests.fakes.listener import Listener
from tests.rooms import report, until

FACE = ContractClient.face
GROUP = f"{FACE}/problemGroup"
ACKNOWLEDGEMENT = f"{FACE}/problemAcknowledgement"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("tasks"), settings={"QOS_HUB_DELIVERY_SCHEDULE": "0s"}) as running:
        yield running


def made(client: ContractClient) -> str:
    problem_id: str = client.create(report()).json()["id"]
    return problem_id


def named(*ids: str) -> list[dict[str, str]]:
    return [{"id": one} for one in ids]


@pytest.mark.parametrize("kind", TaskKind)
def test_a_task_is_done_and_found_at_its_location(client: ContractClient, kind: TaskKind) -> None:
    example = openapi_dir() / "examples" / f"{kind}.create.request.json"
    body = json.loads(example.read_text("utf-8"))
    ids = iter([made(client) for _ in range(3)])
    for reference in [body.get("parentProblem", {}), *body.get("problem", ()), *body.get("childProblem", ())]:
        reference.pop("href", None)
        reference["id"] = next(ids)
    done = client.post(f"{FACE}/{kind}", body)
    assert done.status_code == 201
    task = done.json()
    assert (task["@type"], task["state"]) == (kind.type_name, "done")
    location = done.headers["Location"]
    assert location == task["href"] == f"{client.base_url}{FACE}/{kind}/{task['id']}"
    path = location.removeprefix(client.base_url)
    assert client.get(path).json() == task
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(path, params={"fields": "state"}).json().keys() == {"id", "href", "@type", "state"}
    assert client.get(f"{FACE}/{kind}").json()[-1] == task


def test_the_tag_of_a_page_changes_with_the_total_of_its_list(client: ContractClient) -> None:
    body = {"problem": named(made(client))}
    for _ in range(2):
        client.post(ACKNOWLEDGEMENT, body)
    page = client.get(ACKNOWLEDGEMENT, params={"limit": 1})
    known = {"If-None-Match": page.headers["ETag"]}
    assert client.get(ACKNOWLEDGEMENT, params={"limit": 1}, headers=known).status_code == 304
    client.post(ACKNOWLEDGEMENT, body)
    again = client.get(ACKNOWLEDGEMENT, params={"limit": 1}, headers=known)
    assert (again.status_code, again.json()) == (200, page.json())
    assert int(again.headers["X-Total-Count"]) == int(page.headers["X-Total-Count"]) + 1


def test_fields_choose_what_a_new_task_shows(client: ContractClient) -> None:
    body = {"problem": named(made(client))}
    done = client.call("POST", ACKNOWLEDGEMENT, json=body, params={"fields": "outcome.result"})
    assert done.json().keys() == {"id", "href", "@type", "outcome"}


def test_tasks_are_found_by_what_they_name(client: ContractClient) -> None:
    parent, child, other = made(client), made(client), made(client)
    task = client.post(GROUP, {"parentProblem": {"id": parent}, "childProblem": named(child, other)}).json()
    client.post(GROUP, {"parentProblem": {"id": parent}, "childProblem": named(made(client))})

    def found(**filters: Any) -> list[str]:
        page = client.get(GROUP, params=filters)
        assert page.headers["X-Result-Count"] == str(len(page.json()))
        return [one["id"] for one in page.json()]

    assert found(**{"childProblem.id": other}) == [task["id"]]
    assert found(id=task["id"], state="done") == [task["id"]]
    assert len(found(**{"parentProblem.id": parent})) == 2
    assert found(**{"parentProblem.id": parent, "offset": 1, "limit": 1, "outcome.result": "grouped"}) != []
    assert found(state="inProgress") == []
    assert client.get(f"{FACE}/problemUngroup", params={"id": task["id"]}).json() == []
    assert violations(client.get(GROUP, params={"state": "finished"})).keys() == {"state"}
    assert violations(client.get(GROUP, params={"ackProblem.id": parent})).keys() == {"ackProblem.id"}


def test_tasks_are_sorted_paged_and_asked_for_as_reports_are(client: ContractClient) -> None:
    parent = made(client)
    bodies = [{"parentProblem": {"id": parent}, "childProblem": named(made(client))} for _ in range(3)]
    ids = [client.post(GROUP, body).json()["id"] for body in bodies]
    asked = {"parentProblem.id": parent, "fields": "none"}
    newest = client.get(GROUP, params={**asked, "sort": "-id"}).json()
    assert [one["id"] for one in newest] == ids[::-1]
    page = client.get(GROUP, params={**asked, "limit": 2, "after": ""})
    rest = client.get(page.links["next"]["url"].removeprefix(client.base_url))
    assert [one["id"] for one in page.json() + rest.json()] == ids
    child = bodies[1]["childProblem"][0]["id"]  # type: ignore[index]
    found = client.get(GROUP, params={"filter": f"$.childProblem[?(@.id=='{child}')]"}).json()
    assert [one["id"] for one in found] == [ids[1]]
    assert client.get(GROUP, params={**asked, "offset": 3}).status_code == 416


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "problem"),
        ({"problem": []}, "problem"),
        ({"problem": [{"id": 4711}]}, "problem[0].id"),
        ({"problem": named("4711")}, "problem[0].id"),
        ({"problem": [{}]}, "problem[0].id"),
        ({"problem": [{"href": "http://elsewhere.example.com/4711"}]}, "problem[0].href"),
        ({"problem": named(*map(str, range(1001)))}, "problem"),
        ({"problem": named("4711"), "trackingRecord": {"time": "noon"}}, "trackingRecord.time"),
    ],
)
def test_what_is_wrong_with_a_task_is_named(client: ContractClient, body: Any, field: str) -> None:
    refused = client.post(ACKNOWLEDGEMENT, body)
    assert (refused.status_code, list(violations(refused))) == (400, [field])


def test_a_circle_is_a_conflict(client: ContractClient) -> None:
    above, below = made(client), made(client)
    assert client.post(GROUP, {"parentProblem": {"id": above}, "childProblem": named(below)}).status_code == 201
    refused = client.post(GROUP, {"parentProblem": {"id": below}, "childProblem": named(above)})
    assert (refused.status_code, list(violations(refused))) == (409, ["childProblem[0].id"])
    refused = client.patch(above, parentProblem=named(below))
    assert (refused.status_code, list(violations(refused))) == (409, ["parentProblem[0].id"])


def test_of_two_groupings_that_contradict_each_other_one_is_made(server: Server) -> None:
    one, two = made(server.client), made(server.client)

    def put(pair: tuple[str, str]) -> int:
        client = ContractClient(server.client.base_url)
        body = {"parentProblem": {"id": pair[0]}, "childProblem": named(pair[1])}
        return client.post(GROUP, body).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(put, [(one, two), (two, one)] * 4))
    assert set(codes) == {201, 409}
    assert codes.count(201) == 4
    assert len({codes[place] for place in (0, 2, 4, 6)}) == 1


def test_a_task_of_another_kind_is_not_found(client: ContractClient) -> None:
    task = client.post(ACKNOWLEDGEMENT, {"problem": named(made(client))}).json()
    missing = client.get(f"{FACE}/problemUnacknowledgement/{task['id']}")
    assert (missing.status_code, violations(missing)) == (404, {"id": f"no problemUnacknowledgement {task['id']}"})
    assert client.call("DELETE", f"{ACKNOWLEDGEMENT}/{task['id']}").status_code == 405


def test_a_listener_is_told_of_a_task_and_of_each_report(client: ContractClient, listener: Listener) -> None:
    parent, child = made(client), made(client)
    client.register(listener.url("/all"))
    query = "eventType=ProblemGroupStateChangeEvent&event.problemGroup.parentProblem.id=" + parent
    some = client.register(listener.url("/some"), query)
    task = client.post(GROUP, {"parentProblem": {"id": parent}, "childProblem": named(child)}).json()
    until(lambda: len(listener.received("/all")) == 4 and listener.received("/some"))
    told = [json.loads(one.body) for one in listener.received("/all")]
    by_subject: dict[str, list[tuple[str, int]]] = {}
    for one in told:
        by_subject.setdefault(one["correlationId"], []).append((one["eventType"], one["sequence"]))
    assert by_subject == {
        task["id"]: [("ProblemGroupCreateEvent", 1), ("ProblemGroupStateChangeEvent", 2)],
        parent: [("ServiceProblemAttributeValueChangeEvent", 2)],
        child: [("ServiceProblemAttributeValueChangeEvent", 2)],
    }
    (only,) = listener.received("/some")
    assert json.loads(only.body)["event"]["problemGroup"] == task
    (delivery,) = client.deliveries(subscription=some["id"])
    assert delivery["task"] == {"id": task["id"], "href": task["href"]}
    assert "serviceProblem" not in delivery


def test_a_query_that_asks_for_what_a_task_has_not_is_refused(client: ContractClient, listener: Listener) -> None:
    for query, near in (
        ("event.problemGroup.children.id=1", "childProblem"),
        ("event.problemUngroup.colour=red", ""),
    ):
        refused = client.post(f"{FACE}/hub", {"callback": listener.url("/never"), "query": query})
        assert refused.status_code == 400
        assert near in violations(refused)["query"]


def test_the_console_shows_deliveries_of_tasks(client: ContractClient, listener: Listener) -> None:
    registered = client.register(listener.url("/console"), "eventType=ProblemAcknowledgementCreateEvent")
    client.post(ACKNOWLEDGEMENT, {"problem": named(made(client))})
    until(lambda: client.deliveries(subscription=registered["id"]))
    (delivery,) = client.deliveries(subscription=registered["id"])
    page = client.get("/console/", params={"subscription": registered["id"]})
    assert (page.status_code, "problemAcknowledgement" in page.text) == (200, True)
    assert "problemAcknowledgement" in client.get(f"/console/deliveries/{delivery['id']}").text
