"""The kit: scenarios as data, each run against a real server (see kit_runner for what a scenario says)."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from hub.api.schemas import errors_of
from tests.acceptance.running import Server
from tests.contract.kit_checks import schema
from tests.contract.kit_runner import Scenario
from tests.fakes.folder_desk import FolderDesk
from tests.fakes.listener import Listener, Received, answer

KIT = Path(__file__).parent / "kit"
SCENARIOS = sorted(KIT.glob("*.yaml"))
BODY_LIMIT = 65536

EVERY_SERVER = {
    "QOS_HUB_DELIVERY_SCHEDULE": "0s",
    "QOS_HUB_API_BODY_LIMIT": str(BODY_LIMIT),
    "QOS_HUB_JOBS_CONTENT_LIMIT": str(BODY_LIMIT),
}
SERVERS = {
    "plain": {"QOS_HUB_API_EXTENSION_SCHEMAS": str(KIT / "extensions")},
    "old-names": {"QOS_HUB_API_R18_NAMES": "true"},
    "without-jobs": {"QOS_HUB_SERVER_ROLES": "api"},
    "partial": {"QOS_HUB_API_PARTIAL_CONTENT": "true"},
    "with-list": {},
    "with-source": {"KIT_SECRET": "the-kit-rings-with-this"},
    "writing-back": {},
    "reports": {},
    "watched": {"QOS_HUB_CONSTRAINTS_WARM_UP": "0s"},
}
"""What the settings of each server add."""

SOURCE = """
[sources.desk]
adapter = "alertmanager"
options = { url = "http://127.0.0.1:1", max_wait = 0 }
wake_secret = "env:KIT_SECRET"
"""
DESK = """
[intake]
mappings = "mappings"
[sources.desk]
adapter = "folder"
write_back = ["note", "status"]
options = { folder = "desk" }
"""
FILES = {
    "writing-back": DESK,
    "with-list": f'[lists.kit]\nfile = "{KIT / "lists" / "kit.csv"}"\n',
    "with-source": SOURCE,
}
"""The settings file of a server that needs one."""


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with Listener() as running:
        running.on("/broken", answer(500))
        yield running


@pytest.fixture(scope="module")
def server_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Server]]:
    """A server by its name; each is started when it is first asked for."""
    with ExitStack() as stack:

        @cache
        def started(name: str) -> Server:
            settings = EVERY_SERVER | SERVERS[name]
            folder = tmp_path_factory.mktemp(name)
            if name == "writing-back":
                desk = FolderDesk(folder)
                desk.put("1", title="Line is noisy", state="new")
                settings |= {"PYTHONPATH": str(desk.site)}
            (folder / "kit.toml").write_text(FILES.get(name, ""), encoding="utf-8")
            return stack.enter_context(Server(folder, "--config", "kit.toml", settings=settings))

        yield started


def test_there_are_scenarios() -> None:
    assert SCENARIOS


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_server_does_what_the_scenario_says(
    path: Path, server_of: Callable[[str], Server], listener: Listener
) -> None:
    scenario = Scenario(path)
    server = server_of(scenario.server)
    variables = {
        # A listener of its own for each scenario, and one that fails.
        "callback": listener.url(f"/{path.stem}"),
        "broken": listener.url("/broken"),
        "url": server.client.base_url,
        # A body that is larger than the server reads, a value that is nested too deeply, a text that is long.
        "large": json.dumps("x" * BODY_LIMIT),
        "deep": "[" * 200 + "]" * 200,
        "long": "x" * 1000,
    }
    scenario.run(server.client.base_url, variables)
    assert "Traceback" not in server.output()
    assert [fault for told in listener.received(f"/{path.stem}") for fault in faults_of(told, scenario)] == []


def faults_of(told: Received, scenario: Scenario) -> list[str]:
    """What the contract finds wrong with an event that a listener of this scenario was told of."""
    event = json.loads(told.body.decode("utf-8"))
    face = scenario.contract if "serviceProblem" in scenario.contract else "serviceProblem-v5.yaml"
    if "qos-hub-test" in told.headers:
        face = "operations-v1.yaml"
    return [violation.sentence() for violation in errors_of(schema(face, event["eventType"]), event)]
