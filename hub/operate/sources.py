"""Commands about trouble systems."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click

from hub.command import clear_end, quiet_settings
from hub.intake.trial import Trial
from hub.model.problem import Document
from hub.model.times import to_text
from hub.operate.options import common, instant, print_all, print_one
from hub.operate.printing import Columns, as_json, as_lines
from hub.operate.rehearsed import print_steps
from hub.operate.source_desk import source_desk, try_source
from hub.ports import SourceError

SOURCES: Columns = {
    "name": "name",
    "adapter": "adapter",
    "state": "state",
    "last good poll": "lastSuccessTime",
    "next poll": "nextPollTime",
    "lag": "lagSeconds",
    "reports": "problems",
    "unwritten": "writeBacks.due",
    "dead": "writeBacks.dead",
    "error": "error",
}
WIDTH = 58
"""Columns for the raw record, of which a long value takes more lines than one."""


@contextmanager
def _clear_end() -> Iterator[None]:
    """A source that cannot be read ends the command with 1 and says why."""
    try:
        with clear_end():
            yield
    except SourceError as error:
        click.echo(f"qos-hub: {error}", err=True)
        raise SystemExit(1) from None


@click.group("sources", invoke_without_command=True)
@common
@click.pass_context
def sources(context: click.Context, as_text: bool, database: str | None, config: Path | None) -> None:
    """See how the reading of trouble systems goes, and which of their words the mapping does not know."""
    if context.invoked_subcommand is not None:
        told = {"as_text": as_text, "database": database, "config": config}
        context.default_map = {context.invoked_subcommand: {name: value for name, value in told.items() if value}}
        return
    with _clear_end(), source_desk(quiet_settings(config, database)) as desk:
        found = desk.all()
        print_all(found, SOURCES, as_text)
        for line in () if as_text else _unknown_words(found):
            click.echo(line)


def _unknown_words(found: list[Document]) -> Iterator[str]:
    for view in found:
        for attribute, words in view["unmapped"].items():
            for word, seen in words.items():
                times = "once" if seen["count"] == 1 else f"{seen['count']} times"
                told = f"{attribute} {word!r}, which came {times}, such as in ticket {seen['example']}"
                yield f"{view['name']}: the mapping does not know the {told}"


@sources.command("show")
@click.argument("name")
@common
def show_source(name: str, as_text: bool, database: str | None, config: Path | None) -> None:
    """Show the source NAME, its place and its unknown words."""
    with _clear_end(), source_desk(quiet_settings(config, database)) as desk:
        print_one(desk.one(name), as_text)


@sources.command("pull")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Only tell what the poll would do; nothing is written.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Show at most so many.")
@click.option("--all", "shows_all", is_flag=True, help="Show all, however many.")
@common
def pull_source(
    name: str,
    dry_run: bool,
    limit: int,
    shows_all: bool,
    as_text: bool,
    database: str | None,
    config: Path | None,
) -> None:
    """Ask the running hub to poll the source NAME now; with --dry-run, tell what that would bring."""
    with _clear_end(), source_desk(quiet_settings(config, database), rehearsing=dry_run) as desk:
        if not dry_run:
            click.echo("asked for" if desk.wake(name) else "was asked for already")
            return
        print_steps(desk.steps(name), limit=None if shows_all else limit, as_text=as_text)


@sources.command("resync")
@click.argument("name")
@click.option(
    "--since", help="What changed from this instant, such as 2026-03-01T22:00:00Z. Left out: everything."
)
@click.option("--notify", is_flag=True, help="Tell the listeners of what it brings.")
@common
def resync_source(
    name: str, since: str | None, notify: bool, as_text: bool, database: str | None, config: Path | None
) -> None:
    """Have the next poll of NAME read again what has changed since an instant; what is known is not written again."""
    with _clear_end(), source_desk(quiet_settings(config, database)) as desk:
        print_one(desk.resync(name, since=instant("since", since), notify=notify), as_text)


@sources.command("try")
@click.argument("name")
@click.option("--newest", type=click.IntRange(1, 1000), default=3, show_default=True, help="So many tickets.")
@common
def try_mapping(name: str, newest: int, as_text: bool, database: str | None, config: Path | None) -> None:
    """Show the newest tickets of NAME beside the reports that the mapping makes of them. Writes nothing."""
    with _clear_end():
        found = list(try_source(quiet_settings(config, database), name, newest=newest))
    if as_text:
        click.echo(as_json([_view(trial) for trial in found]))
    else:
        for trial in found:
            _print_beside(trial)


def _view(trial: Trial) -> dict[str, Any]:
    unmapped = [{"attribute": attribute, "word": word} for attribute, word in trial.rendered.unmapped]
    failed = {} if trial.failure is None else {"failure": trial.failure}
    return {
        "key": trial.record.key,
        "updated": to_text(trial.record.updated),
        "record": trial.record.data,
        "report": trial.rendered.document,
        "unmapped": unmapped,
        **failed,
    }


def _print_beside(trial: Trial) -> None:
    _say(f"── ticket {trial.record.key}, changed {to_text(trial.record.updated)}")
    left = [part for line in as_lines(dict(trial.record.data)) for part in _cut(line)]
    for raw, report in zip_longest(left, as_lines(trial.rendered.document), fillvalue=""):
        _say(f"{raw:{WIDTH}} │ {report}".rstrip())
    if trial.failure is not None:
        click.echo(f"no report could be made of it: {trial.failure}")
    for attribute, word in trial.rendered.unmapped:
        click.echo(f"the mapping does not know the {attribute} {word!r}")


def _say(line: str) -> None:
    """A record may have what no text has, such as half of a surrogate pair."""
    click.echo(line.encode("utf-8", "backslashreplace").decode())


def _cut(line: str) -> list[str]:
    flat = " ".join(line.splitlines())
    return [flat[start : start + WIDTH] for start in range(0, max(len(flat), 1), WIDTH)]
