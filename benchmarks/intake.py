"""How fast a source is read: a first pull of many tickets, and a second one that finds nothing new.

Each part is a process of its own, on one core. That of the hub reads `benchmarks.desk` through the mapping, the rules
and the store as they are shipped, a transaction a page, FULL durability. The bare one has the mapped reports in memory
before its clock starts, and writes their rows into the same tables by the hub's own statements, a transaction a page,
and does nothing else.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.children import SERVER_CORE, clean_environment, pinned, python
from benchmarks.desk import Desk, mapping, ticket
from benchmarks.measure import cpu_seconds, memory_mb
from benchmarks.rows import commit, connect
from benchmarks.table import Table
from hub.bootstrap import make_parts, make_store, report_rules
from hub.intake.mapping import render
from hub.intake.observe import Reader
from hub.intake.poll import SourcePoll
from hub.model.event import EventType, Record
from hub.model.ids import Uuid7
from hub.model.problem import Document, Problem
from hub.model.times import micros_to_text, system_clock, to_micros
from hub.settings import Settings, load_settings
from hub.store.sources import SourceRow, never_polled
from hub.store.tables import Tables

GOAL = 5000
PAGE = 500
NAME = "desk"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`rate` is tickets a second on the clock, `cpu_us` the CPU for one; memory is resident, in MB, 0 where unread."""

    what: str
    rate: float
    cpu_us: float
    early_mb: float = 0.0
    late_mb: float = 0.0
    changes: int = 0


def timed(what: str, count: int, work: Callable[[], None]) -> Figure:
    began, cpu = time.perf_counter(), cpu_seconds(os.getpid())
    work()
    seconds, spent = time.perf_counter() - began, cpu_seconds(os.getpid()) - cpu
    return Figure(what=what, rate=count / seconds, cpu_us=spent / count * 1e6)


def settings_in(folder: str) -> Settings:
    return load_settings(None, {}, {"store.database": f"{folder}/hub.db"})


class Watched(Desk):
    """Notes the memory when a tenth has been told."""

    early = 0.0

    def reached(self, number: int) -> None:
        if not self.early and number * 10 >= self.count:
            self.early = memory_mb(os.getpid())[0]


def hub_part(folder: str, tickets: int) -> list[Figure]:
    """The first pull, and a second one by another poll that is told everything once more."""
    parts = make_parts(settings_in(folder), system_clock)
    store, rules = parts.store, report_rules(parts).sources
    store.write(lambda tables: tables.sources.ensure(NAME, NAME))

    def pull(desk: Desk, row: SourceRow) -> None:
        SourcePoll(
            source=desk,
            reader=Reader(source=NAME, mapping=mapping()),
            store=store,
            rules=rules,
            clock=system_clock,
            absent_polls=2,
            backfill_notify=False,
        ).run(row, lambda: False)

    desk = Watched(tickets, page_size=PAGE)
    first = timed("hub: the first pull", tickets, lambda: pull(desk, never_polled(NAME, NAME)))
    late = memory_mb(os.getpid())[0]
    row = store.read.sources.get(NAME)
    assert row is not None
    assert row.problems == tickets
    written = store.write(lambda tables: tables.connection.total_changes)
    again = Desk(tickets, page_size=PAGE, from_the_beginning=True)
    second = timed("hub: a second pull, nothing new", tickets, lambda: pull(again, row))
    written = store.write(lambda tables: tables.connection.total_changes) - written
    store.close()
    return [
        Figure(**asdict(first) | {"early_mb": desk.early, "late_mb": late}),
        Figure(**asdict(second) | {"changes": written}),
    ]


def bare_part(folder: str, tickets: int) -> list[Figure]:
    rules = mapping()
    reports = [(ticket(number).key, render(rules, ticket(number).data).document) for number in range(tickets)]
    make_store(settings_in(folder)).close()
    tables = connect(f"{folder}/hub.db")

    def insert_all() -> None:
        new_id = Uuid7(system_clock)
        for start in range(0, tickets, PAGE):
            tables.connection.execute("BEGIN IMMEDIATE")
            for key, document in reports[start : start + PAGE]:
                insert(tables, key, document, new_id)
            commit(tables)

    return [timed("bare: the mapped reports inserted", tickets, insert_all)]


def insert(tables: Tables, key: str, mapped: Document, new_id: Callable[[], str]) -> None:
    now = to_micros(system_clock())
    dates = dict.fromkeys(("creationDate", "lastUpdate", "statusChangeDate"), micros_to_text(now))
    problem = Problem(id=new_id(), document={**mapped, **dates}, sequence=1, source=NAME, source_key=key)
    tables.problems.insert(problem)
    tables.records.append(
        Record(
            id=new_id(),
            problem_id=problem.id,
            event_type=EventType.CREATE,
            event_time=now,
            record_time=now,
            sequence=1,
            changes={},
            to_status=problem.status,
            source=NAME,
        )
    )
    tables.sources.put_item(NAME, key, problem_id=problem.id, digest=b"0123456789abcdef", updated=now)


PARTS = {"hub": hub_part, "bare": bare_part}


def measured(part: str, tickets: int) -> list[Figure]:
    with TemporaryDirectory() as folder, pinned(SERVER_CORE):
        command = [*python("benchmarks.intake"), "--part", part, "--folder", folder, "--tickets", str(tickets)]
        ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=clean_environment())
    return [Figure(**figure) for figure in json.loads(ended.stdout.splitlines()[-1])]


@click.command()
@click.option("--tickets", default=100_000, show_default=True)
@click.option("--quick", is_flag=True, help="5,000 tickets, to see that everything works.")
@click.option("--json", "as_json", is_flag=True)
@click.option("--part", type=click.Choice(sorted(PARTS)), hidden=True)
@click.option("--folder", type=click.Path(path_type=Path), hidden=True)
def main(tickets: int, quick: bool, as_json: bool, part: str | None, folder: Path | None) -> None:
    if part is not None:
        print(json.dumps([asdict(figure) for figure in PARTS[part](str(folder), tickets)]))
        return
    count = 5000 if quick else tickets
    bare, (first, second) = measured("bare", count)[0], measured("hub", count)
    if as_json:
        print(json.dumps([asdict(figure) for figure in (bare, first, second)]))
        return
    table = Table(
        "", "tickets/s", "CPU a ticket", "of bare (CPU)", "MB at 10 %", "MB at the end", "rows written", left=1
    )
    for one in (bare, first, second):
        memory = (f"{one.early_mb:.0f}", f"{one.late_mb:.0f}") if one.late_mb else ("", "")
        ratio = f"{bare.cpu_us / one.cpu_us:.2f}"
        written = str(one.changes) if one is second else ""
        table.row(one.what, f"{one.rate:,.0f}", f"{one.cpu_us:.0f} µs", ratio, *memory, written)
    print(table.text())
    print(f"goal of the first pull: {GOAL:,} tickets/s, memory flat; of the second: 0 rows written")


if __name__ == "__main__":
    main()
