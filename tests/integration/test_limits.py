"""The limits of a running hub: how often, how long, how much, and from which sites."""

import json
import re
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.contract_client import ContractClient
from tests.acceptance.running import Server, run
from tests.rooms import report, until

PATH = f"{ContractClient.face}/serviceProblem"
DESK = "https://desk.example.com"
SETTINGS = {
    "QOS_HUB_API_BODY_TIMEOUT": "600ms",
    "QOS_HUB_API_HEAD_TIMEOUT": "600ms",
    "QOS_HUB_API_HEAD_LIMIT": "8192",
    "QOS_HUB_API_KEEP_ALIVE": "1s",
    "QOS_HUB_API_BODY_LIMIT": "50000",
    "QOS_HUB_API_CORS_ORIGINS": DESK,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("limits"), settings=SETTINGS) as running:
        yield running


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("keyed")
    run(folder, "keys", "create", "a", "--scope", "*")
    with Server(folder, settings={"QOS_HUB_API_KEEP_ALIVE": "1s"}) as running:
        yield running


def answer_to(server: Server, *parts: bytes) -> tuple[int, dict[str, Any]]:
    """(status, body) of what the server says to these bytes, sent one part after the other, before it hangs up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        for part in parts:
            line.sendall(part)
        said = b"".join(iter(lambda: line.recv(65536), b""))
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower()
    return int(head.split()[1]), json.loads(body)


HEAD = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()


def test_headers_that_never_end_are_answered_with_408(server: Server) -> None:
    status, error = answer_to(server, HEAD)
    assert (status, error["code"]) == (408, "headTimeout")
    assert "0.6 s" in error["message"]


def test_headers_that_drip_are_not_waited_for(server: Server) -> None:
    """The classic slow loris: each byte comes in time, and the end never does."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.settimeout(0.05)
        line.sendall(HEAD)
        begin, said = time.monotonic(), b""
        while not said:
            assert time.monotonic() < begin + 10
            try:
                line.sendall(b"X-Drip: 1\r\n")
                said = line.recv(65536)
            except TimeoutError:
                continue
    assert b" 408 " in said.splitlines()[0]


def test_a_second_request_that_drips_is_not_waited_for(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(b"GET /qos-hub/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in line.recv(65536)
        line.sendall(b"GET /qos-hub/v1/health HTTP/1.1\r\nHo")
        said = b"".join(iter(lambda: line.recv(65536), b""))
    assert said.startswith(b"HTTP/1.1 408 ")


def test_a_connection_without_a_request_is_closed(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        assert line.recv(1) == b""


def test_a_body_that_drips_is_answered_with_408(server: Server) -> None:
    status, error = answer_to(server, HEAD + b"Content-Length: 1000\r\n\r\n", b'{"a": ')
    assert (status, error["code"]) == (408, "bodyTimeout")
    assert error["violation"][0]["field"] == "body"


def test_a_body_in_one_piece_without_a_length_is_held_to_the_limit(server: Server) -> None:
    body = b'{"a": "' + b"x" * 60_000 + b'"}'
    chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    head = HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert answer_to(server, head + chunk)[0] == 413


def test_many_slow_bodies_keep_nobody_else_waiting(server: Server) -> None:
    lines = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(200)]
    for line in lines:
        line.sendall(HEAD + b"Content-Length: 1000\r\n\r\n{")
    assert server.client.create(report()).status_code == 201
    for line in lines:
        assert b" 408 " in line.recv(65536)
        line.close()


def closed_after(line: socket.socket, drip: bytes) -> bytes:
    """What is said until the connection is closed, to who sends these bytes again and again."""
    line.settimeout(0.1)
    begin, said = time.monotonic(), b""
    while time.monotonic() < begin + 15:
        try:
            line.sendall(drip)
            piece = line.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            return said
        if not piece:
            return said
        said += piece
    raise AssertionError("the connection is still open")


@pytest.mark.parametrize("path", [PATH, "/nothing/here"])
@pytest.mark.parametrize("framing", [b"Content-Length: 500000", b"Transfer-Encoding: chunked"])
def test_a_body_that_comes_after_its_answer_holds_no_connection(keyed: Server, path: str, framing: bytes) -> None:
    """Who has no key is refused before the body is read; the rest of the body is no reason to wait."""
    head = HEAD.replace(PATH.encode(), path.encode())
    drip = b"x" if b"Length" in framing else b"1\r\nx\r\n"
    with socket.create_connection(("127.0.0.1", keyed.port), timeout=10) as line:
        line.sendall(head + framing + b"\r\n\r\n")
        said = closed_after(line, drip)
    assert said[9:12] in (b"401", b"404")


def test_a_body_that_ends_after_its_answer_leaves_the_connection_in_order(keyed: Server) -> None:
    with socket.create_connection(("127.0.0.1", keyed.port), timeout=10) as line:
        line.sendall(HEAD + b"Content-Length: 5\r\n\r\n{")
        assert b" 401 " in line.recv(65536)
        line.sendall(b"abcd")
        line.sendall(b"GET /qos-hub/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in line.recv(65536)
        assert closed_after(line, b"\r\n") == b""


def test_empty_lines_are_no_request(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        assert closed_after(line, b"\r\n") == b""


@pytest.mark.parametrize("size", [9_000, 100_000, 400_000])
def test_headers_that_are_too_large_are_refused(server: Server, size: int) -> None:
    status, error = answer_to(server, HEAD + b"X-Long: " + b"x" * size + b"\r\n\r\n")
    assert (status, error["code"]) == (431, "headTooLarge")


def test_headers_within_the_limit_are_read(server: Server) -> None:
    assert server.client.get(PATH, headers={"X-Long": "x" * 7000}).status_code == 200


# -- answers that take too long


def test_an_answer_that_takes_too_long_says_what_is_known(tmp_path: Path) -> None:
    """A lock on the database from outside keeps every write waiting."""
    settings = {"QOS_HUB_API_ANSWER_TIMEOUT": "500ms", "QOS_HUB_STORE_BUSY_TIMEOUT": "20s"}
    with Server(tmp_path, settings=settings) as server:
        lock = sqlite3.connect(tmp_path / "qos-hub.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        late = server.client.create(report(name="late"))
        assert (late.status_code, late.json()["code"]) == (503, "answerTimeout")
        assert "whether the change was made is not known" in late.json()["message"]
        assert server.client.get(PATH).status_code == 200
        reading = server.client.get("/qos-hub/v1/health")  # which writes, to see that it can
        assert (reading.status_code, reading.json()["code"]) == (503, "answerTimeout")
        assert "nothing was changed" in reading.json()["message"]
        lock.execute("ROLLBACK")
        lock.close()
        assert server.client.create(report(name="next")).status_code == 201
        assert [one["name"] for one in server.client.problems()] == ["late", "next"]


def test_requests_in_one_line_are_answered_in_their_order(server: Server) -> None:
    """Some are answered at once, some wait for the disk, one is a page, one a file, one is refused, one has a body."""
    made = server.client.create(report()).json()["id"]
    asked = [
        f"{PATH}/{made}",
        "/qos-hub/v1/health",
        f"{PATH}?limit=1",
        "/docs",
        f"{PATH}/none",
        "/openapi/events.yaml",
    ]
    body = b'{"priority": 2}'
    patch = (
        f"PATCH {PATH}/{made} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    gets = [f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for path in asked]
    last = f"GET {PATH}/{made}?fields=priority HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(b"".join(gets * 20) + patch.encode() + body + last.encode())
        said = b"".join(iter(lambda: line.recv(65536), b""))
    statuses = re.findall(rb"HTTP/1.1 (\d+) ", said)
    assert statuses == [b"200", b"200", b"200", b"200", b"404", b"200"] * 20 + [b"200", b"200"]
    assert json.loads(said.rpartition(b"\r\n\r\n")[2])["priority"] == 2


# -- how often


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("rates")
    keys = {name: run(folder, "keys", "create", name, "--scope", "*").stdout.strip() for name in ("a", "b")}
    settings = {"QOS_HUB_SECURITY_RATE_LIMIT": "0.05", "QOS_HUB_SECURITY_RATE_BURST": "3"}
    with Server(folder, settings=settings) as running:
        yield running, keys


def test_a_caller_that_calls_too_often_is_told_when_to_come_back(limited: tuple[Server, dict[str, str]]) -> None:
    server, keys = limited
    statuses = []
    for _ in range(4):
        answer = server.client.get(f"{PATH}/4711", headers={"X-API-Key": keys["a"]})
        statuses.append((answer.status_code, answer.headers["X-Rate-Limit-Remaining"]))
    assert statuses == [(404, "2"), (404, "1"), (404, "0"), (429, "0")]
    assert answer.json()["code"] == "tooManyRequests"
    assert [(one["field"], one["value"]) for one in answer.json()["violation"]] == [("caller", "a")]
    assert 1 <= int(answer.headers["Retry-After"]) <= 20
    assert answer.headers["X-Rate-Limit-Limit"] == "3"
    other = server.client.get(PATH, headers={"X-API-Key": keys["b"]})
    assert (other.status_code, other.headers["X-Rate-Limit-Remaining"]) == (200, "2")


def test_wrong_keys_are_counted_by_address_and_hurt_no_right_one(limited: tuple[Server, dict[str, str]]) -> None:
    server, keys = limited
    wrong = [server.client.get(PATH, headers={"X-API-Key": f"guess {n}"}).status_code for n in range(5)]
    assert wrong == [401, 401, 401, 429, 429]
    without = server.client.get(PATH)
    assert [(one["field"], one["value"]) for one in without.json()["violation"]] == [("address", "127.0.0.1")]
    assert server.client.get(PATH, headers={"X-API-Key": keys["b"]}).status_code == 200
    assert server.client.get("/qos-hub/v1/health").status_code == 200


# -- other sites


def preflight(server: Server, origin: str, method: str = "PATCH") -> Any:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type, x-api-key, if-match",
    }
    return server.client._session.options(f"{server.client.base_url}{PATH}", headers=asked, timeout=10)


def test_a_listed_site_may_call_and_read_the_headers(server: Server) -> None:
    before = preflight(server, DESK)
    assert before.status_code == 200
    assert before.headers["Access-Control-Allow-Origin"] == DESK
    assert "PATCH" in before.headers["Access-Control-Allow-Methods"]
    answer = server.client.get(PATH, headers={"Origin": DESK})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, DESK)
    shown = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Location", "Link", "X-Total-Count"} <= set(shown)
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_an_error_can_be_read_by_the_page_that_caused_it(server: Server) -> None:
    answer = server.client.get(f"{PATH}/4711", headers={"Origin": DESK})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (404, DESK)


@pytest.mark.parametrize(
    "origin", ["https://shop.example.com", "null", f"{DESK}.evil.example", "http://desk.example.com"]
)
def test_another_site_may_not(server: Server, origin: str) -> None:
    refused = preflight(server, origin)
    assert (refused.status_code, refused.json()["code"]) == (403, "otherSite")
    assert refused.headers["Content-Type"] == server.client.get("/nowhere").headers["Content-Type"]
    assert "Access-Control-Allow-Origin" not in refused.headers
    answer = server.client.get(PATH, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "otherSite")
    for one in (refused, answer, server.client.get(PATH), server.client.get(PATH, headers={"Origin": DESK})):
        assert one.headers["Vary"] == "Origin"  # for a cache, which may have the answer to another site


def test_a_method_that_no_operation_has_is_no_page_s_business(server: Server) -> None:
    assert preflight(server, DESK, "TRACE").status_code == 403


def test_without_a_setting_no_site_may_call(tmp_path: Path) -> None:
    key = run(tmp_path, "keys", "create", "noc", "--scope", "*").stdout.strip()
    with Server(tmp_path) as server:
        assert preflight(server, DESK).status_code == 405
        answer = server.client.get(PATH, headers={"Origin": DESK, "X-API-Key": key})
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_any_site_means_any_only_where_a_key_is_needed(tmp_path: Path) -> None:
    with Server(tmp_path, settings={"QOS_HUB_API_CORS_ORIGINS": "*"}) as server:
        assert server.client.get(PATH, headers={"Origin": DESK}).status_code == 403
        key = run(tmp_path, "keys", "create", "noc", "--scope", "*").stdout.strip()
        called = {"Origin": DESK, "X-API-Key": key}
        until(lambda: server.client.get(PATH, headers=called).status_code == 200, within=2)
        assert server.client.get(PATH, headers=called).headers["Access-Control-Allow-Origin"] == "*"
