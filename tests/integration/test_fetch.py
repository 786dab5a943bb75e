"""Fetching the content of an import: whole over broken connections, and only from where it may come."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from hub.jobs.fetch import Fetcher
from hub.jobs.hold import Gone, Hold, JobFailed, Stopped
from hub.model.job import ContentType, JobKind, NewJob
from hub.model.times import system_clock
from hub.store.job_files import JobFiles
from hub.store.sqlite import Store
from hub.subscriptions.addresses import AddressGuard
from tests.acceptance.bulk import ask, ended, lines
from tests.acceptance.running import Server
from tests.fakes.file_server import FileServer, refusing
from tests.rooms import open_store, report

CONTENT = os.urandom(1 << 20)
LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def files(tmp_path: Path) -> JobFiles:
    return JobFiles(tmp_path / "jobs")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer(CONTENT) as running:
        yield running


def held(store: Store, url: str, *, stopped: bool = False) -> Hold:
    """A new import from this URL in the hands of a runner."""
    new = NewJob(
        id="job-1",
        kind=JobKind.IMPORT,
        content_type=ContentType.NDJSON,
        created=1,
        ready=True,
        actor="me",
        url=url,
    )
    store.write(lambda tables: tables.jobs.insert(new))
    job = store.write(lambda tables: tables.jobs.claim("mine", now=1, lease_until=2))
    assert job is not None
    return Hold(job=job, token="mine", store=store, clock=system_clock, stopped=lambda: stopped, patience=0.1)


def fetcher(files: JobFiles, **more: Any) -> Fetcher:
    options: dict[str, Any] = {
        "guard": AddressGuard(LOOPBACK),
        "limit": 1 << 24,
        "time_limit": 20.0,
        "longest_wait": 0.01,
    }
    return Fetcher(files=files, **{**options, **more})


def test_a_content_is_fetched_and_counted(store: Store, files: JobFiles, server: FileServer) -> None:
    fetcher(files).run(held(store, server.url))
    assert files.content("job-1").read_bytes() == CONTENT
    kept = store.read.jobs.get("job-1")
    assert kept is not None
    assert (kept.counts.total, kept.etag) == (len(CONTENT), '"first"')
    assert "accept-encoding" in server.asked[0]


def test_what_breaks_off_goes_on_where_it_was(store: Store, files: JobFiles, server: FileServer) -> None:
    server.break_after = [300_000, 0, 400_000]
    fetcher(files).run(held(store, server.url))
    assert files.content("job-1").read_bytes() == CONTENT
    assert "range" not in server.asked[0]
    assert len(server.asked) == 4
    assert all(one["if-range"] == '"first"' for one in server.asked[1:])


def test_another_run_goes_on_with_what_is_here(store: Store, files: JobFiles, server: FileServer) -> None:
    hold = held(store, server.url)
    files.make_folder()
    files.content("job-1").write_bytes(CONTENT[:1000])
    fetcher(files).run(replace(hold, job=replace(hold.job, etag='"first"')))
    assert files.content("job-1").read_bytes() == CONTENT
    assert server.asked[0]["range"] == "bytes=1000-"


def test_a_file_that_has_changed_is_fetched_from_its_beginning(
    store: Store, files: JobFiles, server: FileServer
) -> None:
    hold = held(store, server.url)
    files.make_folder()
    files.content("job-1").write_bytes(b"old" * 1000)
    fetcher(files).run(replace(hold, job=replace(hold.job, etag='"older"')))
    assert files.content("job-1").read_bytes() == CONTENT


def test_a_server_without_tags_is_asked_for_all_again(store: Store, files: JobFiles, server: FileServer) -> None:
    server.tag = None
    server.break_after = [100]
    fetcher(files).run(held(store, server.url))
    assert files.content("job-1").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("status", "headers", "asked", "said"),
    [
        (302, {"Location": "http://127.0.0.1:1/"}, 1, "the answer is 302, not 200"),
        (404, {}, 1, "the answer is 404"),
        (503, {}, 5, "the answer is 503"),
        (200, {"Content_Encoding": "gzip"}, 1, "the content came as gzip"),
        (206, {"Content_Range": "bytes 7-8/9"}, 1, "the answer is 206"),
    ],
)
def test_another_answer_fails_the_job(
    store: Store, files: JobFiles, server: FileServer, status: int, headers: dict[str, str], asked: int, said: str
) -> None:
    server.answer = refusing(status, **headers)
    with pytest.raises(JobFailed, match=said):
        fetcher(files).run(held(store, server.url))
    assert len(server.asked) == asked


@pytest.mark.parametrize(
    ("addresses", "said"),
    [(["10.0.0.1"], "10.0.0.1 is not a public address"), (["127.0.0.1", "::1"], "::1"), ([], "has no address")],
)
def test_a_name_that_leads_inside_by_now_is_not_followed(
    store: Store, files: JobFiles, addresses: list[str], said: str
) -> None:
    with pytest.raises(JobFailed, match=said):
        fetcher(files, lookup=lambda _: addresses).run(held(store, "http://files.example.com/x"))


def test_a_name_that_nobody_knows_fails_the_job(store: Store, files: JobFiles) -> None:
    asked: list[str] = []

    def unknown(name: str) -> list[str]:
        asked.append(name)
        raise OSError("Name or service not known")

    with pytest.raises(JobFailed, match=r"files\.example\.com: Name or service not known"):
        fetcher(files, lookup=unknown).run(held(store, "http://files.example.com/x"))
    assert len(asked) == 5


def test_a_name_is_asked_for_at_the_address_that_was_vetted(
    store: Store, files: JobFiles, server: FileServer
) -> None:
    url = server.url.replace("127.0.0.1", "files.example.com")
    fetcher(files, lookup=lambda _: ["127.0.0.1"]).run(held(store, url))
    assert server.asked[0]["host"] == url.split("/")[2]
    assert files.content("job-1").read_bytes() == CONTENT


def test_a_content_that_is_too_long_or_too_slow_fails_the_job(
    store: Store, files: JobFiles, server: FileServer
) -> None:
    hold = held(store, server.url)
    with pytest.raises(JobFailed, match="more than 1000 bytes"):
        fetcher(files, limit=1000).run(hold)
    times = iter([0.0, 0.0, 30.0])
    with pytest.raises(JobFailed, match="not here in time"):
        fetcher(files, monotonic=lambda: next(times, 30.0)).run(hold)


def test_a_fetch_ends_with_its_job_and_with_the_hub(store: Store, files: JobFiles, server: FileServer) -> None:
    with pytest.raises(Stopped):
        fetcher(files).run(held(store, server.url, stopped=True))
    store.write(lambda tables: tables.jobs.delete("job-1"))
    hold = held(store, server.url)
    store.write(lambda tables: tables.jobs.delete("job-1"))
    with pytest.raises(Gone):
        fetcher(files).run(hold)


def test_a_content_in_chunks_is_fetched_whole(store: Store, files: JobFiles, server: FileServer) -> None:
    def chunks(request: BaseHTTPRequestHandler) -> None:
        request.protocol_version = "HTTP/1.1"
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        for begin in range(0, len(CONTENT), 300_000):
            part = CONTENT[begin : begin + 300_000]
            request.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            if len(server.asked) == 1:
                break  # once without an end
        else:
            request.wfile.write(b"0\r\n\r\n")
        request.close_connection = True

    server.answer = chunks
    fetcher(files).run(held(store, server.url))
    assert files.content("job-1").read_bytes() == CONTENT
    assert len(server.asked) == 2


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf4240\r\n"
UNTIL_THE_END = b"HTTP/1.1 200 OK\r\n\r\n"


@contextmanager
def slow(server: FileServer, begin: bytes, drop: bytes) -> Iterator[Event]:
    """The server gives `begin`, and then one drop after another; the event tells that somebody waits for them."""
    waiting, over = Event(), Event()

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.close_connection = True
        with contextlib.suppress(OSError):
            request.wfile.write(begin)
            waiting.set()
            while not over.wait(0.05):
                request.wfile.write(drop)

    server.answer = answer
    yield waiting
    over.set()


@pytest.mark.parametrize("why", ["stop", "delete", "late"])
@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        (HEAD, b""),
        (HEAD, b"x"),
        (CHUNKED, b"x"),
        (UNTIL_THE_END, b"x"),
    ],
    ids=["silent", "slow-head", "silent-body", "slow-body", "slow-chunk", "without-length"],
)
def test_a_source_that_takes_its_time_holds_up_nothing(
    store: Store, files: JobFiles, server: FileServer, begin: bytes, drop: bytes, why: str
) -> None:
    stopping = Event()
    hold = replace(held(store, server.url), stopped=stopping.is_set)
    outcomes: list[Exception] = []

    def run() -> None:
        try:
            fetcher(files, time_limit=0.5 if why == "late" else 600.0).run(hold)
        except (Gone, Stopped, JobFailed) as error:
            outcomes.append(error)

    running = Thread(target=run)
    with slow(server, begin, drop) as waiting:
        running.start()
        assert waiting.wait(10)
        if why == "stop":
            stopping.set()
        elif why == "delete":
            store.write(lambda tables: tables.jobs.delete("job-1"))
        running.join(15)  # half of the time for which it waits for a byte
        assert not running.is_alive()
    (outcome,) = outcomes
    assert isinstance(outcome, {"stop": Stopped, "delete": Gone, "late": JobFailed}[why]), outcome
    assert why != "late" or "not here in time" in str(outcome)


def test_a_hub_imports_what_it_is_pointed_to(tmp_path: Path) -> None:
    content = lines(report(name=str(number)) for number in range(100))
    with FileServer(content) as source, Server(tmp_path) as hub:
        source.break_after = [500]
        made = ask(hub.client, "importJob", url=source.url)
        assert made["url"] == source.url
        done = ended(hub.client, made)
        assert (done["status"], done["progress"]["created"]) == ("Succeeded", 100)
        source.answer = refusing(404)
        failed = ended(hub.client, ask(hub.client, "importJob", url=source.url))
        assert failed["status"] == "Failed"
        assert "the answer is 404" in failed["errorLog"][0]["message"]
