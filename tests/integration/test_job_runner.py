"""The runner of bulk jobs on a real store: who runs what, what a stop and a refusal leave, and what is cleared away."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from hub.bootstrap.reporting import make_press
from hub.jobs.columns import columns_of
from hub.jobs.exports import Exporter
from hub.jobs.fetch import Fetcher
from hub.jobs.hold import LEASE
from hub.jobs.imports import Importer
from hub.jobs.reports import Reporter
from hub.jobs.runner import JobRunner
from hub.model.job import ContentType, Job, JobKind, JobStatus, Mode, NewJob
from hub.problems.envelope import Letterhead
from hub.problems.ownership import Owners
from hub.query.list_query import ListQuery
from hub.query.ownership import PARTY_PATHS
from hub.settings import load_settings
from hub.store.job_files import JobFiles
from hub.store.leases import Holder
from hub.subscriptions.addresses import AddressGuard
from tests.rooms import FACE, Desk, TurningClock, contract, make_rules, open_store, report, until

ALL = ListQuery(condition=None, fields=(), offset=0, limit=None)
KEEP = 3600.0


class Office:
    """A store with its jobs, and runners that a test lets take a step."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store(folder, busy_timeout=0.05)
        self.clock = TurningClock()
        self.files = JobFiles(folder / "jobs")
        self.desk = Desk(self.store, self.clock)
        self._made = 0

    def runner(self, boot: str = "a", *, rules: Any = None) -> JobRunner:
        exporter = Exporter(
            files=self.files,
            read_query=lambda _: ALL,
            letterhead=Letterhead(reporting_system="qos-hub", base_url=FACE),
            owners=Owners(PARTY_PATHS),
            columns=columns_of(contract(), "ServiceProblem"),
        )
        return JobRunner(
            store=self.store,
            files=self.files,
            exporter=exporter,
            importer=Importer(files=self.files, rules=rules or make_rules(self.clock).imports, longest=1 << 20),
            fetcher=Fetcher(files=self.files, guard=AddressGuard(), limit=1 << 20, time_limit=1.0),
            reporter=Reporter(files=self.files, press=make_press(load_settings(None, {}, {}))),
            clock=self.clock,
            holder=Holder(host="here", pid=1, boot=boot),
            keep=KEEP,
            keep_reports=2 * KEEP,
            patience=0.05,
        )

    def ask(self, kind: JobKind, **more: Any) -> str:
        self._made += 1
        new = NewJob(
            id=f"job-{self._made}",
            kind=kind,
            content_type=ContentType.NDJSON,
            created=self.clock.micros,
            ready=kind is JobKind.EXPORT,
            actor="me",
        )
        self.store.write(lambda tables: tables.jobs.insert(replace(new, **more)))
        return new.id

    def ask_import(self, count: int, **more: Any) -> str:
        job_id = self.ask(JobKind.IMPORT, **more)
        self.files.make_folder()
        content = b"".join(orjson.dumps(report(name=str(number))) + b"\n" for number in range(count))
        self.files.content(job_id).write_bytes(content)
        self.store.write(lambda tables: tables.jobs.make_ready(job_id, total=len(content)))
        return job_id

    def job(self, job_id: str) -> Job:
        found = self.store.read.jobs.get(job_id)
        assert found is not None
        return found

    def names(self) -> list[str]:
        page = self.store.read.problems.page(None, limit=100_000)
        return [orjson.loads(row[1])["name"] for row in page.rows]


class Interrupting:
    """Rules that do something of the test's before they read a certain row."""

    def __init__(self, office: Office, row: int, act: Callable[[], object]) -> None:
        self._rules = make_rules(office.clock).imports
        self._row = row
        self._act = act
        self._read = 0
        self.load = self._rules.load

    def row(self, given: Any) -> Any:
        self._read += 1
        if self._read == self._row:
            self._act()
        return self._rules.row(given)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


def test_jobs_run_in_the_order_in_which_they_were_asked_for(office: Office) -> None:
    first, second = office.ask_import(3), office.ask(JobKind.EXPORT)
    runner = office.runner()
    assert runner.step()
    assert office.job(first).status is JobStatus.SUCCEEDED
    assert office.job(second).status is JobStatus.NOT_STARTED
    assert runner.step()
    assert office.job(second).counts.read == 3
    assert not runner.step()


def test_an_import_without_its_content_is_passed_over(office: Office) -> None:
    office.ask(JobKind.IMPORT)
    ready = office.ask(JobKind.EXPORT)
    runner = office.runner()
    assert runner.step()
    assert office.job(ready).status is JobStatus.SUCCEEDED
    assert not runner.step()


def test_a_stopped_import_goes_on_where_it_was_with_another_runner(office: Office) -> None:
    job_id = office.ask_import(200)
    runner = office.runner()
    stopping = office.runner(rules=Interrupting(office, 120, lambda: stopping.stop(0)))
    assert stopping.step()
    stopped = office.job(job_id)
    assert stopped.status is JobStatus.RUNNING
    assert 0 < stopped.counts.created < 200
    assert office.names() == [str(number) for number in range(stopped.counts.created)]
    assert runner.step()
    assert (office.job(job_id).status, office.job(job_id).counts.created) == (JobStatus.SUCCEEDED, 200)
    assert office.names() == [str(number) for number in range(200)]


def test_a_job_that_another_took_over_is_left_to_it(office: Office) -> None:
    """The first runner hangs until its lease has run out; what it then brings is not kept."""
    job_id = office.ask_import(200)
    second = office.runner("b")

    def take_over() -> None:
        office.clock.turn(seconds=LEASE + 1)
        assert second.step()

    assert office.runner(rules=Interrupting(office, 120, take_over)).step()
    assert (office.job(job_id).status, office.job(job_id).counts.created) == (JobStatus.SUCCEEDED, 200)
    assert office.names() == [str(number) for number in range(200)]


def test_nobody_takes_what_is_held(office: Office) -> None:
    office.ask_import(200)
    other = office.runner("b")
    seen: list[bool] = []
    assert office.runner(rules=Interrupting(office, 120, lambda: seen.append(other.step()))).step()
    assert seen == [False]


def test_what_a_dead_process_held_is_free_after_a_start(office: Office) -> None:
    job_id = office.ask_import(5)
    dead = Holder(host="here", pid=1, boot="dead").token(1)
    office.store.write(lambda tables: tables.jobs.claim(dead, now=1, lease_until=office.clock.micros + 10**9))
    runner = office.runner()
    assert not runner.step()
    runner.start()
    until(lambda: office.job(job_id).status is JobStatus.SUCCEEDED)
    runner.stop(5)


def test_a_database_that_refuses_fails_the_job_and_counts_nothing_half(office: Office, tmp_path: Path) -> None:
    job_id = office.ask_import(200)
    other = sqlite3.connect(tmp_path / "hub.db", isolation_level=None, check_same_thread=False)
    runner = office.runner(rules=Interrupting(office, 120, lambda: other.execute("BEGIN IMMEDIATE")))
    with capture_logs() as said:
        runner.start()
        until(lambda: any(line["event"] == "job.unkept" for line in said))
    other.execute("ROLLBACK")
    other.close()
    until(lambda: office.job(job_id).status is JobStatus.FAILED)
    runner.stop(5)
    failed = office.job(job_id)
    assert failed.error is not None
    assert "the database cannot be written" in failed.error
    assert len(office.names()) == failed.counts.created == failed.counts.read < 200


def test_a_fault_of_ours_fails_the_job_once(office: Office) -> None:
    job_id = office.ask_import(3)

    def break_down() -> None:
        raise RuntimeError("broken")

    runner = office.runner(rules=Interrupting(office, 2, break_down))
    assert runner.step()
    assert (office.job(job_id).status, office.job(job_id).error) == (
        JobStatus.FAILED,
        "the hub failed; its log says why",
    )
    assert not runner.step()


def test_a_content_that_is_gone_fails_its_job(office: Office) -> None:
    job_id = office.ask_import(3)
    office.files.remove([job_id])
    assert office.runner().step()
    assert "cannot read" in (office.job(job_id).error or "")


def test_an_export_for_a_party_has_its_reports_alone(office: Office) -> None:
    for party in ("org-1", "org-2", "org-1"):
        office.desk.create(
            originatorParty={"role": "supplier", "partyOrPartyRole": {"@type": "PartyRef", "id": party}}
        )
    job_id = office.ask(JobKind.EXPORT, party="org-1")
    office.runner().step()
    found = [orjson.loads(line) for line in office.files.content(job_id).read_bytes().splitlines()]
    assert [one["originatorParty"]["partyOrPartyRole"]["id"] for one in found] == ["org-1", "org-1"]
    assert office.job(job_id).counts.expected == 2


def test_what_is_old_enough_is_cleared_away(office: Office) -> None:
    ended, waiting = office.ask_import(2), office.ask(JobKind.IMPORT)
    bad = office.ask_import(0, mode=Mode.UPSERT)
    office.files.content(bad).write_bytes(b"{\n")
    office.files.content("stray").write_bytes(b"")
    runner = office.runner()
    while runner.step():
        pass
    assert not office.files.content("stray").exists()
    assert len(office.store.read.jobs.errors(office.job(bad).seq, limit=10)) == 1
    errors_of = office.job(bad).seq
    office.clock.turn(seconds=KEEP - 1)
    runner.step()
    assert office.store.read.jobs.ids() == {ended, waiting, bad}
    office.clock.turn(seconds=700)
    runner.step()
    assert office.store.read.jobs.ids() == set()
    assert office.files.ids() == set()
    assert office.store.read.jobs.errors(errors_of, limit=10) == []


def test_an_identifier_is_found_as_long_as_a_report_has_it(office: Office) -> None:
    def known(identifier: str) -> list[str]:
        return office.store.read.problems.identifiers.reports(identifier, owner=None, kind=None)

    made = office.desk.create(externalIdentifier=[{"id": "a"}, {"id": 'b"\n'}])
    assert known("a") == known('b"\n') == [made.id]
    office.desk.patch(made, externalIdentifier=[{"id": "c"}])
    assert (known("a"), known("c")) == ([], [made.id])
    office.desk.patch(made, externalIdentifier=None)
    assert known("c") == []
    office.desk.patch(made, externalIdentifier=[{"id": "d"}])
    office.desk.delete(made)
    assert known("d") == []
