"""How much delivering costs: the transport alone, the durable sender, latency, fairness, and the hub's start.

The sender has one core, the sink another. The repeats are interleaved; the least CPU and the best rate count.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click

from benchmarks import durable, latency, load, nginx, queued, start, transport
from benchmarks.durable import SOUND, WITH_HANGING
from benchmarks.latency import Latency
from benchmarks.measure import Repeats, sync_cost_us
from benchmarks.queued import Tenth
from benchmarks.reports import fill
from benchmarks.sender import settings_of
from benchmarks.start import Start
from benchmarks.table import Table
from benchmarks.transport import BARE, NAIVE, OURS, OURS_HTTP2, OURS_TLS, WRK, WRK_TLS

PACE = 200.0
TO_WRK, TO_NAIVE = 0.35, 20.0
PER_CORE = {"NORMAL": 10_000.0, "FULL": 7_000.0}
ACCEPTED_P50, ACCEPTED_P99 = 3.0, 20.0
FAIR = 1.1
STEADY, GROWN = 0.8, 1.2
START, RESIDENT = 3.0, 150.0


@dataclass(frozen=True, kw_only=True)
class Found:
    sink: str
    sync_us: float
    transport: dict[str, Repeats]
    durable: dict[str, Repeats]
    sender_memory_mb: float
    latency: Latency
    fairness: dict[str, Repeats]
    start: list[Start]
    queue: list[Tenth]

    @property
    def slowed(self) -> list[float]:
        """How much longer the 49 waited, pair by pair: the two runs of a pair are neighbours in time."""
        pairs = zip(self.fairness[SOUND], self.fairness[WITH_HANGING], strict=True)
        return sorted(hanging.wall / sound.wall for sound, hanging in pairs)

    def per_core_to(self, other: str) -> float:
        return self.transport[OURS].per_core / self.transport[other].per_core


def example_event(folder: Path) -> bytes:
    """The body of one event, as it is sent."""
    database = folder / "example.db"
    fill(settings_of(database), reports=1)
    connection = sqlite3.connect(database)
    body: bytes = connection.execute("SELECT body FROM event").fetchone()[0]
    connection.close()
    return body


def run(folder: Path, *, repeats: int, scale: float, queue: int) -> Found:
    body = example_event(folder)
    with nginx.sink(folder) as sink:
        posts = transport.measure(sink, body, folder, repeats=repeats, scale=scale)
        sent, memory = durable.measure(sink, folder, repeats=repeats, scale=scale)
        fair = durable.measure_fairness(sink, folder, pairs=repeats + 2, scale=scale)
        tenths = queued.drain(folder, sink, deliveries=queue)
        kind = sink.kind
    return Found(
        sink=kind,
        sync_us=sync_cost_us(folder),
        transport=posts,
        durable=sent,
        sender_memory_mb=memory,
        latency=latency.measure(folder, rate=PACE, seconds=5 * scale),
        fairness=fair,
        start=start.measure(folder, repeats=repeats),
        queue=tenths,
    )


def table_of(found: Found) -> Table:
    table = Table("what", "how", "a second", "median", "per core", "CPU us", "median", "noise", "reused")
    parts = {"POST": found.transport, "durable delivery": found.durable, "fairness": found.fairness}
    for what, by_name in parts.items():
        for name, repeats in by_name.items():
            table.row(
                what,
                name,
                f"{repeats.rate:,.0f}",
                f"{repeats.rate_median:,.0f}",
                f"{repeats.per_core:,.0f}",
                f"{repeats.cpu_us:,.1f}",
                f"{repeats.cpu_us_median:,.1f}",
                f"{repeats.noise:.0%}",
                "" if repeats.reused is None else f"{repeats.reused:.2%}",
            )
    return table


def queue_table(found: list[Tenth]) -> Table:
    table = Table("tenth of the queue", "a second", "per core", "memory MB", left=1)
    for number, tenth in enumerate(found, 1):
        table.row(f"{number}", f"{tenth.rate:,.0f}", f"{tenth.per_core:,.0f}", f"{tenth.memory_mb:.0f}")
    return table


def latency_table(found: Latency) -> Table:
    table = Table(f"latency at {found.rate:,.0f} events/s, FULL", "p50 ms", "p99 ms", left=1)
    table.row("answer of the POST -> received", f"{found.accepted_p50:.2f}", f"{found.accepted_p99:.2f}")
    table.row("POST sent -> received", f"{found.sent_p50:.2f}", f"{found.sent_p99:.2f}")
    table.row("POST sent -> answer", f"{found.post_p50:.2f}", f"{found.post_p99:.2f}")
    return table


def goals_of(found: Found) -> Iterator[str]:
    """One line a goal: the figure, the goal, and whether it is met."""
    if load.has_wrk():
        yield _goal("transport to wrk, per core", found.per_core_to(WRK), TO_WRK, "{:.2f}")
    else:
        yield "transport to wrk, per core: not judged, there is no wrk"
    for ours in (OURS_TLS, OURS_HTTP2):
        if WRK_TLS in found.transport and ours in found.transport:
            ratio = found.transport[ours].per_core / found.transport[WRK_TLS].per_core
            yield f"transport {ours.removeprefix('the same ')}, to {WRK_TLS}, per core: {ratio:.2f}, without a goal"
    yield _goal("transport to requests.post, per core", found.per_core_to(NAIVE), TO_NAIVE, "{:.1f}")
    for name, repeats in found.durable.items():
        wanted = PER_CORE[durable.WAYS[name][1].synchronous]
        yield _goal(f"deliveries/s per core, {name}", repeats.per_core, wanted, "{:,.0f}")
    yield _goal("accepted -> received p50 ms", found.latency.accepted_p50, ACCEPTED_P50, "{:.2f}", at_most=True)
    yield _goal("accepted -> received p99 ms", found.latency.accepted_p99, ACCEPTED_P99, "{:.2f}", at_most=True)
    slowed = found.slowed
    pairs = f"49 listeners beside one that hangs, time (median of {slowed[0]:.2f} to {slowed[-1]:.2f})"
    yield _goal(pairs, median(slowed), FAIR, "{:.2f}", at_most=True)
    yield _goal("start to first answer, s", min(one.seconds for one in found.start), START, "{:.2f}", at_most=True)
    peak = max(one.peak_mb for one in found.start)
    yield _goal("memory after the start, MB (peak)", peak, RESIDENT, "{:.0f}", at_most=True)
    yield _goal(
        "memory after the latency run, MB (peak)", found.latency.memory_mb, RESIDENT, "{:.0f}", at_most=True
    )
    costs = [tenth.per_core for tenth in found.queue]
    # In the first tenth the events of all of them are fanned out.
    steady = median(costs[7:]) / median(costs[1:4])
    yield _goal("last tenths of the queue to those after the first, per core", steady, STEADY, "{:.2f}")
    grown = max(tenth.memory_mb for tenth in found.queue) / found.queue[0].memory_mb
    yield _goal("memory in the queue to that after its first tenth", grown, GROWN, "{:.2f}", at_most=True)
    yield _goal("memory of the sender, MB (peak)", found.sender_memory_mb, RESIDENT, "{:.0f}", at_most=True)


def _goal(what: str, value: float, goal: float, form: str, *, at_most: bool = False) -> str:
    met = value <= goal if at_most else value >= goal
    sign = "<=" if at_most else ">="
    return f"{what}: {form.format(value)}, goal {sign} {form.format(goal)}: {'met' if met else 'NOT MET'}"


def figures_of(found: Found) -> dict[str, object]:
    return {
        "sink": found.sink,
        "load": "wrk" if load.has_wrk() else "own",
        "sync_us": found.sync_us,
        "transport": _repeats(found.transport),
        "durable": _repeats(found.durable),
        "fairness": _repeats(found.fairness),
        "to_wrk": found.per_core_to(WRK) if load.has_wrk() else None,
        "to_libcurl": found.per_core_to(BARE),
        "to_requests": found.per_core_to(NAIVE),
        "slowed_by_a_hanging_listener": found.slowed,
        "sender_memory_mb": found.sender_memory_mb,
        "latency": asdict(found.latency),
        "start": [asdict(one) for one in found.start],
        "queue": [asdict(one) for one in found.queue],
    }


def _repeats(by_name: Mapping[str, Repeats]) -> dict[str, object]:
    return {
        name: {
            "rate": repeats.rate,
            "rate_median": repeats.rate_median,
            "per_core": repeats.per_core,
            "cpu_us": repeats.cpu_us,
            "cpu_us_median": repeats.cpu_us_median,
            "noise": repeats.noise,
            "reused": repeats.reused,
            "walls": [one.wall for one in repeats],
        }
        for name, repeats in by_name.items()
    }


@click.command(help=__doc__)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and no table.")
@click.option("--quick", is_flag=True, help="A small single repeat: to see that it works, not to be quoted.")
@click.option("--repeats", default=3, show_default=True)
@click.option(
    "--queued", "queue", default=100_000, show_default=True, help="How many deliveries wait in the queue."
)
@click.option("--queue-only", is_flag=True, help="Only drain the queue.")
def main(as_json: bool, quick: bool, repeats: int, queue: int, queue_only: bool) -> None:
    with TemporaryDirectory(prefix="qos-hub-bench-") as name:
        if queue_only:
            with nginx.sink(Path(name)) as sink:
                click.echo(queue_table(queued.drain(Path(name), sink, deliveries=queue)).text())
            return
        scale = 0.2 if quick else 1.0
        found = run(Path(name), repeats=1 if quick else repeats, scale=scale, queue=round(queue * scale))
    if as_json:
        click.echo(json.dumps(figures_of(found)))
        return
    click.echo(table_of(found).text())
    click.echo(f"\n{latency_table(found.latency).text()}\n")
    click.echo(f"{queue_table(found.queue).text()}\n")
    click.echo(f"The sink is {found.sink}. A write that is on the disk takes {found.sync_us:,.0f} us here.")
    for missing, how in ((found.sink != "nginx", nginx.HOW_TO_INSTALL), (not load.has_wrk(), load.HOW_TO_INSTALL)):
        if missing:
            click.echo(how)
    click.echo("\n".join(goals_of(found)))


if __name__ == "__main__":
    main()
