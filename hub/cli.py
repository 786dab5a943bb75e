"""The command `qos-hub`: parse, build, call."""

import sys
from pathlib import Path

import click

from hub import __version__
from hub.check import check
from hub.command import CONFIG, DATABASE, clear_end, quiet_settings, settings_of
from hub.demo.hub_process import HubEnded
from hub.demo.roundup import CannotStart
from hub.demo.run import NotArrived, demonstrate
from hub.initialise import initialise
from hub.keys import create_key, known_scopes, list_keys, revoke
from hub.model.times import micros_to_text
from hub.operate.commands import COMMANDS
from hub.rotate import forget, rotate
from hub.serve import serve


@click.group()
@click.version_option(__version__, prog_name="qos-hub")
def main() -> None:
    """Holds, pulls, notifies, reports and warns of degradations of the customer's quality of service."""


for command in COMMANDS:
    main.add_command(command)


@main.command("serve")
@click.option("--host", help="The address to listen at.")
@click.option("--port", type=int, help="The port to listen at.")
@DATABASE
@CONFIG
@click.option("--roles", help="What this process does: api, intake, delivery, jobs; separated by commas.")
def serve_command(
    host: str | None, port: int | None, database: str | None, config: Path | None, roles: str | None
) -> None:
    """Run the hub until it is told to stop (SIGINT or SIGTERM)."""
    with clear_end():
        overrides = {
            "server.host": host,
            "server.port": port,
            "store.database": database,
            "server.roles": None if roles is None else roles.split(","),
        }
        serve(settings_of(config, overrides))


@main.command("check")
@DATABASE
@CONFIG
def check_command(database: str | None, config: Path | None) -> None:
    """Look at settings, mappings and contract, and say what `serve` would do. Opens no socket, writes nothing."""
    with clear_end():
        for line in check(settings_of(config, {"store.database": database})):
            click.echo(line)


@main.group("keys")
def keys_group() -> None:
    """Make, list and revoke the keys of callers. A running hub heeds it within a second."""


@keys_group.command("create")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, help="What its holder may do; several are allowed. See `keys scopes`."
)
@click.option("--party", help="The id of a party: the key shows the reports that concern it, and no other.")
@click.option("--expires", help="How long it is in force, such as 90d or 12h. Left out: for ever.")
@DATABASE
@CONFIG
def create_command(
    name: str,
    scopes: tuple[str, ...],
    party: str | None,
    expires: str | None,
    database: str | None,
    config: Path | None,
) -> None:
    """Make a key for the caller NAME and print it, this once; what is kept of it cannot give it back."""
    with clear_end():
        settings = quiet_settings(config, database)
        key, kept = create_key(settings, name=name, scopes=scopes, party=party, expires=expires)
        until = "for ever" if kept.expires is None else f"until {micros_to_text(kept.expires)}"
        click.echo(f"key {kept.id} for {kept.name}, {until}; it is shown this once:", err=True)
        click.echo(key)


@keys_group.command("list")
@DATABASE
@CONFIG
def list_command(database: str | None, config: Path | None) -> None:
    """Show every key that was made here, without the keys themselves."""
    with clear_end():
        for line in list_keys(quiet_settings(config, database)):
            click.echo(line)


@keys_group.command("revoke")
@click.argument("id")
@DATABASE
@CONFIG
def revoke_command(id: str, database: str | None, config: Path | None) -> None:
    """End the key ID, which `qos-hub keys list` shows."""
    with clear_end():
        key = revoke(quiet_settings(config, database), id)
        click.echo(f"revoked key {key.id} of {key.name}")


@keys_group.command("scopes")
def scopes_command() -> None:
    """Show what a key can be good for."""
    for scope, meaning in sorted(known_scopes().items()):
        click.echo(f"{scope:24}{meaning}")


@main.group("secrets")
def secrets_group() -> None:
    """Exchange the key that encrypts what is secret in the database. The hub may go on running."""


@secrets_group.command("rotate")
@DATABASE
@CONFIG
def rotate_command(database: str | None, config: Path | None) -> None:
    """Encrypt everything anew, with a new key; go on with it where it was broken off."""
    with clear_end():
        for line in rotate(quiet_settings(config, database)):
            click.echo(line)


@secrets_group.command("forget")
@DATABASE
@CONFIG
def forget_command(database: str | None, config: Path | None) -> None:
    """Take the old keys out of the key file, once nothing needs them any more."""
    with clear_end():
        for line in forget(quiet_settings(config, database)):
            click.echo(line)


@main.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def init_command(folder: Path) -> None:
    """Write a commented configuration into FOLDER."""
    with clear_end():
        for line in initialise(folder):
            click.echo(line)


@main.command("demo")
@click.option("--once", is_flag=True, help="End when all has arrived: 0 when it did, 1 when it did not.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".demo"),
    show_default=True,
    help="Where the trouble system, the database and the logs are kept.",
)
def demo_command(once: bool, folder: Path) -> None:
    """Show the main job: a ticket in a real trouble system, the report it becomes, and a listener that is told."""
    try:
        arrived = demonstrate(folder.resolve(), once=once)
    except (CannotStart, HubEnded, NotArrived, OSError) as error:
        click.echo(f"qos-hub: {error}", err=True)
        sys.exit(1)
    sys.exit(0 if arrived else 1)
