"""Whether many listeners are harmed by those among them that are dead: 1,000 listeners, of which 300 never answer.

The same 700 are told the same events: alone, beside the 300, and beside 300 more that answer. The dead may not cost
more than if they answered: their deliveries, too, are written. The runs of one round are neighbours in time.
"""

import json
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click

from benchmarks import nginx
from benchmarks.durable import Outbox, Sent, Way, never_answering, send
from benchmarks.nginx import Sink
from benchmarks.reports import EVENTS_PER_REPORT, LATER, fill
from benchmarks.sender import settings_of
from benchmarks.table import Table

LISTENERS, DEAD = 1000, 300
UNHARMED, BOUNDED = 1.0, 1.2
ALONE, BESIDE, ALL_SOUND = "700 alone", "700 beside 300 that are dead", "700 beside 300 that answer"


def outbox(folder: Path, sink: Sink, *, sound: int, reports: int, dead: list[str]) -> Outbox:
    """The dead have registered first, so that nothing is told to the others before them."""
    database = folder / f"{sound}-{len(dead)}.db"
    callbacks = [*dead, *[f"{sink.url}/e/{number}" for number in range(sound)]]
    fill(settings_of(database), reports=reports, changes=LATER, callbacks=callbacks)
    events = reports * EVENTS_PER_REPORT
    return Outbox(database=database, listeners=len(callbacks), events=events, deliveries=events * sound)


def measure(folder: Path, *, rounds: int, listeners: int, dead: int, reports: int) -> dict[str, list[Sent]]:
    with nginx.sink(folder) as sink, never_answering() as hanging:
        away = [f"{hanging}/{number}" for number in range(dead)]
        sound = listeners - dead
        boxes = {
            ALONE: outbox(folder, sink, sound=sound, reports=reports, dead=[]),
            BESIDE: outbox(folder, sink, sound=sound, reports=reports, dead=away),
            ALL_SOUND: outbox(folder, sink, sound=listeners, reports=reports, dead=[]),
        }
        found: dict[str, list[Sent]] = {name: [] for name in boxes}
        for _ in range(rounds):
            for name, box in boxes.items():
                found[name].append(send(box, sink, Way(), folder))
    return found


def _times(some: list[Sent], others: list[Sent]) -> float:
    """How many times as long some runs took as their neighbours."""
    return median(one.wall / other.wall for one, other in zip(some, others, strict=True))


@click.command(help=__doc__)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and no table.")
@click.option("--quick", is_flag=True, help="A small single round: to see that it works, not to be quoted.")
@click.option("--rounds", default=5, show_default=True)
def main(as_json: bool, quick: bool, rounds: int) -> None:
    scale = 0.1 if quick else 1.0
    with TemporaryDirectory(prefix="qos-hub-bench-") as name:
        found = measure(
            Path(name),
            rounds=1 if quick else rounds,
            listeners=round(LISTENERS * scale),
            dead=round(DEAD * scale),
            reports=10,
        )
    to_alone, to_sound = (_times(found[BESIDE], found[other]) for other in (ALONE, ALL_SOUND))
    grown = max(one.memory_mb for one in found[BESIDE]) / max(one.memory_mb for one in found[ALONE])
    if as_json:
        walls = {name: [one.wall for one in sent] for name, sent in found.items()}
        memory = {name: max(one.memory_mb for one in sent) for name, sent in found.items()}
        click.echo(json.dumps({"to_alone": to_alone, "to_sound": to_sound, "walls": walls, "memory_mb": memory}))
        return
    table = Table("listeners that answer", "deliveries", "seconds (least)", "seconds (median)", "memory MB")
    for what, sent in found.items():
        seconds = sorted(one.wall for one in sent)
        memory_mb = max(one.memory_mb for one in sent)
        table.row(what, f"{sent[0].count:,}", f"{seconds[0]:.2f}", f"{median(seconds):.2f}", f"{memory_mb:.0f}")
    click.echo(table.text())
    click.echo(f"time beside 300 that are dead to alone: {to_alone:.2f}, for scale")
    verdicts = {
        "time beside 300 that are dead to beside 300 that answer": (to_sound, UNHARMED),
        "memory": (grown, BOUNDED),
    }
    for what, (value, goal) in verdicts.items():
        click.echo(f"{what}: {value:.2f}, goal <= {goal:.2f}: {'met' if value <= goal else 'NOT MET'}")


if __name__ == "__main__":
    main()
