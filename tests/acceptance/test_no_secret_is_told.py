"""No secret that the hub was given is in its log, in an answer of its own, or on its pages, whatever goes wrong."""

import base64
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
import trustme
from cryptography.fernet import Fernet

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server, run
from tests.fakes import listener as fake
from tests.fakes.listener import Line, Listener, answer, head
from tests.rooms import report, until

HUB, REPORTS = f"{ContractClient.face}/hub", f"{ContractClient.face}/serviceProblem"
OPERATIONS = "/qos-hub/v1"
SECRETS = {
    "shared": "whsec_" + base64.b64encode(b"shared-secret-shared-secret-0123").decode(),
    "pair": "whsk_" + base64.b64encode(b"private-key-private-key-01234567").decode(),
    "token": "bearer-token-0123456789",
    "password": "basic-password-0123456789",
    "api key": "api-key-0123456789",
    "client": "client-secret-0123456789",
    "access": "access-token-0123456789",
    "path": "callback-secret-0123456789",
}
NAME_AND_PASSWORD = base64.b64encode(f"hub:{SECRETS['password']}".encode()).decode()
NAME_AND_CLIENT_SECRET = base64.b64encode(f"hub:{SECRETS['client']}".encode()).decode()


@pytest.fixture(scope="module")
def pem() -> tuple[str, str]:
    """A certificate and its key."""
    made = trustme.CA().issue_cert("hub.test")
    return made.cert_chain_pems[0].bytes().decode(), made.private_key_pem.bytes().decode()


def echo(listener: Listener, path: str, status: int) -> None:
    """A listener that sends back all that it was sent, in its header and in its body."""

    def give(line: Line) -> None:
        received = listener.received(path)[-1]
        body = orjson.dumps(received.headers)
        known = received.headers.get("authorization") or received.headers.get("x-api-key") or ""
        line.send(head(status, [("X-Echo", known), ("Content-Length", str(len(body)))]) + body)

    listener.on(path, give)


def parrot(listener: Listener, path: str, before: bytes = b"") -> None:
    """A server whose answer is what it was sent, behind some beginning of an answer."""

    def give(line: Line) -> None:
        known = listener.received(path)[-1].headers.get("authorization", "")
        line.send(before + known.encode() + b"\r\n\r\n")
        line.close()

    listener.on(path, give)


def auths(listener: Listener) -> dict[str, dict[str, str]]:
    client = {"type": "oauth2", "clientId": "hub", "clientSecret": SECRETS["client"]}
    return {
        "bearer": {"type": "bearer", "token": SECRETS["token"]},
        "basic": {"type": "basic", "username": "hub", "password": SECRETS["password"]},
        "apiKey": {"type": "apiKey", "header": "X-Api-Key", "value": SECRETS["api key"]},
        "oauth2": {**client, "tokenUrl": listener.url("/token")},
        "refused": {**client, "tokenUrl": listener.url("/refusing")},
        "parrot": {**client, "tokenUrl": listener.url("/parrot")},
        "chunked": {**client, "tokenUrl": listener.url("/chunked")},
    }


def wrong(listener: Listener, pem: tuple[str, str]) -> Iterator[Any]:
    """Registrations that are refused, each with a secret where it must not be, or in a wrong form."""
    callback = listener.url("/in")
    for secret in SECRETS.values():
        yield {"callback": callback, "secret": secret + "!"}
        yield {"callback": callback, "secret": [secret]}
        yield {"callback": callback, "delivery": secret}
        yield {"callback": callback, "delivery": {"auth": secret}}
        yield {"callback": callback, "delivery": {"tls": secret}}
        yield {"callback": callback, "delivery": {"signature": secret}}
        yield {"callback": callback, "delivery": {"signature": {"kinds": [secret]}}}
        yield {"callback": callback, "delivery": {"signature": {"kinds": ["v1a"], "privateKey": secret + "!"}}}
        yield {"callback": callback, "delivery": {"secret": secret}}
        yield {"callback": callback, "delivery": {"auth": {"type": secret}}}
        yield {"callback": callback, "delivery": {"auth": {"type": "bearer", "token": secret + " "}}}
        yield {"callback": callback, "delivery": {"auth": {"type": "bearer", "token": [secret]}}}
        yield {"callback": callback, "delivery": {"auth": {"type": "bearer", "password": secret}}}
        yield {
            "callback": callback,
            "delivery": {"auth": {"type": "apiKey", "header": secret + ":", "value": "x"}},
        }
        yield {"callback": callback, "delivery": {"auth": {"type": "oauth2", "tokenUrl": secret}}}
        yield {"callback": callback, "delivery": {"tls": {"certificate": secret, "key": secret}}}
    certificate, key = pem
    yield {"callback": callback, "delivery": {"tls": {"certificate": key, "key": certificate}}}
    yield {"callback": callback, "delivery": {"tls": {"certificate": certificate, "key": key[:-100]}}}
    yield {"callback": callback, "delivery": {"tls": {"certificate": certificate, "key": key}}}


def broken(body: dict[str, Any]) -> bytes:
    """A body that is cut off, so that it is no JSON."""
    return json.dumps(body).encode()[:-1]


@pytest.mark.parametrize("transport", ["direct", "pycurl", "requests"])
def test_no_secret_is_in_the_log_in_an_answer_or_on_a_page(
    tmp_path: Path, listener: Listener, pem: tuple[str, str], transport: str
) -> None:
    settings = {
        "QOS_HUB_LOG_LEVEL": "debug",
        "QOS_HUB_DELIVERY_TRANSPORT": transport,
        "QOS_HUB_DELIVERY_SCHEDULE": "0s",
        "QOS_HUB_DELIVERY_DEADLINE": "1s",
    }
    token = {"access_token": SECRETS["access"], "expires_in": 60}
    listener.on("/token", answer(200, body=orjson.dumps(token)))
    listener.on("/refusing", answer(400, body=json.dumps({"error": SECRETS["client"]}).encode()))
    parrot(listener, "/parrot")
    parrot(listener, "/chunked", head(200, [("Transfer-Encoding", "chunked")]))
    behaviours = {"hangs": fake.hang, "resets": fake.reset, "garbage": fake.garbage, "closes": fake.close_silently}
    told: list[str] = []
    with Server(tmp_path, settings=settings) as server:
        for body in wrong(listener, pem):
            answered = server.client.call("POST", HUB, json=body)
            assert answered.status_code == 400, body
            told.append(answered.text)
            cut = requests.post(
                server.client.base_url + HUB,
                data=broken(body),
                headers={"Content-Type": "application/json"},
                timeout=30,
            )
            assert cut.status_code == 400
            told.append(cut.text)
        ids = []
        for kind, auth in auths(listener).items():
            for status in (200, 500):
                path = f"/{kind}/{status}?key={SECRETS['path']}"
                echo(listener, path, status)
                ids.append(register(server, listener.url(path), {"auth": auth}))
        for name, behave in behaviours.items():
            path = f"/{name}?key={SECRETS['path']}"
            listener.on(path, behave)
            ids.append(register(server, listener.url(path), {"auth": auths(listener)["bearer"]}))
        for url in (f"https://127.0.0.1:{listener.port}", "http://127.0.0.1:9"):
            ids.append(register(server, f"{url}/?key={SECRETS['path']}", {"auth": auths(listener)["basic"]}))
        server.client.call("POST", REPORTS, json=report())
        until(lambda: settled(server) == len(ids), within=60)
        for one in ids:
            tested = server.client.call("POST", f"{OPERATIONS}/subscriptions/{one}/test")
            assert tested.status_code == 200
            told.append(tested.text)
            for given in (
                {"secret": SECRETS["shared"] + "!"},
                {"kind": "v1a", "privateKey": SECRETS["pair"]},
                {"secret": SECRETS["shared"], "overlaps": "1h"},
                {"secrets": SECRETS["shared"]},
            ):
                refused = server.client.call("POST", f"{OPERATIONS}/subscriptions/{one}/secret", json=given)
                assert refused.status_code in (400, 409)
                told.append(refused.text)
        told += [server.client.get(path).text for path in pages(server, ids)]
        lines = server.lines("delivery.attempted")
        output = server.output()
    assert {line["outcome"] for line in lines} >= {"delivered", "serverError", "timeout", "authenticationFailed"}
    hidden = {**SECRETS, "basic": NAME_AND_PASSWORD, "key": pem[1].splitlines()[2]}
    hidden["client in base64"] = NAME_AND_CLIENT_SECRET
    found = {name for name, secret in hidden.items() if secret in output}
    assert found == set()
    # The whole address of a callback is shown to operators, who need it; nothing else is shown to anybody.
    del hidden["path"]
    assert {name for name, secret in hidden.items() for text in told if secret in text} == set()
    assert any("(not shown)" in text for text in told)


def register(server: Server, callback: str, delivery: dict[str, Any]) -> str:
    body = {"callback": callback, "secret": SECRETS["shared"], "delivery": delivery}
    made = server.client.call("POST", HUB, json=body)
    assert made.status_code == 201, made.text
    found: str = made.json()["id"]
    return found


def settled(server: Server) -> int:
    views = server.client.get(f"{OPERATIONS}/deliveries").json()
    return sum(view["state"] in ("delivered", "dead") for view in views)


def pages(server: Server, ids: list[str]) -> Iterator[str]:
    yield f"{OPERATIONS}/subscriptions"
    yield f"{OPERATIONS}/deliveries"
    yield "/console/"
    for one in ids:
        yield f"{OPERATIONS}/subscriptions/{one}/secret"
    for view in server.client.get(f"{OPERATIONS}/deliveries").json():
        yield f"{OPERATIONS}/deliveries/{view['id']}"
        yield f"/console/deliveries/{view['id']}"


def test_a_hub_whose_secrets_do_not_open_says_so_without_them(tmp_path: Path, listener: Listener) -> None:
    with Server(tmp_path) as server:
        register(server, listener.url("/in"), {"auth": auths(listener)["bearer"]})
    other = Fernet.generate_key()
    key_file = tmp_path / "qos-hub.db.key"
    key = key_file.read_bytes().strip()
    key_file.write_bytes(other + b"\n")
    refused = run(tmp_path, "serve", "--port", "0")
    assert refused.returncode == 2
    assert "does not open" in refused.stderr
    assert "Traceback" not in refused.stderr
    database = sqlite3.connect(tmp_path / "qos-hub.db")
    kept = b"".join(database.execute("SELECT secret, credentials FROM subscription").fetchone())
    for secret in (*SECRETS.values(), key.decode(), other.decode()):
        assert secret not in refused.stderr + refused.stdout
        assert secret.encode() not in kept
