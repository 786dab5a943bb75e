"""Pollers: health, waits, and threads that do not wait for each other."""

import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from typing import Any, ClassVar, cast

import pytest
from structlog.testing import capture_logs

import adapters.rest
from hub.intake.account import note_unpolled
from hub.intake.health import Health
from hub.model.times import to_micros
from hub.ports import AuthFailed, RateLimited, Unavailable
from hub.settings import SourceSettings
from hub.store.sources import SourceState
from tests.fakes.http_server import HttpServer
from tests.fakes.intake_bench import SOURCE, Bench
from tests.fakes.trouble_system import Feed, ManualClock, TroubleSystem

PATIENCE = 10.0
"""Seconds within which a thread has to do what it should."""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    clock = ManualClock()
    made = Bench(tmp_path, clock, Feed(clock))
    yield made
    made.poller.stop(PATIENCE)
    made.store.close()


def seconds_to_next_poll(bench: Bench) -> float | None:
    due = bench.row.next_poll
    return None if due is None else (due - to_micros(bench.clock())) / 1e6


# Health


def test_a_good_poll_says_so(bench: Bench) -> None:
    bench.poller.poll()
    row = bench.row
    assert (row.state, row.error, row.failures, row.adapter) == (SourceState.OK, None, 0, "desk")
    assert row.last_success == row.last_poll == to_micros(bench.clock())
    assert seconds_to_next_poll(bench) == 30.0


def test_a_refused_login_ends_polling_until_the_hub_is_started_again(bench: Bench) -> None:
    bench.system.refusal = AuthFailed("401: wrong password")
    assert bench.poller.poll().wait is None
    assert (bench.row.state, seconds_to_next_poll(bench)) == (SourceState.AUTH_FAILED, None)
    assert "401: wrong password" in (bench.row.error or "")
    bench.system.refusal = None
    bench.restart()
    bench.poller.poll()
    assert (bench.row.state, bench.row.error) == (SourceState.OK, None)


def test_the_thread_of_a_refused_source_ends_and_no_waking_helps(bench: Bench) -> None:
    bench.system.refusal = AuthFailed("401")
    bench.poller.start()
    wait_until(lambda: "intake-desk" not in {thread.name for thread in threading.enumerate()})
    bench.poller.wake()
    assert (bench.system.checks, bench.row.state) == (1, SourceState.AUTH_FAILED)


def test_a_source_that_asks_for_time_gets_it_and_keeps_what_was_read(bench: Bench) -> None:
    bench.system.page_size = 1
    bench.system.put("1")
    bench.system.put("2")
    bench.system.breaks = {1: RateLimited("429", after=150.0)}
    assert bench.poller.poll().wait == 150.0
    assert (bench.row.state, seconds_to_next_poll(bench)) == (SourceState.RATE_LIMITED, 150.0)
    assert bench.row.cursor == {"change": 1}
    bench.poller.poll()
    assert bench.system.cursors == [{}, {"change": 1}]
    assert (bench.row.state, bench.row.cursor) == (SourceState.OK, {"change": 2})


def test_failures_in_a_row_are_counted_and_make_the_waits_grow_up_to_the_longest(bench: Bench) -> None:
    bench.system.refusal = Unavailable("connection refused")
    waits = [bench.poller.poll().wait for _ in range(7)]
    assert waits == [60.0, 120.0, 240.0, 480.0, 900.0, 900.0, 900.0]
    assert (bench.row.failures, bench.row.last_success) == (7, None)
    bench.system.refusal = None
    assert bench.poller.poll() == Health(state=SourceState.OK, wait=30.0)
    assert bench.row.failures == 0


def test_a_source_is_checked_at_the_start_and_after_failures_only(bench: Bench) -> None:
    bench.poll(3)
    assert bench.system.checks == 1
    bench.system.breaks = {0: Unavailable("reset")}
    bench.poll(3)
    assert bench.system.checks == 2
    bench.restart()
    bench.poll(2)
    assert bench.system.checks == 3


def test_a_clock_that_is_off_is_told_at_every_poll_until_it_is_found_right(bench: Bench) -> None:
    bench.system.skew = 90.0
    bench.poll(2)
    assert (bench.row.state, bench.row.error) == (SourceState.OK, "the clock of the source is 90 s ahead")


def test_a_poll_is_one_line_of_log(bench: Bench) -> None:
    bench.system.put("1", state="what?")
    bench.clock.turn(3)
    with capture_logs() as lines:
        bench.poller.poll()
        bench.system.breaks = {0: Unavailable("504")}
        bench.poller.poll()
    good, bad = lines
    assert good == {
        "event": "source.polled",
        "log_level": "info",
        "source": SOURCE,
        "adapter": "desk",
        "state": "ok",
        "pages": 1,
        "records": 1,
        "changed": 1,
        "unmapped": 1,
        "error": None,
        "duration_ms": 0.0,
        "lag": 3.0,
        "next_poll": "2026-11-22T17:00:33.000Z",
    }
    assert bad["event"] == "source.polled"
    assert (bad["log_level"], bad["state"], bad["error"], bad["pages"]) == ("warning", "degraded", "504", 0)


def test_of_a_source_that_is_switched_off_it_is_said_that_nobody_polls_it(bench: Bench) -> None:
    bench.poll()
    polled = bench.row.last_poll
    off = {name: SourceSettings(name=name, adapter="desk", enabled=False) for name in (SOURCE, "never polled")}
    bench.store.write(lambda tables: note_unpolled(tables, off))
    assert (bench.row.state, bench.row.next_poll, bench.row.last_poll) == (SourceState.DISABLED, None, polled)
    states = {row.name: (row.state, row.last_poll) for row in bench.store.read.sources.all()}
    assert states["never polled"] == (SourceState.DISABLED, None)


def test_of_a_source_that_the_settings_no_longer_have_its_last_good_poll_is_told_and_it_goes_on_when_it_is_back(
    bench: Bench,
) -> None:
    bench.system.put("1", state="new")
    bench.poll()
    before = bench.row
    bench.store.write(lambda tables: note_unpolled(tables, {}))
    after = bench.row
    assert (after.state, after.next_poll, after.error) == (SourceState.NOT_CONFIGURED, None, None)
    assert (after.last_success, after.cursor, after.problems) == (before.last_success, before.cursor, 1)
    bench.restart()
    bench.poll()
    assert (bench.row.state, bench.system.cursors[-1]) == (SourceState.OK, before.cursor)


# Threads


def wait_until(condition: Callable[[], bool]) -> None:
    """Look until it is so; PATIENCE bounds it."""
    never = Event()
    for _ in range(int(PATIENCE / 0.01)):
        if condition():
            return
        never.wait(0.01)
    raise AssertionError("it did not happen in time")


def test_a_poller_polls_at_once_and_again_when_woken(bench: Bench) -> None:
    bench.system.put("1")
    bench.poller.start()
    wait_until(lambda: bench.has("1"))
    bench.system.put("2")
    bench.poller.wake()
    wait_until(lambda: bench.has("2"))
    for _ in range(50):
        # A poller that did not wait would have had its turns at the writer meanwhile.
        bench.store.write(lambda tables: None)
    assert bench.poller.stop(PATIENCE)
    assert len(bench.system.cursors) == 2


class Registered(Feed):
    """A source with something to take back, which it cannot."""

    ends: ClassVar[list[str]] = []

    def register(self, cursor: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**cursor, "ring": "r1"}

    def close(self) -> None:
        self.ends.append("asked")
        raise Unavailable("the system is away")


def test_a_source_registers_after_a_poll_and_takes_it_back_when_the_hub_stops(tmp_path: Path) -> None:
    clock = ManualClock()
    bench = Bench(tmp_path, clock, Registered(clock))
    with capture_logs() as lines:
        bench.poller.start()
        wait_until(lambda: len(bench.system.cursors) == 1)
        wait_until(lambda: bench.row.cursor == {"ring": "r1"})
        assert Registered.ends == []
        assert bench.poller.stop(PATIENCE)
    bench.store.close()
    assert Registered.ends == ["asked"]
    assert [line["error"] for line in lines if line["event"] == "source.unclosed"] == ["the system is away"]


def test_a_poller_polls_at_its_interval(bench: Bench) -> None:
    bench.options["interval"] = 0.001
    bench.restart()
    bench.poller.start()
    wait_until(lambda: len(bench.system.cursors) >= 5)
    assert bench.poller.stop(PATIENCE)


def test_a_stopped_poller_polls_no_more(bench: Bench) -> None:
    bench.poller.start()
    wait_until(lambda: len(bench.system.cursors) == 1)
    assert bench.poller.stop(PATIENCE)
    bench.poller.wake()
    assert len(bench.system.cursors) == 1


def test_a_stop_does_not_wait_for_what_a_system_asks(tmp_path: Path) -> None:
    asked: list[str] = []

    def limit(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        request.send_response(429)
        for name, value in {"Retry-After": "3000", "Content-Length": "0"}.items():
            request.send_header(name, value)
        request.end_headers()

    with HttpServer(limit) as server:
        options = {"url": f"http://127.0.0.1:{server.port}", "key": ["id"], "stamp": "at", "max_wait": 3600}
        source = adapters.rest.make("desk", options)
        bench = Bench(tmp_path, ManualClock(), cast(TroubleSystem, source))
        bench.poller.start()
        wait_until(lambda: len(asked) == 1)
        assert bench.poller.stop(PATIENCE)
    row = bench.row
    bench.store.close()
    assert (row.state, row.error) == (SourceState.NEW, None), "it says nothing of the source that we ended"
    assert len(asked) == 1


def test_a_poller_that_never_started_stops(bench: Bench) -> None:
    assert bench.poller.stop(0)


def test_a_fault_of_the_adapter_is_told_and_the_next_poll_comes(bench: Bench) -> None:
    def fault() -> None:
        raise KeyError("no such field")

    bench.options["interval"] = 0.001
    bench.restart()
    bench.system.breaks = {0: fault}
    bench.system.put("1")
    bench.poller.start()
    wait_until(lambda: bench.has("1") and bench.row.state is SourceState.OK)
    rows = bench.store.read.connection.execute("SELECT error FROM run ORDER BY id").fetchall()
    assert rows[0] == ("'no such field'",)


def test_a_source_that_hangs_delays_no_other_and_stops_in_bounded_time(bench: Bench, tmp_path: Path) -> None:
    entered, released = Event(), Event()

    def hang() -> None:
        entered.set()
        released.wait(PATIENCE)

    (tmp_path / "other").mkdir()
    hanging = Bench(tmp_path / "other", bench.clock, Feed(bench.clock))
    hanging.system.breaks = {0: hang}
    hanging.poller.start()
    assert entered.wait(PATIENCE)
    bench.system.put("1")
    bench.poller.start()
    wait_until(lambda: bench.has("1"))
    assert hanging.poller.stop(0) is False
    released.set()
    assert hanging.poller.stop(PATIENCE)
    hanging.store.close()
