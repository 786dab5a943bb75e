"""What a source tells late, what it had before the hub came, what it deletes in silence, and what is read again."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hub.model.problem import Status
from hub.model.times import from_micros, to_micros
from hub.ports import Unavailable
from hub.query.ordering import SortKey
from hub.store.sources import SourceState
from tests.fakes.intake_bench import SOURCE, Bench, MakeBench
from tests.fakes.trouble_system import START, ForgetfulFeed, OpenList, TimedFeed
from tests.scraped import Scraped

DAY = 86400.0


@pytest.fixture
def bench(polled_once: Bench) -> Bench:
    return polled_once


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


def test_a_clock_that_goes_wrong_is_told_with_the_next_poll_where_answers_tell_the_time(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(TimedFeed)
    bench.poll()
    errors = []
    for skew in (-20.0, None, 0.5):
        bench.system.skew = skew
        bench.poll()
        errors.append(bench.row.error)
    told = "the clock of the source is 20 s behind"
    assert errors == [told, told, None], "an answer that tells no time says nothing"
    assert bench.system.checks == 1
    assert Scraped.of(bench.poller.counts.readings()).value("source_clock_skew_seconds", source=SOURCE) == 0.5


def test_a_clock_that_has_been_set_back_keeps_no_listing_and_no_check_away(forgetful: Bench) -> None:
    forgetful.clock.turn(10 * 365 * 86400.0)
    forgetful.poll()
    system = feed_of(forgetful)
    listings, checks = system.listings, system.checks
    forgetful.clock.turn(-10 * 365 * 86400.0)
    forgetful.poll()
    assert (system.listings, system.checks) == (listings + 1, checks + 1)
