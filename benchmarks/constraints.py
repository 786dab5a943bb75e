"""What the detectors find of what is put into a stream, and how often they raise something without it."""

from pathlib import Path
from time import perf_counter

import click

from benchmarks.constraint_log import made_up, of_service_desk, part_of
from benchmarks.table import Table
from hub.bootstrap.constraints import constraint_rules
from hub.constraints.backtest import MINUTE, Found, replay
from hub.constraints.backtest_bursts import bursts
from hub.constraints.backtest_surges import surges
from hub.constraints.episodes import Phase
from hub.constraints.findings import Rules
from hub.constraints.profile import HOUR
from hub.constraints.sightings import Kind, Sighting
from hub.model.constraint import Type
from hub.settings import load_settings

CHOSEN, HELD_OUT = "service desk, weeks 5-9", "service desk, weeks 10-14"
"""What the thresholds were chosen on, and what they were not: each with the four weeks before it, to learn from."""


@click.command()
@click.option(
    "--service-desk", type=click.Path(path_type=Path), help="a ServiceNow audit log: a zip with one CSV file"
)
@click.option("--count", default=200, help="how many of each are put in")
@click.option("--seed", default=1)
def main(service_desk: Path | None, count: int, seed: int) -> None:
    rules = constraint_rules(load_settings(None, {}, {}).constraints)
    raised = Table(
        "stream", "reports", "weeks", "raised a week", "confirmed", "alarm-hours a week", "seconds", left=1
    )
    found = Table("stream", "put in", "found as", "share", "95 %", "in time", "minutes", left=3)
    for name, stream in _streams(service_desk, seed).items():
        _clean(raised, name, stream, rules)
        if any(key.kind is Kind.SERVICE for one in stream[:100] for key in one.keys):
            _surges(found, name, stream, rules, (3.0, 5.0), Kind.SERVICE, count, seed)
            continue
        for reports, phase in (
            (4, Phase.SUSPECTED),
            (6, Phase.SUSPECTED),
            (10, Phase.SUSPECTED),
            (10, Phase.CONFIRMED),
        ):
            put = _bursts(stream, rules, reports, phase, count, seed)
            _row(found, name, f"{reports} reports in 30 min", phase, put)
        _surges(found, name, stream, rules, (2.0, 3.0), Kind.ALL, count, seed)
    click.echo(raised.text())
    click.echo()
    click.echo(found.text())
    click.echo("in time: within 15 minutes of the first report of a burst, within 2 hours of the begin of a surge")


def _streams(service_desk: Path | None, seed: int) -> dict[str, list[Sighting]]:
    streams = {"made up": made_up(seed=seed)}
    if service_desk:
        for more, services in (("", False), (", with services", True)):
            stream = of_service_desk(service_desk, services=services)
            streams[CHOSEN + more] = part_of(stream, 0, 9)
            streams[HELD_OUT + more] = part_of(stream, 5, 14)
    return streams


def _clean(table: Table, name: str, stream: list[Sighting], rules: Rules) -> None:
    began = perf_counter()
    clean = replay(stream, rules)
    took = perf_counter() - began
    table.row(
        name,
        f"{len(stream):,}",
        f"{clean.weeks:.1f}",
        f"{clean.per_week(Type.RESOURCE_FAILURE):.2f}",
        f"{clean.per_week(Type.RESOURCE_FAILURE, confirmed=True):.2f}",
        f"{clean.alarm_hours_per_week():.2f}",
        f"{took:.1f}",
    )


def _surges(
    table: Table,
    name: str,
    stream: list[Sighting],
    rules: Rules,
    factors: tuple[float, ...],
    kind: Kind,
    count: int,
    seed: int,
) -> None:
    on = "" if kind is Kind.ALL else f" on one {kind}"
    for factor in factors:
        put = surges(stream, rules, factor=factor, count=count, seed=seed, within=2 * HOUR, kind=kind)
        _row(table, name, f"demand x{factor:g} for 4 h{on}", "shortage", put)


def _bursts(stream: list[Sighting], rules: Rules, reports: int, phase: Phase, count: int, seed: int) -> Found:
    """In copies with sixty bursts each, so that they change little of what is usual."""
    parts = [
        bursts(
            stream,
            rules,
            reports=reports,
            count=min(60, count - first),
            seed=seed + first,
            within=15 * MINUTE,
            phase=phase,
        )
        for first in range(0, count, 60)
    ]
    found = sum(one.found for one in parts)
    minutes = sum((one.minutes or 0) * one.found for one in parts) / found if found else None
    return Found(
        tried=sum(one.tried for one in parts),
        found=found,
        in_time=sum(one.in_time for one in parts),
        minutes=minutes,
    )


def _row(table: Table, name: str, put: str, phase: str, one: Found) -> None:
    low, high = one.interval or (0.0, 0.0)
    minutes = "-" if one.minutes is None else f"{one.minutes:.1f}"
    in_time = f"{one.in_time / one.tried:.3f}" if one.tried else "-"
    table.row(name, put, phase, f"{one.share or 0:.3f}", f"{low:.3f}-{high:.3f}", in_time, minutes)


if __name__ == "__main__":
    main()
