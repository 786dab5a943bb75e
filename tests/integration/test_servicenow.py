"""The adapter of ServiceNow against a fake that keeps to its documents: what it ignores, hides and takes away."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from marshmallow import ValidationError

import adapters.servicenow
from hub.intake.mapping import Rendered, render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import AuthFailed, FilterIgnored, RateLimited, Refused, Unavailable, Writing
from tests.fakes import servicenow
from tests.fakes.benches import ServiceNowBench, servicenow_bench
from tests.fakes.vendor import Answer
from tests.real.benches import records

MAPPING = Path(__file__).parents[2] / "config/sources/servicenow.yaml"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[ServiceNowBench]:
    with servicenow_bench(tmp_path) as bench:
        yield bench


def report_of(bench: ServiceNowBench) -> Rendered:
    (record,) = records(bench.source().pull({}))
    return render(load_mapping(MAPPING), record.data)


def test_an_incident_becomes_a_report_with_its_service_and_its_times(bench: ServiceNowBench) -> None:
    service = {"business_service": "26da329f0a0a0bb4", "business_service.name": "volte-north"}
    key = bench.fake.create("calls drop", priority="1", **service)
    bench.fake.change(key, state="3", hold_reason="1")
    rendered = report_of(bench)
    assert rendered.status is Status.PENDING
    assert rendered.unmapped == ()
    assert rendered.event_time == bench.fake.now
    assert rendered.start_time == bench.fake.now - timedelta(seconds=1)
    assert rendered.document["priority"] == 1
    assert rendered.document["affectedService"][0]["name"] == "volte-north"


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("1", Status.ACKNOWLEDGED),
        ("2", Status.IN_PROGRESS),
        ("3", Status.HELD),
        ("6", Status.RESOLVED),
        ("7", Status.CLOSED),
        ("8", Status.CANCELLED),
    ],
)
def test_each_state_has_its_status(bench: ServiceNowBench, state: str, status: Status) -> None:
    bench.fake.create("iptv", state=state)
    assert report_of(bench).status is status


def test_a_page_that_access_rules_have_shortened_or_emptied_is_not_the_last(bench: ServiceNowBench) -> None:
    names = [f"line-{number}" for number in range(9)]
    bench.create(*names)
    hidden = names[2:7]
    bench.fake.hidden = {bench.id_of(name) for name in hidden}
    found = records(bench.source(page_size=2).pull({}))
    assert [bench.name_of(record) for record in found] == ["line-0", "line-1", "line-7", "line-8"]
    assert list(bench.source(page_size=2).keys()) == sorted(record.key for record in found)


def test_an_incident_that_changes_between_two_pages_hides_no_other(bench: ServiceNowBench) -> None:
    bench.create("line-1", "line-2", "line-3", "line-4", "line-5")
    pull = bench.source(page_size=2).pull({})
    found = list(next(pull).records)
    bench.change("line-1")
    bench.change("line-4")
    found += records(pull)
    seen = [(bench.name_of(record), record.data["state"]) for record in found]
    assert seen[:4] == [("line-1", "1"), ("line-2", "1"), ("line-3", "1"), ("line-5", "1")]
    assert seen[4:] == [("line-1", "2"), ("line-4", "2")]


def test_a_field_of_the_filter_that_the_instance_ignores_fails_the_run(bench: ServiceNowBench) -> None:
    bench.create("old")
    bench.fake.tick(hours=1)
    bench.create("new")
    cursor = list(bench.source().pull({}))[-1].cursor
    bench.fake.knows -= {"sys_updated_on"}
    with pytest.raises(FilterIgnored, match="filter was ignored"):
        list(bench.source().pull(cursor))


def test_an_instance_that_reads_our_times_later_than_they_are_is_found_out(bench: ServiceNowBench) -> None:
    bench.create("iptv")
    cursor = list(bench.source().pull({}))[-1].cursor
    bench.fake.zone = timedelta(hours=8)
    bench.create("hidden")
    with pytest.raises(FilterIgnored, match="hides INC0000001"):
        list(bench.source().pull(cursor))


def test_only_what_changed_since_is_read_again(bench: ServiceNowBench) -> None:
    bench.create("old")
    bench.fake.tick(minutes=5)
    bench.create("new")
    cursor = list(bench.source().pull({}))[-1].cursor
    assert [bench.name_of(record) for record in records(bench.source().pull(cursor))] == ["new"]


def test_a_deleted_incident_is_not_listed_and_not_there(bench: ServiceNowBench) -> None:
    bench.create("iptv", "volte")
    source = bench.source()
    cursor = list(source.pull({}))[-1].cursor
    bench.fake.delete(bench.id_of("volte"))
    list(source.pull(cursor))
    assert list(source.keys()) == [bench.id_of("iptv")]
    assert source.ask(bench.id_of("volte")) is None


def test_an_incident_that_left_our_part_is_asked_for_as_it_is(bench: ServiceNowBench) -> None:
    bench.create("iptv", "volte")
    for name in ("iptv", "volte"):
        bench.fake.change(bench.id_of(name), assignment_group="noc")
    source = bench.source(query="assignment_group=noc")
    assert len(records(source.pull({}))) == 2
    bench.fake.change(bench.id_of("volte"), assignment_group="field", state="6")
    assert list(source.keys()) == [bench.id_of("iptv")]
    asked = source.ask(bench.id_of("volte"))
    assert asked is not None
    assert asked.data["state"] == "6"


def test_a_field_that_our_user_may_not_read_is_told(bench: ServiceNowBench) -> None:
    bench.create("iptv")
    for row in bench.fake.rows.values():
        row["sys_updated_on"] = ""
    with pytest.raises(Unavailable, match="may not read"):
        list(bench.source().pull({}))


def test_a_wrong_password_is_refused_after_exactly_one_request(bench: ServiceNowBench, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("not-the-password")
    with pytest.raises(AuthFailed) as refused:
        list(bench.source(password=f"file:{tmp_path / 'wrong'}").pull({}))
    assert len(bench.fake.asked) == 1
    assert "not-the-password" not in str(refused.value)


def test_an_api_key_stands_in_place_of_a_password_and_is_never_told(
    bench: ServiceNowBench, tmp_path: Path
) -> None:
    bench.create("iptv")
    (tmp_path / "key").write_text(servicenow.API_KEY)
    source = bench.source(username=None, password=None, api_key=f"file:{tmp_path / 'key'}")
    assert len(records(source.pull({}))) == 1
    bench.fake.instead.append(Answer(status=401, body={"error": {"message": f"unknown: {servicenow.API_KEY}"}}))
    with pytest.raises(AuthFailed) as refused:
        source.check()
    assert servicenow.API_KEY not in str(refused.value)


def test_the_limit_of_the_hour_is_waited_for_or_told(bench: ServiceNowBench) -> None:
    bench.create("iptv")
    limit = Answer(status=429, headers={"Retry-After": "0", "X-RateLimit-Limit": "500"})
    bench.fake.instead.append(limit)
    assert len(records(bench.source().pull({}))) == 1
    bench.fake.instead.append(Answer(status=429, headers={"Retry-After": "1800"}))
    with pytest.raises(RateLimited) as limited:
        list(bench.source().pull({}))
    assert limited.value.after == 1800


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"query": "active=true^NQactive=false"}, "query"),
        ({"query": "ORDERBYnumber"}, "query"),
        ({"table": "incident?x"}, "table"),
        ({"api_key": "env:PATH"}, "username"),
        ({"username": None}, "username"),
        ({"page_size": 20_000}, "page_size"),
    ],
)
def test_an_option_that_does_not_fit_is_refused_by_its_name(wrong: dict[str, object], field: str) -> None:
    options = {"url": "https://noc.service-now.example", "username": "qos.hub", "password": "env:PATH"}
    with pytest.raises(ValidationError) as refused:
        adapters.servicenow.make("desk", options | wrong)
    assert field in refused.value.messages_dict


def test_what_was_stored_late_is_read_within_the_lookback(bench: ServiceNowBench) -> None:
    bench.create("late", "last")
    late = bench.fake.rows.pop(bench.id_of("late"))
    cursor = list(bench.source().pull({}))[-1].cursor
    bench.fake.rows[bench.id_of("late")] = late
    assert [bench.name_of(record) for record in records(bench.source().pull(cursor))] == ["late", "last"]


def state_of(bench: ServiceNowBench, name: str) -> tuple[str, str]:
    row = bench.fake.rows[bench.id_of(name)]
    return row["state"], row["hold_reason"]


def text(key: str) -> Writing:
    return Writing(id="0196-1", key=key, text="We look into it", author="Ines")


def test_a_note_goes_into_the_journal_that_the_option_names(bench: ServiceNowBench) -> None:
    bench.create("iptv")
    key = bench.id_of("iptv")
    for field in ("work_notes", "comments"):
        for _ in range(2):
            bench.source(note_field=field).write(text(key))
    written = "We look into it\n\nInes [qos-hub 0196-1]"
    assert bench.fake.journals[key] == [("work_notes", written), ("comments", written)]


def test_a_journal_that_our_user_may_not_write_stays_empty_in_silence_and_is_told(bench: ServiceNowBench) -> None:
    bench.create("iptv")
    bench.fake.locked = {"work_notes", "state"}
    with pytest.raises(Unavailable, match="may not write work_notes"):
        bench.source().write(text(bench.id_of("iptv")))
    with pytest.raises(Unavailable, match="the state is '1' after '2' was written"):
        bench.source().write(Writing(id="0196-2", key=bench.id_of("iptv"), status="2"))


def test_who_waits_for_the_caller_is_on_hold_with_that_reason(bench: ServiceNowBench) -> None:
    bench.create("iptv")
    key = bench.id_of("iptv")
    for _ in range(2):
        bench.source().write(Writing(id="0196-1", key=key, status="awaiting caller"))
    assert state_of(bench, "iptv") == ("3", "1")
    with pytest.raises(Unavailable, match="'awaiting caller' after '3'"):
        bench.source().write(Writing(id="0196-2", key=key, status="3"))
    source = bench.source(with_state={"3": {"hold_reason": "4"}})
    source.write(Writing(id="0196-2", key=key, status="3"))
    assert state_of(bench, "iptv") == ("3", "4")


def test_a_policy_that_wants_to_know_how_it_was_solved_refuses_until_the_option_says(
    bench: ServiceNowBench,
) -> None:
    bench.create("iptv")
    key = bench.id_of("iptv")
    bench.fake.closing = ("close_code", "close_notes")
    resolved = Writing(id="0196-1", key=key, status="6")
    with pytest.raises(Refused, match="close_code, close_notes"):
        bench.source().write(resolved)
    solved = {"close_code": "Solution provided", "close_notes": "See the report"}
    bench.source(with_state={"6": solved}).write(resolved)
    assert bench.fake.rows[key].items() >= {"state": "6", **solved}.items()


def test_a_right_that_is_missing_may_be_given_and_a_rule_stays(bench: ServiceNowBench) -> None:
    bench.create("iptv")
    change = Writing(id="0196-1", key=bench.id_of("iptv"), status="2")
    rule = "Operation against file 'incident' was aborted by Business Rule 'No more^a1b2'"
    for detail, error in (("Failed API level ACL Validation", Unavailable), (rule, Refused)):
        told = {"error": {"message": "Operation Failed", "detail": detail}, "status": "failure"}
        bench.fake.before_change.append(Answer(status=403, body=told))
        with pytest.raises(error, match=detail.replace("^", r"\^")):
            bench.source().write(change)
