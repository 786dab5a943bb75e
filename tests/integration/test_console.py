"""The operator's pages of a running server: who was told, when, and why not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.fakes.listener import Listener
from tests.rooms import report, until

SETTINGS = """
[delivery]
schedule = ["1h"]

[sources.desk]
adapter = "roundup"
enabled = false
options = { url = "http://127.0.0.1:9/", username = "hub", password = "env:DESK_PASSWORD" }
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("console")
    (folder / "hub.toml").write_text(SETTINGS)
    with Server(folder, "--config", "hub.toml") as running:
        yield running


def page(server: Server, path: str, status: int = 200) -> str:
    answer = requests.get(f"{server.client.base_url}/console/{path}", timeout=10)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


def test_the_pages_tell_who_was_told_and_who_was_not(server: Server) -> None:
    with Listener() as listener:
        told = server.client.register(listener.url("/in"))
        deaf = server.client.register("http://127.0.0.1:9/deaf")
        problem = server.client.create(report(name="<b>ring</b>")).json()
        listener.wait_for(1)
        until(lambda: "connectionFailed" in page(server, "?state=due"))
        until(lambda: "delivered (204)" in page(server, f"?subscription={told['id']}"))
        assert "http://127.0.0.1:9/deaf" not in page(server, f"?subscription={told['id']}")
        assert deaf["id"] in page(server, "listeners")
        shown = page(server, f"reports/{problem['id']}")
        assert "ServiceProblemCreateEvent" in shown
        assert "<b>ring</b>" not in shown
        row = server.client.get("/qos-hub/v1/deliveries", params={"subscription": deaf["id"]}).json()[0]
        assert "connectionFailed" in page(server, f"deliveries/{row['id']}")


def test_a_deleted_report_keeps_its_page(server: Server) -> None:
    problem = server.client.create(report()).json()
    server.client.call("DELETE", f"{ContractClient.face}/serviceProblem/{problem['id']}")
    assert "was deleted" in page(server, f"reports/{problem['id']}")


def test_a_source_that_is_switched_off_is_shown_as_disabled(server: Server) -> None:
    assert "disabled" in page(server, "sources")
    (source,) = server.client.get("/qos-hub/v1/sources").json()
    assert (source["name"], source["state"]) == ("desk", "disabled")


@pytest.mark.parametrize("path", ["nowhere", "deliveries/4711", "reports/4711", "?state=lost"])
def test_what_is_not_there_is_said_to_be_missing(server: Server, path: str) -> None:
    assert "Nothing here" in page(server, path, 404)


@pytest.mark.parametrize("number", ["0", "99999999", "x", "-1"])
def test_a_page_beyond_the_end_is_the_nearest_one(server: Server, number: str) -> None:
    assert "page 1 of 1" in page(server, f"?state=dead&page={number}")
