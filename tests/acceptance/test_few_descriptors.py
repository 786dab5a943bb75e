"""A hub with few descriptors: what it cannot send waits, nobody is blamed, and callers are answered."""

from pathlib import Path
from threading import Event

import pytest

from tests.acceptance.running import Server
from tests.fakes.listener import Listener, answer, held
from tests.rooms import report, until

LISTENERS = 60
DESCRIPTORS = 80
"""The hub by itself takes about half of them."""


@pytest.mark.slow
def test_a_hub_without_descriptors_burns_no_attempt_and_says_so(tmp_path: Path) -> None:
    released = Event()
    with Listener() as listener, Server(tmp_path, descriptors=DESCRIPTORS) as server:
        client = server.client
        for number in range(LISTENERS):
            listener.on(f"/{number}", held(released, answer(204)), answer(204))
            client.register(listener.url(f"/{number}"))
        assert server.lines("hub.few_descriptors")[0]["limit"] == DESCRIPTORS
        made = client.create(report())
        assert made.status_code == 201
        until(lambda: server.lines("delivery.out_of_resources"))
        until(lambda: client.call("GET", "/qos-hub/v1/health").status_code == 503)
        released.set()
        until(lambda: len(client.deliveries(state="delivered")) == LISTENERS)
        until(lambda: server.lines("delivery.resources_back"))
        health = client.call("GET", "/qos-hub/v1/health")
        assert (health.status_code, health.json()["reason"]) == (200, [])
        assert {each["attempts"] for each in client.deliveries()} == {1}
        assert {each["outcome"] for each in server.lines("delivery.attempted")} == {"delivered"}
        assert len(server.lines("delivery.out_of_resources")) < 5
        assert not server.lines("delivery.listener_rested")
