"""Tokens of an identity provider at the door of a running hub."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server, run
from tests.fakes.identity import AUDIENCE, ISSUER, KEYS, IdentityProvider, published, token
from tests.rooms import report, until

PATH = f"{ContractClient.face}/serviceProblem"


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with IdentityProvider() as running:
        yield running


def settings_of(provider: IdentityProvider, **more: str) -> dict[str, str]:
    return {
        "QOS_HUB_JWT_ISSUER": ISSUER,
        "QOS_HUB_JWT_AUDIENCE": AUDIENCE,
        "QOS_HUB_JWT_KEYS": provider.url,
        "QOS_HUB_JWT_REFRESH": "1s",
        "QOS_HUB_JWT_PARTY_CLAIM": "org",
        **more,
    }


@pytest.fixture
def server(provider: IdentityProvider, tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path, settings=settings_of(provider)) as running:
        yield running


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def test_a_token_opens_the_door_and_names_the_writer(server: Server, provider: IdentityProvider) -> None:
    holder = bearer(token("RS256", scope="serviceProblem:write serviceProblem:read", org="org-311"))
    made = server.client.call("POST", PATH, json=report(), headers=holder)
    assert made.status_code == 201
    query = f"{ContractClient.face}/serviceProblemEventRecord"
    (record,) = server.client.get(query, headers=holder).json()
    assert record["notification"]["actor"] == "jwt:alice"
    for _ in range(20):
        assert server.client.get(PATH, headers=holder).status_code == 200
    assert provider.asked == 1
    assert server.client.call("DELETE", f"{PATH}/{made.json()['id']}", headers=holder).status_code == 403


def test_a_token_of_a_party_sees_its_own(server: Server) -> None:
    operator = bearer(token(scope="*"))
    server.client.call("POST", PATH, json=report(), headers=operator)
    for party, count in (("org-311", "1"), ("org-312", "0")):
        holder = bearer(token(scope="serviceProblem:read", org=party))
        assert server.client.get(PATH, headers=holder).headers["X-Total-Count"] == count
    assert server.client.get(PATH, headers=operator).headers["X-Total-Count"] == "1"


REFUSED: list[dict[str, Any]] = [
    {"exp": int(time.time()) - 100},
    {"aud": "another"},
    {"iss": "https://elsewhere.example.com"},
    {"scope": "serviceProblem:read"},
    {"key": ECKey.generate_key("P-256", {"kid": "ec"})},
]


@pytest.mark.parametrize("claims", REFUSED, ids=lambda claims: next(iter(claims)))
def test_a_token_that_does_not_hold_is_refused(server: Server, claims: dict[str, Any]) -> None:
    refused = server.client.get(PATH, headers=bearer(token(**claims)))
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert server.client.get(PATH).status_code == 401


def test_a_change_of_keys_is_followed(server: Server, provider: IdentityProvider) -> None:
    assert server.client.get(PATH, headers=bearer(token(scope="*"))).status_code == 200
    fresh = ECKey.generate_key("P-256", {"kid": "fresh"})
    provider.content = published(KEYS["ES256"], fresh)
    holder = bearer(token(key=fresh, scope="*"))
    until(lambda: server.client.get(PATH, headers=holder).status_code == 200, within=10)


def test_an_unreachable_provider_is_said_to_be_that(server: Server, provider: IdentityProvider) -> None:
    provider.status = 500
    holder = bearer(token(scope="*"))
    answer = server.client.get(PATH, headers=holder)
    assert (answer.status_code, answer.json()["code"]) == (503, "identityUnavailable")
    assert answer.headers["Retry-After"] == "1"
    assert server.lines("access.keys_unreadable")
    provider.status = 200
    until(lambda: server.client.get(PATH, headers=holder).status_code == 200, within=10)
    provider.status = 500
    assert server.client.get(PATH, headers=bearer(token(scope="*", sub="bob"))).status_code == 200


def test_the_keys_may_stand_in_a_file(tmp_path: Path, provider: IdentityProvider) -> None:
    (tmp_path / "keys.json").write_bytes(provider.content)
    with Server(tmp_path, settings=settings_of(provider, QOS_HUB_JWT_KEYS="keys.json")) as server:
        assert server.client.get(PATH, headers=bearer(token(scope="*"))).status_code == 200
    assert provider.asked == 0


def test_a_key_opens_the_door_beside_tokens(tmp_path: Path, provider: IdentityProvider) -> None:
    key = run(tmp_path, "keys", "create", "noc", "--scope", "*").stdout.strip()
    with Server(tmp_path, settings=settings_of(provider)) as server:
        assert server.client.get(PATH, headers=bearer(key)).status_code == 200
        assert server.client.get(PATH, headers=bearer("a.b.c")).status_code == 401
        assert server.client.get("/console/", auth=("me", token(scope="*"))).status_code == 200


def test_a_provider_described_by_halves_is_refused(tmp_path: Path) -> None:
    settings = {"QOS_HUB_JWT_ISSUER": ISSUER, "QOS_HUB_JWT_KEYS": "http://identity.example.com/keys"}
    for command in (["check"], ["serve", "--port", "0"]):
        refused = run(tmp_path, *command, **settings)
        assert refused.returncode == 2
        assert "[jwt] audience: must be set, too" in refused.stderr
        assert "[jwt] keys: must be an https address" in refused.stderr


def test_the_check_looks_at_the_keys(tmp_path: Path, provider: IdentityProvider) -> None:
    def told(keys: str) -> str:
        settings = {**settings_of(provider), "QOS_HUB_JWT_KEYS": keys}
        return "".join(getattr(run(tmp_path, "check", **settings), name) for name in ("stdout", "stderr"))

    (tmp_path / "keys.json").write_bytes(provider.content)
    (tmp_path / "text.json").write_text("nothing")
    (tmp_path / "other.json").write_bytes(published(ECKey.generate_key("P-521", {"kid": "large"})))
    assert "token keys     3 from keys.json" in told("keys.json")
    assert f"token keys     {provider.url}, fetched when the first token comes" in told(provider.url)
    assert "[jwt] keys: nofile.json cannot be read" in told("nofile.json")
    assert "is not a JSON Web Key Set" in told("text.json")
    assert "has no key for RS256" in told("other.json")
    assert provider.asked == 0


def test_a_token_that_nobody_can_read_is_a_failed_attempt(server: Server) -> None:
    part = base64.urlsafe_b64encode(b"[" * 1200 + b"]" * 1200).rstrip(b"=").decode()
    refused = server.client.get(PATH, headers=bearer(f"{part}.{part}.x"))
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert len(server.lines("access.refused")) == 1
    assert "Traceback" not in server.output()
