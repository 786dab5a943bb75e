"""The adapter of Alertmanager against a real instance: episodes, silences, and what a restart forgets."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import adapters.alertmanager
from hub.intake.digest import digest
from hub.intake.mapping import render
from hub.intake.mapping_file import load_mapping
from hub.intake.poller import make_poller
from hub.model.problem import Status
from hub.ports import Page, Record, Unavailable
from hub.settings import IntakeSettings, SourceSettings
from hub.store.sources import SourceState
from hub.store.sqlite import Store
from tests.fakes.intake_bench import make_rules
from tests.fakes.trouble_system import ManualClock
from tests.real.alertmanager import Alertmanager
from tests.real.benches import records
from tests.real.fixtures import NewAlertmanager
from tests.real.polled import polled

MAPPINGS = Path(__file__).parents[2] / "config/sources"
MAPPING = load_mapping(MAPPINGS / "alertmanager.yaml")
LABELS = {"alertname": "VoLTEMosLow", "service": "volte-north", "severity": "critical"}
OTHER = {"alertname": "DiskFull", "severity": "warning"}


@pytest.fixture
def instance(new_alertmanager: NewAlertmanager) -> Alertmanager:
    return new_alertmanager()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "hub.db", synchronous="NORMAL")
    yield opened
    opened.close()


def minutes_ago(count: int) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=count)


def pages_of(instance: Alertmanager, last: Page | None = None, /, **options: object) -> list[Page]:
    """The pages of a pull that goes on from the last page of another."""
    source = adapters.alertmanager.make("prometheus", {"url": instance.url, "patience": 0, **options})
    return list(source.pull(last.cursor if last else {}))


def pulled(instance: Alertmanager, **options: object) -> list[Record]:
    pages = pages_of(instance, **options)
    assert pages, "even an empty list is a page: absence from it means something"
    assert all(page.snapshot for page in pages)
    return records(pages)


def test_the_version_is_told(instance: Alertmanager) -> None:
    check = adapters.alertmanager.make("prometheus", {"url": instance.url}).check()
    assert check.version.startswith("0.")


def test_an_alert_becomes_a_report_with_its_service_and_its_priority(instance: Alertmanager) -> None:
    instance.fire(LABELS, annotations={"summary": "MOS 3.1"})
    (record,) = pulled(instance)
    rendered = render(MAPPING, record.data)
    assert rendered.status is Status.IN_PROGRESS
    assert rendered.unmapped == ()
    assert rendered.document["priority"] == 1
    assert rendered.document["reason"] == "MOS 3.1"
    assert rendered.document["affectedService"] == [
        {"@type": "ServiceRef", "id": "volte-north", "name": "volte-north"}
    ]


def test_an_alert_sent_again_is_the_same_record_with_the_same_digest(instance: Alertmanager) -> None:
    instance.fire(LABELS)
    (first,) = pulled(instance)
    instance.fire(LABELS)
    (second,) = pulled(instance)
    assert second.key == first.key
    assert second.data["updatedAt"] != first.data["updatedAt"]
    assert digest(second.data, ignore=MAPPING.ignore) == digest(first.data, ignore=MAPPING.ignore)


def test_a_silence_holds_the_report_although_the_change_stamp_stands_still(instance: Alertmanager) -> None:
    instance.fire(LABELS)
    (first,) = pulled(instance)
    instance.silence(alertname="VoLTEMosLow")
    (second,) = pulled(instance)
    assert second.updated == first.updated
    assert second.key == first.key
    assert digest(second.data, ignore=MAPPING.ignore) != digest(first.data, ignore=MAPPING.ignore)
    assert render(MAPPING, second.data).status is Status.HELD


def test_a_resolved_alert_is_absent_and_its_next_episode_has_another_key(instance: Alertmanager) -> None:
    instance.fire(LABELS)
    (first,) = pulled(instance)
    instance.resolve(LABELS)
    assert pulled(instance) == []
    instance.fire(LABELS)
    (second,) = pulled(instance)
    assert second.data["fingerprint"] == first.data["fingerprint"]
    assert second.key != first.key


def test_a_start_that_moves_back_while_the_alert_fires_is_the_same_episode(instance: Alertmanager) -> None:
    instance.fire(LABELS, starts=minutes_ago(1))
    (first,) = pages_of(instance)
    instance.fire(LABELS, starts=minutes_ago(5))
    (second,) = pages_of(instance, first)
    assert second.records[0].data["startsAt"] < first.records[0].data["startsAt"]
    assert second.records[0].key == first.records[0].key
    (third,) = pages_of(instance, second)
    assert third.records[0].key == first.records[0].key
    assert second.cursor == third.cursor == first.cursor


def test_a_later_start_of_an_alert_in_the_list_is_another_episode(instance: Alertmanager) -> None:
    instance.fire(LABELS, starts=minutes_ago(5))
    (first,) = pages_of(instance)
    instance.resolve(LABELS)
    instance.fire(LABELS)
    (second,) = pages_of(instance, first)
    assert second.records[0].data["fingerprint"] == first.records[0].data["fingerprint"]
    assert second.records[0].key != first.records[0].key
    assert second.cursor != first.cursor


def test_an_alert_that_one_list_lacks_comes_back_as_the_same_episode(instance: Alertmanager) -> None:
    instance.fire(LABELS, starts=minutes_ago(1))
    (first,) = pages_of(instance)
    instance.kill()
    instance.start()
    (empty,) = pages_of(instance, first)
    assert empty.records == ()
    (again,) = pages_of(instance, empty)
    assert again.cursor == empty.cursor, "what says nothing new has the same place"
    instance.fire(LABELS, starts=minutes_ago(5))
    (second,) = pages_of(instance, again)
    assert second.records[0].data["startsAt"] < first.records[0].data["startsAt"]
    assert second.records[0].key == first.records[0].key
    assert second.cursor == first.cursor


def test_an_alert_that_comes_back_with_a_later_start_is_another_episode(instance: Alertmanager) -> None:
    instance.fire(LABELS, starts=minutes_ago(5))
    (first,) = pages_of(instance)
    instance.resolve(LABELS)
    (empty,) = pages_of(instance, first)
    instance.fire(LABELS)
    (second,) = pages_of(instance, empty)
    assert second.records[0].key.endswith(f"@{second.records[0].data['startsAt']}")
    assert second.records[0].key != first.records[0].key


def test_a_pull_that_is_cut_off_after_a_page_names_no_alert_anew(instance: Alertmanager) -> None:
    for labels in (LABELS, OTHER):
        instance.fire(labels, starts=minutes_ago(1))
    pages = pages_of(instance, page_size=1)
    assert len(pages) == 2
    for labels in (LABELS, OTHER):
        instance.fire(labels, starts=minutes_ago(5))
    after = pages_of(instance, pages[0], page_size=1)
    assert {record.key for record in records(after)} == {record.key for record in records(pages)}


def test_a_start_that_moves_back_makes_no_second_report_and_resolves_nothing(
    instance: Alertmanager, store: Store
) -> None:
    clock = ManualClock()
    clock.now = datetime.now(UTC)
    poller = make_poller(
        "prometheus",
        SourceSettings(name="prometheus", adapter="alertmanager", options={"url": instance.url}),
        store=store,
        rules=make_rules(clock).sources,
        clock=clock,
        intake_settings=IntakeSettings(interval=30.0, absent_polls=2, failure_wait_maximum=900.0, mappings=""),
        mapping_folders=(MAPPINGS,),
    )
    for minutes in (1, 5, 5, 9, 9, 9):
        instance.fire(LABELS, starts=minutes_ago(minutes))
        poller.poll()
        clock.turn(30)
    row = store.read.sources.get("prometheus")
    assert row is not None
    assert (row.state, row.problems) == (SourceState.OK, 1)
    (record,) = store.read.records.page(None, offset=0, limit=10).rows
    assert record.to_status is Status.IN_PROGRESS


def test_a_restart_makes_no_second_report_of_an_alert_whose_start_had_moved_back(
    instance: Alertmanager, tmp_path: Path
) -> None:
    with polled(tmp_path, "alertmanager", {"url": instance.url, "patience": 0}, backfill_notify=True) as hub:
        for minutes, heard in ((1, [("Create", "inProgress")]), (5, [])):
            instance.fire(LABELS, starts=minutes_ago(minutes))
            assert hub.poll() == heard
        instance.kill()
        instance.start()
        assert hub.poll() == []
        for minutes in (5, 9):
            instance.fire(LABELS, starts=minutes_ago(minutes))
            assert hub.poll() == []
        assert hub.row.problems == 1
        instance.resolve(LABELS)
        assert hub.poll() == []
        assert hub.poll() == [("StateChange", "resolved")]


def test_a_start_that_has_moved_back_names_no_alert_anew_when_all_is_read_again(
    instance: Alertmanager, tmp_path: Path
) -> None:
    with polled(tmp_path, "alertmanager", {"url": instance.url}, backfill_notify=True) as hub:
        instance.fire(LABELS, starts=minutes_ago(1))
        assert hub.poll() == [("Create", "inProgress")]
        instance.fire(LABELS, starts=minutes_ago(5))
        for since in (None, "2026-11-22T17:00:00Z"):
            hub.resync(since)
            assert (hub.row.problems, hub.row.resync) == (1, None)
        assert hub.poll() == []


def test_a_restart_forgets_every_alert_until_it_is_sent_again(instance: Alertmanager) -> None:
    instance.fire(LABELS)
    assert len(pulled(instance)) == 1
    instance.kill()
    with pytest.raises(Unavailable):
        pulled(instance, max_wait=0)
    instance.start()
    assert pulled(instance) == []
    instance.fire(LABELS)
    assert len(pulled(instance)) == 1


def test_a_list_is_no_snapshot_until_it_may_have_been_told_of_every_alert(instance: Alertmanager) -> None:
    instance.fire(LABELS)
    assert [page.snapshot for page in pages_of(instance, patience=3600)] == [False]
    assert [page.snapshot for page in pages_of(instance, patience=0)] == [True]


def test_alerts_that_are_sent_again_one_by_one_after_a_restart_are_not_resolved(
    instance: Alertmanager, tmp_path: Path
) -> None:
    alerts = [LABELS, OTHER, {**OTHER, "instance": "b"}, {**OTHER, "instance": "c"}]
    started = minutes_ago(1)
    with polled(tmp_path, "alertmanager", {"url": instance.url}) as hub:
        for labels in alerts:
            instance.fire(labels, starts=started)
        hub.poll()
        instance.kill()
        instance.start()
        for told in ([], [], [], *([labels] for labels in alerts), []):
            for labels in told:
                instance.fire(labels, starts=started)
            assert hub.poll() == []
        assert (hub.row.problems, hub.row.state) == (4, SourceState.OK)


def test_only_alerts_that_match_the_filter_are_read(instance: Alertmanager) -> None:
    instance.fire(LABELS)
    instance.fire(OTHER)
    found = pulled(instance, filter=['severity="warning"'])
    assert [record.data["labels"]["alertname"] for record in found] == ["DiskFull"]


def test_a_filter_that_is_no_matcher_is_said_in_alertmanagers_words(instance: Alertmanager) -> None:
    with pytest.raises(Unavailable, match="matcher"):
        pulled(instance, filter=["{{"])
