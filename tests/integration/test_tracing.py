"""Traces: one trace from a request to the attempts that tell of its change, by a real collector's eyes."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from hub.errors import InvalidSettings
from hub.settings import load_settings
from hub.store.sqlite import Store
from hub.telemetry.otel import Recorder
from hub.telemetry.trails import PassingOn, Tracing, following
from tests.acceptance.running import Server
from tests.fakes.collector import Collector, Span
from tests.fakes.intake_bench import Bench
from tests.fakes.listener import Listener, answer
from tests.fakes.trouble_system import Feed, ManualClock
from tests.rooms import Desk, TurningClock, report, until

PROBLEMS = "/tmf-api/serviceProblemManagement/v5/serviceProblem"
HUB = "/tmf-api/serviceProblemManagement/v5/hub"
TRACE, STEP = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CAME = {"traceparent": f"00-{TRACE}-{STEP}-01"}


def traced(collector: Collector, **more: str) -> dict[str, str]:
    return {"QOS_HUB_TRACING_ENDPOINT": collector.endpoint, "QOS_HUB_DELIVERY_SCHEDULE": "0s,0s", **more}


def create(server: Server, **headers: str) -> None:
    answered = requests.post(f"{server.client.base_url}{PROBLEMS}", json=report(), headers=headers, timeout=10)
    assert answered.status_code == 201, answered.text


def of_trace(collector: Collector, name: str) -> list[Span]:
    return [span for span in collector.spans(name) if span.trace == TRACE]


def test_one_trace_leads_from_the_request_to_every_attempt(tmp_path: Path, listener: Listener) -> None:
    listener.on("/in", answer(503), answer(204))
    with Collector() as collector:
        with Server(tmp_path, settings=traced(collector, QOS_HUB_TRACING_SERVICE_NAME="desk")) as server:
            server.client.post(HUB, {"callback": listener.url("/in")})
            create(server, **CAME)
            first, second = listener.wait_for(2, "/in")
            until(
                lambda: (
                    [one["state"] for one in server.client.get("/qos-hub/v1/deliveries").json()] == ["delivered"]
                )
            )
            (delivery,) = server.client.get("/qos-hub/v1/deliveries").json()
            assert server.stop() == 0
        (request,) = of_trace(collector, "createServiceProblem")
        (change,) = of_trace(collector, "change")
        (event,) = of_trace(collector, "ServiceProblemCreateEvent")
        failed, succeeded = of_trace(collector, "attempt")
    assert request.parent == STEP
    assert [change.parent, event.parent] == [request.id, change.id]
    assert [failed.parent, succeeded.parent] == [event.id, event.id]
    assert request.attributes["http.response.status_code"] == 201
    assert event.attributes["qos_hub.event.id"] == first.headers["webhook-id"]
    for received, attempt, number in ((first, failed, 1), (second, succeeded, 2)):
        assert received.headers["traceparent"] == f"00-{TRACE}-{attempt.id}-01"
        assert attempt.attributes["qos_hub.attempt.number"] == number
        assert attempt.attributes["qos_hub.delivery.id"] == int(delivery["id"])
        assert attempt.attributes["network.peer.address"] == "127.0.0.1"
        assert attempt.start >= event.start
        assert attempt.end > attempt.start
    assert (failed.failed, failed.attributes["qos_hub.outcome"]) == (True, "serverError")
    assert failed.attributes["http.response.status_code"] == 503
    assert failed.attributes["qos_hub.delivery.state"] == "due"
    assert (succeeded.failed, succeeded.attributes["qos_hub.outcome"]) == (False, "delivered")
    assert succeeded.attributes["qos_hub.delivery.state"] == "delivered"
    assert "connected" in failed.events
    assert "first byte" in succeeded.events
    assert {span.service for span in collector.spans()} == {"desk"}
    assert listener.url("/in") not in str(collector.spans())


@pytest.mark.parametrize("transport", ["pycurl", "requests"])
def test_a_failure_is_told_by_its_kind_and_no_span_has_the_address(
    tmp_path: Path, listener: Listener, transport: str
) -> None:
    callback = listener.url("/in?token=hunter2")
    with Collector() as collector:
        with Server(tmp_path, settings=traced(collector, QOS_HUB_DELIVERY_TRANSPORT=transport)) as server:
            server.client.post(HUB, {"callback": callback})
            listener.stop()
            create(server, **CAME)
            until(lambda: [one["state"] for one in server.client.get("/qos-hub/v1/deliveries").json()] == ["dead"])
            assert server.stop() == 0
        attempts = of_trace(collector, "attempt")
        assert {(span.failed, span.why) for span in attempts} == {(True, "connectionFailed")}
        assert len(attempts) == 3
        assert "hunter2" not in str(collector.spans())


def test_a_trace_outlives_a_restart_and_a_process_that_records_nothing(tmp_path: Path, listener: Listener) -> None:
    """What the event keeps is enough: the sender of another process goes on with it."""
    with Collector() as collector:
        api = traced(collector, QOS_HUB_SERVER_ROLES="api")
        with Server(tmp_path, settings=api) as server:
            server.client.post(HUB, {"callback": listener.url("/in")})
            create(server, **CAME)
            assert server.stop() == 0
        with Server(tmp_path, name="sender", settings={"QOS_HUB_SERVER_ROLES": "delivery"}):
            (received,) = listener.wait_for(1, "/in")
        (event,) = of_trace(collector, "ServiceProblemCreateEvent")
    assert received.headers["traceparent"] == f"00-{TRACE}-{event.id}-01"


def test_a_request_that_comes_without_a_trace_begins_one(tmp_path: Path, listener: Listener) -> None:
    with Collector() as collector:
        with Server(tmp_path, settings=traced(collector)) as server:
            server.client.post(HUB, {"callback": listener.url("/in")})
            create(server)
            create(server, traceparent=f"00-{'0' * 32}-{STEP}-01")
            listener.wait_for(2, "/in")
            assert server.stop() == 0
        spans = collector.spans("createServiceProblem")
    assert [span.parent for span in spans] == ["", ""]
    assert spans[0].trace != spans[1].trace
    told = {received.headers["traceparent"].split("-")[1] for received in listener.received("/in")}
    assert told == {span.trace for span in spans}


def test_a_trace_that_is_not_sampled_is_carried_on_and_not_recorded(tmp_path: Path, listener: Listener) -> None:
    with Collector() as collector:
        with Server(tmp_path, settings=traced(collector)) as server:
            server.client.post(HUB, {"callback": listener.url("/in")})
            create(server, traceparent=f"00-{TRACE}-{STEP}-00")
            (received,) = listener.wait_for(1, "/in")
            assert server.stop() == 0
        assert [span for span in collector.spans() if span.trace == TRACE] == []
        assert collector.spans("createHub")
    version, trace, _, flags = received.headers["traceparent"].split("-")
    assert (version, trace, flags) == ("00", TRACE, "00")


def test_a_hub_whose_collector_is_away_works_on(tmp_path: Path, listener: Listener) -> None:
    settings = {"QOS_HUB_TRACING_ENDPOINT": "http://127.0.0.1:9/v1/traces"}
    with Server(tmp_path, settings=settings) as server:
        server.client.post(HUB, {"callback": listener.url("/in")})
        create(server, **CAME)
        (received,) = listener.wait_for(1, "/in")
        assert TRACE in received.headers["traceparent"]


@pytest.mark.parametrize(("pass_on", "told"), [("true", CAME["traceparent"]), ("false", None)])
def test_a_traceparent_is_passed_on_where_the_settings_say_so(
    tmp_path: Path, listener: Listener, pass_on: str, told: str | None
) -> None:
    with Server(tmp_path, settings={"QOS_HUB_TRACING_PASS_ON": pass_on}) as server:
        server.client.post(HUB, {"callback": listener.url("/in")})
        create(server, **CAME)
        (received,) = listener.wait_for(1, "/in")
        assert received.headers.get("traceparent") == told
        create(server, traceparent="nonsense")
        _, second = listener.wait_for(2, "/in")
        assert "traceparent" not in second.headers


def kept(store: Store) -> list[str | None]:
    rows = store.read.connection.execute("SELECT trace FROM event ORDER BY seq")
    return [trace for (trace,) in rows]


def follow(tracing: Tracing, desk: Desk, name: str) -> None:
    trail = tracing.request(CAME["traceparent"], "POST", "/")
    assert trail is not None
    with following(trail):
        desk.create(name=name)


def test_an_event_keeps_the_trace_of_its_own_change_and_of_no_other(tmp_path: Path) -> None:
    store = Store(tmp_path / "hub.db")
    desk = Desk(store, TurningClock())
    desk.create(name="before")
    follow(PassingOn(), desk, "followed")
    desk.create(name="after")
    assert kept(store) == [None, CAME["traceparent"], None]
    store.close()


def test_a_change_that_is_refused_leaves_no_event_in_the_trace(tmp_path: Path) -> None:
    store = Store(tmp_path / "hub.db")
    desk = Desk(store, TurningClock())
    with Collector() as collector:
        tracing = Recorder(endpoint=collector.endpoint, service_name="desk", version="1", sample_ratio=1.0)

        def refused(tables: object) -> None:
            desk.clients.create(tables, given=report())  # type: ignore[arg-type]
            raise ValueError("no")

        trail = tracing.request(CAME["traceparent"], "POST", "/")
        with following(trail), pytest.raises(ValueError, match="no"):
            store.write(refused)
        tracing.close()
        assert [(span.name, span.failed, span.why) for span in collector.spans()] == [
            ("change", True, "ValueError")
        ]
    assert kept(store) == []
    store.close()


def test_a_poll_begins_a_trace_of_its_own(tmp_path: Path) -> None:
    clock = ManualClock()
    with Collector() as collector:
        tracing = Recorder(endpoint=collector.endpoint, service_name="desk", version="1", sample_ratio=1.0)
        bench = Bench(tmp_path, clock, Feed(clock), tracing=tracing)
        bench.poller.poll()
        bench.system.put("1")
        bench.poller.poll()
        tracing.close()
        found = [trace for trace in kept(bench.store) if trace]
        bench.store.close()
        second = collector.spans("poll")[-1]
        (event,) = collector.spans("ServiceProblemCreateEvent")
        changes = {span.id: span for span in collector.spans("change")}
    assert second.attributes == {"qos_hub.source": "desk"}
    assert changes[event.parent].parent == second.id
    assert [trace.rpartition("-")[0] for trace in found] == [f"00-{second.trace}-{event.id}"]


def test_without_an_endpoint_nothing_of_opentelemetry_is_imported(tmp_path: Path) -> None:
    script = """
import sys
from hub.bootstrap import build
from hub.settings import load_settings
hub = build(load_settings(None, {}, {"store.database": sys.argv[1], "tracing.pass_on": True}))
hub.stop()
print(sorted(name for name in sys.modules if name.startswith("opentelemetry")))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "hub.db")], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_an_endpoint_without_the_extra_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hub.bootstrap.tracing import make_tracing

    monkeypatch.setitem(sys.modules, "hub.telemetry.otel", None)
    settings = load_settings(None, {}, {"tracing.endpoint": "http://127.0.0.1:4318/v1/traces"})
    with pytest.raises(InvalidSettings, match=r"pip install 'qos-hub\[otel\]'"):
        make_tracing(settings)
