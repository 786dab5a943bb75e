"""How much the API costs: the hub as it is shipped, beside a raw ASGI application and Connexion's FlaskApp.

All have the same tables with the same 1,000 reports, FULL durability, one process on one core; the load comes from
the other core over 16 connections. The repeats are interleaved, so that other work on the machine meets all alike.
"raw ASGI" commits for each request, "grouped" lets those that arrived together share a commit, as the hub does.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import orjson
import requests

from benchmarks.children import SERVER_CORE, ChildFailed, Process, free_port, python, running, wait_until_answers
from benchmarks.contract import COLLECTION
from benchmarks.load import HOW_TO_INSTALL, Load, has_wrk, press
from benchmarks.measure import Repeats, Sample, cpu_seconds, sync_cost_us
from benchmarks.reports import fill, report
from benchmarks.sender import settings_of
from benchmarks.table import Table

REPORTS = 1000
LISTED = 100
FILTERED = tuple(
    f"{COLLECTION}?status=acknowledged&priority.lte={priority}&sort=-lastUpdate&limit={LISTED}"
    for priority in range(2, 11)
)
ALL_NEW = tuple(
    f"{COLLECTION}?status=acknowledged&priority.lte={5 + number / 10_000}&sort=-lastUpdate&limit={LISTED}"
    for number in range(4_000)
)
"""More queries than the hub keeps with what they mean, so that each is new to it when it comes round again."""

GOAL = 0.8

NEW_EACH = f"list of {LISTED}, a new query each"
"""What it costs to read a query, to check it and to find its way. The raw application does none of that: it knows the
one query that it is asked, whatever its value. So this is shown for scale, and has no goal.
"""

HUB, RAW, RAW_GROUPED, FLASK = "qos-hub", "raw ASGI", "raw ASGI, grouped", "Connexion FlaskApp"


@dataclass(frozen=True, kw_only=True)
class Server:
    name: str
    url: str
    child: Process


def command_of(name: str, database: Path, port: int) -> list[str]:
    match name:
        case "qos-hub":
            return python("hub", "serve", "--database", str(database), "--port", str(port))
        case "Connexion FlaskApp":
            return python("benchmarks.flask_app", str(database), str(port))
        case _:
            grouped = ["--grouped"] if name == RAW_GROUPED else []
            return python("benchmarks.raw_app", str(database), str(port), *grouped)


@contextmanager
def serving(name: str, folder: Path, filled: Path) -> Iterator[Server]:
    own = folder / name.replace(" ", "-")
    own.mkdir()
    database, log, port = own / "qos-hub.db", own / "log", free_port()
    shutil.copy(filled, database)
    with running(command_of(name, database, port), core=SERVER_CORE, log=log) as child:
        url = f"http://127.0.0.1:{port}"
        wait_until_answers(f"{url}{COLLECTION}?limit=1", child, log)
        yield Server(name=name, url=url, child=child)


def filled_database(folder: Path) -> tuple[Path, tuple[str, ...]]:
    """A database with the reports, and the ids of those that are asked for."""
    database = folder / "filled.db"
    fill(settings_of(database), reports=REPORTS)
    connection = sqlite3.connect(database)
    ids = [row[0] for row in connection.execute("SELECT id FROM problem ORDER BY seq LIMIT ?", (LISTED,))]
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return database, tuple(ids)


def loads_of(ids: tuple[str, ...]) -> dict[str, Load]:
    """Reading comes first: what is written makes a list's count dearer."""
    return {
        "GET one": Load(paths=tuple(f"{COLLECTION}/{one}" for one in ids)),
        "GET one, fields": Load(paths=tuple(f"{COLLECTION}/{one}?fields=status,priority" for one in ids)),
        f"list of {LISTED}": Load(paths=(f"{COLLECTION}?limit={LISTED}",)),
        f"list of {LISTED}, filtered, sorted": Load(paths=FILTERED),
        NEW_EACH: Load(paths=ALL_NEW),
        "POST": Load(paths=(COLLECTION,), body=orjson.dumps(report(4711))),
        "POST, fields": Load(paths=(f"{COLLECTION}?fields=status",), body=orjson.dumps(report(4711))),
    }


OF_ONE = ("id", "href", "creationDate", "lastUpdate", "statusChangeDate")
"""What a new report has that no other one has."""


def refuse_different(servers: list[Server], loads: Mapping[str, Load]) -> None:
    """Raises AssertionError unless all servers answer the first questions of each load alike.

    The whole body is compared, with the host taken out of its addresses, and the total; of a new report all but what
    is its own.
    """
    with requests.Session() as session:
        for operation, load in loads.items():
            for path in load.paths[:LISTED]:
                first, *others = [_asked(session, server, load, path) for server in servers]
                unlike = [one.name for one, answer in zip(servers[1:], others, strict=True) if answer != first]
                assert not unlike, f"{operation}: {' and '.join(unlike)} answer {path} otherwise"


def _asked(session: requests.Session, server: Server, load: Load, path: str) -> tuple[int, str | None, object]:
    """(status, total, body)"""
    method = "GET" if load.body is None else "POST"
    headers = {"Content-Type": "application/json"}
    answer = session.request(method, server.url + path, data=load.body, headers=headers, timeout=10)
    answer.raise_for_status()
    content = json.loads(answer.text.replace(server.url, "http://hub"))
    if load.body is not None:
        content = {name: value for name, value in content.items() if name not in OF_ONE}
    return answer.status_code, answer.headers.get("X-Total-Count"), content


def measured(server: Server, load: Load, folder: Path, seconds: float) -> Sample:
    before = cpu_seconds(server.child.pid)
    answered = press(server.url, load, folder, seconds=seconds)
    cpu = cpu_seconds(server.child.pid) - before
    if not answered.count:
        raise ChildFailed(f"{server.name} answered nothing in {seconds} s: the server or its disk stood still")
    assert answered.failed == 0, f"{server.name}: {answered.failed} of {answered.count} requests failed"
    return Sample(count=answered.count, wall=answered.seconds, cpu=cpu, p99=answered.p99)


def run(folder: Path, *, seconds: float, repeats: int) -> dict[str, dict[str, Repeats]]:
    """{operation: {server: repeats}}."""
    database, ids = filled_database(folder)
    loads = loads_of(ids)
    found: dict[str, dict[str, Repeats]] = {}
    with ExitStack() as stack:
        names = (HUB, RAW, RAW_GROUPED, FLASK)
        servers = [stack.enter_context(serving(name, folder, database)) for name in names]
        refuse_different(servers, loads)
        for operation, load in loads.items():
            found[operation] = {server.name: Repeats() for server in servers}
            for _ in range(repeats):
                for server in servers:
                    found[operation][server.name].append(measured(server, load, folder, seconds))
    return found


def table_of(found: Mapping[str, Mapping[str, Repeats]]) -> Table:
    table = Table(
        "operation", "server", "req/s", "median", "CPU us", "median", "noise", "p99 ms", "req/s to", "CPU to"
    )
    for operation, by_server in found.items():
        ours = by_server[HUB]
        for name, repeats in by_server.items():
            table.row(
                operation,
                name,
                f"{repeats.rate:,.0f}",
                f"{repeats.rate_median:,.0f}",
                f"{repeats.cpu_us:,.0f}",
                f"{repeats.cpu_us_median:,.0f}",
                f"{repeats.noise:.0%}",
                f"{repeats.p99:.1f}",
                "" if name == HUB else f"{ours.faster_than(repeats):.2f}",
                "" if name == HUB else f"{ours.cheaper_than(repeats):.2f}",
            )
    return table


def figures_of(found: Mapping[str, Mapping[str, Repeats]]) -> dict[str, object]:
    return {
        operation: {
            name: {
                "rate": repeats.rate,
                "rate_median": repeats.rate_median,
                "cpu_us": repeats.cpu_us,
                "cpu_us_median": repeats.cpu_us_median,
                "noise": repeats.noise,
                "p99_ms": repeats.p99,
                "ratio": by_server[HUB].faster_than(repeats),
                "cpu_ratio": by_server[HUB].cheaper_than(repeats),
            }
            for name, repeats in by_server.items()
        }
        for operation, by_server in found.items()
    }


def goals_of(found: Mapping[str, Mapping[str, Repeats]]) -> Iterator[str]:
    """By CPU: requests a second swing with whatever else the machine does, and while a disk is waited for."""
    for operation, by_server in found.items():
        for reference in (RAW, RAW_GROUPED) if operation.startswith("POST") else (RAW,):
            ratio = by_server[HUB].cheaper_than(by_server[reference])
            rate = by_server[HUB].faster_than(by_server[reference])
            verdict = "met" if ratio >= GOAL else "NOT MET"
            goal = "for scale" if operation == NEW_EACH else f"goal {GOAL}: {verdict}"
            yield f"{operation}: {ratio:.2f} of {reference} by CPU ({rate:.2f} by req/s), {goal}"


@click.command(help=__doc__)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and no table.")
@click.option("--quick", is_flag=True, help="One short repeat: to see that it works, not to be quoted.")
@click.option("--seconds", default=0.5, show_default=True, help="How long one repeat lasts.")
@click.option("--repeats", default=15, show_default=True)
def main(as_json: bool, quick: bool, seconds: float, repeats: int) -> None:
    with TemporaryDirectory(prefix="qos-hub-bench-") as name:
        folder = Path(name)
        sync = sync_cost_us(folder)
        found = run(folder, seconds=1.0 if quick else seconds, repeats=1 if quick else repeats)
    if as_json:
        load = "wrk" if has_wrk() else "own"
        click.echo(json.dumps({"load": load, "sync_us": sync, "operations": figures_of(found)}))
        return
    click.echo(table_of(found).text())
    click.echo(
        "req/s to: ours divided by this server's; CPU to: this server's CPU a request divided by ours;"
        " each the median of repeats that ran side by side."
    )
    click.echo(f"A write that is on the disk takes {sync:,.0f} us here.")
    for line in ([] if has_wrk() else [HOW_TO_INSTALL], goals_of(found)):
        click.echo("\n".join(line))


if __name__ == "__main__":
    main()
