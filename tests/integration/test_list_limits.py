"""A running server whose lists are long: what an index serves is answered, what none serves is refused in time."""

from collections.abc import Iterator

import pytest

from hub.model.problem import Problem
from hub.store.sqlite import Store
from hub.store.tables import Tables
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.rooms import report

REPORTS = 2800
PATH = f"{ContractClient.face}/serviceProblem"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContractClient]:
    folder = tmp_path_factory.mktemp("limits")
    store = Store(folder / "qos-hub.db")
    store.write(fill)
    store.close()
    with Server(folder, settings={"QOS_HUB_STORE_QUERY_TIME_LIMIT": "1ms"}) as running:
        yield running.client


def fill(tables: Tables) -> None:
    for number in range(REPORTS):
        date = f"2026-01-{1 + number % 28:02}T00:00:00.000Z"
        dates = dict.fromkeys(("creationDate", "lastUpdate", "statusChangeDate"), date)
        services = [{"@type": "ServiceRef", "id": f"svc-{number}"}]
        document = report(status="held", affectedService=services, originatingSystem="qos-hub", **dates)
        tables.problems.insert(Problem(id=f"p{number}", document=document, sequence=1))


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("", REPORTS),
        ("status=held&sort=-lastUpdate", REPORTS),
        ("lastUpdate.gte=2026-01-15T00:00:00Z&sort=lastUpdate", REPORTS // 2),
        ("affectedService.id=svc-77", 1),
        ("affectedService.id=svc-77&description.regex=access", 1),
    ],
)
def test_a_list_that_an_index_serves_is_answered(client: ContractClient, query: str, total: int) -> None:
    answer = client.get(f"{PATH}?limit=5&{query}")
    assert answer.status_code == 200
    assert answer.headers["X-Total-Count"] == str(total)
    assert len(answer.json()) == min(5, total)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("description=x", ["description"]),
        ("status=held&reason.regex=zzz&priority=2", ["reason"]),
        ("filter=$[?(@.affectedService[?(@.name=='x')])]", ["affectedService"]),
    ],
)
def test_a_list_that_no_index_serves_is_refused_when_it_takes_too_long(
    client: ContractClient, query: str, named: list[str]
) -> None:
    refused = client.get(f"{PATH}?limit=5&{query}")
    assert (refused.status_code, refused.json()["code"]) == (503, "queryTooSlow")
    assert [one["field"] for one in refused.json()["violation"]] == named
    assert "[store] indexed_paths" in refused.json()["violation"][0]["message"]
    assert client.get(f"{PATH}?limit=1").status_code == 200


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("sort=reason", ["reason"]),
        ("sort=-priority,originatorParty.role,reason", ["originatorParty.role", "reason"]),
        ("description=zzz&sort=reason", ["description", "reason"]),
        ("description=zzz&sort=-lastUpdate", ["description"]),
    ],
)
def test_an_order_that_no_index_gives_is_named_when_it_takes_too_long(
    client: ContractClient, query: str, named: list[str]
) -> None:
    refused = client.get(f"{PATH}?limit=5&{query}")
    assert (refused.status_code, refused.json()["code"]) == (503, "queryTooSlow")
    assert [one["field"] for one in refused.json()["violation"]] == named
    said = {one["field"]: one["message"] for one in refused.json()["violation"]}
    assert all("has no index that gives its order" in said[name] for name in named if name != "description")
    assert "Retry-After" not in refused.headers
