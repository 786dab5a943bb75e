"""A page is committed while the source is asked for the next: nothing is lost, told twice or out of turn by it."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from hub.ports import Page, Unavailable
from hub.store.sources import SourceState
from hub.store.tables import Tables
from tests.fakes.intake_bench import Bench
from tests.fakes.trouble_system import Feed, ManualClock

PATIENCE = 30.0
"""Seconds after which a test that waits in vain fails."""


class Telling(Feed):
    """A feed that calls `before[n]` when it is asked for its page n, counted from 0."""

    before: Mapping[int, Callable[[], None]] = {}

    def pages(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        for number, page in enumerate(super().pages(cursor)):
            self.before.get(number, lambda: None)()
            yield page


class ThereAndBack(Telling):
    """Tells of the ticket that it was changed, and on the next page that it is as it was before."""

    def pages(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        ((_, record),) = self.tickets.values()
        there = replace(record, data={**record.data, "state": "working"}, updated=self.clock())
        for number, one in enumerate((there, replace(record, updated=self.clock()))):
            self.before.get(number, lambda: None)()
            yield Page(records=(one,), cursor={"change": number})


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    clock = ManualClock()
    bench = Bench(tmp_path, clock, Telling(clock, page_size=1), backfill_notify=True)
    yield bench
    bench.store.close()


def test_the_source_is_asked_for_the_next_page_while_one_is_written(bench: Bench) -> None:
    system = bench.system
    assert isinstance(system, Telling)
    for key in "12":
        system.put(key)
    begun, asked, go_on = Event(), Event(), Event()

    def hold(tables: Tables) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)

    def hold_the_writer() -> None:
        bench.store.submit(hold, lambda result, error: None)
        assert begun.wait(PATIENCE)

    system.before = {0: hold_the_writer, 1: asked.set}
    polling = Thread(target=bench.poller.poll)
    polling.start()
    assert asked.wait(PATIENCE)
    assert not bench.has("1"), "the writer is held, so that the first page cannot be there yet"
    go_on.set()
    polling.join(PATIENCE)
    assert bench.told() == [("Create", "Ticket 1"), ("Create", "Ticket 2")]
    assert bench.row.cursor == {"change": 2}


def test_what_two_pages_tell_of_one_ticket_is_taken_in_its_turn(tmp_path: Path) -> None:
    clock = ManualClock()
    bench = Bench(tmp_path, clock, Telling(clock), backfill_notify=True)
    bench.system.put("1", state="new")
    bench.poll()
    system = ThereAndBack(clock)
    system.tickets = bench.system.tickets
    bench.system = system
    bench.restart()
    page_is_queued = Event()

    def before_the_page(tables: Tables) -> None:
        assert page_is_queued.wait(PATIENCE)

    def behind_the_page(tables: Tables) -> None:
        """Keeps the commit of the page waiting for a moment, in which the next page could be compared with old news."""
        Event().wait(0.2)

    def submit(work: Callable[[Tables], None]) -> None:
        bench.store.submit(work, lambda result, error: None)

    def queue_behind() -> None:
        submit(behind_the_page)
        page_is_queued.set()

    system.before = {0: lambda: submit(before_the_page), 1: queue_behind}
    bench.poller.poll()
    states = [(record.from_status, record.to_status) for record in bench.history()]
    assert states == [(None, "acknowledged"), ("acknowledged", "inProgress"), ("inProgress", "acknowledged")]
    bench.store.close()


def test_a_page_is_kept_when_the_source_fails_at_the_next(bench: Bench) -> None:
    for key in "123":
        bench.system.put(key)
    bench.system.breaks = {2: Unavailable("504")}
    bench.poll()
    assert [name for _, name in bench.told()] == ["Ticket 1", "Ticket 2"]
    assert bench.row.cursor == {"change": 2}
    bench.restart()
    bench.poll()
    assert [name for _, name in bench.told()] == ["Ticket 1", "Ticket 2", "Ticket 3"]


def test_a_page_behind_one_that_cannot_be_written_is_not_written_either(bench: Bench) -> None:
    for key in "123":
        bench.system.put(key)
    with closing(sqlite3.connect(bench.store.database, isolation_level=None)) as connection:
        refusal = "SELECT RAISE(ROLLBACK, 'disk is full')"
        when = """NEW.cursor = '{"change":2}'"""
        connection.execute(
            f"CREATE TRIGGER full BEFORE UPDATE OF cursor ON source WHEN {when} BEGIN {refusal}; END"
        )
        bench.poll()
        assert [name for _, name in bench.told()] == ["Ticket 1"]
        assert (bench.row.cursor, bench.row.state) == ({"change": 1}, SourceState.DEGRADED)
        connection.execute("DROP TRIGGER full")
    bench.poll()
    assert [name for _, name in bench.told()] == ["Ticket 1", "Ticket 2", "Ticket 3"]


def test_a_poll_whose_page_never_reaches_the_database_ends(bench: Bench) -> None:
    """The transaction cannot even begin: another connection writes, and does not end."""
    bench.poll()
    for key in "12":
        bench.system.put(key)
    with closing(sqlite3.connect(bench.store.database, isolation_level=None)) as connection:
        bench.store.write(lambda tables: tables.connection.execute("PRAGMA busy_timeout = 1"))
        connection.execute("BEGIN IMMEDIATE")
        bench.poller.poll()
        connection.execute("ROLLBACK")
    assert bench.told() == []
    bench.poll()
    assert [name for _, name in bench.told()] == ["Ticket 1", "Ticket 2"]
