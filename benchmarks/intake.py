"""How fast a source is read: a first pull of many tickets, a second one that finds nothing new, and a log of changes.

With `--service-desk` the log of a real desk is read, too, whole.

Each part is a process of its own, on one core. Those of the hub read through the mapping, the rules and the store as
they are shipped, a transaction a page, FULL durability. The first pull is made on all cores, too, as by a hub that is
started: it maps a page while the database writes the one before. The two beside them read the same tickets: one writes
each as it is into a table with one index, and does nothing else; one has the mapped reports in memory before its clock
starts, and writes their rows into the hub's tables by the hub's own statements.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import orjson

from adapters.files.source import make as make_files
from benchmarks.children import SERVER_CORE, clean_environment, pinned, python
from benchmarks.desk import LOG_TIME, Desk, mapping, write_log, write_tickets
from benchmarks.measure import cpu_seconds, memory_mb
from benchmarks.rows import begin, commit, connect
from benchmarks.table import Table
from hub import memory
from hub.bootstrap.parts import Parts, make_parts, make_store
from hub.bootstrap.rules import report_rules
from hub.intake.configured import find_mapping, shipped_folders
from hub.intake.mapping import FieldMapping, render
from hub.intake.observe import Reader
from hub.intake.poll import SourcePoll
from hub.model.event import EventType, Record
from hub.model.ids import Uuid7
from hub.model.problem import Document, Problem
from hub.model.times import micros_to_text, system_clock, to_micros
from hub.ports import Check, Page, Source
from hub.settings import Settings, SourceSettings, load_settings
from hub.store.sources import SourceRow, never_polled
from hub.store.tables import Tables

GOAL = 5000
PAGE = 500
NAME = "desk"
LEAST = 5000
"""Tickets before the memory is read first: what is made once is made by then."""


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
    memory.settle()
    began, cpu = time.perf_counter(), cpu_seconds(os.getpid())
    work()
    seconds, spent = time.perf_counter() - began, cpu_seconds(os.getpid()) - cpu
    return Figure(what=what, rate=count / seconds, cpu_us=spent / count * 1e6)


def settings_in(folder: Path) -> Settings:
    return load_settings(None, {}, {"store.database": str(folder / "hub.db")})


class Watched:
    """A source that tells of so many records; notes the memory when a tenth has been told, or a little more of few."""

    def __init__(self, source: Source, count: int) -> None:
        self._source = source
        self._enough = max(count // 10, min(LEAST, count))
        self.early = 0.0

    def check(self) -> Check:
        return self._source.check()

    def pull(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        told = 0
        for page in self._source.pull(cursor):
            told += len(page.records)
            if not self.early and told >= self._enough:
                self.early = memory_mb(os.getpid())[0]
            yield page


def pull(parts: Parts, source: Source, rules: FieldMapping, row: SourceRow) -> None:
    SourcePoll(
        source=source,
        reader=Reader(source=NAME, mapping=rules),
        store=parts.store,
        rules=report_rules(parts).sources,
        clock=system_clock,
        absent_polls=2,
        backfill_notify=False,
    ).run(row, lambda: False)


def first_pull(parts: Parts, folder: Path, tickets: int, what: str) -> tuple[Figure, SourceRow]:
    """The figure, and the source as it is kept then."""
    parts.store.write(lambda tables: tables.sources.ensure(NAME, NAME))
    desk = Watched(Desk(folder / "tickets.ndjson", page_size=PAGE), tickets)
    first = timed(what, tickets, lambda: pull(parts, desk, mapping(), never_polled(NAME, NAME)))
    late = memory_mb(os.getpid())[0]
    row = parts.store.read.sources.get(NAME)
    assert row is not None
    assert row.problems == tickets
    return replace(first, early_mb=desk.early, late_mb=late), row


def cores_part(folder: Path, tickets: int) -> list[Figure]:
    """The first pull, by a process that may use all cores."""
    parts = make_parts(settings_in(folder), system_clock)
    figure, _ = first_pull(parts, folder, tickets, f"hub: the first pull, on {len(os.sched_getaffinity(0))} cores")
    parts.store.close()
    return [figure]


def hub_part(folder: Path, tickets: int) -> list[Figure]:
    """The first pull, and a second one by another poll that is told everything once more."""
    parts, lines = make_parts(settings_in(folder), system_clock), folder / "tickets.ndjson"
    store = parts.store
    first, row = first_pull(parts, folder, tickets, "hub: the first pull, on one core")
    written = store.write(lambda tables: tables.connection.total_changes)
    again = Desk(lines, page_size=PAGE, from_the_beginning=True)
    second = timed("hub: a second pull, nothing new", tickets, lambda: pull(parts, again, mapping(), row))
    written = store.write(lambda tables: tables.connection.total_changes) - written
    store.close()
    return [first, replace(second, changes=written)]


def log_part(folder: Path, rows: int) -> list[Figure]:
    """A log as the adapter for files reads it, with the shipped mapping."""
    parts = make_parts(settings_in(folder), system_clock)
    parts.store.write(lambda tables: tables.sources.ensure(NAME, "files"))
    rules = find_mapping(NAME, SourceSettings(name=NAME, adapter="files"), shipped_folders())
    options = {
        "folder": str(folder),
        "format": "csv",
        "key": ["number"],
        "stamp": "sys_updated_at",
        "stamp_format": LOG_TIME,
        "times": ["opened_at"],
        "settle": 0,
    }
    source = Watched(make_files(NAME, options), rows)
    figure = timed("hub: a log of changes", rows, lambda: pull(parts, source, rules, never_polled(NAME, "files")))
    late = memory_mb(os.getpid())[0]
    told = parts.store.read.records.last()
    parts.store.close()
    assert told > rows * 5 // 6, "each change of a status has its record"
    return [replace(figure, early_mb=source.early, late_mb=late)]


def raw_part(folder: Path, tickets: int) -> list[Figure]:
    connection = connect(str(folder / "raw.db")).connection
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE ticket (key TEXT PRIMARY KEY, document TEXT NOT NULL)")

    def copy() -> None:
        for page in pages(folder):
            rows = [(one["number"], orjson.dumps(one).decode()) for one in page]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO ticket VALUES (?, ?)", rows)
            connection.execute("COMMIT")

    return [timed("raw: the tickets into one table", tickets, copy)]


def bare_part(folder: Path, tickets: int) -> list[Figure]:
    rules = mapping()
    reports = [(one["number"], render(rules, one).document) for page in pages(folder) for one in page]
    make_store(settings_in(folder)).close()
    tables = connect(str(folder / "hub.db"))

    def insert_all() -> None:
        new_id = Uuid7(system_clock)
        for start in range(0, tickets, PAGE):
            begin(tables)
            with tables.connection.gathering():
                for key, document in reports[start : start + PAGE]:
                    insert(tables, key, document, new_id)
            commit(tables)

    return [timed("bare: the mapped reports inserted", tickets, insert_all)]


def pages(folder: Path) -> Iterator[list[Document]]:
    with (folder / "tickets.ndjson").open("rb") as lines:
        while page := [orjson.loads(line) for line in islice(lines, PAGE)]:
            yield page


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


PARTS = {"raw": raw_part, "bare": bare_part, "cores": cores_part, "hub": hub_part, "log": log_part}


def measured(part: str, tickets: int, service_desk: Path | None = None) -> list[Figure]:
    with TemporaryDirectory() as name, nullcontext() if part == "cores" else pinned(SERVER_CORE):
        folder = Path(name)
        if service_desk:
            from benchmarks.service_desk import unpack  # what is measured does not import it

            with unpack(service_desk, folder).open("rb") as lines:
                tickets = sum(1 for _ in lines) - 1
        elif part == "log":
            write_log(folder / "log.csv", tickets)
        else:
            write_tickets(folder / "tickets.ndjson", tickets)
        command = [*python("benchmarks.intake"), "--part", part, "--folder", name, "--tickets", str(tickets)]
        ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=clean_environment())
    return [Figure(**figure) for figure in json.loads(ended.stdout.splitlines()[-1])]


@click.command()
@click.option("--tickets", default=100_000, show_default=True)
@click.option("--quick", is_flag=True, help="5,000 tickets, to see that everything works.")
@click.option(
    "--service-desk", type=click.Path(path_type=Path), help="a ServiceNow audit log: a zip with one CSV file"
)
@click.option("--json", "as_json", is_flag=True)
@click.option("--part", type=click.Choice(sorted(PARTS)), hidden=True)
@click.option("--folder", type=click.Path(path_type=Path), hidden=True)
def main(
    tickets: int, quick: bool, service_desk: Path | None, as_json: bool, part: str | None, folder: Path | None
) -> None:
    if part is not None:
        assert folder is not None
        print(json.dumps([asdict(figure) for figure in PARTS[part](folder, tickets)]))
        return
    count = 5000 if quick else tickets
    figures = [figure for part in PARTS for figure in measured(part, count)]
    if service_desk is not None:
        figures += [replace(one, what="hub: the log of a real desk") for one in measured("log", 0, service_desk)]
    if as_json:
        print(json.dumps([asdict(figure) for figure in figures]))
        return
    raw, _, _, _, second, *_ = figures
    table = Table(
        "", "a second", "CPU for one", "CPU to raw", "MB at 10 %", "MB at the end", "rows written", left=1
    )
    for one in figures:
        memories = (f"{one.early_mb:.0f}", f"{one.late_mb:.0f}") if one.late_mb else ("", "")
        written = str(one.changes) if one is second else ""
        ratio = f"{one.cpu_us / raw.cpu_us:.1f}"
        table.row(one.what, f"{one.rate:,.0f}", f"{one.cpu_us:.0f} µs", ratio, *memories, written)
    print(table.text())
    if service_desk is None:
        print("the log of a real desk: skipped, no --service-desk was given")
    print(f"goal of the first pull: {GOAL:,} tickets/s, memory flat; of the second: 0 rows written")


if __name__ == "__main__":
    main()
