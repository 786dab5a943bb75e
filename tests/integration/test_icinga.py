"""The adapter of Icinga against a real one: episodes, acknowledgements, downtimes, and what a restart forgets."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import adapters.icinga
from hub.intake.digest import digest
from hub.intake.mapping import render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import Page, Record
from tests.real.benches import IcingaBench
from tests.real.fixtures import NewIcinga
from tests.real.icinga import Icinga
from tests.real.polled import polled

MAPPING = load_mapping(Path(__file__).parents[2] / "config/sources/icinga.yaml")


@pytest.fixture
def bench(icinga: Icinga, tmp_path: Path) -> IcingaBench:
    return IcingaBench(icinga, tmp_path / "password")


@pytest.fixture
def own_bench(new_icinga: NewIcinga, tmp_path: Path) -> IcingaBench:
    """An instance of its own, to be killed."""
    return IcingaBench(new_icinga(), tmp_path / "password")


def after(bench: IcingaBench, page: Page | None = None, /, **options: object) -> Page:
    """The one page of a pull that goes on from another."""
    (only,) = bench.source(**options).pull(page.cursor if page else {})
    return only


def status(record: Record) -> Status | None:
    return render(MAPPING, record.data).status


def digest_of(record: Record) -> bytes:
    return digest(record.data, ignore=MAPPING.ignore)


def test_the_version_and_the_clock_are_told_although_no_answer_has_a_date(bench: IcingaBench) -> None:
    check = bench.source().check()
    assert (check.identity, check.version[:3]) == ("reader", "r2.")
    assert check.clock_skew is not None
    assert abs(check.clock_skew) < 5


def test_a_critical_service_becomes_a_report_with_its_service_its_host_and_its_place(bench: IcingaBench) -> None:
    bench.instance.create_service(bench.host, "mos", service="volte-north")
    bench.instance.report(bench.of("mos"), 2, "MOS 3.1 below 3.8")
    (record,) = after(bench).records
    rendered = render(MAPPING, record.data)
    assert (rendered.status, rendered.unmapped) == (Status.IN_PROGRESS, ())
    assert rendered.event_time == rendered.start_time == record.updated
    assert abs(datetime.now(UTC) - record.updated) < timedelta(minutes=1)
    document = rendered.document
    assert (document["priority"], document["description"]) == (1, "MOS 3.1 below 3.8")
    assert document["name"] == f"mos on {bench.host}"
    assert document["affectedService"][0]["id"] == "volte-north"
    assert document["affectedResource"][0]["id"] == bench.host
    assert document["affectedLocation"][0]["place"]["id"] == "north"


def test_a_host_that_is_down_becomes_a_report(bench: IcingaBench) -> None:
    bench.instance.report(bench.host, 1, "no answer")
    (record,) = after(bench).records
    document = render(MAPPING, record.data).document
    assert (document["status"], document["priority"]) == ("inProgress", 1)
    assert document["affectedResource"][0]["id"] == bench.host


def test_the_hub_tells_each_change_of_a_problem_once(bench: IcingaBench, tmp_path: Path) -> None:
    with polled(tmp_path, "icinga", bench.options) as hub:
        assert hub.poll() == []
        bench.create("mos", "jitter")
        assert hub.poll() == [("Create", "inProgress")] * 2
        assert hub.poll() == []
        bench.instance.acknowledge(bench.of("mos"))
        assert hub.poll() == [("StateChange", "acknowledged")]
        bench.instance.report(bench.of("mos"), 2, "MOS 3.0")
        assert hub.poll() == []
        bench.instance.report(bench.of("mos"), 0, "MOS 4.0")
        assert ("StateChange", "resolved") in hub.poll()
        bench.instance.delete_service(bench.host, "jitter")
        assert [hub.poll(), hub.poll(), hub.poll()] == [[], [("StateChange", "resolved")], []]


def test_an_acknowledgement_is_seen_although_the_time_of_the_state_stands_still(bench: IcingaBench) -> None:
    bench.create("mos")
    first = after(bench)
    bench.instance.acknowledge(bench.of("mos"))
    (record,) = after(bench, first).records
    before = first.records[0]
    assert record.key == before.key
    assert record.data["attrs"]["last_state_change"] == before.data["attrs"]["last_state_change"]
    assert record.updated > before.updated
    assert digest_of(record) != digest_of(before)
    assert render(MAPPING, record.data).event_time == record.updated
    assert status(record) is Status.ACKNOWLEDGED


def test_a_downtime_holds_the_report_while_it_lasts(bench: IcingaBench) -> None:
    bench.create("mos")
    now = time.time()
    bench.instance.plan_downtime(bench.of("mos"), start=now + 3600, end=now + 7200)
    assert status(after(bench).records[0]) is Status.IN_PROGRESS
    bench.instance.plan_downtime(bench.of("mos"), start=now - 60, end=now + 3600)
    assert status(after(bench).records[0]) is Status.HELD


def test_a_recovery_is_told_once_with_its_time_and_the_next_problem_has_another_key(bench: IcingaBench) -> None:
    bench.create("mos")
    first = after(bench)
    bench.instance.report(bench.of("mos"), 0)
    second = after(bench, first)
    (well,) = second.records
    assert (well.key, status(well)) == (first.records[0].key, Status.RESOLVED)
    assert well.updated > first.records[0].updated
    third = after(bench, second)
    assert (third.records, third.snapshot) == ((), True)
    bench.instance.report(bench.of("mos"), 2)
    (again,) = after(bench, third).records
    assert again.key != well.key


def test_a_recovery_between_two_pulls_makes_another_episode(bench: IcingaBench) -> None:
    bench.create("mos")
    first = after(bench)
    bench.instance.report(bench.of("mos"), 0)
    bench.instance.report(bench.of("mos"), 2)
    second = after(bench, first)
    assert second.records[0].key != first.records[0].key
    assert second.snapshot


def test_the_same_problem_found_again_and_a_worse_one_are_one_episode(bench: IcingaBench) -> None:
    bench.instance.create_service(bench.host, "mos")
    bench.instance.report(bench.of("mos"), 1, "MOS 3.7")
    first = after(bench)
    bench.instance.report(bench.of("mos"), 1, "MOS 3.6")
    second = after(bench, first)
    assert second.cursor == first.cursor
    assert digest_of(second.records[0]) == digest_of(first.records[0])
    bench.instance.report(bench.of("mos"), 2, "MOS 2.9")
    third = after(bench, second)
    assert third.records[0].key == first.records[0].key
    assert render(MAPPING, third.records[0].data).document["priority"] == 1


def test_what_was_never_checked_is_no_problem_even_where_soft_states_count(bench: IcingaBench) -> None:
    bench.instance.create_service(bench.host, "mos")
    assert after(bench).records == ()
    assert after(bench, soft=True).records == ()


def test_a_soft_state_counts_only_where_it_is_asked_for(bench: IcingaBench) -> None:
    bench.instance.create_service(bench.host, "mos", attempts=3)
    bench.instance.report(bench.of("mos"), 0)
    bench.instance.report(bench.of("mos"), 2)
    assert after(bench).records == ()
    soft = after(bench, soft=True)
    assert [bench.name_of(record) for record in soft.records] == ["mos"]
    bench.instance.report(bench.of("mos"), 2)
    bench.instance.report(bench.of("mos"), 2)
    assert after(bench, soft, soft=True).records[0].key == soft.records[0].key
    assert [bench.name_of(record) for record in after(bench).records] == ["mos"]


def test_a_soft_state_after_a_recovery_is_no_new_problem_yet(bench: IcingaBench) -> None:
    bench.instance.create_service(bench.host, "mos", attempts=2)
    for state in (2, 2):
        bench.instance.report(bench.of("mos"), state)
    first = after(bench)
    for state in (0, 2):
        bench.instance.report(bench.of("mos"), state)
    second = after(bench, first)
    assert (second.records, second.snapshot) == ((), True)
    bench.instance.report(bench.of("mos"), 2)
    assert after(bench, second).records[0].key != first.records[0].key


def test_a_problem_goes_on_under_its_name_when_all_is_read_again(bench: IcingaBench) -> None:
    bench.create("iptv")
    first = after(bench)
    source = adapters.icinga.source.make("watch", bench.options)
    (again,) = source.pull(source.again(first.cursor, "2026-11-22T17:00:00Z"))
    assert again.cursor == first.cursor
    assert [record.key for record in again.records] == [record.key for record in first.records]


def test_a_deleted_object_is_absent_and_absence_means_something(bench: IcingaBench) -> None:
    bench.create("mos")
    first = after(bench)
    bench.instance.delete_service(bench.host, "mos")
    second = after(bench, first)
    assert (second.records, second.snapshot) == ((), True)
    assert second.cursor["episodes"] == {}


def test_a_restart_changes_nothing(own_bench: IcingaBench) -> None:
    own_bench.create("mos")
    first = after(own_bench)
    own_bench.instance.restart()
    second = after(own_bench, first)
    assert [record.key for record in second.records] == [record.key for record in first.records]
    assert digest_of(second.records[0]) == digest_of(first.records[0])


def test_a_crash_that_forgets_a_problem_resolves_nothing(own_bench: IcingaBench, tmp_path: Path) -> None:
    with polled(tmp_path, "icinga", own_bench.options) as hub:
        assert hub.poll() == []
        own_bench.create("mos")
        assert hub.poll() == [("Create", "inProgress")]
        own_bench.instance.kill()
        own_bench.instance.start()
        assert [hub.poll() for _ in range(4)] == [[]] * 4
        own_bench.instance.report(own_bench.of("mos"), 2, "MOS 3.1")
        assert [hub.poll() for _ in range(2)] == [[]] * 2
        assert hub.row.problems == 1


def test_a_crash_that_brings_back_an_older_state_is_no_recovery(own_bench: IcingaBench) -> None:
    own_bench.instance.create_service(own_bench.host, "mos")
    own_bench.instance.report(own_bench.of("mos"), 0)
    own_bench.instance.restart()
    own_bench.instance.report(own_bench.of("mos"), 0)
    own_bench.instance.report(own_bench.of("mos"), 2)
    first = after(own_bench)
    own_bench.instance.kill()
    own_bench.instance.start()
    second = after(own_bench, first)
    assert (second.records, second.snapshot) == ((), False)
    assert second.cursor["episodes"] == first.cursor["episodes"]
    assert after(own_bench, second).cursor == second.cursor
    out_of_patience = after(own_bench, second, patience=0)
    assert (out_of_patience.snapshot, out_of_patience.cursor) == (True, {"episodes": {}, "unsure": {}})
    own_bench.instance.report(own_bench.of("mos"), 0)
    assert status(after(own_bench, second).records[0]) is Status.RESOLVED
