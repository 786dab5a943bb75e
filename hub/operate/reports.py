"""Commands about management reports."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from hub.command import CONFIG, clear_end, quiet_settings
from hub.errors import HubError
from hub.operate.options import DATABASE, common, print_all
from hub.operate.printing import Columns
from hub.operate.report_desk import ReportDesk, report_desk
from hub.reporting.audiences.definition import Format

DEFINITIONS: Columns = {
    "name": "name",
    "title": "title",
    "audience": "audience",
    "formats": "formats",
    "origin": "origin",
}
MADE: Columns = {
    "id": "id",
    "definition": "definition.id",
    "period": "period",
    "scope": "scope",
    "status": "status",
    "made": "completionDate",
}
PERIOD = click.option("--period", required=True, help="Such as 2026-03, 2026-W10, 2026-Q1, 2026 or 30d.")
ZONE = click.option("--zone", help="The IANA zone of the period; that of the audience when it is left out.")
SCOPE = click.option("--scope", multiple=True, help="Narrow it, such as customer:ACME; several are allowed.")
OUT = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file; else standard output."
)
FORM = click.option("--format", "form", type=click.Choice([str(one) for one in Format]), help="The form.")


@contextmanager
def _desk(config: Path | None, database: str | None) -> Iterator[ReportDesk]:
    with clear_end(), report_desk(quiet_settings(config, database)) as desk:
        yield desk


@click.group("report")
def reports() -> None:
    """Make management reports, and see which there are."""


@reports.command("run")
@click.argument("name")
@PERIOD
@ZONE
@SCOPE
@FORM
@OUT
@DATABASE
@CONFIG
def run_report(
    name: str,
    period: str,
    zone: str | None,
    scope: tuple[str, ...],
    form: str | None,
    out: Path | None,
    database: str | None,
    config: Path | None,
) -> None:
    """Make the report NAME of a period now."""
    with _desk(config, database) as desk:
        asked = {"period": period, "zone": zone, "formats": [form] if form else None}
        _give(desk.run(name, asked, scope=scope, audience=None), out)


@reports.command("preview")
@click.argument("name")
@click.option("--as", "audience", required=True, help="The audience whose eyes it is to be seen with.")
@PERIOD
@ZONE
@SCOPE
@FORM
@OUT
@DATABASE
@CONFIG
def preview_report(
    name: str,
    audience: str,
    period: str,
    zone: str | None,
    scope: tuple[str, ...],
    form: str | None,
    out: Path | None,
    database: str | None,
    config: Path | None,
) -> None:
    """Make the report NAME as another audience would get it."""
    with _desk(config, database) as desk:
        asked = {"period": period, "zone": zone, "formats": [form or Format.HTML]}
        _give(desk.run(name, asked, scope=scope, audience=audience), out)


@reports.command("list")
@click.option("--made", is_flag=True, help="Show those that a hub has made.")
@common
def list_reports(made: bool, as_text: bool, database: str | None, config: Path | None) -> None:
    """Show which reports can be made."""
    with _desk(config, database) as desk:
        print_all(desk.made() if made else desk.definitions(), MADE if made else DEFINITIONS, as_text)


def _give(content: bytes, out: Path | None) -> None:
    """Raises HubError when the file cannot be written."""
    if out is None:
        sys.stdout.buffer.write(content)
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise HubError(f"cannot write {out}: {error.strerror}") from error
    click.echo(f"wrote {out}: {len(content)} bytes", err=True)
