"""A running server whose reports become more while they are listed: rows, total and tag are of one moment."""

from collections.abc import Iterator
from threading import Event, Thread

import pytest

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.rooms import report

FACE = ContractClient.face
MADE = 120
QUERIES = (
    "serviceProblem?limit=1000",
    "serviceProblem?limit=1000&status=acknowledged&priority.lte=5&sort=-lastUpdate",
    "serviceProblem?limit=1000&affectedService.id=svc-7",
    "serviceProblem?limit=1000&description=many",
    "serviceProblemEventRecord?limit=1000&eventType=ServiceProblemCreateEvent",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("moment")) as running:
        yield running


@pytest.mark.parametrize("query", QUERIES)
def test_rows_total_and_tag_of_a_list_are_of_one_moment(server: Server, query: str) -> None:
    given = report(description="many", affectedService=[{"@type": "ServiceRef", "id": "svc-7"}])
    ended = Event()

    def make() -> None:
        client = ContractClient(server.client.base_url)
        try:
            for _ in range(MADE):
                assert client.post(f"{FACE}/serviceProblem", given).status_code == 201
        finally:
            ended.set()
            client.close()

    maker = Thread(target=make)
    maker.start()
    listed: list[tuple[str, int, int]] = []
    while not ended.is_set():
        answer = server.client.get(f"{FACE}/{query}")
        assert answer.status_code == 200, answer.text
        listed.append((answer.headers["ETag"], int(answer.headers["X-Total-Count"]), len(answer.json())))
    maker.join()
    assert [one for one in listed if one[1] != one[2]] == []
    assert len({(tag, rows) for tag, _, rows in listed}) == len({tag for tag, _, _ in listed}) > 1
