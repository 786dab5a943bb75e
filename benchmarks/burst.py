"""What a caller of the API waits while each new event is written down for thousands of registrations.

The hub as it is shipped, on a database with deliveries from before. The same posts go to a hub with one registration.
"""

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import uvloop

from benchmarks import nginx
from benchmarks.children import LOAD_CORE, SERVER_CORE, ChildFailed, free_port, pinned, python, running
from benchmarks.children import wait_until_answers as wait
from benchmarks.latency import HEALTH, post_evenly
from benchmarks.measure import memory_mb, percentile
from benchmarks.nginx import Sink
from benchmarks.reports import fill
from benchmarks.sender import settings_of
from benchmarks.table import Table

RATE = 10.0
WRITTEN_WITHIN = 300.0
DELIVERIES = "SELECT count(*) FROM delivery"


@dataclass(frozen=True, kw_only=True)
class Burst:
    """`post_…` are milliseconds until the answer; `written` is seconds until all deliveries of all posts are there."""

    registrations: int
    posts: int
    post_p50: float
    post_p99: float
    written: float
    memory_mb: float


def measure(folder: Path, sink: Sink, *, registrations: int, posts: int) -> Burst:
    database, log, port = folder / f"burst-{registrations}.db", folder / "burst.log", free_port()
    fill(settings_of(database), reports=1, callbacks=[f"{sink.url}/{number}" for number in range(registrations)])
    command = python("hub", "serve", "--database", str(database), "--port", str(port))
    allowed = {"QOS_HUB_DELIVERY_ALLOWED_NETWORKS": "127.0.0.0/8"}
    sink.begin()
    with running(command, core=SERVER_CORE, log=log, extra=allowed) as hub:
        wait(f"http://127.0.0.1:{port}{HEALTH}", hub, log)
        _until(lambda: sink.count() >= registrations, "deliveries of before at the sink")
        begin = time.monotonic()
        with pinned(LOAD_CORE):
            posted = uvloop.run(post_evenly(f"http://127.0.0.1:{port}", RATE, posts))
        _until(lambda: _count(database) >= registrations * (posts + 1), "deliveries written")
        written = time.monotonic() - begin
        memory = memory_mb(hub.pid)[1]
    waits = [(one.answered - one.sent) * 1000 for one in posted]
    return Burst(
        registrations=registrations,
        posts=posts,
        post_p50=percentile(waits, 0.5),
        post_p99=percentile(waits, 0.99),
        written=written,
        memory_mb=memory,
    )


def _count(database: Path) -> int:
    connection = sqlite3.connect(database)
    try:
        return int(connection.execute(DELIVERIES).fetchone()[0])
    finally:
        connection.close()


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WRITTEN_WITHIN
    while not condition():
        if time.monotonic() > deadline:
            raise ChildFailed(f"{what}: not within {WRITTEN_WITHIN:g} s")
        time.sleep(0.05)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object in place of the table.")
@click.option("--quick", is_flag=True, help="A small run, to see that everything works.")
@click.option("--registrations", default=3_000, show_default=True)
@click.option("--posts", default=50, show_default=True)
def main(as_json: bool, quick: bool, registrations: int, posts: int) -> None:
    if quick:
        registrations, posts = 200, 10
    with TemporaryDirectory() as name, nginx.sink(Path(name)) as sink:
        found = [measure(Path(name), sink, registrations=count, posts=posts) for count in (1, registrations)]
    if as_json:
        print(json.dumps([asdict(one) for one in found]))
        return
    table = Table("registrations", "POST p50", "p99", "deliveries written a second", "memory MB", left=0)
    for one in found:
        rows = one.registrations * one.posts / one.written
        table.row(
            f"{one.registrations:,}",
            f"{one.post_p50:.1f} ms",
            f"{one.post_p99:.1f} ms",
            f"{rows:,.0f}",
            f"{one.memory_mb:.0f}",
        )
    print(f"{posts} reports, {RATE:g} a second\n")
    print(table.text())


if __name__ == "__main__":
    main()
