"""Killed again and again while listeners fail, ask for time, or are gone: what was decided of them is decided once.

A chain is one hub: each of its processes kills itself (SIGKILL) at the next named point, and the last one goes on.
"""

import json
import sqlite3
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest
import requests

from hub.store.events import FANNED_OUT
from tests.acceptance.running import Ended, Server
from tests.acceptance.test_crash_matrix import FAULTS
from tests.fakes.listener import Listener, answer
from tests.rooms import report, until

SETTINGS = {
    "QOS_HUB_DELIVERY_SCHEDULE": "0s,0s,0s",
    "QOS_HUB_DELIVERY_JITTER": "0",
    "QOS_HUB_DELIVERY_BREAKER_FAILURES": "100000",
    "QOS_HUB_DELIVERY_BREAKER_RATE": "1",
}
ATTEMPTS = 4
WATCHED = "eventType=ListenerStateChangeEvent,DeliveryStateChangeEvent"
LEDGER, DELIVERIES = "hub.delivery.ledger:Ledger", "hub.store.deliveries:Deliveries"

CHAINS = {
    "who fails, and leases of another host": [
        "hub.delivery.reception:Reception._failed:before:2",
        f"{LEDGER}._hold:after:1",
        "hub.delivery.under_way:UnderWay.came_back:before:4",
        f"{DELIVERIES}.expire_leases:after:1",
    ],
    "who is gone, and dead letters": [
        "hub.store.subscriptions:Subscriptions.set_state:after:1",
        "hub.store.lines:Lines.park:after:1",
        f"{LEDGER}._append:after:2",
        f"{DELIVERIES}.resend:after:1",
    ],
}


def provoke(server: Server, listener: Listener, link: int) -> None:
    """Changes for listeners of every kind, and dead letters that are sent again, until the process is dead."""
    client = server.client
    listener.on(f"/back-{link}", *[answer(503), answer(204), answer(204)] * (ATTEMPTS - 1))
    listener.on(f"/busy-{link}", answer(429, [("Retry-After", "1")]), answer(204))
    listener.on(f"/gone-{link}", answer(410))
    listener.on(f"/dead-{link}", answer(503))
    with suppress(requests.ConnectionError):
        made = [client.create(report()).json()["id"] for _ in range(3)]
        for kind in ("back", "busy", "gone", "dead"):
            client.register(listener.url(f"/{kind}-{link}"))
        for change in range(3):
            for problem in made:
                client.patch(problem, name=f"change {link}.{change}")
        pause, sent_again = Event(), set[str]()
        while server.is_running:
            for dead in client.deliveries(state="dead"):
                if dead["id"] not in sent_again:
                    sent_again.add(dead["id"])
                    client.post(f"{client.operations}/deliveries/{dead['id']}/resend", None)
            pause.wait(0.05)
    assert server.wait(60) == -9


def changed(database: Path, sql: str) -> list[tuple[str, str, int, str]]:
    connection = sqlite3.connect(database)
    found = connection.execute(sql).fetchall()
    connection.commit()
    connection.close()
    return found


Row = tuple[str, str]


def deliveries(database: Path, where: str = "") -> dict[Row, tuple[int, str]]:
    """{(path of the listener, id of the event): (attempts, state)}"""
    sql = f"""
        SELECT subscription.callback, event.id, attempts, delivery.state FROM delivery
        JOIN event ON event.seq = delivery.event JOIN subscription ON subscription.seq = delivery.subscription {where}
    """
    rows = changed(database, sql)
    return {(urlsplit(callback).path, event): (attempts, state) for callback, event, attempts, state in rows}


def is_settled(database: Path) -> bool:
    """Whether every event has its deliveries, and none of them is still to be made."""
    sql = f"""
        SELECT 1 FROM delivery WHERE state IN ('due', 'inFlight')
        UNION ALL SELECT 1 FROM event WHERE seq > (SELECT value FROM mark WHERE name = '{FANNED_OUT}')
    """
    return not changed(database, sql)


def give_away(database: Path) -> None:
    """What the dead process held belongs to a process of another host, and its time is over."""
    changed(
        database, f"UPDATE delivery SET token = 'far:1:x:1', lease_until = {int(time.time())} WHERE token NOT NULL"
    )


@pytest.mark.slow
@pytest.mark.parametrize("chain", CHAINS)
def test_killed_at_each_point_of_a_failure_the_hub_decides_it_once(tmp_path: Path, chain: str) -> None:
    database = tmp_path / "qos-hub.db"
    held: Counter[Row] = Counter()
    with Listener() as listener:
        for link, point in enumerate(CHAINS[chain]):
            at_once = "expire_leases" in point
            fault = {"PYTHONPATH": str(FAULTS), "FAULT_AT": point, "FAULT_AFTER": "0" if at_once else "3"}
            server = Server(tmp_path, name=f"link-{link}", settings=SETTINGS | fault)
            with suppress(Ended), server:
                if link == 0:
                    server.client.register(listener.url("/watch"), WATCHED)
                provoke(server, listener, link)
            assert server.wait() == -9
            in_flight = deliveries(database, "WHERE delivery.token NOT NULL")
            if not at_once:
                held.update(in_flight.keys())
            if "expire_leases" in CHAINS[chain][-1]:
                give_away(database)
                assert in_flight or link < 2
        with Server(tmp_path, settings=SETTINGS) as server:
            assert server.client.create(report()).status_code == 201
            until(lambda: is_settled(database), 60)
        received = listener.received()
    came = Counter((each.path, each.headers["webhook-id"]) for each in received)
    rows = deliveries(database)
    assert came.keys() <= rows.keys()
    deaths: Counter[str] = Counter()
    for row, (attempts, state) in rows.items():
        path, event = row
        assert 0 <= came[row] - attempts <= held[row], row
        assert state == {"/gone": "parked", "/dead": "dead"}.get(path.rpartition("-")[0], "delivered"), row
        if state == "dead":
            assert attempts % ATTEMPTS == 0
            deaths[event] += attempts // ATTEMPTS
    told = {
        each.headers["webhook-id"]: json.loads(each.body)["event"] for each in received if each.path == "/watch"
    }
    dead = Counter(one["delivery"]["event"]["id"] for one in told.values() if "delivery" in one)
    assert dead == deaths
    gone = Counter(urlsplit(one["listener"]["callback"]).path for one in told.values() if "listener" in one)
    assert gone == Counter({path for path, _ in came if path.startswith("/gone")})
