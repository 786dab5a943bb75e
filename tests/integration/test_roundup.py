"""The adapter of Roundup against a real tracker: its clocks, its limits, its logins, and its retired issues."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import adapters.roundup
from adapters.roundup.gaps import missing, only_in
from hub.demo.roundup import Roundup
from hub.intake.filling import Rule
from hub.intake.mapping import render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import AuthFailed, RateLimited, Refused, Unavailable, Writing
from tests.options import assert_refused
from tests.real.benches import READER, RoundupBench, records
from tests.real.middleman import Middleman

MAPPING = Path(__file__).parents[2] / "config/sources/roundup.yaml"


@pytest.fixture
def bench(roundup: Roundup, tmp_path: Path) -> RoundupBench:
    return RoundupBench(roundup, tmp_path / "password")


@pytest.fixture
def bench_of_its_own(roundup_of_its_own: Roundup, tmp_path: Path) -> RoundupBench:
    return RoundupBench(roundup_of_its_own, tmp_path / "password")


@pytest.fixture
def middleman(bench: RoundupBench) -> Iterator[Middleman]:
    with Middleman(bench.url).serving() as serving:
        yield serving


def test_every_word_of_the_tracker_is_in_the_mapping(bench: RoundupBench) -> None:
    fields = load_mapping(MAPPING).fields
    for attribute, words in (("status", bench.client.statuses()), ("priority", bench.client.priorities())):
        rule = fields[attribute]
        assert isinstance(rule, Rule)
        assert set(words) == set(rule.table or {})


def test_an_issue_becomes_a_report_with_its_service_and_its_times(bench: RoundupBench) -> None:
    bench.client.create_keyword("iptv-north")
    issue = bench.client.create_issue("Picture freezes", priority="critical", keyword=["iptv-north"])
    bench.client.change_issue(issue, status="resolved", assignedto="admin")
    (record,) = records(bench.source().pull({}))
    rendered = render(load_mapping(MAPPING), record.data)
    assert rendered.status is Status.RESOLVED
    assert rendered.unmapped == ()
    assert rendered.event_time == record.updated
    assert rendered.document["priority"] == 1
    assert rendered.document["affectedService"] == [
        {"@type": "ServiceRef", "id": "iptv-north", "name": "iptv-north"}
    ]
    assert rendered.document["troubleTicket"][0]["id"] == issue
    assert rendered.document["relatedParty"][0]["partyOrPartyRole"]["id"] == "admin"


def test_an_issue_that_changes_between_two_pages_is_not_lost_and_hides_no_other(bench: RoundupBench) -> None:
    bench.create("line-1", "line-2", "line-3", "line-4", "line-5")
    bench.put_on_stamps({f"line-{number}": f"202611221000{number}0.000" for number in range(1, 6)})
    pull = iter(bench.source(page_size=2).pull({}))
    found = list(next(pull).records)
    assert [bench.name_of(record) for record in found] == ["line-1", "line-2"]
    bench.change("line-1")
    bench.change("line-3")
    found += records(pull)
    seen = [(bench.name_of(record), record.data["status"]["name"]) for record in found]
    assert seen[2:4] == [("line-4", "unread"), ("line-5", "unread")]
    assert set(seen[4:]) == {("line-1", "in-progress"), ("line-3", "in-progress")}


def test_only_what_changed_since_is_read_again(bench: RoundupBench) -> None:
    bench.create("old", "new")
    bench.put_on_stamps({"old": "20261122100000.000", "new": "20261122110000.000"})
    cursor = list(bench.source(lookback=5).pull({}))[-1].cursor
    again = records(bench.source(lookback=5).pull(cursor))
    assert [bench.name_of(record) for record in again] == ["new"]


def test_what_was_stamped_within_the_lookback_before_the_cursor_is_read_again(bench: RoundupBench) -> None:
    bench.create("late", "last")
    bench.put_on_stamps({"late": "20261122105955.000", "last": "20261122110000.000"})
    cursor = {"activity": "2026-11-22.11:00:00", "id": bench.id_of("last")}
    assert len(records(bench.source(lookback=5).pull(cursor))) == 2
    assert len(records(bench.source(lookback=4).pull(cursor))) == 1


def test_a_retired_issue_is_gone_and_a_restored_one_is_back(bench: RoundupBench) -> None:
    bench.create("iptv", "volte", "ftth")
    source = bench.source(reconcile=0)
    cursor = list(source.pull({}))[-1].cursor
    for name in ("iptv", "ftth"):
        bench.client.retire_issue(bench.id_of(name))
    pages = list(source.pull(cursor))
    gone = {record.key for record in records(pages) if record.gone}
    assert gone == {bench.id_of("iptv"), bench.id_of("ftth")}
    pages_after = list(source.pull(pages[-1].cursor))
    assert not [record for record in records(pages_after) if record.gone], "gone is told once"
    bench.client.restore_issue(bench.id_of("ftth"))
    back = list(source.pull(pages_after[-1].cursor))[-1].records
    assert [bench.name_of(record) for record in back if not record.gone] == ["ftth"]


def test_an_issue_that_is_retired_before_a_resync_is_gone_all_the_same(bench: RoundupBench) -> None:
    bench.create("iptv", "volte")
    source = bench.source(reconcile=0)
    cursor = list(source.pull({}))[-1].cursor
    bench.client.retire_issue(bench.id_of("iptv"))
    for since in ("2026-11-22T17:00:00Z", None):
        found = records(source.pull(source.again(cursor, since)))
        assert {record.key for record in found if record.gone} == {bench.id_of("iptv")}


def test_issues_retired_before_the_first_pull_are_nobodys_news(bench: RoundupBench) -> None:
    bench.create("iptv", "volte")
    bench.client.retire_issue(bench.id_of("iptv"))
    found = records(bench.source(reconcile=0).pull({}))
    assert [(bench.name_of(record), record.gone) for record in found] == [("volte", False)]


def test_the_retired_are_looked_for_only_when_it_is_time(bench: RoundupBench, middleman: Middleman) -> None:
    bench.create("iptv")
    source = bench.source(url=middleman.url, reconcile=3600)
    cursor = list(source.pull({}))[-1].cursor
    asked = len(middleman.paths)
    list(source.pull(cursor))
    assert len(middleman.paths) == asked + 1


@pytest.mark.parametrize("timezone", ["-8", "8"])
def test_a_reader_in_another_time_zone_is_refused_before_anything_is_missed(
    bench: RoundupBench, timezone: str
) -> None:
    bench.client.create_user("away", "reads-and-no-more", timezone=timezone)
    bench.create("iptv", "volte", "older")
    bench.put_on_stamps({"%": "20261122100000.000"})
    bench.put_on_stamps({"older": "20261122090000.000"})
    source = bench.source(username="away")
    with pytest.raises(Unavailable, match="UTC"):
        source.check()
    cursor = list(bench.source().pull({}))[-1].cursor
    with pytest.raises(Unavailable, match="UTC"):
        list(source.pull(cursor))


def test_a_wrong_password_is_refused_after_exactly_one_request(
    bench: RoundupBench, middleman: Middleman, tmp_path: Path
) -> None:
    (tmp_path / "wrong").write_text("not-the-password")
    source = bench.source(url=middleman.url, password=f"file:{tmp_path / 'wrong'}")
    with pytest.raises(AuthFailed) as refused:
        list(source.pull({}))
    assert len(middleman.paths) == 1
    assert "not-the-password" not in str(refused.value)


def test_a_lock_out_after_bad_passwords_is_a_refusal_and_no_pacing(bench: RoundupBench, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("not-the-password")
    source = bench.source(password=f"file:{tmp_path / 'wrong'}")
    for _ in range(6):
        with pytest.raises(AuthFailed):
            source.check()
    with pytest.raises(RateLimited) as locked:
        bench.source(max_wait=1).check()
    assert locked.value.after > 60


def test_a_limit_on_calls_is_waited_for_and_the_pull_finishes(bench_of_its_own: RoundupBench) -> None:
    bench = bench_of_its_own
    expected = [f"line-{number}" for number in range(6)]
    bench.create(*expected)
    bench.put_on_stamps({f"line-{number}": f"202611221000{number}0.000" for number in range(6)})
    bench.limit_calls(3, seconds=2)
    found = records(bench.source(page_size=2).pull({}))
    assert sorted(bench.name_of(record) for record in found) == expected


def test_a_limit_on_calls_that_outlasts_the_patience_is_told(bench_of_its_own: RoundupBench) -> None:
    bench = bench_of_its_own
    bench.limit_calls(1, seconds=3600)
    with pytest.raises(RateLimited) as limited:
        list(bench.source(max_wait=0).pull({}))
    assert limited.value.after > 60


def test_a_property_that_the_tracker_does_not_have_is_said_in_its_words(bench: RoundupBench) -> None:
    bench.create("iptv")
    with pytest.raises(Unavailable, match="colour"):
        list(bench.source(fields=["title", "colour"]).pull({}))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "ftp://desk.example.test"}, "url"),
        ({"url": "http://hub:pw@desk.example.test"}, "url"),
        ({"password": "plain-text"}, "password"),
        ({"password": "env:QOS_HUB_TEST_NOT_SET"}, "password"),
        ({"password": "file:/nonexistent/password"}, "password"),
        ({"username": ""}, "username"),
        ({"page_size": 0}, "page_size"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_option_that_does_not_fit_is_refused_by_its_name(wrong: dict[str, object], field: str) -> None:
    options = {"url": "http://desk.example.test", "username": READER}
    assert_refused(adapters.roundup.make, options, wrong, field)


def test_missing_numbers_are_kept_as_ranges() -> None:
    assert missing([2, 5, 6], 8) == [[1, 1], [3, 4], [7, 8]]
    assert missing([], 0) == []
    assert list(only_in([[1, 1], [3, 4]], [[1, 3]])) == [4]


def test_what_is_written_to_an_issue_is_written_once_and_a_message_that_was_left_alone_is_put_to_it(
    bench: RoundupBench,
) -> None:
    bench.create("iptv")
    issue, source = bench.id_of("iptv"), bench.source()
    text = Writing(id="0196-1", key=issue, text="We look into it", author="Ines")
    status = Writing(id="0196-2", key=issue, status="in-progress")
    for change in (text, text, status, status, text):
        source.write(change)
    written = bench.client.issue(issue)
    assert (written["status"]["name"], len(written["messages"])) == ("in-progress", 1)
    left = [message["id"] for message in written["messages"]]
    bench.client.change_issue(issue, **{"@op": "remove", "messages": left})
    assert bench.client.issue(issue)["messages"] == []
    source.write(text)
    assert bench.client.issue(issue)["messages"] == written["messages"]


def test_an_issue_that_is_not_there_and_a_status_that_is_none_are_refused(bench: RoundupBench) -> None:
    bench.create("iptv")
    with pytest.raises(Refused, match="issue 4711 is not there"):
        bench.source().write(Writing(id="0196-1", key="4711", text="Hello"))
    with pytest.raises(Refused, match="400"):
        bench.source().write(Writing(id="0196-1", key=bench.id_of("iptv"), status="no-such-word"))


@pytest.mark.parametrize("content", [{"text": "Hello"}, {"status": "in-progress"}])
def test_a_retired_issue_takes_nothing(bench: RoundupBench, content: dict[str, str]) -> None:
    bench.create("iptv")
    issue = bench.id_of("iptv")
    bench.client.retire_issue(issue)
    with pytest.raises(Refused, match=f"issue {issue} is retired"):
        bench.source().write(Writing(id=f"0196-{issue}", key=issue, **content))
