"""What an operator has read again: it forgets nothing, tells nobody twice, and goes on when it breaks off."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from hub.ports import AuthFailed, Page, RateLimited, SourceError, Unavailable
from hub.store.sources import Resync, SourceState
from tests.fakes.intake_bench import SOURCE, Bench, MakeBench
from tests.fakes.trouble_system import Feed, OpenList


@pytest.fixture
def bench(polled_once: Bench) -> Bench:
    return polled_once


def ask_again(bench: Bench, since: str | None, *, notify: bool = False) -> None:
    resync = Resync(id="r1", since=since, notify=notify)
    bench.store.write(lambda tables: tables.sources.set_resync(SOURCE, resync))


def test_a_resync_brings_what_was_passed_over_since_a_date_and_tells_nobody(make_bench: MakeBench) -> None:
    bench = make_bench(backfill="open")
    bench.system.put("older", state="closed", ago=7200)
    bench.system.put("newer", state="closed", ago=1800)
    bench.poll()
    ask_again(bench, "2026-11-22T16:00:00Z")
    bench.poll(2)
    assert bench.system.cursors[2] == {"since": "2026-11-22T16:00:00Z"}
    assert (bench.has("older"), bench.has("newer"), bench.told()) == (False, True, [])
    assert (bench.row.resync, bench.row.cursor["change"]) == (None, 2)
    ask_again(bench, None, notify=True)
    bench.poll(2)
    assert (bench.has("older"), bench.told()) == (True, [("Create", "Ticket older")])


def test_a_resync_that_breaks_off_goes_on_and_is_still_one(make_bench: MakeBench) -> None:
    bench = make_bench(page_size=1, backfill="open")
    for number in range(3):
        bench.system.put(str(number), state="closed")
    bench.poll()
    ask_again(bench, None)
    bench.system.breaks = {0: lambda: bench.system.breaks.update({1: Unavailable("502")})}
    bench.poll()
    assert (bench.has("0"), bench.has("1")) == (True, False)
    resync = bench.row.resync
    assert resync is not None
    assert resync.begun
    bench.restart()
    bench.poll()
    assert bench.system.cursors[-1] == {"change": 1}
    assert (bench.has("2"), bench.told(), bench.row.resync) == (True, [], None)


def test_what_is_news_when_a_resync_comes_is_told_and_not_passed_by(bench: Bench) -> None:
    bench.system.put("1", state="new")
    bench.poll()
    bench.clock.turn(7200)
    bench.system.put("1", state="working")
    bench.system.put("2", state="closed")
    bench.clock.turn(7200)
    heard = len(bench.told())
    ask_again(bench, "2026-11-22T20:30:00Z")
    bench.poll()
    assert bench.told()[heard:] == [("StateChange", "Ticket 1"), ("Create", "Ticket 2")]
    assert bench.row.resync is None


def test_a_place_that_the_source_does_not_take_hinders_no_resync(bench: Bench) -> None:
    bench.system.put("1", state="new")
    bench.system.breaks = {0: Unavailable("400: no such place")}
    ask_again(bench, None)
    bench.poll()
    assert (bench.has("1"), bench.row.resync, bench.row.state) == (True, None, SourceState.OK)


@pytest.mark.parametrize("failure", [AuthFailed("401"), RateLimited("429", after=60)])
def test_a_source_that_refuses_us_is_asked_for_nothing_else(bench: Bench, failure: SourceError) -> None:
    asked = len(bench.system.cursors)
    bench.system.breaks = {0: failure}
    ask_again(bench, None)
    bench.poll()
    assert len(bench.system.cursors) == asked + 1
    assert bench.row.resync is not None


def test_a_list_that_is_read_twice_for_a_resync_has_missed_a_ticket_once(make_bench: MakeBench) -> None:
    bench = make_bench(OpenList)
    bench.system.put("1", state="working")
    bench.system.put("2", state="working")
    bench.poll()
    bench.system.drop("1")
    ask_again(bench, None)
    bench.poll()
    assert bench.report("1")["status"] == "inProgress"
    bench.poll()
    assert bench.report("1")["status"] == "resolved"


class Naming(Feed):
    """A feed that gives names, and has them in its cursor."""

    def again(self, cursor: Mapping[str, Any], since: str | None) -> Mapping[str, Any]:
        return {"names": cursor.get("names"), "since": since}

    def pages(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        return super().pages({"names": "given", **cursor})


def test_what_an_adapter_keeps_beside_its_place_outlives_a_resync(make_bench: MakeBench) -> None:
    bench = make_bench(Naming)
    bench.system.put("1")
    bench.poll()
    bench.restart()
    ask_again(bench, "2026-11-22T16:00:00Z")
    bench.poll()
    assert bench.system.cursors[-1] == {"names": "given", "since": "2026-11-22T16:00:00Z"}


def test_a_resync_that_was_asked_for_during_another_comes_after_it(bench: Bench) -> None:
    ask_again(bench, None)
    second = Resync(id="r2", since=None, notify=False)

    def ask_for_another() -> None:
        bench.store.write(lambda tables: tables.sources.set_resync(SOURCE, second))

    bench.system.breaks = {0: lambda: bench.system.breaks.update({0: ask_for_another})}
    bench.system.put("1")
    bench.poll()
    assert bench.row.resync == second
    bench.poll()
    assert bench.row.resync is None
    assert bench.system.cursors[-1] == {}
