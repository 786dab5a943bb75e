"""A peer's tickets and alarms arrive because its hub rings at ours, which polls by itself only once an hour.

The peer is a local server that is written from the standard.
"""

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.running import Server
from tests.fakes.tmf_server import TmfServer
from tests.rooms import until

SECRET = "the-peer-rings-with-this"
SETTINGS = """
[intake]
interval = "1h"
[sources.peer]
adapter = "{adapter}"
wake_secret = "env:RING"
options = {{ url = "{url}", own_systems = ["us"], ring = {{ url = "http://127.0.0.1:{port}", secret = "env:RING" }} }}
"""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`first` and `then` are two states of one resource, `event` what the peer calls the change between them."""

    adapter: str
    base: str
    stamp: str
    first: Mapping[str, Any]
    then: Mapping[str, Any]
    event: str


TICKETS = Kind(
    adapter="tmf621",
    base="/tmf-api/troubleTicket/v5",
    stamp="lastUpdate",
    first={"name": "Picture freezes", "status": "acknowledged"},
    then={"status": "inProgress"},
    event="TroubleTicketStatusChangeEvent",
)
ALARMS = Kind(
    adapter="tmf642",
    base="/tmf-api/alarmManagement/v4",
    stamp="alarmChangedTime",
    first={"specificProblem": "Picture freezes", "state": "raised", "perceivedSeverity": "major"},
    then={"ackState": "acknowledged"},
    event="AlarmAttributeValueChangeEvent",
)
STATUSES = {"tmf621": ["acknowledged", "inProgress"], "tmf642": ["inProgress", "acknowledged"]}


@pytest.fixture(params=[TICKETS, ALARMS], ids=lambda kind: str(kind.adapter))
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
def peer(kind: Kind) -> Iterator[TmfServer]:
    resource = {"tmf621": "troubleTicket", "tmf642": "alarm"}[kind.adapter]
    with TmfServer(kind.base, resource, stamp=kind.stamp) as server:
        yield server


@pytest.fixture
def hub(kind: Kind, peer: TmfServer, tmp_path: Path) -> Server:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "hub.toml").write_text(SETTINGS.format(adapter=kind.adapter, url=peer.url, port=port))
    server = Server(tmp_path, "--config", "hub.toml", settings={"RING": SECRET})
    server.port = port
    return server


def statuses(hub: Server) -> list[str]:
    return [str(one["status"]) for one in hub.client.problems()]


def test_what_a_peer_rings_for_arrives_at_once_and_a_hub_that_stops_is_rung_no_more(
    kind: Kind, peer: TmfServer, hub: Server
) -> None:
    with hub:
        until(lambda: len(peer.callbacks) == 1)
        for state, status in zip((kind.first, kind.then), STATUSES[kind.adapter], strict=True):
            peer.put("1", **state)
            assert peer.ring(kind.event, "1") == [202]
            until(partial(lambda expected: statuses(hub) == [expected], status))
        (made,) = hub.client.problems()
        assert made["name"] == "Picture freezes"
        assert hub.stop() == 0
        assert peer.callbacks == {}
        assert SECRET not in hub.output()
