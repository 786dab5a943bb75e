"""What a source tells late, what it had before the hub came, what it deletes in silence, and what is read again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.model.problem import Status
from hub.model.times import from_micros, to_micros
from hub.ports import AuthFailed, Page, RateLimited, SourceError, Unavailable
from hub.query.ordering import SortKey
from hub.store.sources import Resync, SourceState
from tests.fakes.intake_bench import SOURCE, Bench
from tests.fakes.trouble_system import START, Feed, ForgetfulFeed, ManualClock, OpenList, TroubleSystem

MakeBench = Callable[..., Bench]
DAY = 86400.0


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[MakeBench]:
    benches: list[Bench] = []

    def make(kind: type[TroubleSystem] = Feed, page_size: int = 100, **options: object) -> Bench:
        clock = ManualClock()
        benches.append(Bench(tmp_path, clock, kind(clock, page_size=page_size), **options))
        return benches[-1]

    yield make
    for bench in benches:
        bench.store.close()


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """A source that has been polled once while it was empty, so that what comes is news."""
    bench = make_bench()
    bench.poll()
    return bench


def steps(bench: Bench) -> list[tuple[float, Status | None, Status | None]]:
    """(seconds after START at the source, status before, status after), in the order of the source's time."""
    page = bench.store.read.records.page(None, sort=(SortKey(path=("eventTime",)),), limit=100)
    return [
        ((from_micros(row.event_time) - START).total_seconds(), row.from_status, row.to_status)
        for row in page.rows
        if row.to_status is not None
    ]


# Late and out of order


def test_an_older_change_that_comes_later_has_its_place_in_the_history_and_is_not_the_status(bench: Bench) -> None:
    bench.system.put("1", state="new")
    bench.poll()
    bench.clock.turn(60)
    bench.system.put("1", state="done")
    bench.poll()
    told, before = bench.told(), bench.report("1")
    bench.system.put("1", state="working", title="Older", ago=60)
    heard = to_micros(bench.clock())
    bench.poll(3)
    assert bench.report("1") == before
    assert bench.told() == told, "nobody is told of what is no longer so"
    assert steps(bench) == [
        (30.0, None, Status.ACKNOWLEDGED),
        (90.0, Status.ACKNOWLEDGED, Status.IN_PROGRESS),
        (120.0, Status.ACKNOWLEDGED, Status.RESOLVED),
    ]
    last = bench.history()[-1]
    assert (last.record_time, last.source_status, last.irregular) == (heard, "working", False)


def test_of_two_changes_on_one_page_in_the_wrong_order_the_later_one_counts(bench: Bench) -> None:
    bench.clock.turn(600)
    bench.system.put("1", state="working", ago=10)
    bench.system.tickets["1, at first"] = bench.system.tickets["1"]
    bench.system.put("1", state="new", ago=20)
    bench.poll(2)
    assert bench.report("1")["status"] == "inProgress"
    assert [kind for kind, _ in bench.told()] == ["Create"]


def test_an_older_change_that_says_what_was_so_anyway_leaves_no_trace(bench: Bench) -> None:
    bench.system.put("1", state="new")
    bench.poll()
    bench.clock.turn(60)
    bench.system.put("1", state="working")
    bench.poll()
    bench.system.put("1", state="new", title="Older", ago=60)
    bench.poll()
    assert len(bench.history()) == 2
    bench.system.put("1", state="done")
    bench.poll()
    assert bench.report("1")["status"] == "resolved", "what is newer is taken as ever"


def test_a_stamp_in_the_future_makes_nothing_late_that_comes_afterwards(bench: Bench) -> None:
    bench.system.put("1", state="new", ago=-7200)
    bench.poll()
    bench.system.put("1", state="working")
    bench.poll()
    assert bench.report("1")["status"] == "inProgress"


def test_what_a_source_lists_is_so_at_present_whatever_its_stamp(make_bench: MakeBench) -> None:
    bench = make_bench(OpenList)
    bench.system.put("1", state="new")
    bench.poll()
    bench.system.put("1", state="working", ago=3600)
    bench.poll()
    assert bench.report("1")["status"] == "inProgress"


# What there was before the hub


def test_a_backfill_of_open_tickets_passes_over_those_that_had_ended(make_bench: MakeBench) -> None:
    bench = make_bench(backfill="open")
    bench.system.put("open", state="working")
    bench.system.put("closed", state="closed")
    bench.system.put("odd", state="waiting CAB")
    bench.poll(2)
    assert (bench.has("open"), bench.has("odd"), bench.has("closed")) == (True, True, False)
    assert (bench.told(), bench.row.problems) == ([], 2)
    bench.system.put("closed", title="Commented")
    bench.poll(2)
    assert not bench.has("closed"), "a ticket of old is none of ours while it is closed"
    bench.system.put("closed", state="working")
    bench.system.put("brief", state="done")
    bench.poll(2)
    assert bench.told() == [("Create", "Commented"), ("Create", "Ticket brief")]


def test_a_backfill_since_a_date_begins_there(make_bench: MakeBench) -> None:
    bench = make_bench(backfill="2026-11-22T16:00:00+00:00")
    bench.system.put("old", state="working", ago=7200)
    bench.system.put("new", state="closed", ago=1800)
    bench.poll(2)
    assert (bench.has("old"), bench.has("new")) == (False, True)
    assert bench.system.cursors[0] == {"since": "2026-11-22T16:00:00+00:00"}, "the source is asked for no more"
    bench.system.put("old", title="Woken")
    bench.poll()
    assert bench.told() == [("Create", "Woken")]


def test_a_ticket_told_twice_on_the_first_page_is_not_forgotten_when_it_ends(make_bench: MakeBench) -> None:
    bench = make_bench(backfill="open")
    bench.system.put("1", state="working")
    bench.system.tickets["1, at first"] = bench.system.tickets["1"]
    bench.system.put("1", state="done")
    bench.poll(2)
    assert bench.report("1")["status"] == "resolved"


# Reading again


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


# Deleted in silence


@pytest.fixture
def forgetful(make_bench: MakeBench) -> Bench:
    bench = make_bench(ForgetfulFeed, reconcile=DAY)
    bench.poll()
    for key in "abc":
        bench.system.put(key, state="working")
    bench.poll()
    return bench


def feed_of(bench: Bench) -> ForgetfulFeed:
    assert isinstance(bench.system, ForgetfulFeed)
    return bench.system


def test_a_ticket_that_was_deleted_in_silence_ends_at_the_next_listing(forgetful: Bench) -> None:
    system = feed_of(forgetful)
    system.drop("b")
    forgetful.poll(2)
    assert (system.listings, forgetful.report("b")["status"]) == (1, "inProgress")
    forgetful.clock.turn(DAY)
    forgetful.poll(2)
    assert (system.listings, system.asked) == (2, ["b"])
    assert [forgetful.report(key)["status"] for key in "abc"] == ["inProgress", "cancelled", "inProgress"]
    assert forgetful.told()[3:] == [("StateChange", "Ticket b")]
    assert forgetful.report("b")["statusChangeReason"] == "gone"


def test_a_ticket_that_is_not_listed_and_there_is_taken_as_it_is(forgetful: Bench) -> None:
    system = feed_of(forgetful)
    system.unlisted = {"a", "c"}
    change, record = system.tickets["c"]
    system.tickets["c"] = (0, replace(record, data={**record.data, "state": "closed"}))
    forgetful.clock.turn(DAY)
    forgetful.poll()
    assert [forgetful.report(key)["status"] for key in "ac"] == ["inProgress", "closed"]
    assert change > 0


def test_a_ticket_that_became_a_part_of_another_is_gone(forgetful: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    system = feed_of(forgetful)
    system.unlisted = {"c"}
    monkeypatch.setattr(system, "ask", lambda key: system.tickets["a"][1])
    forgetful.clock.turn(DAY)
    forgetful.poll()
    assert [forgetful.report(key)["status"] for key in "ac"] == ["inProgress", "cancelled"]


def test_a_listing_that_breaks_off_ends_nothing_and_is_made_again(
    forgetful: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = feed_of(forgetful)
    listed = system.keys

    def broken() -> Iterator[str]:
        yield "a"
        raise Unavailable("504")

    monkeypatch.setattr(system, "keys", broken)
    forgetful.clock.turn(DAY)
    forgetful.poll()
    assert (forgetful.row.state, forgetful.row.error) == (SourceState.DEGRADED, "504")
    assert forgetful.report("c")["status"] == "inProgress"
    monkeypatch.setattr(system, "keys", listed)
    forgetful.poll()
    assert system.listings == 2
    assert forgetful.row.state is SourceState.OK


def test_more_missing_tickets_than_one_poll_asks_for_are_asked_for_in_the_next(
    forgetful: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.intake.reconcile.ASKED", 2)
    system = feed_of(forgetful)
    system.unlisted = set("ab")
    system.drop("c")
    forgetful.clock.turn(DAY)
    forgetful.poll(3)
    assert system.asked == ["a", "b", "c"], "each once, in two polls, and then a day of rest"
    assert forgetful.report("c")["status"] == "cancelled"


def test_a_source_that_is_not_to_be_listed_is_not(make_bench: MakeBench) -> None:
    bench = make_bench(ForgetfulFeed, reconcile=0.0)
    bench.poll(2)
    assert feed_of(bench).listings == 0


# A clock that goes wrong later


def test_the_clock_of_a_source_that_answers_well_is_looked_at_each_hour(bench: Bench) -> None:
    assert bench.system.checks == 1
    bench.system.skew = -20.0
    bench.clock.turn(1800)
    bench.poll()
    assert (bench.system.checks, bench.row.error) == (1, None)
    bench.clock.turn(1800)
    bench.poll(2)
    assert (bench.system.checks, bench.row.error) == (2, "the clock of the source is 20 s behind")
