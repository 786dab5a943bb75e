"""A source read by a hub that is killed, woken by its webhook, and looked at by its operator."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server, run
from tests.fakes.folder_desk import FolderDesk
from tests.fakes.listener import Listener
from tests.rooms import until

SECRET = "the-desk-rings-with-this"
SETTINGS = """
[intake]
interval = "1h"
mappings = "mappings"
[sources.desk]
adapter = "folder"
backfill = "open"
wake_secret = "env:DESK_SECRET"
options = { folder = "desk" }
"""
SOURCES = f"{ContractClient.operations}/sources"


class Room:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.desk = FolderDesk(folder)
        self.environment = {"PYTHONPATH": str(self.desk.site), "DESK_SECRET": SECRET}
        (folder / "hub.toml").write_text(SETTINGS)
        self.hub = Server(folder, "--config", "hub.toml", settings=self.environment)

    def command(self, *arguments: str) -> tuple[int, str]:
        ended = run(self.folder, "sources", *arguments, "--config", "hub.toml", **self.environment)
        return ended.returncode, ended.stdout + ended.stderr

    def wake(self, *, body: bytes = b"{}", key: str = SECRET, **headers: str) -> Any:
        signed = {"X-Hub-Signature-256": f"sha256={signature(body, key).hex()}"}
        return self.hub.client.call("POST", f"{SOURCES}/desk/wake", data=body, headers=signed | headers)

    def row(self) -> dict[str, Any]:
        (only,) = self.hub.client.get(SOURCES).json()
        found: dict[str, Any] = only
        return found


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    with room.hub:
        until(lambda: room.row()["lastSuccessTime"])
        yield room


def signature(body: bytes, key: str) -> bytes:
    return hmac.new(key.encode(), body, hashlib.sha256).digest()


def told(listener: Listener) -> list[tuple[str, str]]:
    """(event id, name of the report) of what was received, each event once, in order."""
    bodies = [json.loads(each.body) for each in listener.received("/in")]
    return list(dict.fromkeys((body["eventId"], body["event"]["serviceProblem"]["name"]) for body in bodies))


def test_a_hub_killed_between_two_pages_loses_no_ticket_and_tells_of_none_twice(
    room: Room, listener: Listener
) -> None:
    room.hub.client.register(listener.url("/in"))
    for number in range(30):
        room.desk.put(str(number), state="new")
    held = room.desk.hold(3)
    assert room.wake().status_code == 202
    until(lambda: len(told(listener)) == 20)
    room.hub.kill()
    held.unlink()
    room.hub.start()
    until(lambda: len(told(listener)) >= 30)
    assert sorted(name for _, name in told(listener)) == sorted(f"Ticket {number}" for number in range(30))
    assert room.desk.cursors()[-1] == {"line": 20}, "it went on in the middle"
    assert (room.row()["problems"], room.row()["cursor"]) == (30, {"line": 30})


def test_a_source_that_rings_is_polled_at_once_and_a_stranger_is_not_heard(room: Room) -> None:
    room.desk.put("1", state="new")
    body = b'{"ticket": 1}'
    assert room.wake(body=body, key="somebody else's secret").status_code == 401
    assert room.wake(body=body, **{"X-Hub-Signature-256": "sha256=zz,v1="}).status_code == 401
    assert room.hub.client.call("POST", f"{SOURCES}/desk/wake", data=body).status_code == 401
    assert room.hub.client.call("POST", f"{SOURCES}/desk/wake/{SECRET}x", data=body).status_code == 401
    assert room.hub.client.call("POST", f"{SOURCES}/other/wake/{SECRET}", data=body).status_code == 401
    assert (room.row()["problems"], len(room.desk.cursors())) == (0, 1)
    answer = room.wake(body=body, **{"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()) == (202, {"name": "desk", "asked": True})
    until(lambda: room.row()["problems"] == 1)
    room.desk.put("2", state="new")
    encoded = base64.b64encode(signature(b"", SECRET)).decode()
    assert room.wake(body=b"", **{"X-Hub-Signature-256": f"v1=00,v1={encoded}"}).status_code == 202
    until(lambda: room.row()["problems"] == 2)
    room.desk.put("3", state="new")
    assert room.hub.client.call("POST", f"{SOURCES}/desk/wake/{SECRET}").status_code == 202
    until(lambda: room.row()["problems"] == 3)
    assert SECRET not in room.hub.output()


def test_many_calls_come_to_one_poll(room: Room) -> None:
    held = room.desk.hold(1)
    room.desk.put("1", state="new")
    assert room.wake().json()["asked"]
    until(lambda: len(room.desk.cursors()) == 2)
    room.desk.put("2", state="new")
    asked = [room.wake().json()["asked"] for _ in range(10)]
    assert asked == [True] + [False] * 9, "the poll that runs may have passed what they speak of: one more follows"
    held.unlink()
    until(lambda: room.row()["problems"] == 2)
    assert len(room.desk.cursors()) == 3


def test_the_operator_sees_what_a_poll_would_bring_and_has_it_read_again(room: Room) -> None:
    room.desk.put("1", state="waiting CAB", service="iptv-7")
    before = room.row()
    code, said = room.command("pull", "desk", "--dry-run")
    assert (code, said.splitlines()) == (
        0,
        [
            "ticket 1: ServiceProblemCreateEvent at 2026-11-22T17:00:00.000Z pending 'Ticket 1' (told)",
            "ticket 1: ServiceProblemInformationRequiredEvent at 2026-11-22T17:00:00.000Z 'Ticket 1' (told)",
            "in all: 1 ServiceProblemCreateEvent, 1 ServiceProblemInformationRequiredEvent",
        ],
    )
    assert room.row() == before
    code, said = room.command("try", "desk", "--newest", "1")
    assert code == 0
    assert "affectedService[0].id       iptv-7" in said
    assert "the mapping does not know the status 'waiting CAB'" in said
    assert room.command("pull", "desk") == (0, "asked for\n")
    until(lambda: room.row()["problems"] == 1)
    assert room.command("pull", "desk", "--dry-run") == (0, "nothing would change\n")
    code, said = room.command()
    assert "desk: the mapping does not know the status 'waiting CAB', which came once, such as in ticket 1" in said
    code, said = room.command("resync", "desk", "--since", "2026-11-22T17:00:00Z", "--json")
    assert json.loads(said) == {"name": "desk", "since": "2026-11-22T17:00:00.000Z", "notify": False}
    until(lambda: {"since": "2026-11-22T17:00:00.000Z"} in room.desk.cursors())
    code, said = room.command("resync", "other")
    assert (code, said) == (2, "qos-hub: name: no source other was polled here\n")


def test_a_poll_that_is_to_read_again_is_rehearsed_with_the_news_that_it_tells_before(room: Room) -> None:
    room.desk.put("old", state="closed")
    assert room.wake().status_code == 202
    until(lambda: len(room.desk.cursors()) == 2)
    assert room.hub.stop() == 0
    room.desk.put("new", state="working")
    assert room.command("resync", "desk")[0] == 0
    code, said = room.command("pull", "desk", "--dry-run", "--json")
    steps = [(step["key"], step["what"], step["told"]) for step in json.loads(said)["step"]]
    assert (code, steps) == (0, [("new", "ServiceProblemCreateEvent", True)])
    room.hub.start()
    until(lambda: room.row()["problems"] == 2 and {} in room.desk.cursors()[1:])
    code, said = room.command("pull", "desk", "--dry-run")
    assert (code, said) == (0, "nothing would change\n")


def test_a_source_that_was_taken_out_of_the_settings_is_said_not_to_be_configured(room: Room) -> None:
    polled = room.row()["lastSuccessTime"]
    assert room.hub.stop() == 0
    (room.folder / "hub.toml").write_text("")
    room.hub.start()
    row = room.row()
    assert (row["state"], row["nextPollTime"], row["error"]) == ("notConfigured", None, None)
    assert row["lastSuccessTime"] >= polled
    assert room.command("pull", "desk") == (
        2,
        "qos-hub: the source desk is not polled: the settings no longer have it\n",
    )
    assert "notConfigured" in room.command()[1]


def test_a_mapping_is_tried_and_a_poll_rehearsed_before_the_hub_has_ever_run(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.desk.put("1", state="closed")
    room.desk.put("2", state="working")
    code, said = room.command("pull", "desk", "--dry-run", "--json")
    steps = [(step["key"], step["what"], step["told"]) for step in json.loads(said)["step"]]
    assert (code, steps) == (0, [("2", "ServiceProblemCreateEvent", False), ("1", "passedOver", False)])
    code, said = room.command("try", "desk", "--json")
    assert [one["report"]["status"] for one in json.loads(said)] == ["inProgress", "closed"]
    assert not (tmp_path / "qos-hub.db").exists()
