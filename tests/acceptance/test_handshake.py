"""The handshake at a registration, over real sockets: who is asked, and what becomes of the answer."""

import json
import socket
import sqlite3
import ssl
from pathlib import Path

import pytest
import trustme

from hub.subscriptions.handshake import FASTEST
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server, run
from tests.fakes import listener as fake
from tests.fakes.listener import Listener, answer

HUB = f"{ContractClient.face}/hub"


def register(server: Server, callback: str) -> tuple[int, dict[str, object]]:
    answered = server.client.call("POST", HUB, json={"callback": callback})
    return answered.status_code, answered.json()


def options(folder: Path) -> list[dict[str, object]]:
    with sqlite3.connect(folder / "qos-hub.db") as table:
        return [json.loads(row[0]) for row in table.execute("SELECT options FROM subscription ORDER BY seq")]


@pytest.mark.parametrize("transport", ["direct", "pycurl", "requests"])
def test_a_listener_has_to_consent_before_it_is_registered(
    tmp_path: Path, listener: Listener, transport: str
) -> None:
    settings = {
        "QOS_HUB_DELIVERY_HANDSHAKE": "required",
        "QOS_HUB_DELIVERY_TRANSPORT": transport,
        "QOS_HUB_DELIVERY_DEADLINE": "2s",
    }
    willing = [("WebHook-Allowed-Origin", "127.0.0.1"), ("WebHook-Allowed-Rate", "30")]
    listener.on("/willing", answer(200, willing))
    listener.on("/unwilling", answer(204))
    listener.on("/elsewhere", fake.redirect(listener.url("/willing")))
    listener.on("/silent", fake.hang)
    listener.on("/closed", fake.close_silently)
    any_origin = ("WebHook-Allowed-Origin", "*")
    listener.on("/still", answer(200, [any_origin, ("WebHook-Allowed-Rate", "0")]))
    listener.on("/twice", answer(200, [any_origin, ("WebHook-Allowed-Rate", "5"), ("WebHook-Allowed-Rate", "9")]))
    listener.on("/both", answer(200, [any_origin, ("WebHook-Allowed-Origin", "other.example.com")]))
    with Server(tmp_path, settings=settings) as server:
        status, _ = register(server, listener.url("/willing"))
        assert status == 201
        [asked] = listener.received("/willing")
        assert (asked.method, asked.body) == ("OPTIONS", b"")
        assert asked.headers["webhook-request-origin"] == "127.0.0.1"
        for path, words in (
            ("/unwilling", "without WebHook-Allowed-Origin"),
            ("/elsewhere", "answered OPTIONS with 302"),
            ("/silent", "told: timeout: no answer in time"),
            ("/closed", "told: broken: the connection was closed before an answer"),
            ("/still", "WebHook-Allowed-Rate is neither"),
            ("/twice", "WebHook-Allowed-Rate is neither"),
            ("/both", "allows another origin"),
        ):
            status, body = register(server, listener.url(path))
            assert status == 400
            assert words in json.dumps(body)
            assert json.dumps(body).count("did not consent to be told") >= 1
        with socket.create_server(("127.0.0.1", 0)) as door:
            port = door.getsockname()[1]
        status, body = register(server, f"http://127.0.0.1:{port}/in")
        assert status == 400
        assert f"told: connectionFailed: 127.0.0.1 port {port}: Connection refused" in json.dumps(body)
        status, body = register(server, "http://10.0.0.1/in")
        assert status == 400
        assert "not a public address" in json.dumps(body)
    assert len(listener.received("/willing")) == 1
    assert options(tmp_path) == [{"rate_limit": 0.5}]


def test_where_consent_is_optional_everybody_is_registered_and_a_rate_counts(
    tmp_path: Path, listener: Listener
) -> None:
    listener.on("/willing", answer(200, [("WebHook-Allowed-Origin", "*"), ("WebHook-Allowed-Rate", "60")]))
    listener.on("/plain", answer(405))
    listener.on("/fast", answer(200, [("WebHook-Allowed-Origin", "*"), ("WebHook-Allowed-Rate", str(10**30))]))
    listener.on("/none", answer(200, [("WebHook-Allowed-Origin", "*"), ("WebHook-Allowed-Rate", "-1")]))
    with Server(tmp_path, settings={"QOS_HUB_DELIVERY_HANDSHAKE": "optional"}) as server:
        assert register(server, listener.url("/willing"))[0] == 201
        for path in ("/plain", "/fast", "/none"):
            assert register(server, listener.url(path))[0] == 201
        plain, none = server.lines("subscription.not_asked")
        assert "405" in plain["reason"]
        assert "WebHook-Allowed-Rate is neither" in none["reason"]
    assert options(tmp_path) == [{"rate_limit": 1.0}, {}, {"rate_limit": FASTEST}, {}]


def test_the_rate_that_a_listener_allows_outlives_a_change_of_its_entry_in_a_list(
    tmp_path: Path, listener: Listener
) -> None:
    listener.on("/in", answer(200, [("WebHook-Allowed-Origin", "*"), ("WebHook-Allowed-Rate", "30")]))
    (tmp_path / "hub.toml").write_text('[lists.noc]\nfile = "noc.csv"\nenabled = false\n')
    with Server(tmp_path, "--config", "hub.toml"):
        pass
    for in_flight, rate, kept in ((4, "", 0.5), (5, "", 0.5), (5, "0.25", 0.25), (5, "2", 0.5)):
        entry = f"id,callback,inFlight,rateLimit\na,{listener.url('/in')},{in_flight},{rate}\n"
        (tmp_path / "noc.csv").write_text(entry)
        reconcile = ("lists", "reconcile", "noc", "--config", "hub.toml")
        done = run(tmp_path, *reconcile, QOS_HUB_DELIVERY_HANDSHAKE="required")
        assert done.returncode == 0, done.stderr
        assert options(tmp_path) == [{"in_flight": in_flight, "rate_limit": kept}]


def test_a_known_listener_is_asked_with_the_certificate_of_its_registration_and_no_other_host_sees_it(
    tmp_path: Path,
) -> None:
    authority, name = trustme.CA(), "localhost"
    own, asking = authority.issue_cert("hub.test"), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(asking)
    authority.configure_trust(asking)
    asking.verify_mode = ssl.CERT_REQUIRED
    known = {
        "certificate": own.cert_chain_pems[0].bytes().decode(),
        "key": own.private_key_pem.bytes().decode(),
        "authority": authority.cert_pem.bytes().decode(),
    }
    consent = answer(200, [("WebHook-Allowed-Origin", "*"), ("WebHook-Allowed-Rate", "30")])
    (tmp_path / "hub.toml").write_text('[lists.noc]\nfile = "noc.json"\nenabled = false\n')
    with Server(tmp_path, "--config", "hub.toml"):
        pass

    def reads(callback: str, query: str | None = None, **delivery: object) -> str:
        entry = {"id": "a", "callback": callback, "query": query, "delivery": delivery}
        (tmp_path / "noc.json").write_text(json.dumps([entry]))
        reconcile = ("lists", "reconcile", "noc", "--config", "hub.toml", "--json")
        done = run(tmp_path, *reconcile, QOS_HUB_DELIVERY_HANDSHAKE="required")
        assert done.returncode == 0, done.stderr
        (change,) = json.loads(done.stdout)["change"]
        return str(change["kind"])

    with Listener(tls=asking) as listener, Listener(tls=asking) as other:
        for one in (listener, other):
            one.on("/in", consent)
        callback = listener.url("/in", host=name)
        assert reads(callback, tls=known) == "added"
        assert reads(callback, inFlight=4) == "changed"
        assert reads(callback, "eventType=ServiceProblemCreateEvent", inFlight=4) == "changed"
        assert [each.method for each in listener.received("/in")] == ["OPTIONS"] * 3
        assert reads(other.url("/in", host=name), "eventType=ServiceProblemCreateEvent") == "refused"
        assert other.received("/in") == []
