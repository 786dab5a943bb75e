"""Killed between any two steps of change, event, fan-out, claim, send and record, the hub loses nothing.

Each case is a real process that kills itself (SIGKILL) at a named point, and another one after it that goes on.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import requests

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.fakes.listener import Listener, Received
from tests.rooms import report, until

FAULTS = Path(__file__).parent / "faults"
REPORTS, CHANGES = 6, 4

POINTS = {
    "a report is about to be written": "hub.store.problems:Problems.insert:before:1",
    "a report is written, its event is not": "hub.store.problems:Problems.insert:after:1",
    "a change is written, its event is not": "hub.store.problems:Problems.update:after:3",
    "an event is written, its history is not": "hub.store.events:Events.append:after:4",
    "the history is written, nothing is committed": "hub.store.records:Records.append:after:4",
    "a change is about to be committed": "hub.store.tally:Tally.flush:before:9",
    "a change is committed, nobody knows": "hub.store.sqlite:Store._publish:before:9",
    "a change is committed, the client has no answer": "hub.store.sqlite:_Gate._put:before:4",
    "a turn begins": "hub.delivery.worker:take_turn:before:4",
    "events are about to be fanned out": "hub.delivery.turn:_fan_out:before:3",
    "deliveries are about to be written": "hub.store.deliveries:Deliveries.insert:before:3",
    "deliveries are written, the mark is not": "hub.store.deliveries:Deliveries.insert:after:3",
    "the mark is written, nothing is committed": "hub.store.events:Events.set_fanned_out:after:3",
    "a delivery is about to be claimed": "hub.store.deliveries:Deliveries.claim:before:4",
    "a delivery is claimed, nothing is committed": "hub.store.deliveries:Deliveries.claim:after:4",
    "a turn is about to be committed": "hub.delivery.worker:take_turn:after:4",
    "a turn is committed, the sender does not know": "hub.delivery.worker:DeliveryWorker._turn_ended:before:4",
    "a claim is about to be sent": "hub.delivery.under_way:UnderWay.send:before:4",
    "a claim is signed, nothing is sent": "hub.delivery.transport.direct_transport:DirectTransport.submit:before:4",
    "a request is under way": "hub.delivery.transport.direct_transport:DirectTransport.submit:after:4",
    "an answer is there, nobody has looked at it": "hub.delivery.under_way:UnderWay.came_back:before:4",
    "an answer is judged, nothing is recorded": "hub.delivery.under_way:UnderWay.came_back:after:4",
    "an outcome is about to be recorded": "hub.store.deliveries:Deliveries.settle:before:4",
    "a delivery is settled, its attempt is not written": "hub.store.deliveries:Deliveries._append:before:4",
    "an attempt is written, the next in line still waits": "hub.store.deliveries:Deliveries.promote:before:4",
    "the next in line is due, nothing is committed": "hub.store.deliveries:Deliveries.promote:after:4",
    "what was recorded is about to be committed": "hub.delivery.ledger:Ledger.close:after:9",
}


class Answered(set[tuple[str, int]]):
    """The changes that were answered, as (report, sequence), and the ids of all reports that may have been made."""


def change_until_dead(client: ContractClient) -> Answered:
    """Reports with changes, one after the other, until the server has gone or everything is done."""
    answered = Answered()
    try:
        for _ in range(REPORTS):
            made = client.create(report())
            assert made.status_code == 201, made.text
            problem = made.json()["id"]
            answered.add((problem, 1))
            for sequence in range(2, CHANGES + 1):
                changed = client.patch(problem, name=f"change {sequence}")
                assert changed.status_code == 200, changed.text
                answered.add((problem, sequence))
    except requests.ConnectionError:
        pass
    return answered


def in_flight(database: Path) -> set[str]:
    """The ids of the events that a sender held when it was killed."""
    connection = sqlite3.connect(database)
    sql = (
        "SELECT event.id FROM delivery JOIN event ON event.seq = delivery.event WHERE delivery.state = 'inFlight'"
    )
    found = {row[0] for row in connection.execute(sql)}
    connection.close()
    return found


def sequences(received: list[Received]) -> dict[str, list[int]]:
    """{report: the numbers of its events as they came}"""
    found = defaultdict(list)
    for each in received:
        event = json.loads(each.body)
        found[event["correlationId"]].append(event["sequence"])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_the_hub_loses_nothing_and_repeats_only_what_was_in_flight(
    tmp_path: Path, point: str
) -> None:
    fault = {"PYTHONPATH": str(FAULTS), "FAULT_AT": POINTS[point]}
    with Listener() as listener:
        with Server(tmp_path, settings=fault) as server:
            server.client.register(listener.url("/in"))
            answered = change_until_dead(server.client)
            assert server.wait(60) == -9
        held = in_flight(tmp_path / "qos-hub.db")
        with Server(tmp_path, name="after") as server:
            client = server.client
            records = client.records()
            until(lambda: len(client.deliveries(state="delivered")) == len(records), 60)
            more = client.create(report()).json()["id"]
            until(lambda: len(client.deliveries(state="delivered")) == len(records) + 1, 60)
            assert client.deliveries(state="dead") == []
        received = listener.received("/in")
    told = sequences(received)
    assert answered <= {(problem, number) for problem, numbers in told.items() for number in numbers}
    assert more in told
    times = Counter(each.headers["webhook-id"] for each in received)
    assert times.keys() >= {record["id"] for record in records}
    assert {event for event, number in times.items() if number > 1} <= held
    assert max(times.values()) <= 2
    for numbers in told.values():
        assert numbers == sorted(numbers)
        assert set(numbers) == set(range(1, max(numbers) + 1))
    assert sqlite3.connect(tmp_path / "qos-hub.db").execute("PRAGMA integrity_check").fetchall() == [("ok",)]
