"""The adapter of Alertmanager against a real instance: episodes, silences, and what a restart forgets."""

from pathlib import Path

import pytest

import adapters.alertmanager
from hub.intake.digest import digest
from hub.intake.mapping import render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import Record, Unavailable
from tests.real.alertmanager import Alertmanager
from tests.real.benches import records
from tests.real.fixtures import NewAlertmanager

MAPPING = load_mapping(Path(__file__).parents[2] / "config/sources/alertmanager.yaml")
LABELS = {"alertname": "VoLTEMosLow", "service": "volte-north", "severity": "critical"}


@pytest.fixture
def instance(new_alertmanager: NewAlertmanager) -> Alertmanager:
    return new_alertmanager()


def pulled(instance: Alertmanager, **options: object) -> list[Record]:
    pages = list(adapters.alertmanager.make("prometheus", {"url": instance.url, **options}).pull({}))
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


def test_only_alerts_that_match_the_filter_are_read(instance: Alertmanager) -> None:
    instance.fire(LABELS)
    instance.fire({"alertname": "DiskFull", "severity": "warning"})
    found = pulled(instance, filter=['severity="warning"'])
    assert [record.data["labels"]["alertname"] for record in found] == ["DiskFull"]


def test_a_filter_that_is_no_matcher_is_said_in_alertmanagers_words(instance: Alertmanager) -> None:
    with pytest.raises(Unavailable, match="matcher"):
        pulled(instance, filter=["{{"])
