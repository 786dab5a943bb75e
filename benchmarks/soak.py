"""A soak: two hubs on one database are killed and restarted while clients write and listeners fail, all by chance.

In the end the faults stop, what is left is delivered, and a ledger compares every accepted change with what each
listener holds and with the hub's own record. Anything that differs is listed, and the exit code is 1.
"""

import json
import shutil
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import mkdtemp

import click

from benchmarks.children import ChildFailed
from benchmarks.soak_client import Refused
from benchmarks.soak_ledger import Difference, differences
from benchmarks.soak_report import figures, table
from benchmarks.soak_run import Soaked, Wish, soak

QUICK_SECONDS = 8.0
SHOWN = 40
"""How many differences are printed; all are counted, and all are in the JSON."""


@click.command(help=__doc__)
@click.option(
    "--minutes", default=5.0, show_default=True, type=click.FloatRange(min=0.05), help="How long it goes wrong."
)
@click.option("--seed", default=656, show_default=True, help="What goes wrong, and when, is drawn from this.")
@click.option("--rate", default=40.0, show_default=True, help="Requests a second of all clients together.")
@click.option("--drain", default=120.0, show_default=True, help="The most seconds for what is left at the end.")
@click.option("--quick", is_flag=True, help="About 20 seconds: to see that it works.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and no table.")
@click.option("--forget", is_flag=True, help="A listener forgets one event: to see that the ledger finds it.")
def main(minutes: float, seed: int, rate: float, drain: float, quick: bool, as_json: bool, forget: bool) -> None:
    # Whoever ends the soak ends its hubs, too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    seconds = QUICK_SECONDS if quick else minutes * 60
    folder = Path(mkdtemp(prefix="qos-hub-soak-"))
    try:
        soaked = soak(folder, Wish(seed=seed, seconds=seconds, rate=rate, drain=drain, forgets=forget))
    except (ChildFailed, Refused) as error:
        raise click.ClickException(f"{error}; the database and the logs are in {folder}") from error
    found = differences(soaked.books)
    if as_json:
        shown = [asdict(difference) for difference in found]
        click.echo(json.dumps({"seed": seed, "seconds": seconds, **figures(soaked), "differences": shown}))
    else:
        click.echo(f"{seconds:.0f} s of trouble with the seed {seed}")
        click.echo(_text(soaked, found))
    if found:
        click.echo(f"the database and the logs are in {folder}", err=True)
        raise SystemExit(1)
    shutil.rmtree(folder)


def _text(soaked: Soaked, found: list[Difference]) -> str:
    lines = [table(soaked), ""]
    if not found:
        return "\n".join([*lines, "Nothing was lost, invented, altered, forged or out of order."])
    lines.append(f"{len(found)} DIFFERENCES")
    lines += [str(difference) for difference in found[:SHOWN]]
    return "\n".join(lines if len(found) <= SHOWN else [*lines, f"and {len(found) - SHOWN} more"])


if __name__ == "__main__":
    main()
