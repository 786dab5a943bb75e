"""The HTTP client of the adapters against a server that misbehaves; waiting is counted, not done."""

import base64
import gzip
import html
import json
from collections.abc import Iterator
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import quote

import pytest
import trustme
from marshmallow import ValidationError

from adapters.http import ATTEMPTS, HttpClient
from adapters.options import HttpOptions
from hub.pausing import ends_with
from hub.ports import AuthFailed, RateLimited, SourceError, Unavailable
from tests.fakes.http_server import HttpServer
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


@pytest.mark.parametrize("said", ["\u00b2", "soon", "-7", "", "Fri, 31 Dec 9999 23:59:59 -1200"])
def test_a_wait_that_is_no_number_is_a_second(server: Middleman, waits: list[float], said: str) -> None:
    server.instead = [Canned(status=429, headers={"Retry-After": said}), GOOD]
    assert client(server, waits).get_json("x") == {"ok": True}
    assert waits == [1.0]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("said", ["0", "-7", "soon", "Sun, 22 Nov 2020 10:00:00 GMT"])
def test_who_asks_for_no_wait_again_and_again_is_asked_ever_later_and_then_no_more(
    server: Middleman, waits: list[float], status: int, said: str
) -> None:
    server.instead = [Canned(status=status, headers={"Retry-After": said})] * 20
    with pytest.raises(RateLimited) as limited:
        client(server, waits, max_wait=60).get_json("x")
    assert waits == [1, 2, 4, 8, 16]
    assert len(server.paths) == 6
    assert limited.value.after == 0, "it has not said for how long"


def test_without_time_to_wait_one_request_is_all(server: Middleman, waits: list[float]) -> None:
    server.instead = [Canned(status=429, headers={"Retry-After": "0"})] * 9
    with pytest.raises(RateLimited):
        client(server, waits, max_wait=0).get_json("x")
    assert (len(server.paths), waits) == (1, [])


def test_a_wait_ends_with_the_work_that_it_is_a_part_of(server: Middleman) -> None:
    server.instead = [Canned(status=429, headers={"Retry-After": "3600"}), GOOD]
    stop = Event()
    stop.set()

    def work() -> None:
        ends_with(stop)
        with pytest.raises(Unavailable, match="x: the hub ends, and does not wait for what the system asks"):
            HttpClient(server.url, max_wait=3600).get_json("x")

    copy_context().run(work)
    assert len(server.paths) == 1


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
        (Canned(status=200, body=b"[" * 5_000), "not JSON"),
        (Canned(status=200, body=b'"' + b"x" * 20_000 + b'"'), "larger than 10000"),
    ],
)
def test_what_trying_again_cannot_mend_is_said_after_one_request(
    server: Middleman, waits: list[float], answer: Canned, says: str
) -> None:
    server.instead = [answer, GOOD]
    with pytest.raises(Unavailable, match=says):
        client(server, waits, size_limit=10_000).get_json("x")
    assert len(server.paths) == 1


def test_an_answer_that_trickles_is_not_waited_for_without_end(waits: list[float]) -> None:
    ended = Event()

    def trickle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000000")
        request.end_headers()
        while not ended.wait(0.01):
            request.wfile.write(b" ")

    with HttpServer(trickle) as server:
        http = HttpClient(f"http://127.0.0.1:{server.port}", timeout=(5, 60), answer_time=0.1, sleep=waits.append)
        with pytest.raises(Unavailable, match=r"not whole after 0\.1 s"):
            http.get_json("x")
        ended.set()
    assert waits == [], "it is no failure that the next attempt may not meet"


@pytest.mark.parametrize("headers", [{"Content-Length": "99"}, {"Content-Encoding": "gzip"}])
def test_an_answer_that_breaks_off_is_asked_for_again(
    server: Middleman, waits: list[float], headers: dict[str, str]
) -> None:
    server.instead = [Canned(status=200, body=b'{"ok":', headers=headers), GOOD]
    assert client(server, waits).get_json("x") == {"ok": True}
    assert len(waits) == 1


def test_a_packed_answer_is_unpacked_before_it_is_measured(server: Middleman, waits: list[float]) -> None:
    body, packed = b'"' + b"x" * 20_000 + b'"', {"Content-Encoding": "gzip"}
    server.instead = [Canned(status=200, body=gzip.compress(body), headers=packed)] * 2
    assert client(server, waits).get_json("x") == "x" * 20_000
    with pytest.raises(Unavailable, match="larger than 10000"):
        client(server, waits, size_limit=10_000).get_json("x")


def test_no_message_holds_the_password(server: Middleman, waits: list[float]) -> None:
    server.instead = [Canned(status=400, body=f"bad login hub:{PASSWORD}".encode())]
    with pytest.raises(Unavailable) as refused:
        client(server, waits).get_json("x")
    assert PASSWORD not in str(refused.value)
    assert "bad login" in str(refused.value)


@pytest.mark.parametrize("status", [200, 400, 401])
def test_no_message_holds_a_login_that_the_system_repeats(
    server: Middleman, waits: list[float], status: int
) -> None:
    login = base64.b64encode(f"hub:{PASSWORD}".encode()).decode()
    repeated = f"Authorization: Basic {login}\r\nX-Key: the-key-of-all\r\n"
    server.instead = [Canned(status=status, body=repeated.encode())]
    with pytest.raises((Unavailable, AuthFailed)) as refused:
        client(server, waits, hidden=["the-key-of-all"]).get_json("x")
    said = str(refused.value)
    assert login not in said
    assert "the-key-of-all" not in said
    assert "X-Key: ***" in said
    assert "\n" not in said, "it is one line of a log or a table"


ODD = 'p\u00e4"ss<wo>rd'
ODD_LOGIN = base64.b64encode(f"hub:{ODD}".encode()).decode()
ECHOES = {
    "JSON": json.dumps({"error": f"no: {ODD}"}),
    "HTML": f"<p>no: {html.escape(ODD)}</p>",
    "URL": f"no: /login?p={quote(ODD, safe='')}",
    "Basic": f"no: {'x' * 170} Basic {ODD_LOGIN}",
    "end": f"no: {'x' * 185} {ODD}",
}


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("status", [200, 400, 401])
def test_no_message_holds_a_login_that_the_system_writes_in_its_own_way(
    server: Middleman, waits: list[float], status: int, echo: str
) -> None:
    text = ECHOES[echo] if status != 200 else f"({ECHOES[echo]}"
    server.instead = [Canned(status=status, body=text.encode())]
    with pytest.raises((Unavailable, AuthFailed)) as refused:
        HttpClient(server.url, auth=("hub", ODD), sleep=waits.append).get_json("x")
    said = str(refused.value)
    assert "no: " in said
    traces = (ODD[:3], "ss<", "ss&", "ss%", "p\\u00", "p\\\\u00", "%C3", "\\xc3", ODD_LOGIN[:8])
    assert not [trace for trace in traces if trace in said]


@pytest.mark.parametrize(
    "answer",
    [
        Canned(status=429, headers={"Retry-After": "3600"}),
        Canned(status=503, headers={"Retry-After": "3600"}),
        Canned(status=500),
        Canned(status=404),
        Canned(status=401),
        Canned(status=200, body=b"<html>"),
        Canned(status=200, body=b"x" * 20),
    ],
)
def test_no_message_holds_a_secret_of_a_path(server: Middleman, waits: list[float], answer: Canned) -> None:
    server.instead = [answer] * 4
    with pytest.raises(SourceError, match=r"x\?key=\*\*\*") as failed:
        client(server, waits, hidden=["the-key-of-all"], size_limit=10).get_json("x?key=the-key-of-all")
    assert "the-key-of-all" not in str(failed.value)


def test_no_message_holds_a_secret_of_an_address_that_is_not_followed(
    server: Middleman, waits: list[float]
) -> None:
    with pytest.raises(Unavailable, match=r"key=\*\*\*: the system sends us out of"):
        client(server, waits, hidden=["the-key-of-all"]).inside("http://elsewhere.test/x?key=the-key-of-all")


def test_a_password_in_any_letters_is_sent_as_it_is_and_hidden(server: Middleman, waits: list[float]) -> None:
    server.instead = [Canned(status=400, body="wrong: пароль".encode())]
    with pytest.raises(Unavailable, match=r"wrong: \*\*\*"):
        HttpClient(server.url, auth=("hub", "пароль"), sleep=waits.append).get_json("x")


def test_a_secret_that_no_header_can_hold_is_a_failure_that_is_told(server: Middleman, waits: list[float]) -> None:
    http = HttpClient(server.url, headers={"X-Key": "ключ"}, hidden=["ключ"], sleep=waits.append)
    with pytest.raises(Unavailable, match="x: the request has letters that latin-1 cannot write") as failed:
        http.get_json("x")
    assert "ключ" not in str(failed.value)


@pytest.mark.parametrize(
    ("content", "why"), [(None, "there is no such file"), ("", "no certificate"), ("x", "no cert")]
)
def test_authorities_that_cannot_be_read_are_refused_with_the_options(
    tmp_path: Path, content: str | None, why: str
) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_text(content)
    with pytest.raises(ValidationError) as refused:
        HttpOptions().load({"url": "https://desk.example.test", "ca_file": str(bundle)})
    ((told,),) = refused.value.messages_dict.values()
    assert why in str(told)


def test_authorities_that_have_gone_since_are_a_failure_that_passes(
    server: Middleman, waits: list[float], tmp_path: Path
) -> None:
    server.use_tls(trustme.CA().issue_cert("127.0.0.1"))
    with pytest.raises(Unavailable, match="invalid path"):
        client(server, waits, verify=str(tmp_path / "gone.pem"), max_wait=0).get_json("x")


def test_a_failed_connection_is_told_without_what_the_libraries_say_around_it(waits: list[float]) -> None:
    with pytest.raises(Unavailable) as failed:
        HttpClient("http://127.0.0.1:1", sleep=waits.append, max_wait=0).get_json("x", {"key": "4711"})
    assert str(failed.value) == "x: Connection refused"


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


def test_an_answer_that_took_long_says_nothing_of_the_clock(
    server: Middleman, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.always = GOOD
    ours = [datetime.now(UTC)]
    http = client(server, waits, clock=lambda: ours[-1])
    http.get_json("x")
    first = http.clock_skew
    ours.append(ours[0] - timedelta(days=1))
    monkeypatch.setattr("adapters.http.AT_ONCE", timedelta(0))
    http.get_json("x")
    assert http.clock_skew == first
    monkeypatch.undo()
    http.get_json("x")
    assert http.clock_skew is not None
    assert http.clock_skew > 86_000


def test_a_source_is_read_through_the_proxy_of_its_options_and_no_other(server: Middleman) -> None:
    server.instead = [GOOD, GOOD]
    options = HttpOptions().load({"url": "http://desk.example.test/api", "proxy": server.url})
    assert HttpClient.from_options(options).get_json("x") == {"ok": True}
    assert server.paths == ["http://desk.example.test/api/x"], "this is how a proxy is asked"


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://hub:pw@127.0.0.1:1", "127.0.0.1:3128"])
def test_a_proxy_that_cannot_be_is_refused_and_not_shown(proxy: str) -> None:
    with pytest.raises(ValidationError) as refused:
        HttpOptions().load({"url": "http://desk.example.test", "proxy": proxy})
    assert list(refused.value.messages_dict) == ["proxy"]
    assert "pw" not in str(refused.value)


def test_a_certificate_counts_when_the_authority_of_the_source_signed_it(
    server: Middleman, tmp_path: Path
) -> None:
    ours, other = trustme.CA(), trustme.CA()
    server.use_tls(ours.issue_cert("127.0.0.1"))
    for name, authority in (("ours", ours), ("other", other)):
        authority.cert_pem.write_to_path(str(tmp_path / f"{name}.pem"))

    def asked(**options: str) -> Any:
        loaded = HttpOptions().load({"url": server.url, "max_wait": 0} | options)
        return HttpClient.from_options(loaded).get_json("x")

    server.instead = [GOOD]
    assert asked(ca_file=str(tmp_path / "ours.pem")) == {"ok": True}
    for options in ({}, {"ca_file": str(tmp_path / "other.pem")}):
        with pytest.raises(Unavailable, match="x: certificate verify failed: "):
            asked(**options)
