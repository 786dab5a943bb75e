"""What is written into a TMF621 peer's tickets: merge patches, the notes of others, and peers of two versions."""

from collections.abc import Iterator

import pytest

import adapters.tmf621
from adapters.tmf621.source import TroubleTickets
from hub.ports import Refused, Unavailable, Writing
from tests.fakes.tmf_server import TmfServer

NOTE = Writing(id="0196-1", key="t1", text="We look into it", author="Ines")
STATUS = Writing(id="0196-2", key="t1", status="inProgress")


@pytest.fixture
def server() -> Iterator[TmfServer]:
    with TmfServer("/tmf-api/troubleTicket/v5", "troubleTicket") as running:
        running.put("t1", **{"@type": "TroubleTicket", "status": "acknowledged"})
        yield running


@pytest.fixture
def peer(server: TmfServer) -> TroubleTickets:
    return adapters.tmf621.make("desk", {"url": server.url, "own_systems": ["south"], "max_wait": 0})


def texts(server: TmfServer) -> list[str]:
    return [note["text"] for note in server.rows["t1"].get("note", ())]


def test_a_note_stands_behind_those_that_are_there(server: TmfServer, peer: TroubleTickets) -> None:
    theirs = {"@type": "Note", "id": "7", "author": "agent-3", "text": "Theirs"}
    server.put("t1", note=[theirs])
    peer.write(NOTE)
    first, second = server.rows["t1"]["note"]
    assert first == theirs
    assert (second["@type"], second["author"]) == ("Note", "Ines")
    assert second["text"] == "We look into it\n\nInes [qos-hub 0196-1]"
    assert second["date"].endswith("Z")


def test_a_note_that_came_meanwhile_is_not_overwritten(server: TmfServer, peer: TroubleTickets) -> None:
    server.before_patch.append(lambda: server.put("t1", note=[{"text": "Meanwhile"}]))
    with pytest.raises(Unavailable, match="412"):
        peer.write(NOTE)
    assert texts(server) == ["Meanwhile"]
    peer.write(NOTE)
    assert len(texts(server)) == 2


def test_a_peer_without_tags_and_one_that_takes_plain_json_only_are_written_to(
    server: TmfServer, peer: TroubleTickets
) -> None:
    server.tags, server.patches = False, ("application/json",)
    peer.write(NOTE)
    peer.write(STATUS)
    assert (len(texts(server)), server.rows["t1"]["status"]) == (1, "inProgress")
    server.patches = ("application/json-patch+json",)
    with pytest.raises(Unavailable, match="415"):
        peer.write(Writing(id="0196-3", key="t1", status="resolved"))


def test_a_status_that_the_ticket_cannot_have_is_refused(server: TmfServer, peer: TroubleTickets) -> None:
    server.refuses = {"inProgress"}
    with pytest.raises(Refused, match="cannot become inProgress"):
        peer.write(STATUS)


def test_a_change_that_the_peer_takes_and_does_not_show_is_not_written_yet(
    server: TmfServer, peer: TroubleTickets
) -> None:
    server.deaf = True
    with pytest.raises(Unavailable, match="does not show it"):
        peer.write(STATUS)
    server.deaf = False
    peer.write(STATUS)
    assert server.rows["t1"]["status"] == "inProgress"
