"""The adapter of Zendesk against a fake that keeps to its documents: a cursor, a minute kept back, and nobody's 200."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from marshmallow import ValidationError

import adapters.zendesk
from hub.intake.mapping import render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import AuthFailed, RateLimited, Unavailable
from tests.fakes.benches import ZendeskBench, zendesk_bench
from tests.fakes.vendor import Answer
from tests.real.benches import records

MAPPING = Path(__file__).parents[2] / "config/sources/zendesk.yaml"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[ZendeskBench]:
    with zendesk_bench(tmp_path) as bench:
        yield bench


def test_a_ticket_becomes_a_report_with_its_service_and_its_times(bench: ZendeskBench) -> None:
    bench.fake.create("calls drop", priority="urgent", custom_fields=[{"id": 360001, "value": "volte-north"}])
    (record,) = records(bench.source(service_field=360001).pull({}))
    rendered = render(load_mapping(MAPPING), record.data)
    assert rendered.unmapped == ()
    assert rendered.event_time == record.updated == bench.fake.now
    assert rendered.document["affectedService"][0]["id"] == "volte-north"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("new", Status.ACKNOWLEDGED),
        ("open", Status.IN_PROGRESS),
        ("pending", Status.PENDING),
        ("hold", Status.HELD),
        ("solved", Status.RESOLVED),
        ("closed", Status.CLOSED),
    ],
)
def test_each_status_has_its_own(bench: ZendeskBench, word: str, status: Status) -> None:
    bench.fake.create("iptv", status=word)
    (record,) = records(bench.source().pull({}))
    assert render(load_mapping(MAPPING), record.data).status is status


def test_a_change_by_the_system_that_moves_no_stamp_is_read(bench: ZendeskBench) -> None:
    bench.create("iptv", "volte")
    cursor = list(bench.source().pull({}))[-1].cursor
    bench.fake.change_by_the_system(bench.id_of("iptv"), status="closed")
    (record,) = records(bench.source().pull(cursor))
    assert (bench.name_of(record), record.data["status"]) == ("iptv", "closed")


def test_nothing_new_is_one_request_and_the_cursor_stays(bench: ZendeskBench) -> None:
    bench.create("iptv")
    cursor = list(bench.source().pull({}))[-1].cursor
    asked = len(bench.fake.asked)
    assert list(bench.source().pull(cursor)) == []
    assert len(bench.fake.asked) == asked + 1


def test_the_last_minute_comes_with_a_later_poll(bench: ZendeskBench) -> None:
    bench.create("iptv")
    source = bench.source()
    cursor = list(source.pull({}))[-1].cursor
    bench.create("now")
    key = bench.id_of("now")
    bench.fake.generated[key] = datetime.now(UTC)
    assert list(source.pull(cursor)) == []
    bench.fake.generated[key] -= timedelta(minutes=2)
    assert [bench.name_of(record) for record in records(source.pull(cursor))] == ["now"]


def test_a_start_within_the_last_minute_is_put_back_before_it(bench: ZendeskBench) -> None:
    source = bench.source()
    source.check()
    assert list(source.pull({"since": datetime.now(UTC).isoformat()})) == []


def test_a_deleted_and_a_merged_ticket_are_gone(bench: ZendeskBench) -> None:
    bench.create("iptv", "volte", "ftth")
    cursor = list(bench.source().pull({}))[-1].cursor
    bench.fake.change(bench.id_of("iptv"), status="deleted")
    bench.fake.change(bench.id_of("volte"), status="closed", tags=["closed_by_merge"])
    bench.fake.change(bench.id_of("ftth"), status="closed")
    found = records(bench.source().pull(cursor))
    assert {bench.name_of(record): record.gone for record in found} == {"iptv": True, "volte": True, "ftth": False}


def test_a_cursor_that_does_not_move_ends_the_run(bench: ZendeskBench) -> None:
    stuck = {"tickets": [], "after_cursor": "c", "end_of_stream": False}
    bench.fake.instead += [Answer(body=stuck), Answer(body=stuck)]
    with pytest.raises(Unavailable, match="does not move"):
        list(bench.source().pull({}))


@pytest.mark.parametrize("after", [None, ""])
def test_a_page_that_leads_nowhere_is_not_taken_for_the_last(bench: ZendeskBench, after: str | None) -> None:
    bench.fake.instead.append(Answer(body={"tickets": [], "after_cursor": after, "end_of_stream": False}))
    with pytest.raises(Unavailable, match="a page without a cursor behind it"):
        list(bench.source().pull({}))


def test_ten_requests_a_minute_are_kept_by_waiting(bench: ZendeskBench) -> None:
    bench.create("iptv")
    bench.fake.instead.append(Answer(status=429, headers={"Retry-After": "0"}))
    assert len(records(bench.source().pull({}))) == 1
    bench.fake.instead.append(Answer(status=429, headers={"Retry-After": "93"}))
    with pytest.raises(RateLimited) as limited:
        list(bench.source().pull({}))
    assert limited.value.after == 93


def test_a_wrong_password_is_refused_after_exactly_one_request(bench: ZendeskBench, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("not-the-password")
    with pytest.raises(AuthFailed) as refused:
        list(bench.source(password=f"file:{tmp_path / 'wrong'}").pull({}))
    assert len(bench.fake.asked) == 1
    assert "not-the-password" not in str(refused.value)


def test_who_is_nobody_or_no_admin_is_told_by_check(bench: ZendeskBench) -> None:
    nobody = {"user": {"id": None, "name": "Anonymous user", "role": "end-user"}}
    bench.fake.instead.append(Answer(body=nobody))
    with pytest.raises(AuthFailed, match="nobody"):
        bench.source().check()
    bench.fake.role = "agent"
    with pytest.raises(AuthFailed, match="admin"):
        bench.source().check()


def test_one_login_is_asked_for() -> None:
    for login in ({}, {"username": "qos@example.test/token", "password": "env:PATH", "token": "env:PATH"}):
        with pytest.raises(ValidationError) as refused:
            adapters.zendesk.make("desk", {"url": "https://noc.zendesk.example"} | login)
        assert "username" in refused.value.messages_dict
