"""What the commands share: their options, the settings that they read, and how they end."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from hub.errors import HubError
from hub.settings import Settings, load_settings
from hub.telemetry import configure

CONFIG = click.option(
    "--config", type=click.Path(dir_okay=False, path_type=Path), help="Your settings file (TOML)."
)
DATABASE = click.option("--database", help="The SQLite file; made when it is not there.")


@contextmanager
def clear_end() -> Iterator[None]:
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


def settings_of(config: Path | None, overrides: dict[str, Any]) -> Settings:
    settings = load_settings(config, os.environ, overrides)
    configure(settings.log.level, settings.log.format)
    return settings


def quiet_settings(config: Path | None, database: str | None) -> Settings:
    """For a command whose output is read by people and scripts: only what goes wrong is logged beside it."""
    settings = settings_of(config, {"store.database": database})
    configure("warning", settings.log.format)
    return settings
