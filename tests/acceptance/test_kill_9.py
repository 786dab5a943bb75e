"""Killed at random moments, the hub loses no change that it answered, keeps the order, and invents nothing."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Thread

import requests
from standardwebhooks import Webhook

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.fakes.listener import Listener, Received
from tests.rooms import report, until

CHANGES = 500
KILLS = 5
CLIENTS = 4
CHANGES_OF_A_REPORT = 8
SETTINGS = {"QOS_HUB_DELIVERY_SCHEDULE": ",".join(["200ms"] * 20)}


class Answered:
    """The changes that were answered, as (report, sequence): what must be told. Clients wait here for a restart."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, int]] = []
        self._changed = Condition()
        self._starts = 0

    def __len__(self) -> int:
        return len(self.changes)

    @property
    def starts(self) -> int:
        return self._starts

    def note(self, problem: str, sequence: int) -> None:
        with self._changed:
            self.changes.append((problem, sequence))
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.changes) >= count, 60)

    def started_again(self) -> None:
        with self._changed:
            self._starts += 1
            self._changed.notify_all()

    def wait_for_start(self, after: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._starts > after, 60)


def post_changes(base_url: str, answered: Answered) -> None:
    """Report after report, each changed a few times; a report whose fate is unknown is left alone."""
    client = ContractClient(base_url)
    while len(answered) < CHANGES:
        starts = answered.starts
        try:
            post_one_report(client, answered)
        except requests.ConnectionError:
            answered.wait_for_start(starts)
    client.close()


def post_one_report(client: ContractClient, answered: Answered) -> None:
    made = client.create(report())
    assert made.status_code == 201, made.text
    problem = made.json()["id"]
    answered.note(problem, 1)
    for sequence in range(2, CHANGES_OF_A_REPORT + 1):
        changed = client.patch(problem, name=f"change {sequence}")
        assert changed.status_code == 200, changed.text
        answered.note(problem, sequence)


@contextmanager
def clients(base_url: str, answered: Answered) -> Iterator[list[Thread]]:
    threads = [Thread(target=post_changes, args=(base_url, answered)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    yield threads
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)


def sequences(received: list[Received]) -> dict[str, list[int]]:
    """{report: the sequence numbers of its events as they came}"""
    found = defaultdict(list)
    for each in received:
        event = json.loads(each.body)
        found[event["correlationId"]].append(event["sequence"])
    return found


def test_every_answered_change_survives_kills_at_random_moments(tmp_path: Path) -> None:
    dice = random.Random(656)
    answered = Answered()
    with Listener() as listener, Server(tmp_path, settings=SETTINGS) as server:
        secret = server.client.register(listener.url("/in"))["secret"]
        with clients(server.client.base_url, answered):
            for threshold in sorted(dice.sample(range(20, CHANGES - 20), KILLS)):
                answered.wait_for(threshold)
                server.kill()
                server.start()
                answered.started_again()
        until(lambda: not server.client.deliveries(state="due") + server.client.deliveries(state="inFlight"), 60)
        records = server.client.records()
        until(lambda: len(server.client.deliveries(state="delivered")) == len(records), 60)
        received = listener.received("/in")

    for each in received:
        Webhook(secret).verify(each.body, each.headers)
    bodies = {each.headers["webhook-id"]: each.body for each in received}
    assert all(bodies[each.headers["webhook-id"]] == each.body for each in received)
    assert bodies.keys() == {record["id"] for record in records}

    told = sequences(received)
    assert len(answered) >= CHANGES
    assert set(answered.changes) <= {(problem, number) for problem, numbers in told.items() for number in numbers}
    for numbers in told.values():
        assert numbers == sorted(numbers)
        assert set(numbers) == set(range(1, max(numbers) + 1))
