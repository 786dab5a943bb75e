"""The kit: scenarios as data, each run against a real server (see kit_runner for what a scenario says)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.acceptance.running import Server
from tests.contract.kit_runner import Scenario
from tests.fakes.listener import Listener

KIT = Path(__file__).parent / "kit"
SCENARIOS = sorted(KIT.glob("*.yaml"))


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with Listener() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("kit"), settings={"QOS_HUB_DELIVERY_SCHEDULE": "0s"}) as running:
        yield running


def test_there_are_scenarios() -> None:
    assert SCENARIOS


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_server_does_what_the_scenario_says(path: Path, server: Server, listener: Listener) -> None:
    """`${callback}` is a listener of its own for each scenario, `${url}` the server's address."""
    session = requests.Session()
    session.trust_env = False
    variables = {"callback": listener.url(f"/{path.stem}"), "url": server.client.base_url}
    with session:
        Scenario(path).run(server.client.base_url, session, variables)
