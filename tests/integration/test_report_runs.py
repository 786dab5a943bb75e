"""The making of a management report that is interrupted goes on, and makes what it would have made at once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.bootstrap.reporting import make_press
from hub.jobs.hold import Hold, JobFailed, Stopped
from hub.jobs.reports import Reporter
from hub.model.job import ContentType, Counts, JobKind, NewJob
from hub.model.times import to_micros
from hub.reporting.audiences.definition import Format
from hub.reporting.order import Order
from hub.settings import load_settings
from hub.store.job_files import JobFiles
from hub.store.sqlite import Store
from tests.rooms import NOON, TurningClock, open_store

PRESS = make_press(load_settings(None, {}, {}))
FORMATS = (Format.JSON, Format.CSV, Format.HTML)
FAR = to_micros(NOON) * 2


class Bench:
    def __init__(self, folder: Path) -> None:
        self.store: Store = open_store(folder)
        self.files = JobFiles(folder / "jobs")
        self.reporter = Reporter(files=self.files, press=PRESS)
        self._tokens = 0

    def ask(self, name: str, definition: str = "operations-weekly", **more: str) -> None:
        order = Order(
            definition=PRESS.definitions[definition],
            period="2026-02",
            recorded=to_micros(NOON),
            formats=FORMATS,
            scope=more,
        )
        new = NewJob(
            id=name,
            kind=JobKind.REPORT,
            content_type=ContentType.SEVERAL,
            created=1,
            ready=True,
            actor="me",
            query=order.to_text(),
        )
        self.store.write(lambda tables: tables.jobs.insert(new))

    def run(self, stopped: Callable[[], bool] = lambda: False) -> None:
        self._tokens += 1
        token = f"token-{self._tokens}"
        job = self.store.write(lambda tables: tables.jobs.claim(token, now=2, lease_until=FAR))
        assert job is not None
        hold = Hold(job=job, token=token, store=self.store, clock=TurningClock(), stopped=stopped, patience=0.05)
        try:
            self.reporter.run(hold)
        finally:
            self.store.write(lambda tables: tables.jobs.release([token]))

    def counts(self, name: str) -> Counts:
        found = self.store.read.jobs.get(name)
        assert found is not None
        return found.counts

    def contents(self, name: str) -> dict[Format, bytes]:
        found = {form: self.files.artefact(name, form) for form in FORMATS}
        return {form: path.read_bytes() for form, path in found.items() if path.exists()}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


def test_what_is_stopped_goes_on_behind_the_last_form_that_is_written(bench: Bench) -> None:
    bench.ask("a")
    with pytest.raises(Stopped):
        bench.run(stopped=lambda: bench.files.artefact("a", Format.JSON).exists())
    assert list(bench.contents("a")) == [Format.JSON]
    bench.files.artefact("a", Format.JSON).write_bytes(b"it counts, so it is not written again")
    bench.store.write(lambda tables: tables.connection.execute("UPDATE job SET rows_read = 1 WHERE id = 'a'"))
    bench.run()
    assert bench.counts("a").read == len(FORMATS)
    bench.store.write(lambda tables: tables.connection.execute("UPDATE job SET completed = 3 WHERE id = 'a'"))
    bench.ask("b")
    bench.run()
    whole = bench.contents("b")
    assert bench.contents("a") == {**whole, Format.JSON: b"it counts, so it is not written again"}
    assert not list(bench.files.folder.glob("*-part"))


def test_what_cannot_be_made_any_more_says_why(bench: Bench) -> None:
    bench.ask("a", "customer-sla")
    with pytest.raises(JobFailed, match="must name one customer"):
        bench.run()


def test_who_asks_for_the_report_of_a_customer_does_not_speak_for_it(bench: Bench) -> None:
    """So that the erasure of the customer does not take the name of the operator for one of its own."""
    order = Order(
        definition=PRESS.definitions["customer-sla"],
        period="2026-02",
        recorded=to_micros(NOON),
        formats=FORMATS,
        scope={"customer": "ACME"},
    )
    job = order.job("a", created=1, actor="operator", customer=PRESS.customer(order))
    bench.store.write(lambda tables: tables.jobs.insert(job))
    made = bench.store.read.jobs.get("a")
    assert made is not None
    assert made.asked.party == "ACME"
    assert bench.store.read.erasures.names_of("ACME") == []


def test_with_a_report_go_all_its_files(bench: Bench) -> None:
    bench.ask("a")
    bench.run()
    assert bench.files.ids() == {"a"}
    bench.files.remove(["a"])
    assert bench.contents("a") == {}
    assert bench.files.ids() == set()


def test_reports_are_kept_for_a_time_of_their_own(bench: Bench) -> None:
    bench.ask("a")
    bench.store.write(lambda tables: tables.connection.execute("UPDATE job SET completed = 100 WHERE id = 'a'"))
    outdated = bench.store.read.jobs.outdated
    assert outdated(1000, reports_before=50) == []
    assert outdated(10, reports_before=500) == ["a"]
