"""How long the detectors take until they watch: at a start that reads weeks of reports, and at one that goes on."""

from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

import click

from benchmarks.table import Table
from hub.bootstrap import make_parts, report_rules
from hub.bootstrap.constraints import make_constraint_task
from hub.bootstrap.parts import Parts
from hub.model.problem import Document, Status
from hub.model.times import system_clock, to_micros
from hub.problems.sources import Observation
from hub.settings import load_settings
from hub.store.tables import Tables

DAYS = 28
RESOURCES = 3000
PAGE = 1000
MICROS = 86_400_000_000


@click.command()
@click.option("--reports", default=100_000, help="how many were opened in the four weeks before")
def main(reports: int) -> None:
    table = Table("start", "seconds", "steps", "longest step", "kept, kB", left=1)
    with TemporaryDirectory() as folder:
        settings = load_settings(None, {}, {})
        store = replace(settings.store, database=str(Path(folder) / "start.db"))
        parts = make_parts(replace(settings, store=store), system_clock)
        try:
            _fill(parts, reports)
            for what in ("reads weeks", "goes on", "goes on"):
                _row(table, what, parts)
        finally:
            parts.store.close()
    click.echo(table.text())


def _fill(parts: Parts, reports: int) -> None:
    rules, random = report_rules(parts).sources, Random(1)
    end = to_micros(system_clock())
    for first in range(0, reports, PAGE):

        def page(tables: Tables, first: int = first) -> None:
            for number in range(first, min(first + PAGE, reports)):
                at = end - DAYS * MICROS + number * DAYS * MICROS // reports
                rules.upsert(tables, _observed(number, at, f"node-{random.randrange(RESOURCES)}"))

        parts.store.write(page)


def _observed(number: int, at: int, resource: str) -> Observation:
    customer = {"@type": "PartyRef", "id": f"customer-{number % 5000}", "@referredType": "Organization"}
    party = {"@type": "RelatedPartyRefOrPartyRoleRef", "partyOrPartyRole": customer}
    document: Document = {
        "category": "serviceProvider.declarer",
        "description": "slow since this morning",
        "reason": "unknown",
        "priority": 3,
        "originatorParty": party | {"role": "originator"},
        "relatedParty": [party | {"role": "customer"}],
        "affectedResource": [{"@type": "ResourceRef", "id": resource}],
    }
    return Observation(
        source="desk",
        key=f"{number}",
        document=document,
        status=Status.ACKNOWLEDGED,
        source_status="new",
        event_time=at,
        started=at,
        told=False,
    )


def _row(table: Table, what: str, parts: Parts) -> None:
    task = make_constraint_task(parts, report_rules(parts))
    began, steps, longest, more = perf_counter(), 0, 0.0, True
    while more:
        step = perf_counter()
        more = task.step()
        longest = max(longest, perf_counter() - step)
        steps += 1
    took = perf_counter() - began
    memory = parts.store.read.constraints.memory()
    kept = len(memory.content) / 1000 if memory else 0
    table.row(what, f"{took:.2f}", f"{steps}", f"{longest:.2f}", f"{kept:.0f}")


if __name__ == "__main__":
    main()
