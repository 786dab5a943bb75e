"""How long the figures of a month and a whole report take, and in how much memory, over 141,712 records and over more.

The log is made up from a seed; with `--service-desk` that of a real desk, read by the adapter of files, comes first.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import click
import orjson

from benchmarks.history_log import BEGIN, DAYS, REPORTS, UPDATES, fill
from benchmarks.measure import memory_mb
from benchmarks.table import Table
from hub.model.times import from_micros
from hub.reporting.accounts import Accounts
from hub.reporting.audiences.definition import Format, ReportDefinition
from hub.reporting.audiences.file import load_audiences
from hub.reporting.calendars import DAY, Calendar, Holidays
from hub.reporting.dimensions import NAMES, dimensions
from hub.reporting.figures import HOUR, MINUTE
from hub.reporting.periods import period
from hub.reporting.policies import Policies, SlaPolicy
from hub.reporting.policy_file import load_agreed
from hub.reporting.render.composing import Told, compose
from hub.reporting.render.formats import rendered
from hub.reporting.views import Question
from hub.shipped import config_dir
from hub.store.sqlite import Store
from hub.telemetry import configure

GOAL_SECONDS, GOAL_MB = 2.0, 200.0
OFFICE = Calendar(
    name="office",
    zone="Europe/Berlin",
    hours={day: ((480, 1080),) for day in range(5)},
    holidays=Holidays(country="DE", subdivision="BE"),
)
POLICY = SlaPolicy(
    name="standard",
    version="2026-01-01",
    begin=0,
    calendar=OFFICE,
    restore={"1": 4 * HOUR, "2": 8 * HOUR, "other": 72 * HOUR},
    acknowledge={"1": 15 * MINUTE, "other": 60 * MINUTE},
)


WAYS = {
    "all figures": None,
    "all figures, 9 breakdowns": None,
    "executive, HTML": ("executive", Format.HTML),
    "regulator, CSV": ("regulator", Format.CSV),
    "operations, JSON": ("operations", Format.JSON),
    "operations, HTML": ("operations", Format.HTML),
}
"""What is made of a month: its figures alone, or the whole report of a shipped audience in a form. That for operations
has all metrics, seven breakdowns and the rows."""

FIGURES, BROKEN_DOWN = list(WAYS)[:2]


def month_of(days: int) -> str:
    """The last month but one of a log of so many days: the history lies before it, and something behind it."""
    return f"{from_micros(BEGIN + (days - 45) * DAY):%Y-%m}"


def measured(database: Path, month: str, way: str) -> dict[str, float]:
    """One account in this process: what it took, and the most memory there was."""
    calendars = load_agreed(config_dir() / "reporting.yaml").calendars
    name, form = WAYS[way] or ("operations", None)
    audience = load_audiences(config_dir() / "audiences.yaml", calendars)[name]
    told = Told(
        audience=audience, definition=ReportDefinition(name="month", title="Month", audience=name), scope={}
    )
    breakdowns = {FIGURES: (), BROKEN_DOWN: NAMES}.get(way, told.breakdowns)
    store = Store(database)
    before = memory_mb(os.getpid())[0]
    span = period(month, "Europe/Berlin")
    question = Question(period=span, as_of=span.end)
    accounts = Accounts(dimensions=dimensions(), policies=Policies([POLICY]))
    began, used = perf_counter(), process_time()
    account = accounts.of(store.read, question, recorded=span.end, breakdowns=breakdowns)
    found = {"reports": account.read, "rows": len(account.rows), "figures": len(account.figures)}
    if form:
        report = compose(account, told)
        del account
        rendered(report, form)
    took, cpu = perf_counter() - began, process_time() - used
    peak = memory_mb(os.getpid())[1]
    store.close()
    return {
        "seconds": took,
        "cpu": cpu,
        "peak": peak,
        "before": before,
        **found,
    }


def in_a_process(database: Path, month: str, way: str) -> dict[str, float]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.reporting",
        "--only",
        str(database),
        "--month",
        month,
        "--way",
        way,
    ]
    answer = subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[1])
    result: dict[str, float] = orjson.loads(answer.stdout)
    return result


@click.command()
@click.option("--repeats", default=3)
@click.option(
    "--records", default=f"{UPDATES},350000,700000,1400000", help="how long the logs are, at one density"
)
@click.option("--dense", is_flag=True, help="one more: ten times as much in the same three months")
@click.option(
    "--service-desk", type=click.Path(path_type=Path), help="a ServiceNow audit log: a zip with one CSV file"
)
@click.option("--quick", is_flag=True)
@click.option("--only", type=click.Path(path_type=Path), hidden=True)
@click.option("--month", hidden=True)
@click.option("--way", hidden=True)
def main(
    repeats: int,
    records: str,
    dense: bool,
    service_desk: Path | None,
    quick: bool,
    only: Path | None,
    month: str,
    way: str,
) -> None:
    configure("warning", "text")
    if only:
        click.echo(orjson.dumps(measured(only, month, way)))
        return
    table = Table(
        *("log", "records", "reports", "in the month", "made", "seconds", "CPU", "µs a record", "MB", "MB before"),
        left=1,
    )
    lengths = [UPDATES] if quick else [int(one) for one in records.split(",")]
    logs = [("made up", one, DAYS * one // UPDATES) for one in lengths]
    logs += [("made up, dense", 10 * UPDATES, DAYS)] if dense else []
    with TemporaryDirectory() as folder:
        times = 1 if quick else repeats
        if service_desk:
            from benchmarks.service_desk import MONTH_OF_DESK, replay  # what is measured does not import it

            made = replay(service_desk, Path(folder))
            rows(table, "service desk", Path(folder) / "hub.db", made, MONTH_OF_DESK, times)
        else:
            click.echo("the log of a real desk: skipped, no --service-desk was given")
        for number, (name, count, days) in enumerate(logs):
            database = Path(folder) / f"{number}.db"
            made = fill(database, reports=REPORTS * count // UPDATES, updates=count, days=days)
            rows(table, name, database, made, month_of(days), times)
            database.unlink()
    click.echo(table.text())
    click.echo(f"goal at {UPDATES:,} records: at most {GOAL_SECONDS:g} s and {GOAL_MB:g} MB")


def rows(table: Table, log: str, database: Path, records: int, month: str, repeats: int) -> None:
    """What is made of one log, each by its quickest run."""
    for way in WAYS:
        runs = [in_a_process(database, month, way) for _ in range(repeats)]
        best = min(runs, key=lambda one: one["seconds"])
        table.row(
            log,
            f"{records:,}",
            f"{best['reports']:,.0f}",
            f"{best['rows']:,.0f}",
            way,
            f"{best['seconds']:.2f}",
            f"{best['cpu']:.2f}",
            f"{best['seconds'] / records * 1e6:.1f}",
            f"{best['peak']:.0f}",
            f"{best['before']:.0f}",
        )


if __name__ == "__main__":
    main()
