"""The adapter of Zabbix against a fake: how each version wants to be asked, and what no running one does on demand."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.intake.digest import digest
from hub.intake.mapping import render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import FilterIgnored, Page, Record, Unavailable
from tests.fakes.benches import FakeZabbixBench, zabbix_bench
from tests.real.benches import records

MAPPING = load_mapping(Path(__file__).parents[2] / "config/sources/zabbix.yaml")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[FakeZabbixBench]:
    with zabbix_bench(tmp_path) as bench:
        yield bench


def status(record: Record) -> Status | None:
    return render(MAPPING, record.data).status


def pulled(bench: FakeZabbixBench, page: Page | None = None, **options: Any) -> tuple[list[Record], Page]:
    pages = list(bench.source(**options).pull(page.cursor if page else {}))
    return records(pages), pages[-1]


def test_a_zabbix_that_passes_over_the_number_to_begin_after_fails_the_run(bench: FakeZabbixBench) -> None:
    bench.create("iptv", "volte")
    _, page = pulled(bench)
    bench.fake.ignores = True
    with pytest.raises(FilterIgnored, match="event 1 came after 2"):
        pulled(bench, page)


def test_what_was_acknowledged_after_the_fact_is_seen_although_no_clock_moves(bench: FakeZabbixBench) -> None:
    bench.create("iptv", "volte")
    _, page = pulled(bench)
    bench.fake.events[bench.id_of("iptv")] |= {"suppressed": "1"}
    bench.fake.events[bench.id_of("volte")] |= {"severity": "5"}
    found, _ = pulled(bench, page)
    seen = {bench.name_of(record): render(MAPPING, record.data) for record in found}
    assert seen["iptv"].status is Status.HELD
    assert seen["volte"].document["priority"] == 1


def test_an_acknowledgement_that_is_taken_back_is_seen(bench: FakeZabbixBench) -> None:
    bench.create("iptv")
    bench.change("iptv")
    _, page = pulled(bench)
    bench.fake.act(bench.id_of("iptv"), 16, acknowledged="0")
    (record,), _ = pulled(bench, page)
    assert status(record) is Status.IN_PROGRESS
    assert record.updated == bench.fake.now


def test_a_problem_that_began_and_ended_between_two_polls_is_read_with_its_end(bench: FakeZabbixBench) -> None:
    _, page = pulled(bench)
    bench.create("iptv")
    bench.fake.recover(bench.id_of("iptv"))
    (record,), _ = pulled(bench, page)
    rendered = render(MAPPING, record.data)
    assert rendered.status is Status.RESOLVED
    assert rendered.source_status == "recovered"
    assert rendered.start_time is not None
    assert rendered.event_time is not None
    assert rendered.event_time - rendered.start_time == timedelta(seconds=1)


def test_a_problem_of_old_that_ends_while_a_resync_begins_has_its_end_read(bench: FakeZabbixBench) -> None:
    bench.create("iptv")
    _, page = pulled(bench)
    bench.fake.tick(days=30)
    source, now = bench.source(), bench.fake.now.isoformat()
    bench.fake.recover(bench.id_of("iptv"))
    for since in (now, None):
        (record,) = records(source.pull(source.again(page.cursor, since)))
        assert status(record) is Status.RESOLVED


def test_an_end_by_hand_is_told_from_a_recovery(bench: FakeZabbixBench) -> None:
    bench.create("iptv")
    bench.fake.act(bench.id_of("iptv"), 1)
    bench.fake.recover(bench.id_of("iptv"), by="1")
    (record,), _ = pulled(bench)
    assert render(MAPPING, record.data).source_status == "closed"


def test_a_problem_that_ended_is_read_for_a_while_and_then_no_more(bench: FakeZabbixBench) -> None:
    bench.fake.now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    bench.create("iptv")
    _, page = pulled(bench, lookback=0)
    bench.fake.recover(bench.id_of("iptv"))
    _, page = pulled(bench, page, lookback=0)
    bench.fake.act(bench.id_of("iptv"), 2)
    (record,), page = pulled(bench, page, lookback=0)
    assert record.data["acknowledged"] == "1"
    _, page = pulled(bench, page, lookback=0, follow=0)
    assert pulled(bench, page, lookback=0)[0] == []


def test_what_the_housekeeper_takes_of_what_ended_is_not_gone(bench: FakeZabbixBench) -> None:
    bench.fake.now = datetime.now(UTC).replace(microsecond=0)
    bench.create("iptv", "volte")
    bench.fake.recover(bench.id_of("iptv"))
    _, page = pulled(bench)
    bench.fake.housekeep(bench.id_of("iptv"), 3)
    found, page = pulled(bench, page)
    assert [(bench.name_of(record), record.gone) for record in found] == [("volte", False)]
    assert page.cursor["ended"] == {}


@pytest.mark.parametrize("how", ["the trigger is deleted", "the event is deleted"])
def test_an_open_problem_that_is_deleted_is_gone_once(bench: FakeZabbixBench, how: str) -> None:
    bench.create("iptv", "volte")
    _, page = pulled(bench, lookback=0)
    if how == "the trigger is deleted":
        bench.fake.deleted_triggers.add(bench.fake.events[bench.id_of("iptv")]["objectid"])
    else:
        bench.fake.housekeep(bench.id_of("iptv"))
    found, page = pulled(bench, page, lookback=0)
    assert {record.key: record.gone for record in found} == {"1": True, "2": False}
    found, _ = pulled(bench, page, lookback=0)
    assert [record.key for record in found] == ["2"]


def test_an_end_stays_what_it_was_when_the_trigger_is_deleted_later(bench: FakeZabbixBench) -> None:
    bench.fake.now = datetime.now(UTC).replace(microsecond=0)
    bench.create("iptv")
    bench.fake.recover(bench.id_of("iptv"))
    _, page = pulled(bench)
    bench.fake.deleted_triggers.add(bench.fake.events[1]["objectid"])
    assert pulled(bench, page)[0] == []


def test_an_event_that_comes_up_behind_a_later_one_is_read(bench: FakeZabbixBench) -> None:
    bench.create("first", "slow", "quick")
    slow = {key: bench.fake.events.pop(key) for key in (2,)}
    _, page = pulled(bench)
    bench.create("next")
    _, page = pulled(bench, page)
    bench.fake.events |= slow
    bench.fake.recover(2)
    found, _ = pulled(bench, page)
    assert "slow" in {bench.name_of(record) for record in found}


def test_a_clock_that_was_set_wrong_hides_nothing(bench: FakeZabbixBench) -> None:
    bench.fake.now += timedelta(days=400)
    bench.create("ahead")
    _, page = pulled(bench, lookback=0)
    bench.fake.now -= timedelta(days=800)
    bench.create("behind")
    bench.fake.recover(bench.id_of("behind"))
    bench.fake.recover(bench.id_of("ahead"))
    found, _ = pulled(bench, page, lookback=0)
    assert {bench.name_of(record): status(record) for record in found} == {
        "ahead": Status.RESOLVED,
        "behind": Status.RESOLVED,
    }


def test_the_numbers_that_are_read_again_are_those_of_the_lookback(bench: FakeZabbixBench) -> None:
    bench.create("first")
    _, page = pulled(bench, lookback=0)
    bench.create("second")
    _, page = pulled(bench, page, lookback=0)
    bench.create("third")
    _, page = pulled(bench, page, lookback=0)
    assert [mark[0] for mark in page.cursor["marks"]] == [2, 3]


def test_what_ended_before_the_history_is_not_read_at_first(bench: FakeZabbixBench) -> None:
    bench.fake.now -= timedelta(days=9)
    bench.create("old", "going")
    bench.fake.recover(bench.id_of("old"))
    bench.fake.now += timedelta(days=9)
    bench.create("new")
    found, _ = pulled(bench)
    assert {bench.name_of(record) for record in found} == {"going", "new"}
    found, _ = pulled(bench, history=30)
    assert {bench.name_of(record) for record in found} == {"old", "going", "new"}


def test_a_first_pull_that_is_cut_off_goes_on_behind_what_it_has_read(bench: FakeZabbixBench) -> None:
    bench.create("a", "b", "c", "d")
    bench.fake.recover(bench.id_of("a"))
    first = next(iter(bench.source(page_size=2).pull({})))
    assert [record.key for record in first.records] == ["2", "1"]
    found = records(bench.source(page_size=2).pull(first.cursor))
    assert [record.key for record in found] == ["3", "4", "2"]


def test_a_problem_that_becomes_worse_is_found_and_one_that_becomes_better_stays(bench: FakeZabbixBench) -> None:
    bench.fake.create("mild", severity="2")
    bench.fake.create("bad", severity="4")
    found, page = pulled(bench, severity=3)
    assert [bench.name_of(record) for record in found] == ["bad"]
    bench.fake.events[1] |= {"severity": "3"}
    bench.fake.events[2] |= {"severity": "1"}
    found, _ = pulled(bench, page, severity=3)
    assert {bench.name_of(record): record.gone for record in found} == {"mild": False, "bad": False}


def test_operational_data_that_move_are_no_change(bench: FakeZabbixBench) -> None:
    bench.create("iptv")
    (before,), page = pulled(bench)
    bench.fake.events[1] |= {"opdata": "MOS 3.2"}
    (after,), _ = pulled(bench, page)
    assert digest(before.data, ignore=MAPPING.ignore) == digest(after.data, ignore=MAPPING.ignore)
    assert render(MAPPING, after.data).document["reason"] == "MOS 3.2"


def test_messages_are_read_where_they_are_asked_for_and_are_else_no_change(bench: FakeZabbixBench) -> None:
    bench.create("iptv")
    (before,), page = pulled(bench)
    bench.fake.act(bench.id_of("iptv"), 4, message="a card is being replaced")
    (without,), _ = pulled(bench, page)
    assert digest(before.data) == digest(without.data)
    (with_it,), _ = pulled(bench, page, messages=True)
    (note,) = render(MAPPING, with_it.data).document["note"]
    assert note["text"] == "a card is being replaced"


def test_tags_and_groups_narrow_what_is_asked_for(bench: FakeZabbixBench) -> None:
    pulled(bench, tags={"scope": "qos"}, groups=["noc"])
    (asked,) = [asked.body["params"] for asked in bench.fake.asked if asked.body["method"] == "problem.get"]
    assert asked["tags"] == [{"tag": "scope", "value": "qos", "operator": 1}]
    assert asked["groupids"] == ["20"]


def test_an_event_without_a_usable_time_is_named(bench: FakeZabbixBench) -> None:
    bench.fake.create("iptv", ns="soon")
    with pytest.raises(Unavailable, match="soon"):
        pulled(bench, history=0)
