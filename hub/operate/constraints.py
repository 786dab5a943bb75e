"""Commands about constraints: what was found, what people say of it, and what the detectors find in a log."""

from pathlib import Path

import click

from hub.command import clear_end, quiet_settings
from hub.constraints.episodes import Phase
from hub.errors import InvalidInput, Violation
from hub.model.constraint import Type, Verdict
from hub.model.problem import Document
from hub.operate.backtesting import replayed_file
from hub.operate.options import common, desk_of, given, print_all, print_one
from hub.operate.printing import Columns, as_json

CONSTRAINTS: Columns = {
    "id": "id",
    "type": "type",
    "phase": "phase",
    "key": "key.value",
    "customers": "evidence.customers",
    "expected": "evidence.expected",
    "user-minutes": "evidence.userMinutes",
    "found": "evidence.found",
    "verdict": "review.verdict",
}


@click.group("constraints")
def constraints() -> None:
    """See what the stream of reports shows, review it, and try the detectors on a log."""


@constraints.command("list")
@click.option("--type", "kind", type=click.Choice([one.value for one in Type]), help="Of this type only.")
@click.option("--phase", type=click.Choice([one.value for one in Phase]), help="In this phase only.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many.")
@common
def list_constraints(
    kind: str | None, phase: str | None, limit: int, as_text: bool, database: str | None, config: Path | None
) -> None:
    """Show constraints, the newest first."""
    with desk_of(config, database) as desk:
        print_all(desk.constraints(given(type=kind, phase=phase), limit=limit), CONSTRAINTS, as_text)


@constraints.command("review")
@click.argument("id", required=False)
@click.option(
    "--verdict", type=click.Choice([one.value for one in Verdict]), help="Whether the constraint ID was true."
)
@click.option("--note", help="Why.")
@click.option("--week", help="Without ID: the week that is reviewed, such as 2026-W13. Left out: the present one.")
@common
def review_constraints(
    id: str | None,
    verdict: str | None,
    note: str | None,
    week: str | None,
    as_text: bool,
    database: str | None,
    config: Path | None,
) -> None:
    """Say whether the constraint ID was true; without ID, show the review of a week."""
    with desk_of(config, database) as desk:
        if id is None:
            print_one(desk.constraint_week(week), as_text)
            return
        if verdict is None:
            raise InvalidInput(violations=[Violation(field="--verdict", message="is needed with an ID")])
        print_one(desk.review(id, Verdict(verdict), note), as_text)


@constraints.command("backtest")
@click.option(
    "--log",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A CSV or NDJSON file with reports, in place of those of the database, which is not needed then.",
)
@click.option(
    "--bursts", default=0, help="Put so many bursts and surges into the stream, and tell how many are found."
)
@click.option("--seed", default=1, show_default=True, help="What they are drawn from.")
@common
def backtest(
    file: Path | None, bursts: int, seed: int, as_text: bool, database: str | None, config: Path | None
) -> None:
    """Replay reports through the detectors as they are set, and tell what they raise a week. Writes nothing."""
    if file is None:
        with desk_of(config, database) as desk:
            told = desk.backtest(count=bursts, seed=seed)
    else:
        with clear_end():
            settings = quiet_settings(config, database).constraints
            told = replayed_file(settings, file, count=bursts, seed=seed)
    if as_text:
        click.echo(as_json(told))
        return
    for line in _lines(told):
        click.echo(line)


def _lines(told: Document) -> list[str]:
    lines = [f"{told['reports']} reports; judged from {told['begin']} to {told['end']}, {told['weeks']:.1f} weeks"]
    for kind, one in told["raised"].items():
        rate = "-" if one["perWeek"] is None else f"{one['perWeek']:.2f} a week"
        lines.append(f"{kind:20}{one['count']} raised, {rate}, {one['confirmed']} confirmed")
    for one in told["found"]:
        low, high = one["interval"] or (0, 0)
        lines.append(
            f"{one['what']:38}{one['found']} of {one['tried']} found ({low:.2f}-{high:.2f}), {one['inTime']} in time"
        )
    return lines
