"""The HTTP client of the adapters against a server that misbehaves; waiting is counted, not done."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.http import ATTEMPTS, HttpClient
from adapters.options import secret
from hub.ports import AuthFailed, RateLimited, Unavailable
from tests.real.middleman import Canned, Middleman

GOOD = Canned(status=200, body=b'{"ok": true}')
PASSWORD = "s3cret-pw"


@pytest.fixture
def server() -> Iterator[Middleman]:
    with Middleman("http://127.0.0.1:1").serving() as serving:
        yield serving


@pytest.fixture
def waits() -> list[float]:
    return []


def client(server: Middleman, waits: list[float], **options: Any) -> HttpClient:
    return HttpClient(server.url, auth=("hub", PASSWORD), sleep=waits.append, **options)


def test_a_wait_that_the_system_asks_for_is_kept_and_the_call_finishes(
    server: Middleman, waits: list[float]
) -> None:
    server.instead = [Canned(status=429, headers={"Retry-After": "7"}), GOOD]
    assert client(server, waits).get_json("x") == {"ok": True}
    assert waits == [7]


def test_a_wait_until_a_date_is_kept(server: Middleman, waits: list[float]) -> None:
    now = datetime(2026, 11, 22, 10, tzinfo=UTC)
    until = {"Date": "Sun, 22 Nov 2026 10:00:00 GMT", "Retry-After": "Sun, 22 Nov 2026 10:00:09 GMT"}
    server.instead = [Canned(status=503, headers=until), GOOD]
    assert client(server, waits, clock=lambda: now).get_json("x") == {"ok": True}
    assert len(waits) == 1
    assert waits[0] <= 9


def test_a_wait_longer_than_we_have_is_handed_on_at_once(server: Middleman, waits: list[float]) -> None:
    server.instead = [Canned(status=429, headers={"Retry-After": "150"}), GOOD]
    with pytest.raises(RateLimited) as limited:
        client(server, waits, max_wait=60).get_json("x")
    assert limited.value.after == 150
    assert waits == []
    assert len(server.paths) == 1


def test_the_waits_of_one_call_add_up(server: Middleman, waits: list[float]) -> None:
    server.instead = [Canned(status=429, headers={"Retry-After": "25"})] * 9
    with pytest.raises(RateLimited):
        client(server, waits, max_wait=60).get_json("x")
    assert waits == [25, 25]


def test_a_failing_system_is_tried_a_few_times(server: Middleman, waits: list[float]) -> None:
    server.instead = [Canned(status=500)] * 9
    with pytest.raises(Unavailable, match="500"):
        client(server, waits).get_json("x")
    assert len(server.paths) == ATTEMPTS


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_asked_once_only(server: Middleman, waits: list[float], status: int) -> None:
    server.instead = [Canned(status=status, body=b"no"), GOOD]
    with pytest.raises(AuthFailed):
        client(server, waits).get_json("x")
    assert len(server.paths) == 1


def test_too_many_requests_after_a_refusal_is_a_lock_out(server: Middleman, waits: list[float]) -> None:
    server.instead = [Canned(status=401), Canned(status=429, headers={"Retry-After": "1"}), GOOD]
    http = client(server, waits)
    for _ in range(2):
        with pytest.raises(AuthFailed):
            http.get_json("x")
    assert waits == []


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Canned(status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"}), "elsewhere"),
        (Canned(status=404, body=b"no such class"), "no such class"),
        (Canned(status=200, body=b"<html>"), "not JSON"),
        (Canned(status=200, body=b'"' + b"x" * 2000 + b'"'), "larger than 1000"),
    ],
)
def test_what_trying_again_cannot_mend_is_said_after_one_request(
    server: Middleman, waits: list[float], answer: Canned, says: str
) -> None:
    server.instead = [answer, GOOD]
    with pytest.raises(Unavailable, match=says):
        client(server, waits, size_limit=1000).get_json("x")
    assert len(server.paths) == 1


def test_no_message_holds_the_password(server: Middleman, waits: list[float]) -> None:
    server.instead = [Canned(status=400, body=f"bad login hub:{PASSWORD}".encode())]
    with pytest.raises(Unavailable) as refused:
        client(server, waits).get_json("x")
    assert PASSWORD not in str(refused.value)
    assert "bad login" in str(refused.value)


def test_the_proxy_and_the_bundle_of_the_environment_are_not_used(
    server: Middleman, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    server.instead = [GOOD]
    assert client(server, waits).get_json("x") == {"ok": True}


def test_the_systems_clock_is_compared_with_ours(server: Middleman, waits: list[float]) -> None:
    server.instead = [GOOD]
    http = client(server, waits, clock=lambda: datetime(2020, 1, 1, tzinfo=UTC))
    http.get_json("x")
    assert http.clock_skew is not None
    assert http.clock_skew > 86_400


def test_a_secret_comes_from_where_its_reference_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pw").write_text(f"{PASSWORD}\n")
    monkeypatch.setenv("DESK_PASSWORD", PASSWORD)
    assert secret(f"file:{tmp_path / 'pw'}") == PASSWORD
    assert secret("env:DESK_PASSWORD") == PASSWORD


@pytest.mark.parametrize("reference", [PASSWORD, "env:", "file:", "env:QOS_HUB_TEST_NOT_SET", "file:/nonexistent"])
def test_a_reference_that_leads_nowhere_is_refused(reference: str) -> None:
    with pytest.raises(ValueError, match=r"reference|no such variable|cannot be read") as refused:
        secret(reference)
    assert PASSWORD not in str(refused.value)
