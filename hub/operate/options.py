"""What the operator's commands share: their options, the desk, and how they print."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from hub.command import CONFIG, clear_end, quiet_settings
from hub.errors import InvalidInput, Violation
from hub.model.problem import Document
from hub.model.times import from_text, to_micros
from hub.operate.desk import OperatorDesk, operator_desk
from hub.operate.printing import Columns, as_json, as_lines, as_table

DATABASE = click.option("--database", help="The SQLite file of the hub.")
JSON = click.option("--json", "as_text", is_flag=True, help="Print JSON.")
SINCE = click.option("--since", help="From this instant, such as 2026-03-01T22:00:00Z.")
UNTIL = click.option("--until", help="Until this instant.")
Command = Callable[..., None]


def common(command: Command) -> Command:
    return JSON(DATABASE(CONFIG(command)))


@contextmanager
def desk_of(config: Path | None, database: str | None) -> Iterator[OperatorDesk]:
    with clear_end(), operator_desk(quiet_settings(config, database)) as desk:
        yield desk


def print_all(views: list[Document], columns: Columns, as_text: bool) -> None:
    for line in [as_json(views)] if as_text else as_table(views, columns):
        click.echo(line)


def print_one(view: Document, as_text: bool) -> None:
    for line in [as_json(view)] if as_text else as_lines(view):
        click.echo(line)


def given(**filters: str | None) -> dict[str, str]:
    return {name: value for name, value in filters.items() if value is not None}


def instant(name: str, text: str | None) -> int | None:
    """Raises InvalidInput."""
    if text is None:
        return None
    try:
        return to_micros(from_text(text))
    except ValueError as error:
        message = f'must be an instant with a zone, such as "2026-03-01T22:00:00Z", not {text!r}'
        raise InvalidInput(violations=[Violation(field=name, value=text, message=message)]) from error
