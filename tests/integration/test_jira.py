"""The adapter of Jira Cloud against a fake that keeps to its documents: minutes, zones, tokens, and quiet logins."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import adapters.jira
from adapters.http import HttpClient
from adapters.jira.site import Site
from hub.intake.mapping import render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import AuthFailed, FilterIgnored, Refused, Unavailable, Writing
from tests.fakes import jira
from tests.fakes.benches import JiraBench, jira_bench
from tests.fakes.vendor import Answer
from tests.options import assert_refused
from tests.real.benches import records

MAPPING = Path(__file__).parents[2] / "config/sources/jira.yaml"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[JiraBench]:
    with jira_bench(tmp_path) as bench:
        yield bench


def status_of(bench: JiraBench) -> Status | None:
    (record,) = records(bench.source().pull({}))
    return render(load_mapping(MAPPING), record.data).status


def test_an_issue_becomes_a_report_with_its_service_and_its_times(bench: JiraBench) -> None:
    bench.fake.create(
        "calls drop",
        priority={"name": "Highest"},
        components=[{"name": "volte-north"}],
        customfield_10002=[{"id": "4", "name": "Harbour Bank"}],
        customfield_10010={"requestType": {"name": "Report an outage"}},
    )
    (record,) = records(bench.source().pull({}))
    rendered = render(load_mapping(MAPPING), record.data)
    assert rendered.unmapped == ()
    assert rendered.event_time == record.updated == bench.fake.now
    assert rendered.document["affectedService"][0]["id"] == "volte-north"
    assert rendered.document["relatedParty"][0]["partyOrPartyRole"]["name"] == "Harbour Bank"
    assert rendered.document["characteristic"][0]["value"] == "Report an outage"


@pytest.mark.parametrize(
    ("name", "resolution", "status"),
    [
        ("To Do", None, Status.ACKNOWLEDGED),
        ("In Progress", None, Status.IN_PROGRESS),
        ("Waiting for customer", None, Status.PENDING),
        ("On Hold", None, Status.HELD),
        ("Resolved", "Done", Status.RESOLVED),
        ("Closed", "Done", Status.CLOSED),
        ("Closed", "Won't Do", Status.CANCELLED),
        ("Resolved", "Duplicate", Status.REJECTED),
    ],
)
def test_the_category_of_a_status_decides_after_its_name(
    bench: JiraBench, name: str, resolution: str | None, status: Status
) -> None:
    key = bench.fake.create("iptv")
    bench.fake.change(key, status=name, resolution={"name": resolution} if resolution else None)
    assert status_of(bench) is status


def test_the_zone_of_the_account_hides_nothing_and_repeats_nothing(bench: JiraBench) -> None:
    bench.create("old")
    bench.fake.tick(minutes=30)
    bench.create("new")
    for hours in (-8, 0, 8):
        bench.fake.zone = timedelta(hours=hours)
        cursor = list(bench.source(lookback=0).pull({}))[-1].cursor
        found = records(bench.source(lookback=0).pull(cursor))
        assert [bench.name_of(record) for record in found] == ["new"]


def test_a_minute_with_more_than_a_page_is_read_by_tokens(bench: JiraBench) -> None:
    names = [f"line-{number}" for number in range(7)]
    bench.create(*names)
    bench.fake.put_on_one_stamp()
    bench.fake.tick(minutes=2)
    bench.create("later")
    pages = list(bench.source(page_size=3).pull({}))
    assert [bench.name_of(record) for record in records(pages)] == [*names, "later"]
    assert any("nextPageToken" in asked.params for asked in bench.fake.asked)


def test_an_issue_that_changes_between_two_pages_hides_no_other(bench: JiraBench) -> None:
    for number in range(1, 6):
        bench.create(f"line-{number}")
        bench.fake.tick(minutes=1)
    pull = bench.source(page_size=2).pull({})
    found = list(next(pull).records)
    bench.change("line-1")
    bench.change("line-4")
    found += records(pull)
    assert {bench.name_of(record) for record in found[:4]} == {"line-1", "line-2", "line-3", "line-5"}
    assert {bench.name_of(record) for record in found[4:]} == {"line-1", "line-4"}


def test_what_the_search_learns_late_is_read_within_the_lookback(bench: JiraBench) -> None:
    bench.create("late", "last")
    bench.fake.lag = {bench.id_of("late")}
    cursor = list(bench.source().pull({}))[-1].cursor
    bench.fake.lag = set()
    found = records(bench.source(lookback=600).pull(cursor))
    assert "late" in [bench.name_of(record) for record in found]


def test_a_site_that_forgets_the_condition_fails_the_run(bench: JiraBench) -> None:
    bench.create("old")
    bench.fake.tick(minutes=30)
    bench.create("new")
    cursor = list(bench.source(lookback=60).pull({}))[-1].cursor
    bench.fake.ignores = True
    with pytest.raises(FilterIgnored, match="milliseconds"):
        list(bench.source(lookback=60).pull(cursor))


def test_a_search_that_does_not_move_on_is_not_asked_without_end(bench: JiraBench) -> None:
    bench.create("iptv", "volte", "ftth")
    bench.put_on_one_stamp()
    bench.fake.sticks = True
    source = bench.source(page_size=2)
    with pytest.raises(FilterIgnored, match="the paging was ignored"):
        list(source.pull({}))
    asked = len(bench.fake.asked)
    site = Site(HttpClient(bench.url, auth=jira.USER), jql=(), fields=(), named={})
    with pytest.raises(Unavailable, match="does not move on"):
        list(site.keys(2))
    assert len(bench.fake.asked) == asked + 2


def test_a_wrong_password_is_no_empty_site_and_costs_one_request(bench: JiraBench, tmp_path: Path) -> None:
    bench.create("iptv")
    (tmp_path / "wrong").write_text("not-the-password")
    source = bench.source(password=f"file:{tmp_path / 'wrong'}")
    with pytest.raises(AuthFailed) as refused:
        list(source.pull({}))
    assert len(bench.fake.asked) == 1
    assert "not-the-password" not in str(refused.value)
    with pytest.raises(AuthFailed):
        list(source.keys())


def test_a_deleted_issue_is_not_listed_and_not_there(bench: JiraBench) -> None:
    bench.create("iptv", "volte")
    source = bench.source()
    list(source.pull({}))
    bench.fake.delete(bench.id_of("volte"))
    assert list(source.keys()) == [bench.id_of("iptv")]
    assert source.ask(bench.id_of("volte")) is None
    bench.fake.instead.append(Answer(status=404, body={"errorMessages": ["Issue does not exist"]}))
    bench.fake.instead.append(Answer(status=401, body={"message": "Client must be authenticated"}))
    with pytest.raises(AuthFailed):
        source.ask(bench.id_of("iptv"))
    still = source.ask(bench.id_of("iptv"))
    assert still is not None
    assert bench.name_of(still) == "iptv"


def test_only_the_projects_and_the_conditions_that_are_wanted_are_read(bench: JiraBench) -> None:
    bench.fake.create("ours", labels=["noc"])
    bench.fake.create("unlabelled")
    bench.fake.create("elsewhere", project="FIELD", labels=["noc"])
    found = records(bench.source(projects=["NOC"], jql="labels = noc").pull({}))
    assert [bench.name_of(record) for record in found] == ["ours"]
    with pytest.raises(Unavailable, match="'NONE' does not exist"):
        list(bench.source(projects=["NONE"]).pull({}))


def test_a_burst_that_jira_slows_down_is_waited_for(bench: JiraBench) -> None:
    bench.create("iptv")
    slow = {"Retry-After": "0", "RateLimit-Reason": "jira-burst-based"}
    bench.fake.instead += [Answer(status=429, headers=slow), Answer(status=503, headers=slow)]
    assert len(records(bench.source().pull({}))) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"jql": "labels = noc  Order  By created"}, "jql"),
        ({"projects": ['NOC") OR project in ("X']}, "projects"),
        ({"page_size": 500}, "page_size"),
        ({"username": ""}, "username"),
        ({"password": "plain-text"}, "password"),
    ],
)
def test_an_option_that_does_not_fit_is_refused_by_its_name(wrong: dict[str, object], field: str) -> None:
    options = {"url": "https://noc.atlassian.example", "username": "qos@example.test", "password": "env:PATH"}
    assert_refused(adapters.jira.make, options, wrong, field)


def moved(bench: JiraBench, word: str, **options: object) -> str:
    """The status of a new issue after a word was written to it."""
    key = bench.fake.create("moves")
    bench.source(**options).write(Writing(id="0196-1", key=key, status=word))
    name: str = bench.fake.issues[key]["fields"]["status"]["name"]
    return name


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("new", "To Do"),
        ("indeterminate", "In Progress"),
        ("pending", "Waiting for customer"),
        ("held", "On Hold"),
        ("done", "Resolved"),
    ],
)
def test_a_word_leads_through_a_transition_to_a_status_that_it_may_be(
    bench: JiraBench, word: str, status: str
) -> None:
    assert moved(bench, word) == status


def test_a_status_that_no_transition_leads_to_is_refused_with_what_is_offered(bench: JiraBench) -> None:
    with pytest.raises(
        Refused, match="leads to 'closed', but to In Progress, Waiting for customer, On Hold, Resol"
    ):
        moved(bench, "closed")
    bench.create("iptv")
    bench.fake.change(bench.id_of("iptv"), status="Closed")
    with pytest.raises(Refused, match="leads to 'indeterminate', but to nowhere"):
        bench.source().write(Writing(id="0196-1", key=bench.id_of("iptv"), status="indeterminate"))


def test_a_word_that_may_be_several_statuses_is_not_guessed(bench: JiraBench) -> None:
    with pytest.raises(Refused, match="'indeterminate' could be In Progress, On Hold; the option `statuses`"):
        moved(bench, "indeterminate", statuses={"indeterminate": ["In Review"], "held": []})
    assert moved(bench, "indeterminate", statuses={"indeterminate": ["on hold"], "held": []}) == "On Hold"


def test_what_the_screen_of_a_transition_asks_for_comes_from_the_option(bench: JiraBench) -> None:
    bench.fake.screens["51"] = "resolution"
    with pytest.raises(Refused, match="Resolution is required"):
        moved(bench, "done")
    assert moved(bench, "done", with_status={"done": {"resolution": {"name": "Done"}}}) == "Resolved"


def test_a_comment_is_found_behind_others_and_kept_from_the_customer(bench: JiraBench) -> None:
    bench.create("iptv")
    key = bench.id_of("iptv")
    bench.source().write(Writing(id="0196-1", key=key, text="Line one\nLine two"))
    for number in range(150):
        bench.source(internal_notes=False).write(Writing(id=f"later-{number}", key=key, text="More"))
    bench.source().write(Writing(id="0196-1", key=key, text="Line one\nLine two"))
    assert len(bench.fake.comments[key]) == 151
    first, second = bench.texts_in(key)[:2]
    assert (first, second) == (
        "Line one\nLine two\n\nthe hub [qos-hub 0196-1]",
        "More\n\nthe hub [qos-hub later-0]",
    )
    properties = [comment["properties"] for comment in bench.fake.comments[key]]
    assert properties[:2] == [[{"key": "sd.public.comment", "value": {"internal": True}}], []]


def test_a_text_that_jira_never_takes_is_refused(bench: JiraBench) -> None:
    bench.create("iptv")
    with pytest.raises(Refused, match="too long"):
        bench.source().write(Writing(id="0196-1", key=bench.id_of("iptv"), text="x" * 40_000))
