"""Commands about notification lists, and the erasure of a party's data."""

from pathlib import Path

import click

from hub.model.problem import Document
from hub.operate.options import common, desk_of, print_all, print_one
from hub.operate.printing import Columns, as_json, as_table

LISTS: Columns = {
    "name": "name",
    "origin": "origin",
    "entries": "count.entries",
    "registered": "count.registered",
    "refused": "count.refused",
    "by hand": "count.changedByHand",
    "last read": "lastRun.completionDate",
    "error": "lastRun.error",
}
CHANGES: Columns = {
    "kind": "kind",
    "contact": "contact",
    "party": "party",
    "callback": "callback",
    "why": "detail",
}


@click.group("lists")
def lists() -> None:
    """See notification lists that are managed elsewhere, and read them."""


@lists.command("list")
@common
def list_lists(as_text: bool, database: str | None, config: Path | None) -> None:
    """Show the lists, and how their last readings went."""
    with desk_of(config, database) as desk:
        print_all(desk.lists(), LISTS, as_text)


@lists.command("show")
@click.argument("name")
@common
def show_list(name: str, as_text: bool, database: str | None, config: Path | None) -> None:
    """Show the list NAME and what its last readings changed."""
    with desk_of(config, database) as desk:
        print_one(desk.list(name), as_text)


@lists.command("reconcile")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Only tell what would change.")
@common
def reconcile_list(name: str, dry_run: bool, as_text: bool, database: str | None, config: Path | None) -> None:
    """Read the list NAME now: register who came, end who went. Ends with 1 when the list is not believed."""
    with desk_of(config, database) as desk:
        done = desk.reconcile(name, dry_run=dry_run)
    if as_text:
        click.echo(as_json(done))
    else:
        for line in as_table(done["change"], CHANGES) if done["change"] else ():
            click.echo(line)
        click.echo(_summary(done))
    if done["error"]:
        raise SystemExit(1)


def _summary(done: Document) -> str:
    if done["error"]:
        return f"nothing was changed: {done['error']}"
    counts = ", ".join(f"{done[name]} {name}" for name in ("added", "changed", "removed", "refused", "unchanged"))
    return f"would be: {counts}" if done["dryRun"] else counts


@click.command("erase")
@click.argument("party")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def erase(party: str, yes: bool, as_text: bool, database: str | None, config: Path | None) -> None:
    """Erase the data of PARTY. It cannot be undone; the receipt holds nothing of the party."""
    if not yes:
        click.confirm(f"Erase all data of the party {party}?", abort=True, err=True)
    with desk_of(config, database) as desk:
        print_one(desk.erase(party), as_text)
