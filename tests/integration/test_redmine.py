"""The adapter of Redmine: the same tests on a fake in every run, and on a running Redmine in `make test-real`."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.http import HttpClient
from adapters.redmine.server import Server
from hub.intake.mapping import Rendered, render
from hub.intake.mapping_file import load_mapping
from hub.model.problem import Status
from hub.ports import FilterIgnored, Record
from tests.fakes.benches import redmine_bench
from tests.fakes.redmine import STATUSES, Redmine
from tests.real.benches import records
from tests.real.polled import polled
from tests.real.redmine import ADMIN, READER
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
    assert [one.log for one in found] == [True, True, True, False], "all but the last are what it was"
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
