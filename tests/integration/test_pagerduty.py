"""The adapter of PagerDuty against a fake that keeps to its documents: a log from its end, and ten thousand at most."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from marshmallow import ValidationError

import adapters.pagerduty
from adapters.pagerduty import account
from hub.intake.mapping import render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import AuthFailed, FilterIgnored, Unavailable
from tests.fakes.benches import PagerDutyBench, pagerduty_bench
from tests.fakes.vendor import Answer, Asked, Refused
from tests.real.benches import records

MAPPING = Path(__file__).parents[2] / "config/sources/pagerduty.yaml"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[PagerDutyBench]:
    with pagerduty_bench(tmp_path) as bench:
        yield bench


@pytest.mark.parametrize(("word", "status"), [("acknowledged", Status.IN_PROGRESS), ("resolved", Status.RESOLVED)])
def test_an_incident_becomes_a_report_with_its_service_and_its_times(
    bench: PagerDutyBench, word: str, status: Status
) -> None:
    bench.create("calls drop")
    bench.fake.change(bench.id_of("calls drop"), word)
    (record,) = records(bench.source().pull({}))
    rendered = render(load_mapping(MAPPING), record.data)
    assert rendered.status is status
    assert rendered.unmapped == ()
    assert rendered.event_time == record.updated == bench.fake.now
    assert rendered.document["affectedService"][0]["name"] == "volte-north"


def test_an_old_incident_that_changes_is_read_and_an_old_one_that_is_open_too(bench: PagerDutyBench) -> None:
    bench.fake.now -= timedelta(days=90)
    bench.create("open", "solved")
    bench.fake.change(bench.id_of("solved"), "resolved")
    bench.fake.now += timedelta(days=90)
    pages = list(bench.source().pull({}))
    assert [bench.name_of(record) for record in records(pages)] == ["open"]
    bench.fake.change(bench.id_of("open"), "resolved")
    (record,) = records(bench.source().pull(pages[-1].cursor))
    assert record.data["status"] == "resolved"


def test_nothing_new_is_the_last_entry_read_again(bench: PagerDutyBench) -> None:
    bench.create("iptv")
    bench.fake.tick(minutes=1)
    bench.create("volte")
    cursor = list(bench.source(lookback=0).pull({}))[-1].cursor
    asked = len(bench.fake.asked)
    list(bench.source(lookback=0).pull(cursor))
    paths = [one.path for one in bench.fake.asked[asked:]]
    assert paths == ["/log_entries", f"/incidents/{bench.id_of('volte')}"]


def test_more_entries_than_can_be_reached_are_read_by_halves_of_the_time(
    bench: PagerDutyBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "REACH", 200)
    bench.fake.reach = 200
    names = [f"line-{number}" for number in range(350)]
    bench.create(*names)
    for name in names:
        bench.fake.change(bench.id_of(name), "resolved")
        bench.fake.tick(minutes=1)
    bench.fake.now -= timedelta(days=1)
    found = records(bench.source().pull({}))
    assert sorted(bench.name_of(record) for record in found) == sorted(names)


def test_more_entries_in_a_second_than_can_be_reached_are_told(
    bench: PagerDutyBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "REACH", 100)
    bench.create("iptv")
    bench.fake.change(bench.id_of("iptv"), "resolved")
    for _ in range(200):
        bench.fake.note(bench.id_of("iptv"), "notify_log_entry", bench.fake.log[-1]["created_at"])
    with pytest.raises(Unavailable, match="more than 100"):
        list(bench.source(history=2).pull({}))


def test_a_log_that_forgets_the_time_fails_the_run(bench: PagerDutyBench) -> None:
    bench.create("old")
    bench.fake.tick(minutes=30)
    bench.create("new")
    cursor = list(bench.source().pull({}))[-1].cursor
    bench.fake.ignores = True
    with pytest.raises(FilterIgnored, match="ignored"):
        list(bench.source().pull(cursor))


@pytest.mark.parametrize("forbids", [False, True])
def test_a_merged_incident_is_gone_and_a_hidden_one_is_passed_over(bench: PagerDutyBench, forbids: bool) -> None:
    bench.fake.forbids = forbids
    bench.create("iptv", "volte", "ftth")
    cursor = list(bench.source().pull({}))[-1].cursor
    bench.fake.change(bench.id_of("iptv"), "resolved", resolve_reason={"type": "merge_resolve_reason"})
    bench.fake.change(bench.id_of("volte"), "resolved")
    bench.fake.hidden = {bench.id_of("ftth")}
    found = records(bench.source().pull(cursor))
    assert {bench.name_of(record): record.gone for record in found} == {"iptv": True, "volte": False}


def test_a_key_that_has_lost_its_rights_is_refused(bench: PagerDutyBench) -> None:
    bench.create("iptv")
    cursor = list(bench.source().pull({}))[-1].cursor
    pages = bench.source().pull(cursor)
    log = bench.fake.answer

    def answer(asked: Asked) -> Answer:
        if asked.path == "/log_entries":
            return log(asked)
        raise Refused(Answer(status=403, body={"error": {"message": "Access Denied", "code": 2010}}))

    bench.fake.answer = answer  # type: ignore[method-assign]
    with pytest.raises(AuthFailed, match="abilities: 403"):
        list(pages)


def test_a_page_that_does_not_say_whether_it_is_the_last_is_not_taken_for_it(bench: PagerDutyBench) -> None:
    bench.fake.instead.append(Answer(body={"incidents": []}))
    with pytest.raises(Unavailable, match="incidents: PagerDuty does not say whether there are more"):
        list(bench.source().pull({}))


def test_a_limit_without_a_time_to_wait_is_waited_for(bench: PagerDutyBench) -> None:
    bench.create("iptv")
    bench.fake.instead.append(Answer(status=429, headers={"ratelimit-limit": "960", "Retry-After": "0"}))
    assert len(records(bench.source().pull({}))) == 1


def test_a_wrong_key_is_refused_after_one_request_and_never_told(bench: PagerDutyBench, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("not-the-key")
    bench.fake.instead.append(Answer(status=401, body={"error": {"message": "not-the-key is unknown"}}))
    with pytest.raises(AuthFailed) as refused:
        list(bench.source(api_key=f"file:{tmp_path / 'wrong'}").pull({}))
    assert len(bench.fake.asked) == 1
    assert "not-the-key" not in str(refused.value)


@pytest.mark.parametrize(("wrong", "field"), [({"api_key": "plain"}, "api_key"), ({"history": 400}, "history")])
def test_an_option_that_does_not_fit_is_refused_by_its_name(wrong: dict[str, object], field: str) -> None:
    options = {"url": "https://api.pagerduty.example", "api_key": "env:PATH"}
    with pytest.raises(ValidationError) as refused:
        adapters.pagerduty.make("oncall", options | wrong)
    assert field in refused.value.messages_dict
