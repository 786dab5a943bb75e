"""The command `qos-hub`: parse, build, call."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from hub import __version__
from hub.check import check
from hub.demo.hub_process import HubEnded
from hub.demo.roundup import CannotStart
from hub.demo.run import NotArrived, demonstrate
from hub.errors import HubError
from hub.initialise import initialise
from hub.serve import serve
from hub.settings import Settings, load_settings
from hub.telemetry import configure

CONFIG = click.option(
    "--config", type=click.Path(dir_okay=False, path_type=Path), help="Your settings file (TOML)."
)
DATABASE = click.option("--database", help="The SQLite file; made when it is not there.")


@contextmanager
def _clear_end() -> Iterator[None]:
    """A failure of ours ends the command with one sentence for each thing that is wrong."""
    try:
        yield
    except HubError as error:
        for sentence in _sentences(error):
            click.echo(f"qos-hub: {sentence}", err=True)
        sys.exit(2)


def _sentences(error: HubError) -> list[str]:
    """A line for each violation, or the message where it says more than they do, such as the file that they are in."""
    each = [violation.sentence() for violation in error.violations]
    return each if error.message == "; ".join(each) else [error.message]


def _settings(config: Path | None, overrides: dict[str, Any]) -> Settings:
    settings = load_settings(config, os.environ, overrides)
    configure(settings.log.level, settings.log.format)
    return settings


@click.group()
@click.version_option(__version__, prog_name="qos-hub")
def main() -> None:
    """Holds, pulls, notifies, reports and warns of degradations of the customer's quality of service."""


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
    with _clear_end():
        overrides = {
            "server.host": host,
            "server.port": port,
            "store.database": database,
            "server.roles": None if roles is None else roles.split(","),
        }
        serve(_settings(config, overrides))


@main.command("check")
@DATABASE
@CONFIG
def check_command(database: str | None, config: Path | None) -> None:
    """Look at settings, mappings and contract, and say what `serve` would do. Opens no socket, writes nothing."""
    with _clear_end():
        for line in check(_settings(config, {"store.database": database})):
            click.echo(line)


@main.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def init_command(folder: Path) -> None:
    """Write a commented configuration into FOLDER."""
    with _clear_end():
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
