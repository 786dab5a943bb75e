"""How fast bulk is: an import beside plain POSTs, an export beside a raw dump of the database, and what others notice.

One hub as it is shipped, all roles, FULL durability, on one core; clients have the other. The reports of the import are
those of the POSTs. The raw dump selects the same rows from SQLite and writes their documents to a file, nothing else.
"""

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import orjson
import requests

from benchmarks.children import SERVER_CORE, free_port, pinned, python, running, wait_until_answers
from benchmarks.contract import COLLECTION
from benchmarks.load import Answered, Load, press
from benchmarks.measure import cpu_seconds, memory_mb
from benchmarks.reports import report
from benchmarks.table import Table

JOBS = "/qos-hub/v1"
NDJSON, CSV = "application/x-ndjson", "text/csv"
PIECE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`rate` is reports a second on a clock, `cpu_us` the server's CPU for one; `memory_mb` is resident afterwards."""

    what: str
    rate: float
    cpu_us: float
    memory_mb: float


@dataclass(frozen=True, kw_only=True)
class Noticed:
    """How long one client waits for its answers, in milliseconds."""

    what: str
    p50: float
    p99: float


class Hub:
    def __init__(self, url: str, pid: int, folder: Path) -> None:
        self.url = url
        self.pid = pid
        self._folder = folder

    def post_all(self, seconds: float) -> Figure:
        before = cpu_seconds(self.pid)
        answered = self.press(seconds, connections=16)
        cpu = cpu_seconds(self.pid) - before
        return self._figure("POST, 16 clients", answered.count, answered.seconds, cpu)

    def press(self, seconds: float, connections: int, *, get: str | None = None) -> Answered:
        load = Load(paths=(COLLECTION,), body=orjson.dumps(report(1)))
        if get is not None:
            load = Load(paths=(f"{COLLECTION}/{get}",))
        answered = press(self.url, load, self._folder, seconds=seconds, connections=connections)
        assert answered.failed == 0
        return answered

    def ask(self, kind: str, **asked: Any) -> dict[str, Any]:
        made: dict[str, Any] = _checked(requests.post(f"{self.url}{JOBS}/{kind}", json=asked, timeout=60)).json()
        return made

    def upload(self, made: dict[str, Any], content: Path) -> None:
        with content.open("rb") as file:
            headers = {"Content-Type": made["contentType"]}
            _checked(requests.put(made["url"], data=file, headers=headers, timeout=600))

    def ended(self, made: dict[str, Any]) -> dict[str, Any]:
        while True:
            job: dict[str, Any] = _checked(requests.get(made["href"], timeout=60)).json()
            if job["status"] in ("Succeeded", "Failed"):
                assert job["status"] == "Succeeded", job
                return job
            time.sleep(0.05)

    def figure(self, what: str, made: dict[str, Any], cpu_before: float) -> Figure:
        """The figure of a job, once it has ended."""
        job = self.ended(made)
        cpu = cpu_seconds(self.pid) - cpu_before
        times = [datetime.fromisoformat(job[name]) for name in ("startDate", "completionDate")]
        return self._figure(what, job["progress"]["read"], (times[1] - times[0]).total_seconds(), cpu)

    def _figure(self, what: str, count: int, seconds: float, cpu: float) -> Figure:
        resident, _ = memory_mb(self.pid)
        return Figure(what=what, rate=count / seconds, cpu_us=cpu * 1e6 / count, memory_mb=resident)


def _checked(answer: requests.Response) -> requests.Response:
    answer.raise_for_status()
    return answer


def imports(hub: Hub, content: Path, *, seconds: float) -> Iterator[Figure | Noticed]:
    """An import on its own, and another while a client reads and writes, each beside its time without."""
    yield hub.post_all(seconds)
    before, made = cpu_seconds(hub.pid), hub.ask("importJob")
    hub.upload(made, content)
    yield hub.figure("import, JSON Lines", made, before)
    one = _checked(requests.get(f"{hub.url}{COLLECTION}?limit=1&fields=none", timeout=60)).json()[0]["id"]
    yield from _noticed(hub, "alone", one, seconds)
    made = hub.ask("importJob")
    hub.upload(made, content)
    yield from _noticed(hub, "beside an import", one, seconds)
    hub.ended(made)


def _noticed(hub: Hub, when: str, one: str, seconds: float) -> Iterator[Noticed]:
    for what, get in (("GET", one), ("POST", None)):
        answered = hub.press(seconds / 2, connections=1, get=get)
        yield Noticed(what=f"{what} {when}", p50=answered.p50, p99=answered.p99)


def exports(hub: Hub, database: Path) -> Iterator[Figure]:
    yield dumped(database)
    for content_type, name in ((NDJSON, "JSON Lines"), (CSV, "CSV")):
        before = cpu_seconds(hub.pid)
        made = hub.ask("exportJob", contentType=content_type)
        yield hub.figure(f"export, {name}", made, before)


def dumped(database: Path) -> Figure:
    """What SQLite and a file alone cost."""
    with pinned(SERVER_CORE):
        began, cpu = time.perf_counter(), time.process_time()
        connection = sqlite3.connect(database)
        count = 0
        with (database.parent / "dump").open("wb") as file:
            for problem_id, document in connection.execute("SELECT id, CAST(document AS BLOB) FROM problem"):
                file.write(b'{"id":"%b",%b\n' % (problem_id.encode(), document[1:]))
                count += 1
            file.flush()
            os.fsync(file.fileno())
        connection.close()
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return Figure(what="raw dump of SQLite", rate=count / seconds, cpu_us=cpu * 1e6 / count, memory_mb=0.0)


def written(folder: Path, reports: int) -> Path:
    content = folder / "reports.ndjson"
    with content.open("wb") as file:
        for number in range(reports):
            file.write(orjson.dumps(report(number)) + b"\n")
    return content


def run(folder: Path, *, reports: int, seconds: float) -> tuple[list[Figure | Noticed], float]:
    """The figures, and the most memory that the hub had, in MB."""
    content, database, port = written(folder, reports), folder / "qos-hub.db", free_port()
    command = python("hub", "serve", "--database", str(database), "--port", str(port))
    with running(command, core=SERVER_CORE, log=folder / "log") as child:
        hub = Hub(f"http://127.0.0.1:{port}", child.pid, folder)
        wait_until_answers(f"{hub.url}{COLLECTION}?limit=1", child, folder / "log")
        found: list[Figure | Noticed] = [*imports(hub, content, seconds=seconds), *exports(hub, database)]
        return found, memory_mb(child.pid)[1]


def tables_of(found: list[Figure | Noticed]) -> Iterator[Table]:
    figures = {one.what: one for one in found if isinstance(one, Figure)}
    table = Table("reports by", "reports/s", "CPU us", "MB after", "CPU to reference", left=1)
    for name, one in figures.items():
        reference = figures["POST, 16 clients" if name.startswith(("POST", "import")) else "raw dump of SQLite"]
        ratio = "" if one is reference else f"{one.cpu_us / reference.cpu_us:.2f}"
        memory = f"{one.memory_mb:.0f}" if one.memory_mb else ""
        table.row(name, f"{one.rate:,.0f}", f"{one.cpu_us:,.1f}", memory, ratio)
    yield table
    table = Table("one client", "p50 ms", "p99 ms", left=1)
    for each in found:
        if isinstance(each, Noticed):
            table.row(each.what, f"{each.p50:.2f}", f"{each.p99:.2f}")
    yield table


@click.command(help=__doc__)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and no table.")
@click.option("--quick", is_flag=True, help="Few reports: to see that it works, not to be quoted.")
@click.option("--reports", default=100_000, show_default=True, help="How many reports an import has.")
@click.option("--seconds", default=3.0, show_default=True, help="How long clients press.")
@click.option("--repeats", default=1, hidden=True, help="Taken as the others do; one repeat is long enough.")
def main(as_json: bool, quick: bool, reports: int, seconds: float, repeats: int) -> None:
    with TemporaryDirectory(prefix="qos-hub-bench-") as name:
        found, most = run(Path(name), reports=5000 if quick else reports, seconds=1.0 if quick else seconds)
    if as_json:
        click.echo(json.dumps({"memory_mb": most, "figures": [asdict(one) for one in found]}))
        return
    for table in tables_of(found):
        click.echo(table.text())
        click.echo("")
    click.echo(f"The hub had {most:.0f} MB at the most.")


if __name__ == "__main__":
    main()
