"""Two senders on one database: each delivery is made by one of them, and what one leaves behind the other takes."""

import sqlite3
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from threading import Event as Gate

from tests.acceptance.running import Server
from tests.acceptance.test_crash_matrix import in_flight, sequences
from tests.fakes.listener import Listener, answer, held
from tests.rooms import report, until

QUICK = {"QOS_HUB_DELIVERY_DEADLINE": "5s", "QOS_HUB_DELIVERY_LEASE": "10500ms"}
REPORTS, CHANGES = 25, 4


def of_role(role: str) -> dict[str, str]:
    return {"QOS_HUB_SERVER_ROLES": role, **QUICK}


def test_two_senders_share_the_work_and_make_no_delivery_twice(tmp_path: Path) -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(Listener())
        api = stack.enter_context(Server(tmp_path, name="api", settings=of_role("api")))
        senders = [
            stack.enter_context(Server(tmp_path, name=f"sender-{name}", settings=of_role("delivery")))
            for name in ("one", "two")
        ]
        api.client.register(listener.url("/in"))
        for _ in range(REPORTS):
            problem = api.client.create(report()).json()["id"]
            for number in range(1, CHANGES):
                assert api.client.patch(problem, name=f"change {number}").status_code == 200
        events = REPORTS * CHANGES
        until(lambda: len(api.client.deliveries(state="delivered")) == events, 60)
        received = listener.received("/in")
        assert len(received) == len({each.headers["webhook-id"] for each in received}) == events
        assert all(numbers == list(range(1, CHANGES + 1)) for numbers in sequences(received).values())
        made = [len(sender.lines("delivery.attempted")) for sender in senders]
        assert sum(made) == events
        assert not any(sender.lines("delivery.lease_lost") for sender in senders)


def holder_of(database: Path) -> int:
    """The process id in the lease of the one delivery that is in flight."""
    connection = sqlite3.connect(database)
    ((token,),) = connection.execute("SELECT token FROM delivery WHERE state = 'inFlight'").fetchall()
    connection.close()
    return int(token.split(":")[1])


def test_what_a_killed_sender_held_is_sent_by_the_other_and_nothing_else_is_repeated(tmp_path: Path) -> None:
    released = Gate()
    database = tmp_path / "qos-hub.db"
    with ExitStack() as stack:
        listener = stack.enter_context(Listener())
        api = stack.enter_context(Server(tmp_path, name="api", settings=of_role("api")))
        senders = [
            stack.enter_context(Server(tmp_path, name=f"sender-{name}", settings=of_role("delivery")))
            for name in ("one", "two")
        ]
        api.client.register(listener.url("/in"))
        listener.on("/in", held(released, answer(204)), answer(204))
        problem = api.client.create(report()).json()["id"]
        listener.wait_for(1, "/in", timeout=30)
        (dead,) = (sender for sender in senders if sender.pid == holder_of(database))
        dead.kill()
        held_then = in_flight(database)
        assert api.client.patch(problem, name="change").status_code == 200
        others = {api.client.create(report()).json()["id"] for _ in range(5)}
        until(lambda: len(api.client.deliveries(state="delivered")) == 7, 60)
        released.set()
        received = listener.received("/in")
    times = Counter(each.headers["webhook-id"] for each in received)
    assert {event for event, number in times.items() if number > 1} == held_then
    told = sequences(received)
    assert told[problem] == [1, 1, 2]
    assert others < told.keys()
