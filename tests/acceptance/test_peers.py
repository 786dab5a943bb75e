"""Two hubs read each other as TMF656 peers: each rings at the other, and nothing goes round."""

import socket
from collections.abc import Iterator

import pytest

from tests.fakes.peers import SECRET, PeerHub
from tests.rooms import report, until

pytestmark = pytest.mark.peers

FACE = "/tmf-api/serviceProblemManagement"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PeerHub, PeerHub]]:
    """North reads south at v4 once a second; south reads north at v5 once an hour, unless it is rung."""
    folder = tmp_path_factory.mktemp("peers")
    ports = free_port(), free_port()
    north_url, south_url = (f"http://127.0.0.1:{port}" for port in ports)
    north = PeerHub(
        folder / "north", "north", peer=f"{south_url}{FACE}/v4", own_url=north_url, port=ports[0], interval="1s"
    )
    south = PeerHub(folder / "south", "south", peer=f"{north_url}{FACE}/v5", own_url=south_url, port=ports[1])
    with north, south:
        until(lambda: south.rings_at(north) and north.rings_at(south))
        yield north, south


def test_a_report_and_its_change_arrive_at_the_peer_because_it_is_rung(peers: tuple[PeerHub, PeerHub]) -> None:
    north, south = peers
    (made,) = north.add(report(name="ring 1", status="acknowledged"))
    until(lambda: "ring 1" in south.names())
    north.server.client.patch(made["id"], status="inProgress", note=[{"@type": "Note", "text": "A crew is there"}])
    until(lambda: south.one("ring 1")["status"] == "inProgress")
    there = south.one("ring 1")
    assert there["originatingSystem"] == "north"
    assert [note["text"] for note in there["note"]] == ["A crew is there"]
    assert there["externalIdentifier"][0]["id"] == made["id"]
    assert SECRET not in south.server.output() + north.server.output()


def test_a_report_that_went_to_the_peer_does_not_come_back(peers: tuple[PeerHub, PeerHub]) -> None:
    north, south = peers
    south.add(report(name="from south"))
    until(lambda: "from south" in north.names())
    north.add(report(name="after it"))
    until(lambda: "after it" in south.names())
    assert [names.count("from south") for names in (north.names(), south.names())] == [1, 1]
    assert south.one("from south")["originatingSystem"] == north.one("from south")["originatingSystem"] == "south"


def test_a_hub_that_stops_is_rung_no_more_and_registers_again_when_it_starts(
    peers: tuple[PeerHub, PeerHub],
) -> None:
    north, south = peers
    assert south.server.stop() == 0
    assert not south.rings_at(north)
    north.add(report(name="meanwhile"))
    south.server.start()
    until(lambda: "meanwhile" in south.names() and south.rings_at(north))
    north.add(report(name="and then"))
    until(lambda: "and then" in south.names())
