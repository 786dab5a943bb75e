"""The adapter of Zabbix against a real one: what changes in place, what ends, what is deleted, and who is let in."""

import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from hub.intake.digest import digest
from hub.intake.mapping import Rendered, render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import Page, Record, Unavailable
from tests.real import zabbix as real
from tests.real.benches import records
from tests.real.polled import polled
from tests.real.zabbix import Zabbix
from tests.real.zabbix_bench import ZabbixBench
from tests.rooms import until

pytestmark = pytest.mark.installs


MAPPING = load_mapping(Path(__file__).parents[2] / "config/sources/zabbix.yaml")


A_TIMER = 90.0
"""Zabbix looks once a minute which hosts are in a maintenance."""


@pytest.fixture
def bench(zabbix: Zabbix, tmp_path: Path) -> ZabbixBench:
    return ZabbixBench(zabbix, tmp_path / "password")


def pulled(bench: ZabbixBench, page: Page | None = None, **options: Any) -> tuple[list[Record], Page]:
    pages = list(bench.source(**options).pull(page.cursor if page else {}))
    return records(pages), pages[-1]


def reports(bench: ZabbixBench, found: list[Record]) -> dict[str, Rendered]:
    """{name: what becomes of it} of what is not gone."""
    return {bench.name_of(record): render(MAPPING, record.data) for record in found if not record.gone}


def test_a_problem_has_its_host_its_tags_and_its_times(bench: ZabbixBench) -> None:
    tags = [{"tag": "service", "value": "volte-north"}, {"tag": "location", "value": "ring-7"}]
    bench.create("mos", tags=tags, opdata="MOS {ITEM.LASTVALUE1}", priority=5)
    (record,), _ = pulled(bench)
    rendered = render(MAPPING, record.data)
    document = rendered.document
    assert rendered.status is Status.IN_PROGRESS
    assert document["priority"] == 1
    assert document["reason"] == "MOS 3.1"
    assert [service["id"] for service in document["affectedService"]] == ["volte-north"]
    assert [resource["id"] for resource in document["affectedResource"]] == [bench.host]
    assert [where["place"]["id"] for where in document["affectedLocation"]] == ["ring-7"]
    assert document["underlyingAlarm"][0]["href"].startswith(f"{bench.url}/tr_events.php?triggerid=")
    assert rendered.event_time == rendered.start_time == record.updated
    assert rendered.unmapped == ()


def test_operational_data_move_with_each_value_and_are_no_change(bench: ZabbixBench) -> None:
    bench.create("mos", opdata="MOS {ITEM.LASTVALUE1}")
    (before,), page = pulled(bench)
    bench.instance.report(bench.host, 2.7, "mos")
    found: list[Record] = []

    def moved() -> bool:
        found[:], _ = pulled(bench, page)
        return str(found[0].data["opdata"]) == "MOS 2.7"

    until(moved, within=real.READY_WITHIN)
    assert digest(found[0].data, ignore=MAPPING.ignore) == digest(before.data, ignore=MAPPING.ignore)


def test_what_is_changed_in_place_is_seen(bench: ZabbixBench) -> None:
    bench.create("mos")
    _, page = pulled(bench)
    event = bench.id_of("mos")
    bench.instance.acknowledge(event, 2 | 4 | 8, message="a card is being replaced", severity=5)
    found, page = pulled(bench, page, messages=True)
    (rendered,) = reports(bench, found).values()
    assert (rendered.status, rendered.document["priority"]) == (Status.ACKNOWLEDGED, 1)
    assert [note["text"] for note in rendered.document["note"]] == ["a card is being replaced"]
    bench.instance.acknowledge(event, 16)
    found, _ = pulled(bench, page)
    assert reports(bench, found)["mos"].status is Status.IN_PROGRESS


def test_a_recovery_is_told_with_its_own_time_and_one_by_hand_is_told_from_it(bench: ZabbixBench) -> None:
    bench.create("mos", "jitter")
    _, page = pulled(bench)
    bench.recover("mos")
    bench.instance.acknowledge(bench.id_of("jitter"), 1)
    bench.until_it_ends("jitter")
    found, _ = pulled(bench, page)
    ended = reports(bench, found)
    assert {name: rendered.source_status for name, rendered in ended.items()} == {
        "mos": "recovered",
        "jitter": "closed",
    }
    for rendered in ended.values():
        assert rendered.status is Status.RESOLVED
        assert rendered.event_time is not None
        assert rendered.start_time is not None
        assert rendered.event_time > rendered.start_time


def test_a_problem_that_began_and_ended_between_two_polls_is_read(bench: ZabbixBench) -> None:
    _, page = pulled(bench)
    bench.create("mos")
    bench.recover("mos")
    found, _ = pulled(bench, page)
    assert reports(bench, found)["mos"].status is Status.RESOLVED


def test_what_is_acknowledged_after_its_end_is_seen(bench: ZabbixBench) -> None:
    bench.create("mos")
    bench.recover("mos")
    _, page = pulled(bench)
    bench.instance.acknowledge(bench.id_of("mos"), 2 | 4, message="it was the card")
    found, _ = pulled(bench, page, messages=True)
    rendered = reports(bench, found)["mos"]
    assert rendered.status is Status.RESOLVED
    assert [note["text"] for note in rendered.document["note"]] == ["it was the card"]


def test_the_same_trigger_sees_another_problem_after_a_recovery(bench: ZabbixBench) -> None:
    bench.create("mos")
    first, page = pulled(bench)
    bench.recover("mos")
    bench.instance.report(bench.host, 3.0, "mos")
    until(lambda: bench.instance.problems(bench.trigger_of("mos")), within=real.READY_WITHIN)
    found, _ = pulled(bench, page)
    assert len(found) == 2
    assert first[0].key in {record.key for record in found}


def test_a_value_that_a_proxy_brings_late_is_read_although_its_clock_is_behind(bench: ZabbixBench) -> None:
    bench.create("mos")
    _, page = pulled(bench, lookback=0)
    (trigger,) = bench.instance.create_triggers(bench.host, "jitter")
    an_hour_ago = int(time.time()) - 3600
    bench.instance.report(bench.host, 3.0, "jitter", clock=an_hour_ago)
    until(lambda: bench.instance.problems(trigger), within=real.READY_WITHIN)
    found, _ = pulled(bench, page, lookback=0)
    began = {bench.name_of(record): record.data["clock"] for record in found}
    assert began["jitter"] == str(an_hour_ago)


def test_the_problem_of_a_trigger_that_is_deleted_is_gone_although_its_event_stays(bench: ZabbixBench) -> None:
    bench.create("mos", "jitter")
    _, page = pulled(bench)
    bench.instance.call("trigger.delete", [bench.trigger_of("mos")])
    found, page = pulled(bench, page)
    assert {record.key: record.gone for record in found} == {
        bench.id_of("mos"): True,
        bench.id_of("jitter"): False,
    }
    assert bench.instance.call("event.get", {"eventids": [bench.id_of("mos")], "countOutput": True}) == "1"
    found, _ = pulled(bench, page)
    assert not any(record.gone for record in found)


def test_an_end_is_not_taken_back_when_its_event_is_deleted(bench: ZabbixBench) -> None:
    bench.create("mos")
    bench.recover("mos")
    _, page = pulled(bench)
    assert list(page.cursor["ended"]) == [bench.id_of("mos")]
    bench.instance.execute("delete from events where eventid = %s", int(bench.id_of("mos")))
    assert pulled(bench, page)[0] == []


def test_the_problem_of_a_host_or_trigger_that_is_disabled_is_held(bench: ZabbixBench) -> None:
    bench.create("mos", "jitter")
    _, page = pulled(bench)
    bench.instance.call("trigger.update", {"triggerid": bench.trigger_of("mos"), "status": 1})
    found, page = pulled(bench, page)
    assert {name: one.status for name, one in reports(bench, found).items()} == {
        "mos": Status.HELD,
        "jitter": Status.IN_PROGRESS,
    }
    bench.instance.call("host.update", {"hostid": bench.host_id, "status": 1})
    found, _ = pulled(bench, page)
    assert {one.source_status for one in reports(bench, found).values()} == {"disabled"}


def maintenance(bench: ZabbixBench) -> str:
    """The id of a maintenance of the host that has begun."""
    now = int(time.time())
    planned = {"timeperiod_type": 0, "start_date": now - 60, "period": 3600}
    window = {"name": uuid4().hex, "active_since": now - 60, "active_till": now + 3600, "timeperiods": [planned]}
    (made,) = bench.instance.call("maintenance.create", {**window, "hostids": [bench.host_id]})["maintenanceids"]
    return str(made)


def test_a_maintenance_holds_a_problem_while_it_lasts(bench: ZabbixBench) -> None:
    bench.create("mos")
    _, page = pulled(bench)
    made = maintenance(bench)

    def state() -> str | None:
        return reports(bench, pulled(bench, page)[0])["mos"].source_status

    until(lambda: state() == "suppressed", within=A_TIMER)
    bench.instance.call("maintenance.delete", [made])
    until(lambda: state() == "problem", within=A_TIMER)


def test_a_report_is_held_from_when_a_maintenance_was_seen_until_its_end_was(
    bench: ZabbixBench, tmp_path: Path
) -> None:
    bench.create("mos")
    with polled(tmp_path, "zabbix", bench.options) as hub:
        hub.poll()
        made = maintenance(bench)
        until(lambda: ("StateChange", "held") in hub.poll(), within=A_TIMER)
        bench.instance.call("maintenance.delete", [made])
        until(lambda: ("StateChange", "inProgress") in hub.poll(), within=A_TIMER)
        (first, began), (then, held), (last, ended) = hub.statuses(bench.id_of("mos"))
        assert (first, then, last) == ("inProgress", "held", "inProgress")
        assert began < held < ended


def test_a_problem_that_becomes_worse_is_found_and_one_that_becomes_better_stays(bench: ZabbixBench) -> None:
    bench.create("mild", priority=2)
    bench.create("bad", priority=4)
    found, page = pulled(bench, severity=3)
    assert list(reports(bench, found)) == ["bad"]
    bench.instance.acknowledge(bench.id_of("mild"), 8, severity=3)
    bench.instance.acknowledge(bench.id_of("bad"), 8, severity=1)
    found, _ = pulled(bench, page, severity=3)
    assert {name: one.document["priority"] for name, one in reports(bench, found).items()} == {"mild": 4, "bad": 8}


def test_tags_select_problems(bench: ZabbixBench) -> None:
    bench.create("mos", tags=[{"tag": "scope", "value": "qos"}])
    bench.create("disk", tags=[{"tag": "scope", "value": "qos-of-disks"}])
    found, _ = pulled(bench, tags={"scope": "qos"})
    assert list(reports(bench, found)) == ["mos"]


def test_what_ended_before_the_history_is_not_read_at_first(bench: ZabbixBench) -> None:
    bench.create("mos", "jitter")
    bench.recover("mos")
    found, _ = pulled(bench, history=0)
    assert list(reports(bench, found)) == ["jitter"]


def test_a_zabbix_without_its_database_is_unavailable_and_has_lost_nothing_after(bench: ZabbixBench) -> None:
    bench.create("mos")
    _, page = pulled(bench)
    bench.instance.kill_server()
    bench.instance.stop_database()
    try:
        with pytest.raises(Unavailable, match="Error connecting to database"):
            pulled(bench, page)
    finally:
        bench.instance.start_database()
        bench.instance.start_server()
    found, _ = pulled(bench, page)
    assert reports(bench, found)["mos"].status is Status.IN_PROGRESS


def test_listeners_hear_of_a_problem_once_for_each_change(bench: ZabbixBench, tmp_path: Path) -> None:
    with polled(tmp_path, "zabbix", bench.options) as hub:
        assert hub.poll() == []
        bench.create("mos")
        assert ("Create", "inProgress") in hub.poll()
        assert hub.poll() == []
        bench.change("mos")
        assert hub.poll()[-1][1] == "acknowledged"
        assert hub.poll() == []
        bench.recover("mos")
        assert hub.poll()[-1][1] == "resolved"
        assert hub.poll() == []
        assert hub.report(bench.id_of("mos"))["statusChangeReason"] == "recovered"


def test_a_problem_whose_trigger_is_deleted_is_cancelled(bench: ZabbixBench, tmp_path: Path) -> None:
    with polled(tmp_path, "zabbix", bench.options) as hub:
        bench.create("mos")
        hub.poll()
        bench.instance.call("trigger.delete", [bench.trigger_of("mos")])
        assert hub.poll()[-1][1] == "cancelled"
        assert hub.poll() == []
