"""How a listener is doing, as the operator reads it with its registration."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.running import Server
from tests.fakes.listener import Listener, answer
from tests.rooms import report, until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    settings = {"QOS_HUB_DELIVERY_ALLOWED_NETWORKS": "127.0.0.0/8"}
    with Server(tmp_path, settings=settings) as running:
        yield running


def read(server: Server, subscription: str) -> dict[str, Any]:
    found: dict[str, Any] = server.client.get(f"/qos-hub/v1/subscriptions/{subscription}").json()
    return found


def test_failures_and_the_wish_to_wait_stand_with_the_registration(server: Server, listener: Listener) -> None:
    listener.on("/busy", answer(204), answer(503, [("Retry-After", "3600")]))
    body = {"callback": listener.url("/busy"), "delivery": {"maxEvents": 5}}
    made = server.client.call("POST", f"{server.client.face}/hub", json=body)
    subscription = made.json()["id"]
    assert read(server, subscription)["eventsLeft"] == 5
    server.client.create(report())
    until(lambda: read(server, subscription)["count"]["delivered"] == 1)
    well = read(server, subscription)
    assert (well["eventsLeft"], well["failures"], well["failingSince"], well["heldUntil"]) == (4, 0, None, None)
    server.client.create(report())
    until(lambda: read(server, subscription)["failures"] == 1)
    failing = read(server, subscription)
    assert failing["eventsLeft"] == 3
    assert datetime.fromisoformat(failing["failingSince"]) <= datetime.now(UTC)
    ahead = datetime.fromisoformat(failing["heldUntil"]) - datetime.now(UTC)
    assert 3000 < ahead.total_seconds() <= 3600


def test_a_registration_says_the_order_in_its_delivery(server: Server, listener: Listener) -> None:
    body = {"callback": listener.url("/strict"), "delivery": {"order": "subscription"}}
    made = server.client.call("POST", f"{server.client.face}/hub", json=body)
    assert made.status_code == 201, made.text
    assert read(server, made.json()["id"])["order"] == "subscription"
