"""`/metrics`: what a scraper reads right after real requests, deliveries and failures, and who may read it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Gate

import pytest
import requests

from hub.keys import create_key
from hub.model.delivery import DeliveryState
from hub.settings import load_settings
from hub.store.leases import Holder
from tests.acceptance.running import Server, run
from tests.fakes.certificates import DAY, issued
from tests.fakes.intake_bench import Bench
from tests.fakes.listener import Listener, answer, held
from tests.fakes.trouble_system import Feed, ManualClock
from tests.rooms import report, until
from tests.scraped import Scraped
from tests.senders import Office

FACE = "/tmf-api/serviceProblemManagement/v5"
V5 = "serviceProblemManagement/v5"
SETTINGS = {
    "QOS_HUB_DELIVERY_SCHEDULE": "1h",
    "QOS_HUB_DELIVERY_BREAKER_FAILURES": "2",
    "QOS_HUB_DELIVERY_BREAKER_PAUSE": "1h",
    "QOS_HUB_DELIVERY_BREAKER_PAUSE_MAXIMUM": "1h",
}


def scrape(address: str, **headers: str) -> Scraped:
    answered = requests.get(f"{address}/metrics", timeout=10, headers=headers)
    assert answered.status_code == 200, answered.text
    assert answered.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return Scraped(answered.text)


def status(address: str, **headers: str) -> int:
    return requests.get(f"{address}/metrics", timeout=10, headers=headers).status_code


def test_what_was_asked_sent_and_refused_can_be_read_at_once(tmp_path: Path, listener: Listener) -> None:
    listener.on("/bad", answer(503))
    with Server(tmp_path, settings=SETTINGS) as server:
        good, bad = (
            server.client.post(f"{FACE}/hub", {"callback": listener.url(path)}).json()["id"]
            for path in ("/good", "/bad")
        )
        for _ in range(4):
            server.client.post(f"{FACE}/serviceProblem", report())
        server.client.post(f"{FACE}/serviceProblem", {"@type": "ServiceProblem"})
        server.client.get(f"{FACE}/serviceProblem/nobody")
        listener.wait_for(4, "/good")
        listener.wait_for(2, "/bad")

        def settled() -> bool:
            now = scrape(server.client.base_url)
            return now.value("delivery_in_flight") == now.value("delivery_unrecorded") == 0

        until(settled)
        scraped = scrape(server.client.base_url)
    refused = int(scraped.value("delivery_attempts_total", outcome="serverError"))
    assert scraped.value("delivery_attempts_total", outcome="delivered") == len(listener.received("/good")) == 4
    assert refused == len(listener.received("/bad")) >= 2
    assert sum(scraped.series("delivery_attempts_total", "outcome").values()) == 4 + refused
    assert sum(scraped.series("delivery_connections_total", "use").values()) == 4 + refused
    assert scraped.value("delivery_attempt_seconds_count", phase="total") == 4 + refused
    assert scraped.value("delivery_leases_total", what="claimed") >= 4 + refused
    assert scraped.value("events_appended_total") == scraped.value("events_fanned_out_total") == 4
    assert scraped.value("deliveries_made_total") == 8
    assert scraped.series("deliveries", "state") == {
        "due": 4,
        "waiting": 0,
        "inFlight": 0,
        "parked": 0,
        "dead": 0,
    }
    assert scraped.series("listeners", "state") == {"active": 2}
    assert scraped.series("listener_breaker_open", "subscription") == {good: 0, bad: 1}
    assert scraped.series("listener_breakers", "state") == {"closed": 1, "halfOpen": 0, "open": 1}
    assert scraped.value("listener_window", subscription=good) > 1
    assert scraped.value("api_requests_total", api=V5, operation="createServiceProblem", status="201") == 4
    assert scraped.value("api_requests_total", api=V5, operation="createServiceProblem", status="400") == 1
    assert scraped.value("api_requests_total", api=V5, operation="retrieveServiceProblem", status="404") == 1
    assert scraped.value("api_request_seconds_count", api=V5, operation="createServiceProblem") == 5
    assert scraped.value("store_commit_jobs_sum") >= 6
    assert scraped.value("store_commit_seconds_count") == scraped.value("store_commit_jobs_count")
    assert scraped.value("store_commits_failed_total") == 0
    assert scraped.series("build_info", "roles") == {"api,intake,delivery,jobs": 1}
    assert "process_resident_memory_bytes" in scraped.families


def test_when_the_certificates_of_listeners_end_is_told_of_those_that_end_first(tmp_path: Path) -> None:
    with Server(tmp_path, settings={"QOS_HUB_METRICS_PER_LISTENER": "2"}) as server:
        ends = {}
        root, now = issued("root.test", authority=True), datetime.now(UTC).replace(microsecond=0)
        for days in (30, 10, 20):
            end = now + days * DAY
            between = issued("between.test", root, authority=True, end=end)
            shown = issued("hub.test", between).shown(between)
            tls = {"certificate": shown.certificate, "key": shown.key}
            asked = {"callback": f"https://192.0.43.{days}/in", "delivery": {"tls": tls}}
            ends[server.client.post(f"{FACE}/hub", asked).json()["id"]] = end.timestamp()
        server.client.post(f"{FACE}/hub", {"callback": "https://192.0.43.8/in"})
        scraped = scrape(server.client.base_url)
    first = sorted(ends.items(), key=lambda each: each[1])[:2]
    assert scraped.series("listener_certificate_end_timestamp_seconds", "subscription") == dict(first)


def test_no_address_and_no_secret_of_a_listener_is_told(tmp_path: Path, listener: Listener) -> None:
    with Server(tmp_path) as server:
        callback = listener.url("/in?token=hunter2")
        server.client.post(f"{FACE}/hub", {"callback": callback})
        server.client.post(f"{FACE}/serviceProblem", report())
        listener.wait_for(1)
        text = requests.get(f"{server.client.base_url}/metrics", timeout=10).text
    assert "listener_window" in text
    assert "hunter2" not in text
    assert "/in" not in text
    assert str(listener.port) not in text


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str, dict[str, str]]]:
    """A server with keys, its address for scrapers, and keys by what they may do."""
    folder = tmp_path_factory.mktemp("guarded")
    settings = load_settings(None, {}, {"store.database": str(folder / "qos-hub.db")})
    made = {
        name: create_key(settings, name=name, scopes=scopes, party=party)[0]
        for name, scopes, party in (
            ("scraper", ["metrics:read"], None),
            ("other", ["operations:read"], None),
            ("party", ["metrics:read"], "org-311"),
        )
    }
    with Server(folder, settings={"QOS_HUB_METRICS_LISTEN": "127.0.0.1:0"}) as server:
        yield server, f"http://{server.lines('hub.started')[-1]['metrics']}", made


@pytest.mark.parametrize("own_address", [False, True])
def test_a_scraper_needs_a_key_with_its_scope(
    guarded: tuple[Server, str, dict[str, str]], own_address: bool
) -> None:
    server, address, keys = guarded
    place = address if own_address else server.client.base_url
    assert status(place) == 401
    assert status(place, Authorization="Bearer qos_wrong") == 401
    assert status(place, **{"X-API-Key": keys["other"]}) == 403
    assert status(place, **{"X-API-Key": keys["party"]}) == 403
    assert status(place, **{"X-API-Key": keys["scraper"]}) == 200
    assert status(place, Authorization=f"Bearer {keys['scraper']}") == 200
    assert requests.get(f"{place}/metrics", timeout=10, auth=("prometheus", keys["scraper"])).status_code == 200
    assert requests.post(f"{place}/metrics", timeout=10, auth=("x", keys["scraper"])).status_code == 405


def test_a_process_without_the_api_is_scraped_at_an_address_of_its_own(tmp_path: Path, listener: Listener) -> None:
    delivery = {"QOS_HUB_SERVER_ROLES": "delivery", "QOS_HUB_METRICS_LISTEN": "127.0.0.1:0"}
    with (
        Server(tmp_path, name="api", settings={"QOS_HUB_SERVER_ROLES": "api"}) as api,
        Server(tmp_path, name="delivery", settings=delivery) as sender,
    ):
        address = f"http://{sender.lines('hub.started')[-1]['metrics']}"
        api.client.post(f"{FACE}/hub", {"callback": listener.url("/in")})
        api.client.post(f"{FACE}/serviceProblem", report())
        listener.wait_for(1)
        until(lambda: scrape(address).value("delivery_attempts_total", outcome="delivered") == 1)
        told = scrape(api.client.base_url)
        assert not told.series("delivery_attempts_total", "outcome")
        assert told.value("deliveries_made_total") == scrape(address).value("deliveries_made_total") == 1
        assert requests.get(f"{address}/docs", timeout=10).status_code == 404
        assert status(address, Host="hub.example.com") == 403


def test_without_keys_nobody_is_scraped_from_elsewhere(tmp_path: Path) -> None:
    ended = run(tmp_path, "serve", "--roles", "delivery", QOS_HUB_METRICS_LISTEN="0.0.0.0:0")
    assert ended.returncode == 2
    assert "[metrics] listen" in ended.stderr
    assert "loopback only" in ended.stderr


def test_leases_that_are_renewed_expired_and_lost_are_counted(office: Office, listener: Listener) -> None:
    gate = Gate()
    listener.on("/in", held(gate, answer(204)))
    registered = office.exchange.register(listener.url("/in"))
    worker = office.start(lease=60.0)
    office.desk.create()
    listener.wait_for(1)
    office.passes(31)
    until(lambda: Scraped.of(worker.readings(10)).value("delivery_leases_total", what="renewed") == 1)
    assert Scraped.of(worker.readings(10)).value("delivery_in_flight") == 1
    elsewhere = Holder(host="elsewhere", pid=1, boot="x").token(1)
    office.store.write(
        lambda tables: tables.connection.execute("UPDATE delivery SET token = ?, lease_until = 0", (elsewhere,))
    )
    office.passes(31)
    until(lambda: Scraped.of(worker.readings(10)).value("delivery_leases_total", what="expired") == 1)
    gate.set()
    until(lambda: Scraped.of(worker.readings(10)).value("delivery_leases_total", what="lost") == 1)
    until(lambda: office.states(registered) == [DeliveryState.DELIVERED])


def test_the_lag_of_a_listener_is_how_long_it_could_have_been_told(office: Office, listener: Listener) -> None:
    gate = Gate()
    listener.on("/in", held(gate, answer(204)))
    registered = office.exchange.register(listener.url("/in"))
    worker = office.start(per_listener=1)
    for _ in range(3):
        office.desk.create()
    listener.wait_for(1)
    until(lambda: len(office.states()) == 3)
    office.passes(7)
    name = registered.subscription.id
    scraped = Scraped.of(worker.readings(10))
    assert scraped.value("listener_due_lag_seconds", subscription=name) == 7
    assert office.store.read.figures.deliveries() == {
        "ready": 2,
        "waiting": 0,
        "in_flight": 1,
        "parked": 0,
        "dead": 0,
    }
    gate.set()
    until(lambda: office.states() == [DeliveryState.DELIVERED] * 3)
    assert Scraped.of(worker.readings(10)).value("listener_due_lag_seconds", subscription=name) == 0


def test_polls_of_a_source_are_counted_by_their_outcome(tmp_path: Path) -> None:
    clock = ManualClock()
    bench = Bench(tmp_path, clock, Feed(clock))
    bench.system.put("1")
    bench.poller.poll()
    bench.poller.poll()
    scraped = Scraped.of(bench.poller.counts.readings())
    bench.store.close()
    assert scraped.value("source_polls_total", source="desk", outcome="ok") == 2
    assert scraped.value("source_changed_total", source="desk") == 1
    assert scraped.value("source_records_total", source="desk") >= 1
    assert scraped.series("source_lag_seconds", "source").keys() == {"desk"}
