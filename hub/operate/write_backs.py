"""Commands about what goes back into the tickets of trouble systems."""

from pathlib import Path

import click

from hub.model.write_back import WriteBackState
from hub.operate.options import common, desk_of, given, print_all, print_one
from hub.operate.printing import Columns

WRITE_BACKS: Columns = {
    "id": "id",
    "source": "source",
    "ticket": "ticket",
    "report": "serviceProblem.id",
    "kind": "kind",
    "state": "state",
    "tries": "attempts",
    "due": "dueTime",
    "ended": "endTime",
    "error": "error",
}


@click.group("write-backs")
def write_backs() -> None:
    """See what was written into tickets, or is to be, and have it written again."""


@write_backs.command("list")
@click.option("--source", help="For this source only.")
@click.option("--report", "problem", help="Of this report only.")
@click.option("--state", type=click.Choice([state.value for state in WriteBackState]), help="In this state only.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most so many.")
@common
def list_write_backs(
    source: str | None,
    problem: str | None,
    state: str | None,
    limit: int,
    as_text: bool,
    database: str | None,
    config: Path | None,
) -> None:
    """Show the changes that go back into tickets, the newest first."""
    with desk_of(config, database) as desk:
        filters = given(source=source, serviceProblem=problem, state=state)
        print_all(desk.write_backs.all(filters, limit=limit), WRITE_BACKS, as_text)


@write_backs.command("show")
@click.argument("id")
@common
def show_write_back(id: str, as_text: bool, database: str | None, config: Path | None) -> None:
    """Show the change ID."""
    with desk_of(config, database) as desk:
        print_one(desk.write_backs.one(id), as_text)


@write_backs.command("resend")
@click.argument("id")
@common
def resend_write_back(id: str, as_text: bool, database: str | None, config: Path | None) -> None:
    """Have the change ID written into its ticket, with the next poll of its source, which is asked for now."""
    with desk_of(config, database) as desk:
        print_one(desk.write_backs.send_again(id), as_text)
