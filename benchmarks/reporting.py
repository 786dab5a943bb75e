"""How long all figures of a month take, and in how much memory, over a history of 141,712 records and over more."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import click
import orjson

from benchmarks.history_log import DAYS, REPORTS, UPDATES, fill
from benchmarks.measure import memory_mb
from benchmarks.table import Table
from hub.reporting.account import to_bytes
from hub.reporting.accounts import Accounts
from hub.reporting.calendars import Calendar, Holidays
from hub.reporting.dimensions import NAMES, dimensions
from hub.reporting.figures import HOUR, MINUTE
from hub.reporting.periods import period
from hub.reporting.policies import Policies, SlaPolicy
from hub.reporting.views import Question
from hub.store.sqlite import Store
from hub.telemetry import configure

MONTH = "2026-02"
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


def measured(database: Path, breakdowns: tuple[str, ...]) -> dict[str, float]:
    """One account in this process: what it took, and the most memory there was."""
    store = Store(database)
    before = memory_mb(os.getpid())[0]
    question = Question(period=period(MONTH, "Europe/Berlin"), as_of=period(MONTH, "Europe/Berlin").end)
    accounts = Accounts(dimensions=dimensions(), policies=Policies([POLICY]))
    began = perf_counter()
    account = accounts.of(store.read, question, recorded=question.as_of, breakdowns=breakdowns)
    took = perf_counter() - began
    size = len(to_bytes(account))
    peak = memory_mb(os.getpid())[1]
    store.close()
    return {
        "seconds": took,
        "peak": peak,
        "before": before,
        "reports": account.read,
        "rows": len(account.rows),
        "figures": len(account.figures),
        "bytes": size,
    }


def in_a_process(database: Path, breakdowns: bool) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.reporting", "--only", str(database)]
    command += ["--breakdowns"] if breakdowns else []
    answer = subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[1])
    result: dict[str, float] = orjson.loads(answer.stdout)
    return result


@click.command()
@click.option("--repeats", default=3)
@click.option("--times", default="1,2,5,10", help="how many times the log, in length: the month stays what it is")
@click.option("--dense", default="10", help="how many times the log in the same three months")
@click.option("--quick", is_flag=True)
@click.option("--only", type=click.Path(path_type=Path), hidden=True)
@click.option("--breakdowns", is_flag=True, hidden=True)
def main(repeats: int, times: str, dense: str, quick: bool, only: Path | None, breakdowns: bool) -> None:
    configure("warning", "text")
    if only:
        click.echo(orjson.dumps(measured(only, NAMES if breakdowns else ())))
        return
    lengths = [] if quick else [int(one) for one in times.split(",")]
    densities = [] if quick else [int(one) for one in dense.split(",") if one]
    table = Table(
        "records", "reports", "in the month", "broken down", "seconds", "MB", "MB before", "figures", left=0
    )
    logs = [(one, DAYS * one) for one in lengths or [1]] + [(one, DAYS) for one in densities]
    with TemporaryDirectory() as folder:
        for number, (factor, days) in enumerate(logs):
            database = Path(folder) / f"{number}.db"
            made = fill(database, reports=REPORTS * factor, updates=UPDATES * factor, days=days)
            for broken in (False, True):
                runs = [in_a_process(database, broken) for _ in range(1 if quick else repeats)]
                best = min(runs, key=lambda one: one["seconds"])
                table.row(
                    f"{made:,}",
                    f"{best['reports']:,.0f}",
                    f"{best['rows']:,.0f}",
                    f"{len(NAMES)} ways" if broken else "no",
                    f"{best['seconds']:.2f}",
                    f"{best['peak']:.0f}",
                    f"{best['before']:.0f}",
                    f"{best['figures']:,.0f}",
                )
            database.unlink()
    click.echo(table.text())
    click.echo(f"goal at {UPDATES:,} records: at most {GOAL_SECONDS:g} s and {GOAL_MB:g} MB")


if __name__ == "__main__":
    main()
