"""What it costs to be watched: the counting beside what is counted, in one run, and a scrape of a busy database."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter_ns, thread_time_ns

import click

from benchmarks import api, durable, nginx
from benchmarks.contract import COLLECTION
from benchmarks.durable import Way
from benchmarks.load import Load
from benchmarks.reports import fill
from benchmarks.sender import settings_of
from benchmarks.table import Table
from hub.api.counts import OperationCount
from hub.bootstrap import build
from hub.delivery.counts import DeliveryCounts
from hub.model.delivery import Attempt, Timing
from hub.store.commit_counts import CommitCounts
from hub.telemetry import configure

ROUNDS = 50_000
NOTICEABLE = 0.02
"""The part of what is counted that counting may cost."""


def cost_ns(step: Callable[[], object], rounds: int = ROUNDS, repeats: int = 7) -> float:
    """CPU of one call in nanoseconds, the least of several runs; what the loop costs is in it."""

    def once() -> float:
        begin = thread_time_ns()
        for _ in range(rounds):
            step()
        return (thread_time_ns() - begin) / rounds

    return min(once() for _ in range(repeats))


def counting_an_attempt() -> float:
    counts = DeliveryCounts()
    timing = Timing(name_lookup=0.01, first_byte=0.8, total=0.9)
    attempt = Attempt(number=1, started=0, outcome="delivered", timing=timing, status=204)
    return cost_ns(lambda: counts.attempt(attempt, True))


def counting_an_answer() -> float:
    """With the two looks at the clock that it takes."""
    count = OperationCount("serviceProblemManagement/v5", "retrieveServiceProblem")

    def step() -> None:
        began = perf_counter_ns()
        count.add(200, (perf_counter_ns() - began) * 1e-9)

    return cost_ns(step)


def counting_a_commit() -> float:
    counts = CommitCounts()
    return cost_ns(lambda: counts.committed(32, 0.0, 0.0))


def a_delivery(folder: Path, *, repeats: int, deliveries: int) -> float:
    """CPU of one delivery by the whole durable sender, in nanoseconds."""
    with nginx.sink(folder) as sink:
        box = durable.outbox(folder, sink, listeners=1, reports=deliveries // 4)
        sent = [durable.send(box, sink, Way(synchronous="NORMAL"), folder) for _ in range(repeats)]
    return min(one.cpu / one.count for one in sent) * 1e9


def a_reading(folder: Path, *, repeats: int) -> float:
    """CPU of one GET of a report by the whole server, in nanoseconds."""
    database = folder / "reading.db"
    fill(settings_of(database), reports=1)
    with closing(sqlite3.connect(database)) as connection:
        (problem_id,) = connection.execute("SELECT id FROM problem").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    load = Load(paths=(f"{COLLECTION}/{problem_id}",))
    with api.serving(api.HUB, folder, database) as server:
        read = [api.measured(server, load, folder, 1.0) for _ in range(repeats)]
    return min(one.cpu / one.count for one in read) * 1e9


def a_scrape(folder: Path, *, listeners: int, reports: int) -> tuple[float, int, int]:
    """(milliseconds of one scrape, bytes, deliveries that are due), with none of them sent."""
    settings = settings_of(folder / "scrape.db")
    callbacks = [f"http://127.0.0.1:9/e/{number}" for number in range(listeners)]
    fill(settings, reports=reports, callbacks=callbacks)
    hub = build(settings)
    hub.store.write(
        lambda tables: tables.connection.execute(
            "INSERT INTO delivery (subscription, event, order_key, state, waiting, due_at, created) "
            "SELECT subscription.seq, event.seq, event.problem, 'due', 0, 1, 1 FROM subscription, event"
        )
    )
    (due,) = hub.store.read.connection.execute("SELECT count(*) FROM delivery").fetchone()
    text, took = b"", []
    for _ in range(5):
        begin = perf_counter_ns()
        text = hub.exposition.text()
        took.append((perf_counter_ns() - begin) / 1e6)
    hub.stop()
    return min(took), len(text), due


@click.command()
@click.option("--repeats", default=3)
@click.option("--deliveries", default=20_000)
@click.option("--listeners", default=1000)
@click.option("--reports", default=100)
def main(repeats: int, deliveries: int, listeners: int, reports: int) -> None:
    configure("warning", "text")
    with TemporaryDirectory() as path:
        folder = Path(path)
        whole = {
            "a durable delivery": (
                counting_an_attempt(),
                a_delivery(folder, repeats=repeats, deliveries=deliveries),
            ),
            "a GET of one report": (counting_an_answer(), a_reading(folder, repeats=repeats)),
        }
        took, length, due = a_scrape(folder, listeners=listeners, reports=reports)
    table = Table("what", "its CPU", "counting it", "part", "goal", left=1)
    for name, (counting, cost) in whole.items():
        part = counting / cost
        table.row(name, f"{cost / 1000:.1f} µs", f"{counting / 1000:.2f} µs", f"{part:.2%}", f"≤ {NOTICEABLE:.0%}")
    table.row("a commit", "", f"{counting_a_commit() / 1000:.2f} µs", "", "")
    click.echo(table.text())
    click.echo(f"a scrape with {listeners} listeners and {due} deliveries due: {took:.1f} ms, {length} bytes")


if __name__ == "__main__":
    main()
