"""`qos-hub keys` as an operator uses it, beside a hub that runs."""

import json
import sqlite3
from pathlib import Path

import requests

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server, run
from tests.rooms import until

PATH = f"{ContractClient.face}/serviceProblem"


def test_keys_are_made_shown_used_and_revoked(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        assert server.client.get(PATH).status_code == 200
        made = run(tmp_path, "keys", "create", "noc", "--scope", "serviceProblem:read", "--expires", "90d")
        assert made.returncode == 0, made.stderr
        key = made.stdout.strip()
        key_id = key.split("_")[1]
        assert f"key {key_id} for noc, until " in made.stderr
        until(lambda: server.client.get(PATH).status_code == 401, within=2)
        assert server.client.get(PATH, headers={"X-API-Key": key}).status_code == 200
        listed = run(tmp_path, "keys", "list").stdout
        assert key_id in listed
        assert "in force" in listed
        assert key not in listed
        revoked = run(tmp_path, "keys", "revoke", key_id)
        assert revoked.stdout == f"revoked key {key_id} of noc\n"
        until(lambda: server.client.get(PATH, headers={"X-API-Key": key}).status_code == 401, within=2)
        assert "revoked" in run(tmp_path, "keys", "list").stdout
        assert key not in server.output()
    assert key.encode() not in (tmp_path / "qos-hub.db").read_bytes()


def test_the_log_and_the_table_say_who_silenced_a_listener(tmp_path: Path) -> None:
    keys = {name: run(tmp_path, "keys", "create", name, "--scope", "*").stdout.strip() for name in ("desk", "noc")}
    with Server(tmp_path) as server:
        hub = f"{ContractClient.face}/hub"
        callback = "http://127.0.0.1:9/hidden"
        as_desk, as_noc = ({"X-API-Key": keys[name]} for name in ("desk", "noc"))
        bodies = {"json": {"callback": callback}, "headers": {**as_desk, "Idempotency-Key": "one"}}
        made = [server.client.call("POST", hub, **bodies) for _ in range(2)]
        assert [one.status_code for one in made] == [201, 201]
        kept = made[0].json()["id"]
        assert server.client.call("DELETE", f"{hub}/{kept}", headers=as_noc).status_code == 204
        job = server.client.call("POST", "/qos-hub/v1/importJob", json={}, headers=as_desk).json()["id"]
        assert server.client.call("DELETE", f"/qos-hub/v1/importJob/{job}", headers=as_noc).status_code == 204
        key_id = keys["desk"].split("_")[1]
        run(tmp_path, "keys", "revoke", key_id)
        until(lambda: server.client.get(PATH, headers=as_desk).status_code == 401, within=2)
        output = server.output()
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    told = [(line["message"], line.get("actor")) for line in lines if "actor" in line]
    assert told == [("subscription.registered", "desk"), ("subscription.ended", "noc"), ("job.deleted", "noc")]
    assert [line["id"] for line in lines if line["message"] == "key.revoked"] == [key_id]
    assert not any(secret in output for secret in ("hidden", made[0].json()["secret"], *keys.values()))
    table = sqlite3.connect(tmp_path / "qos-hub.db")
    assert table.execute("SELECT owner, ended_by FROM subscription").fetchall() == [("desk", "noc")]
    table.close()


def test_a_key_opens_other_addresses_and_lets_nobody_in_without_it(tmp_path: Path) -> None:
    refused = run(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0")
    assert "make one with `qos-hub keys create`" in refused.stderr
    key = run(tmp_path, "keys", "create", "noc", "--scope", "*").stdout.strip()
    assert "callers        need a key" in run(tmp_path, "check").stdout
    with Server(tmp_path, "--host", "0.0.0.0") as server:
        assert requests.get(f"{server.client.base_url}{PATH}", timeout=10).status_code == 401
        assert server.client.get(PATH, headers={"Authorization": f"Bearer {key}"}).status_code == 200


def test_what_is_wrong_with_a_key_is_said(tmp_path: Path) -> None:
    refused = run(tmp_path, "keys", "create", "a b", "--scope", "cook", "--party", "2026-03-01")
    assert refused.returncode == 2
    assert [line.split(":")[1] for line in refused.stderr.splitlines()] == [" name", " scope", " party"]
    assert "must be a duration" in run(tmp_path, "keys", "create", "a", "--scope", "*", "--expires", "soon").stderr
    run(tmp_path, "keys", "create", "elbe", "--scope", "serviceProblem:read", "--party", "org-1")
    assert "elbe is another caller" in run(tmp_path, "keys", "create", "elbe", "--scope", "*").stderr
    assert "no key nobody" in run(tmp_path, "keys", "revoke", "nobody").stderr


def test_a_misspelt_database_is_not_made(tmp_path: Path) -> None:
    for arguments in (["keys", "list"], ["keys", "revoke", "x"]):
        refused = run(tmp_path, *arguments, "--database", "misspelt.db")
        assert (refused.returncode, refused.stderr) == (2, "qos-hub: there is no database misspelt.db\n")
    assert list(tmp_path.iterdir()) == []
