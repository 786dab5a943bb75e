"""A disk that is full: changes are refused with one clear sentence, nothing is harmed, and it heals by itself."""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event as Gate

import pytest

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Ended, Server
from tests.fakes.listener import Listener, answer, held
from tests.rooms import report, until


@contextmanager
def no_room(server: Server) -> Iterator[None]:
    """No commit finds room in the log of writes: what a full disk looks like to the server. Its other files do."""
    end = (server.folder / "qos-hub.db-wal").stat().st_size
    assert end > 10 * len(server.output())
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (end, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def settled(client: ContractClient, count: int) -> Callable[[], bool]:
    return lambda: len(client.deliveries(state="delivered")) == count


def test_a_full_disk_refuses_changes_and_heals(tmp_path: Path) -> None:
    with Listener() as listener, Server(tmp_path) as server:
        client = server.client
        client.register(listener.url("/in"))
        kept = [client.create(report()).json() for _ in range(5)]
        until(settled(client, 5))
        with no_room(server):
            refused = client.create(report())
            assert (refused.status_code, refused.json()["code"]) == (503, "storeUnavailable")
            assert "the database says" in refused.json()["message"]
            assert client.patch(kept[0]["id"], name="ring").status_code == 503
            assert client.post(f"{client.face}/hub", {"callback": listener.url("/more")}).status_code == 503
            health = client.get(f"{client.operations}/health")
            assert (health.status_code, health.json()["live"], health.json()["ready"]) == (503, True, False)
            assert client.problems() == kept
        kept.append(client.create(report()).json())
        until(settled(client, 6))
        assert client.get(f"{client.operations}/health").status_code == 200
        assert client.problems() == kept
        told = [each.headers["webhook-id"] for each in listener.received("/in")]
        assert sorted(told) == sorted(record["id"] for record in client.records())
        assert server.stop() == 0
        assert "Traceback" not in server.output()
    assert sqlite3.connect(tmp_path / "qos-hub.db").execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_stop_on_a_full_disk_is_quiet_and_loses_nothing(tmp_path: Path) -> None:
    released = Gate()
    with Listener() as listener, Server(tmp_path) as server:
        listener.on("/in", held(released, answer(204)))
        server.client.register(listener.url("/in"))
        made = server.client.create(report()).json()
        listener.wait_for(1, "/in")
        with no_room(server):
            server.terminate()
            released.set()
            assert server.wait() == 0
        assert server.lines("delivery.turn_refused")
        assert "Traceback" not in server.output()
        server.start()
        assert server.client.problems() == [made]
        until(settled(server.client, 1))
        first, second = listener.received("/in")
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_a_full_disk_in_the_middle_of_deliveries_loses_nothing_and_says_when_it_is_over(tmp_path: Path) -> None:
    """Answers come while none can be recorded: each is recorded once there is room, and sent once only."""
    gates = [Gate() for _ in range(3)]
    with Listener() as listener, Server(tmp_path) as server:
        client = server.client
        client.register(listener.url("/in"))
        listener.on("/in", answer(204), *(held(gate, answer(204)) for gate in gates), answer(204))
        client.create(report())
        until(settled(client, 1))
        for _ in gates:
            client.create(report())
        listener.wait_for(4, "/in")
        with no_room(server):
            for gate in gates:
                gate.set()
            until(lambda: server.lines("delivery.turn_refused"))
            (said,) = server.lines("delivery.turn_refused")
            assert "full" in said["error"] or "disk" in said["error"]
            assert len(client.deliveries(state="inFlight")) == 3
        until(settled(client, 4))
        (over,) = server.lines("delivery.turn_accepted")
        assert over["refused_for"] > 0
        assert len(listener.received("/in")) == 4
        assert server.stop() == 0
        assert "Traceback" not in server.output()


def test_a_hub_that_is_killed_on_a_full_disk_ends_again_until_there_is_room_and_loses_nothing(
    tmp_path: Path,
) -> None:
    released = Gate()
    with Listener() as listener, Server(tmp_path) as server:
        listener.on("/in", held(released, answer(204)))
        server.client.register(listener.url("/in"))
        made = server.client.create(report()).json()
        listener.wait_for(1, "/in")
        with no_room(server):
            server.file_size = (tmp_path / "qos-hub.db-wal").stat().st_size
            server.kill()
        released.set()
        for _ in range(2):
            with pytest.raises(Ended, match="qos-hub: the database says: "):
                server.start()
            assert server.wait() == 2
        assert "Traceback" not in server.output()
        server.file_size = None
        server.start()
        assert server.client.problems() == [made]
        until(settled(server.client, 1))
        first, second = listener.received("/in")
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
