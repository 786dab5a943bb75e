"""Measures lists over very many reports: the time of a page and of its total, beside a plain search of the table."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click

from benchmarks.many import fill_store
from benchmarks.measure import percentile
from benchmarks.sender import settings_of
from benchmarks.table import Table
from hub import shipped
from hub.api.attributes import problem_attributes
from hub.api.schemas import load_contract
from hub.query.ordering import Cursor, Position
from hub.query.parse import ListQuery, parse_list_query, split_query_string
from hub.store.columns import COLUMNS
from hub.store.paging import Listed, read_page
from hub.store.sqlite import Store
from hub.telemetry import configure

PAGE_GOAL, COUNT_GOAL = 1.0, 10.0
"""Milliseconds for the median."""

LIMIT = 100
LEAST, LONGEST = 3, 3.0
"""A list is measured so often at least, and for so many seconds at most."""

RECENT, LONG_AGO = "2025-12-25T00:00:00Z", "2024-03-01T00:00:00Z"
OPEN = "status=acknowledged,inProgress,pending,held"
PARTY, ORIGINATOR = "relatedParty.partyOrPartyRole.id", "originatorParty.partyOrPartyRole.id"

INDEXED = (
    "",
    "status=held",
    "status=closed",
    "status=held&priority=1",
    "status=closed&priority=3",
    "category=other",
    "category=supplier.originated",
    "status=held&sort=-lastUpdate",
    "status=closed&sort=-lastUpdate",
    f"{OPEN}&sort=creationDate",
    "priority.lte=1&sort=-creationDate",
    "priority.lte=3&sort=-creationDate",
    "sort=-priority",
    f"lastUpdate.gt={RECENT}&sort=lastUpdate",
    f"lastUpdate.gt={LONG_AGO}&sort=lastUpdate",
    f"lastUpdate.gt={RECENT}",
    f"status=resolved&lastUpdate.gt={RECENT}&sort=lastUpdate",
    f"status=closed&lastUpdate.gt={LONG_AGO}&sort=lastUpdate",
    f"{PARTY}=cust-7",
    f"{PARTY}=cust-7&status=closed&sort=-lastUpdate",
    "affectedService.id=svc-77",
    "after=",
    "status=closed&sort=-lastUpdate&after=",
)
BROAD = (
    f"lastUpdate.gt={LONG_AGO}",
    f"status=closed&lastUpdate.gt={LONG_AGO}",
    f"{ORIGINATOR}=org-311",
    f"{ORIGINATOR}=org-311&status=closed",
    f"{ORIGINATOR}=org-311&status=held&sort=-lastUpdate",
    "sort=-priority,creationDate",
    "status=closed&sort=category,-lastUpdate",
    "sort=-creationDate,priority",
    "offset=900000",
)
"""Indexed, and so broad that a plain walk of the index would pass most of it."""

UNINDEXED = (
    "status=held&description.regex=ring 99",
    "description=x",
)
"""They run on a thread, for no longer than the settings allow, and are not judged."""


@dataclass(frozen=True, kw_only=True)
class Times:
    """Milliseconds of each repeat, and what was found."""

    pages: Sequence[float]
    counts: Sequence[float]
    total: int
    quick: bool


def timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def measured(store: Store, query: ListQuery, repeats: int) -> Times:
    """The way to a list is looked for anew where the one kept is too old. A page by cursor is one in the middle."""
    problems = store.read.problems
    total = problems.count(query.condition)
    offset = min(query.offset, max(0, total - LIMIT))
    cursor = None if query.cursor is None else Cursor(position=position_at(store, query, total // 2))
    pages: list[float] = []
    counts: list[float] = []
    end = time.monotonic() + LONGEST
    while len(pages) < repeats and (len(pages) < LEAST or time.monotonic() < end):
        search = problems.search(query.condition, sort=query.sort, offset=offset, limit=LIMIT, cursor=cursor)
        pages.append(timed(search.page))
        counts.append(timed(problems.search(query.condition).count))
    return Times(pages=pages, counts=counts, total=total, quick=search.quick)


def position_at(store: Store, query: ListQuery, offset: int) -> Position:
    (name, _), *_ = store.read.problems.page(query.condition, sort=query.sort, offset=offset, limit=1).rows
    stored = store.read.problems.get(name)
    assert stored is not None
    return Position(values=tuple(stored.problem.document[key.path[0]] for key in query.sort), seq=stored.seq)


def naive(store: Store, query: ListQuery) -> tuple[float, float]:
    """(page, count) in milliseconds of the same list from the table alone."""
    listed = Listed(table="problem NOT INDEXED", select="id, CAST(document AS BLOB)", columns=COLUMNS)
    connection = store.read.connection
    where, values = listed.where(query.condition)
    page = partial(
        read_page,
        connection,
        listed,
        query.condition,
        sort=query.sort,
        offset=query.offset,
        limit=LIMIT,
        cursor=None,
        made=lambda row: row,
    )
    count = partial(connection.execute, f"SELECT count(*) FROM {listed.table}{where}", values)
    return timed(page), timed(lambda: count().fetchone())


def opened(folder: Path, reports: int) -> Store:
    """The store with so many reports, made anew unless the folder has it."""
    database = folder / f"list-{reports}.db"
    settings = settings_of(database)
    store = Store(database, synchronous="NORMAL", indexed_paths=settings.store.indexed_paths)
    if store.read.problems.count(None) < reports:
        click.echo(f"filling: {timed(partial(fill_store, store, reports)) / 1000:.0f} s", err=True)
    return store


def run(store: Store, repeats: int, *, plain: bool) -> dict[str, dict[str, float | bool]]:
    """{query: figures}."""
    attributes = problem_attributes(load_contract(shipped.openapi_dir() / "serviceProblem-v5.yaml"), {})
    found: dict[str, dict[str, float | bool]] = {}
    for text in (*INDEXED, *BROAD, *UNINDEXED):
        query = parse_list_query(split_query_string(text.encode()), attributes=attributes)
        times = measured(store, query, repeats)
        figures: dict[str, float | bool] = {
            "total": times.total,
            "page_ms": median(times.pages),
            "page_p99_ms": percentile(times.pages, 0.99),
            "count_ms": median(times.counts),
            "quick": times.quick,
        }
        if plain and query.cursor is None:
            figures["plain_page_ms"], figures["plain_count_ms"] = naive(store, query)
        found[text] = figures
    return found


def table_of(found: dict[str, dict[str, float | bool]]) -> Table:
    table = Table("list of 100", "on", "fit", "page ms", "p99", "count ms", "plain page", "plain count", left=2)
    for text, figures in found.items():
        table.row(
            text or "(everything)",
            "loop" if figures["quick"] else "thread",
            f"{figures['total']:,}",
            *(f"{figures[name]:.2f}" for name in ("page_ms", "page_p99_ms", "count_ms")),
            *(f"{figures[name]:,.1f}" if name in figures else "" for name in ("plain_page_ms", "plain_count_ms")),
        )
    return table


@click.command(help=__doc__)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and no table.")
@click.option(
    "--quick", is_flag=True, help="100,000 reports and few repeats: to see that it works, not to be quoted."
)
@click.option("--reports", default=1_000_000, show_default=True)
@click.option("--repeats", default=200, show_default=True)
@click.option("--plain/--no-plain", default=True, show_default=True, help="Search the table alone, too.")
@click.option("--folder", type=click.Path(path_type=Path), help="Keep the database here, for the next run.")
def main(as_json: bool, quick: bool, reports: int, repeats: int, plain: bool, folder: Path | None) -> None:
    configure("warning", "text")
    with TemporaryDirectory(prefix="qos-hub-bench-") as name:
        store = opened(folder or Path(name), 100_000 if quick else reports)
        found = run(store, 10 if quick else repeats, plain=plain)
        store.close()
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(table_of(found).text())
    for kind, texts in (("indexed lists", INDEXED), ("indexed, too broad for a walk", BROAD)):
        for goal, name in ((PAGE_GOAL, "page_ms"), (COUNT_GOAL, "count_ms")):
            late = [text or "(everything)" for text in texts if found[text][name] > goal]
            verdict = f"NOT MET by {', '.join(late)}" if late else "met"
            click.echo(f"{kind}: {name.partition('_')[0]} in {goal:g} ms (median): {verdict}")
    click.echo("without an index, not judged: ended after [store] query_time_limit")


if __name__ == "__main__":
    main()
