"""The adapter of Redmine: the same tests on a fake in every run, and on a running Redmine in `make test-real`."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from marshmallow import ValidationError

import adapters.redmine
from adapters.http import HttpClient
from adapters.redmine.server import Server
from adapters.redmine.source import Redmine as Adapter
from hub.intake.mapping import Rendered, render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import AuthFailed, FilterIgnored, Record, Refused, Unavailable, Writing
from tests.fakes.benches import redmine_bench
from tests.fakes.redmine import STATUSES, Redmine
from tests.real.benches import records
from tests.real.middleman import Middleman
from tests.real.polled import polled
from tests.real.redmine import ADMIN, READER, WRITER
from tests.real.redmine_bench import RedmineBench, RunningRedmineBench

MAPPING = load_mapping(Path(__file__).parents[2] / "config/sources/redmine.yaml")
BEGIN = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.installs)], ids=["fake", "installed"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedmineBench]:
    if request.param:
        yield RunningRedmineBench(request.getfixturevalue("redmine"), tmp_path)
    else:
        with redmine_bench(tmp_path) as fake:
            yield fake


@pytest.fixture
def middleman(bench: RedmineBench) -> Iterator[Middleman]:
    with Middleman(bench.url).serving() as serving:
        yield serving


@pytest.fixture
def writer(bench: RedmineBench) -> Adapter:
    return bench.source(api_key=bench.key(WRITER))


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def rendered(record: Record) -> Rendered:
    return render(MAPPING, record.data)


def names(bench: RedmineBench, found: list[Record]) -> list[str]:
    return [bench.name_of(record) for record in found]


# What becomes of an issue


def test_an_issue_becomes_a_report_with_its_services_and_its_times(bench: RedmineBench) -> None:
    fields = [{"id": 1, "value": ["volte-north", "volte-core"]}, {"id": 2, "value": ["ring-7"]}]
    issue = bench.desk.create_issue(bench.project, "calls drop", priority_id=5, custom_fields=fields)
    (record,) = records(bench.source().pull({}))
    report = rendered(record)
    assert report.status is Status.ACKNOWLEDGED
    assert report.event_time == record.updated
    assert report.start_time is not None
    assert report.document["priority"] == 1
    assert [one["id"] for one in report.document["affectedService"]] == ["volte-north", "volte-core"]
    assert [one["place"]["id"] for one in report.document["affectedLocation"]] == ["ring-7"]
    assert report.document["troubleTicket"][0]["href"] == f"{bench.url}/issues/{issue}"


def test_every_status_of_a_new_redmine_is_known_and_what_is_closed_is_read(bench: RedmineBench) -> None:
    for status in STATUSES:
        bench.create(status)
        bench.desk.change_issue(bench.id_of(status), status=status)
    latest = {bench.name_of(record): rendered(record) for record in records(bench.source().pull({}))}
    assert {name: one.status for name, one in latest.items()} == {
        "New": Status.ACKNOWLEDGED,
        "In Progress": Status.IN_PROGRESS,
        "Feedback": Status.PENDING,
        "Resolved": Status.RESOLVED,
        "Closed": Status.CLOSED,
        "Rejected": Status.REJECTED,
    }
    assert [one.unmapped for one in latest.values()] == [()] * len(STATUSES)


def test_each_change_of_the_status_arrives_with_its_own_time(bench: RedmineBench) -> None:
    bench.create("iptv")
    key = bench.id_of("iptv")
    for status in ("In Progress", "Resolved"):
        bench.desk.change_issue(key, status=status)
    bench.desk.change_issue(key, notes="A card is replaced")
    journals = [one["id"] for one in bench.desk.issue(key, "journals")["journals"]]
    bench.desk.set_made(key, at(0))
    bench.desk.set_journal_times(dict(zip(journals, (at(60), at(120), at(180)), strict=True)))
    bench.desk.set_times({key: at(180)})
    found = records(bench.source().pull({}))
    assert [(one.data["status"]["name"], one.updated) for one in found] == [
        ("New", at(0)),
        ("In Progress", at(60)),
        ("Resolved", at(120)),
        ("Resolved", at(180)),
    ]
    assert ["note" in rendered(one).document for one in found] == [False, False, False, True]
    (last,) = records(bench.source(journals=False).pull({}))
    assert (last.data["status"]["name"], last.updated) == ("Resolved", at(180))


def test_a_state_is_told_once_and_a_run_that_was_broken_off_tells_the_rest(bench: RedmineBench) -> None:
    lines = [f"line-{number}" for number in range(3)]
    bench.create(*lines)
    for number, name in enumerate(lines):
        bench.change(name)
        (journal,) = bench.desk.issue(bench.id_of(name), "journals")["journals"]
        bench.desk.set_made(bench.id_of(name), at(number))
        bench.desk.set_journal_times({journal["id"]: at(60 + number)})
        bench.desk.set_times({bench.id_of(name): at(60 + number)})
    source = bench.source(page_size=1)
    pull = source.pull({})
    found = list(next(pull).records)
    cursor = next(pull).cursor
    pages = list(source.pull(cursor))
    found += records(pages)
    assert {(bench.name_of(one), one.data["status"]["name"]) for one in found} >= {
        (name, status) for name in ("line-0", "line-2") for status in ("New", "In Progress")
    }
    bench.desk.change_issue(bench.id_of("line-0"), subject="line-0", notes="A card is replaced")
    again = records(source.pull(pages[-1].cursor))
    assert [one.data["status"]["name"] for one in again if one.key == bench.id_of("line-0")] == ["In Progress"]


def test_the_history_of_a_report_has_the_times_of_the_journals(bench: RedmineBench, tmp_path: Path) -> None:
    with polled(tmp_path, "redmine", bench.options, backfill="all", backfill_notify=True) as hub:
        bench.create("iptv")
        key = bench.id_of("iptv")
        bench.desk.set_made(key, at(0))
        bench.desk.set_times({key: at(0)})
        assert hub.poll() == [("Create", "acknowledged")]
        for status in ("In Progress", "Resolved"):
            bench.desk.change_issue(key, status=status)
        journals = [one["id"] for one in bench.desk.issue(key, "journals")["journals"]]
        bench.desk.set_journal_times(dict(zip(journals, (at(60), at(120)), strict=True)))
        assert hub.poll() == [("StateChange", "inProgress"), ("StateChange", "resolved")]
        assert hub.poll() == []
        assert hub.statuses(key) == [("acknowledged", at(0)), ("inProgress", at(60)), ("resolved", at(120))]


def test_what_was_noted_becomes_notes_but_for_what_is_private(bench: RedmineBench) -> None:
    bench.create("iptv")
    bench.desk.change_issue(bench.id_of("iptv"), notes="A card is replaced")
    bench.desk.change_issue(bench.id_of("iptv"), notes="The customer owes us", private_notes=True)

    def noted(**options: object) -> list[str]:
        return [one["text"] for one in rendered(records(bench.source(**options).pull({}))[-1]).document["note"]]

    assert noted() == ["A card is replaced"]
    assert noted(api_key=bench.key(ADMIN)) == ["A card is replaced"]
    assert noted(api_key=bench.key(ADMIN), private_notes=True) == ["A card is replaced", "The customer owes us"]


def test_a_note_that_is_rewritten_and_a_relation_are_read_with_the_open_issues(bench: RedmineBench) -> None:
    bench.create("iptv", "volte")
    iptv, volte = bench.id_of("iptv"), bench.id_of("volte")
    bench.desk.change_issue(volte, notes="first")
    cursor = list(bench.source().pull({}))[-1].cursor
    before = bench.desk.issue(volte)["updated_on"]
    bench.desk.rewrite_note(bench.desk.issue(volte, "journals")["journals"][0]["id"], "second")
    bench.desk.relate(volte, iptv)
    assert bench.desk.issue(volte)["updated_on"] == before, "Redmine leaves the stamp alone"
    bench.desk.create_issue(bench.project, "later")
    assert "reread" in cursor
    changed = [
        record for record in records(bench.source(reread=0, lookback=0).pull(cursor)) if record.key == volte
    ]
    assert [one["text"] for one in rendered(changed[-1]).document["note"]] == ["second"]
    assert [one["id"] for one in rendered(changed[-1]).document["troubleTicket"]] == [volte, iptv]


# Losing nothing


def test_an_issue_that_changes_between_two_pages_hides_no_other(bench: RedmineBench) -> None:
    bench.create("line-1", "line-2", "line-3", "line-4", "line-5")
    bench.desk.set_times({bench.id_of(f"line-{number}"): at(number) for number in range(1, 6)})
    pull = bench.source(page_size=2, journals=False).pull({})
    found = list(next(pull).records)
    bench.desk.change_issue(bench.id_of("line-1"), subject="line-1 again")
    found += records(pull)
    assert names(bench, found) == ["line-1", "line-2", "line-3", "line-4", "line-5", "line-1 again"]


@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_fractions_that_redmine_hides_neither_lose_an_issue_nor_fail_the_run(
    bench: RedmineBench, page_size: int
) -> None:
    lines = [f"line-{number}" for number in range(8)]
    bench.create(*lines)
    bench.desk.set_times({bench.id_of(name): at(number * 0.3) for number, name in enumerate(lines)})
    source = bench.source(page_size=page_size, lookback=0)
    pages = list(source.pull({}))
    assert names(bench, records(pages)) == lines
    again = names(bench, records(source.pull(pages[-1].cursor)))
    assert again[-1] == "line-7"
    assert set(again) <= {"line-4", "line-5", "line-6", "line-7"}


def test_what_is_deleted_moved_away_or_made_private_is_not_there(bench: RedmineBench, tmp_path: Path) -> None:
    bench.create("stays", "deleted", "moved", "private")
    elsewhere = f"{bench.project}-elsewhere"
    bench.desk.create_project(elsewhere, READER)
    source = bench.source(page_size=2)
    with polled(tmp_path, "redmine", bench.options, backfill="all", backfill_notify=True, reconcile=1.0) as hub:
        assert hub.poll() == [("Create", "acknowledged")] * 4
        bench.desk.delete_issue(bench.id_of("deleted"))
        bench.desk.change_issue(bench.id_of("moved"), project_id=elsewhere)
        bench.desk.change_issue(bench.id_of("private"), is_private=True)
        assert sorted(source.keys()) == [bench.id_of("stays")]
        assert [source.ask(bench.id_of(name)) for name in ("deleted", "moved", "private")] == [None] * 3
        still = source.ask(bench.id_of("stays"))
        assert still is not None
        assert bench.name_of(still) == "stays"
        assert [told for _ in range(3) for told in hub.poll()] == [("StateChange", "cancelled")] * 3
        assert hub.report(bench.id_of("stays"))["status"] == "acknowledged"


def test_an_issue_that_goes_between_the_list_and_its_journals_stops_no_run(bench: RedmineBench) -> None:
    bench.create("deleted", "private", "stays")
    server = Server(HttpClient(bench.url, headers={"X-Redmine-API-Key": READER}))
    bench.desk.delete_issue(bench.id_of("deleted"))
    bench.desk.change_issue(bench.id_of("private"), is_private=True)
    found = [server.issue(bench.id_of(name), "journals") for name in ("deleted", "private", "stays")]
    assert [one is not None for one in found] == [False, False, True]


# Who asks, and for what


@pytest.mark.parametrize("method", ["check", "pull", "keys"])
def test_a_wrong_key_is_refused_at_the_first_request_and_never_told(
    bench: RedmineBench, middleman: Middleman, method: str, tmp_path: Path
) -> None:
    (tmp_path / "wrong").write_text("not-the-key")
    source = bench.source(url=middleman.url, api_key=f"file:{tmp_path / 'wrong'}")
    with pytest.raises(AuthFailed) as refused:
        list(source.pull({}) if method == "pull" else source.keys() if method == "keys" else [source.check()])
    assert middleman.paths == ["/users/current.json"]
    assert "not-the-key" not in str(refused.value)


def test_to_a_stranger_who_sees_what_is_public_no_issue_has_gone(bench: RedmineBench, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("not-the-key")
    bench.create("iptv")
    with pytest.raises(AuthFailed):
        bench.source(api_key=f"file:{tmp_path / 'wrong'}", projects=[]).ask(bench.id_of("iptv"))


def test_only_the_wanted_projects_and_trackers_are_read(bench: RedmineBench) -> None:
    other = f"{bench.project}-other"
    bench.desk.create_project(other, READER)
    for project, tracker in ((bench.project, 1), (bench.project, 3), (other, 3)):
        bench.desk.create_issue(project, f"{project} {tracker}", tracker_id=tracker)
    assert names(bench, records(bench.source(trackers=["support"]).pull({}))) == [f"{bench.project} 3"]
    both = bench.source(projects=[bench.project, other], trackers=["Bug", "Support"])
    assert len(records(both.pull({}))) == 3


def test_a_project_or_tracker_that_our_user_does_not_see_is_named(bench: RedmineBench) -> None:
    secret = f"{bench.project}-secret"
    bench.desk.create_project(secret)
    for project in (secret, "no-such-project"):
        with pytest.raises(Unavailable, match=f"no project '{project}'"):
            bench.source(projects=[project]).check()
    with pytest.raises(Unavailable, match="no tracker 'Nonsense'; it has bug, "):
        list(bench.source(trackers=["Nonsense"]).pull({}))


def test_check_names_who_asks(bench: RedmineBench) -> None:
    assert bench.source().check().identity == "reader"


def test_a_certificate_of_a_private_authority_is_checked_against_it(bench: RedmineBench, tmp_path: Path) -> None:
    authority, middleman = trustme.CA(), Middleman(bench.url)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    middleman.use_tls(authority.issue_cert("127.0.0.1"))
    bench.create("iptv")
    with middleman.serving():
        trusting = bench.source(url=middleman.url, ca_file=str(tmp_path / "ca.pem"))
        assert names(bench, records(trusting.pull({}))) == ["iptv"]
        with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
            bench.source(url=middleman.url, max_wait=0).check()


def test_either_a_key_or_a_user_is_given_and_never_both() -> None:
    for who in ({}, {"api_key": "env:HOME", "username": "ines"}):
        with pytest.raises(ValidationError, match="either an api_key or a username"):
            adapters.redmine.make("desk", {"url": "http://127.0.0.1:1", **who})


@pytest.mark.parametrize("field", ["updated_on", "issue_id"])
def test_a_filter_that_is_passed_over_fails_the_run(tmp_path: Path, field: str) -> None:
    with redmine_bench(tmp_path) as bench:
        assert isinstance(bench.desk, Redmine)
        bench.create("old", "new")
        bench.desk.set_times({bench.id_of("new"): at(3600), bench.id_of("old"): at(0)})
        source = bench.source(page_size=1)
        cursor = list(source.pull({}))[-1].cursor
        bench.desk.ignores = {field}
        with pytest.raises(FilterIgnored, match="filter was ignored"):
            list(source.pull(cursor) if field == "updated_on" else source.keys())


# Writing


def test_what_is_written_to_an_issue_is_written_once(bench: RedmineBench, writer: Adapter) -> None:
    bench.create("iptv")
    key = bench.id_of("iptv")
    for _ in range(2):
        writer.write(Writing(id="0196-1", key=key, text="We look into it", author="Ines"))
        writer.write(Writing(id="0196-2", key=key, status="In Progress"))
    issue = bench.desk.issue(key, "journals")
    assert issue["status"]["name"] == "In Progress"
    assert len(issue["journals"]) == 2
    assert issue["journals"][0]["notes"] == "We look into it\n\nInes [qos-hub 0196-1]"


def test_a_status_that_is_none_or_barred_and_a_missing_issue_are_refused(
    bench: RedmineBench, writer: Adapter
) -> None:
    bench.create("iptv")
    key = bench.id_of("iptv")
    before = bench.desk.issue(key)
    with pytest.raises(Refused, match="no status 'no-such-word'"):
        writer.write(Writing(id="0196-1", key=key, status="no-such-word"))
    with pytest.raises(Refused, match=r"'New', does not take the status 'Closed'.*'In Progress'"):
        writer.write(Writing(id="0196-1", key=key, status="Closed"))
    with pytest.raises(Refused, match="issue 4711 is not there"):
        writer.write(Writing(id="0196-1", key="4711", text="Hello"))
    assert bench.desk.issue(key) == before


def test_a_right_that_is_missing_may_be_given_later(bench: RedmineBench) -> None:
    bench.create("iptv")
    with pytest.raises(Unavailable, match="no right"):
        bench.source().write(Writing(id="0196-1", key=bench.id_of("iptv"), text="Hello"))
