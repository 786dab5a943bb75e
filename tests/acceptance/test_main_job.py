"""The main job through the installed command: a change goes in by HTTP, and a listener is told."""

import json
from pathlib import Path
from threading import Event as Gate
from typing import Any

from standardwebhooks import Webhook

from hub.api.schemas import CompiledSchema, compile_schema, errors_of, load_contract
from hub.shipped import openapi_dir
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server
from tests.fakes.listener import Listener, Received, answer, hang, held
from tests.rooms import report, until

QUICK = {
    "QOS_HUB_DELIVERY_SCHEDULE": ",".join(["100ms"] * 100),
    "QOS_HUB_DELIVERY_JITTER": "0",
    "QOS_HUB_DELIVERY_BREAKER_PAUSE": "100ms",
    "QOS_HUB_DELIVERY_BREAKER_PAUSE_MAXIMUM": "200ms",
}


def event_schema(kind: str) -> CompiledSchema:
    contract = load_contract(openapi_dir() / "serviceProblem-v5.yaml")
    return compile_schema(contract, {"$ref": f"#/components/schemas/{kind}"})


def told(received: Received, secret: str) -> dict[str, Any]:
    """The event, once its signature and its shape are seen to be right."""
    Webhook(secret).verify(received.body, received.headers)
    event: dict[str, Any] = json.loads(received.body)
    assert received.headers["webhook-id"] == event["eventId"]
    assert errors_of(event_schema(event["eventType"]), event) == []
    return event


def test_a_http_change_reaches_its_listener(tmp_path: Path, listener: Listener) -> None:
    with Server(tmp_path) as server:
        secret = server.client.register(listener.url("/in"))["secret"]
        problem = server.client.create(report(name="ring")).json()
        server.client.patch(problem["id"], status="inProgress", priority=1)
        server.client.patch(problem["id"], status="pending")
        server.client.call("DELETE", f"{ContractClient.face}/serviceProblem/{problem['id']}")
        events = [told(each, secret) for each in listener.wait_for(6, "/in")]
        records = server.client.records()
    assert [(event["eventType"], event["sequence"]) for event in events] == [
        ("ServiceProblemCreateEvent", 1),
        ("ServiceProblemStateChangeEvent", 2),
        ("ServiceProblemAttributeValueChangeEvent", 3),
        ("ServiceProblemStateChangeEvent", 4),
        ("ServiceProblemInformationRequiredEvent", 5),
        ("ServiceProblemDeleteEvent", 6),
    ]
    assert [event["eventId"] for event in events] == [record["id"] for record in records]
    assert events[0]["event"]["serviceProblem"] == problem


def test_an_outage_of_a_listener_heals_in_order(tmp_path: Path, listener: Listener) -> None:
    with Server(tmp_path, settings=QUICK) as server:
        secret = server.client.register(listener.url("/in"))["secret"]
        listener.stop()
        problems = [server.client.create(report()).json()["id"] for _ in range(3)]
        for priority in (5, 6, 7):
            for problem in problems:
                server.client.patch(problem, priority=priority)
        until(lambda: sum(delivery["attempts"] for delivery in server.client.deliveries()) > 6)
        assert {delivery["state"] for delivery in server.client.deliveries()} <= {"due", "inFlight"}
        listener.start()
        received = listener.wait_for(12, "/in")
        until(lambda: len(server.client.deliveries(state="delivered")) == 12)
    events = [told(each, secret) for each in received]
    for problem in problems:
        mine = [event["sequence"] for event in events if event["correlationId"] == problem]
        assert mine == [1, 2, 3, 4]


def test_a_graceful_stop_finishes_what_is_in_flight(tmp_path: Path, listener: Listener) -> None:
    released = Gate()
    listener.on("/in", held(released, answer(204)))
    with Server(tmp_path) as server:
        server.client.register(listener.url("/in"))
        server.client.create(report())
        listener.wait_for(1, "/in")
        server.terminate()
        released.set()
        assert server.wait() == 0
        assert "Traceback" not in server.output()
        assert server.lines("hub.stopped")
        server.start()
        assert [delivery["state"] for delivery in server.client.deliveries()] == ["delivered"]
    assert len(listener.received("/in")) == 1


def test_a_stop_in_the_middle_hands_back_what_hangs(tmp_path: Path, listener: Listener) -> None:
    listener.on("/in", hang, answer(204))
    with Server(tmp_path, settings={"QOS_HUB_SERVER_SHUTDOWN_GRACE": "100ms"}) as server:
        server.client.register(listener.url("/in"))
        server.client.create(report())
        listener.wait_for(1, "/in")
        server.terminate()
        assert server.wait() == 0
        server.start()
        first, second = listener.wait_for(2, "/in")
        until(lambda: [delivery["state"] for delivery in server.client.deliveries()] == ["delivered"])
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_one_process_answers_and_another_sends(tmp_path: Path, listener: Listener) -> None:
    with Server(tmp_path, "--roles", "api", name="api") as api:
        secret = api.client.register(listener.url("/early"))["secret"]
        problem = api.client.create(report()).json()["id"]
        with Server(tmp_path, "--roles", "delivery", name="sender") as sender:
            listener.wait_for(1, "/early")
            api.client.register(listener.url("/late"))
            api.client.patch(problem, priority=5)
            listener.wait_for(1, "/late")
            listener.wait_for(2, "/early")
            sender.kill()
            for priority in (6, 7, 8):
                api.client.patch(problem, priority=priority)
            sender.start()
            until(lambda: len(api.client.deliveries(state="delivered")) == 9)
            assert sender.stop() == 0
        assert api.stop() == 0
    early = [told(each, secret)["sequence"] for each in listener.received("/early")]
    assert sorted(set(early)) == [1, 2, 3, 4, 5]
    assert early == sorted(early)
    late = [json.loads(each.body)["sequence"] for each in listener.received("/late")]
    assert sorted(set(late)) == [2, 3, 4, 5]


def test_what_a_second_process_takes_in_is_sent_by_the_first(tmp_path: Path, listener: Listener) -> None:
    with Server(tmp_path) as whole, Server(tmp_path, "--roles", "api", name="second") as second:
        whole.client.register(listener.url("/in"))
        second.client.create(report())
        listener.wait_for(1)
