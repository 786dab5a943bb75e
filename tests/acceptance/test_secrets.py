"""`qos-hub secrets` beside a hub that runs, and after it was broken off."""

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken
from standardwebhooks.webhooks import Webhook

from hub.errors import Conflict
from hub.rotate import forget, rotate
from hub.settings import Settings, load_settings
from hub.store.sealed import Sealed, SealedRow
from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server, run
from tests.fakes.listener import Listener, answer
from tests.rooms import report

HUB, REPORTS = f"{ContractClient.face}/hub", f"{ContractClient.face}/serviceProblem"


def register(server: Server, callback: str, key: str | None = None, **delivery: Any) -> str:
    """Register a listener; gives its secret."""
    body = {"callback": callback, "delivery": delivery or None}
    made = server.client.call("POST", HUB, json=body, headers={"Idempotency-Key": key} if key else {})
    assert made.status_code == 201, made.text
    secret: str = made.json()["secret"]
    return secret


def sealed(folder: Path) -> list[bytes]:
    """Everything that is encrypted in the database."""
    with sqlite3.connect(folder / "qos-hub.db") as table:
        rows = [*table.execute("SELECT secret, credentials FROM subscription WHERE ended IS NULL")]
        rows += table.execute("SELECT digest, body FROM idempotency_key WHERE sealed = 1")
    return [value for row in rows for value in row if value is not None]


def keys(folder: Path) -> list[bytes]:
    return (folder / "qos-hub.db.key").read_bytes().split()


def opens(key: bytes, value: bytes) -> bool:
    try:
        Fernet(key).decrypt(value)
    except InvalidToken:
        return False
    return True


def test_the_key_is_exchanged_while_the_hub_runs_and_nobody_notices(tmp_path: Path, listener: Listener) -> None:
    bearer = {"auth": {"type": "bearer", "token": "the-token"}}
    with Server(tmp_path) as server:
        first = register(server, listener.url("/first"), "one", **bearer)
        [old] = keys(tmp_path)
        done = run(tmp_path, "secrets", "rotate")
        assert done.returncode == 0, done.stderr
        assert "encrypted 2 secrets anew" in done.stdout
        new, kept = keys(tmp_path)
        assert kept == old
        assert all(opens(new, value) for value in sealed(tmp_path))
        assert (tmp_path / "qos-hub.db.key").stat().st_mode & 0o777 == 0o600
        # The running hub reads what it sealed before, seals with the new key, and tells both listeners.
        assert register(server, listener.url("/first"), "one", **bearer) == first
        second = register(server, listener.url("/second"))
        assert all(opens(new, value) for value in sealed(tmp_path))
        server.client.call("POST", REPORTS, json=report())
        for path, secret in (("/first", first), ("/second", second)):
            [received] = listener.wait_for(1, path)
            Webhook(secret).verify(received.body, received.headers)
        assert listener.received("/first")[0].headers["authorization"] == "Bearer the-token"
        done = run(tmp_path, "secrets", "forget")
        assert "took 1 old keys out" in done.stdout
        assert keys(tmp_path) == [new]
        server.stop()
        server.start()
        server.client.call("POST", REPORTS, json=report())
        received = listener.wait_for(2, "/second")[1]
        Webhook(second).verify(received.body, received.headers)
        told = server.output() + done.stdout + done.stderr
    assert not any(secret in told for secret in (old.decode(), new.decode(), first, second, "the-token"))


def test_the_keys_may_come_from_the_environment(tmp_path: Path, listener: Listener) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with Server(tmp_path, settings={"QOS_HUB_SECURITY_KEYS": old}) as server:
        secret = register(server, listener.url("/in"))
    assert not (tmp_path / "qos-hub.db.key").exists()
    both = {"QOS_HUB_SECURITY_KEYS": f"{new},{old}"}
    done = run(tmp_path, "secrets", "rotate", **both)
    assert "encrypted 1 secrets anew" in done.stdout, done.stderr
    assert run(tmp_path, "secrets", "forget", **both).returncode == 2
    with Server(tmp_path, settings={"QOS_HUB_SECURITY_KEYS": new}) as server:
        server.client.call("POST", REPORTS, json=report())
        [received] = listener.wait_for(1, "/in")
        Webhook(secret).verify(received.body, received.headers)
    refused = run(tmp_path, "serve", "--port", "0", QOS_HUB_SECURITY_KEYS=old)
    assert refused.returncode == 2
    assert "does not open" in refused.stderr
    wrong = run(tmp_path, "check", QOS_HUB_SECURITY_KEYS="not-a-key")
    assert wrong.returncode == 2
    assert "not-a-key" not in wrong.stderr + wrong.stdout


def test_there_is_nothing_to_rotate_without_a_database(tmp_path: Path) -> None:
    done = run(tmp_path, "secrets", "rotate")
    assert (done.returncode, "there is no database" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def settings(tmp_path: Path, listener: Listener) -> Settings:
    """Those of a hub with 120 registrations: more than one batch."""
    listener.on("/", answer(204))
    with Server(tmp_path) as server:
        for number in range(120):
            register(server, listener.url(f"/{number}"))
    return load_settings(None, {}, {"store.database": str(tmp_path / "qos-hub.db")})


def test_a_rotation_that_is_broken_off_is_gone_on_with_and_makes_no_second_key(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    renew = Sealed.renew
    done = 0

    def breaking(self: Sealed, table: str, row: SealedRow, values: tuple[bytes | None, ...]) -> bool:
        nonlocal done
        done += 1
        if done == 105:
            raise KeyboardInterrupt
        return renew(self, table, row, values)

    with monkeypatch.context() as patch:
        patch.setattr(Sealed, "renew", breaking)
        with pytest.raises(KeyboardInterrupt):
            list(rotate(settings))
    new, old = keys(tmp_path)
    assert {opens(new, value) for value in sealed(tmp_path)} == {True, False}
    with pytest.raises(Conflict, match="secrets still need an old key"):
        list(forget(settings))
    lines = list(rotate(settings))
    assert "left of a rotation that was broken off" in lines[0]
    assert keys(tmp_path) == [new, old]
    assert all(opens(new, value) for value in sealed(tmp_path))
    again = list(rotate(settings))
    assert again[0].startswith("put a new key into")
    assert len(keys(tmp_path)) == 3


def test_what_changes_meanwhile_is_not_overwritten(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret that is exchanged between the reading and the writing of a batch stays the new one."""
    after = Sealed.after
    meanwhile: list[Callable[[], None]] = []

    def overtaken(self: Sealed, table: str, seq: int, *, limit: int) -> list[SealedRow]:
        rows = after(self, table, seq, limit=limit)
        if meanwhile and rows:
            meanwhile.pop()()
        return rows

    box = Fernet(keys(tmp_path)[0])

    def exchange(secret: bytes) -> None:
        with sqlite3.connect(tmp_path / "qos-hub.db") as table:
            table.execute("UPDATE subscription SET secret = ? WHERE seq = 1", (box.encrypt(secret),))

    monkeypatch.setattr(Sealed, "after", overtaken)
    meanwhile.append(partial(exchange, b"n" * 32))
    list(rotate(settings))
    first = sealed(tmp_path)[0]
    assert Fernet(keys(tmp_path)[0]).decrypt(first) == b"n" * 32
