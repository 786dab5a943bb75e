"""Commands about management reports."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from hub.command import CONFIG, clear_end, quiet_settings
from hub.errors import HubError, InvalidInput, Violation
from hub.model.times import from_text, to_text
from hub.operate.options import DATABASE, common, print_all
from hub.operate.printing import Columns
from hub.operate.report_desk import ReportDesk, report_desk
from hub.reporting.audiences.definition import Format

DEFINITIONS: Columns = {
    "name": "name",
    "title": "title",
    "audience": "audience",
    "formats": "formats",
    "period": "period",
    "origin": "origin",
    "every": "schedule.every",
    "next": "nextRun.due",
    "refused": "refused",
}
MADE: Columns = {
    "id": "id",
    "definition": "definition.id",
    "period": "period",
    "scope": "scope",
    "status": "status",
    "made": "completionDate",
    "due": "schedule.due",
}
MAILS: Columns = {
    "recipient": "recipient",
    "state": "state",
    "attempts": "attempts",
    "outcome": "lastOutcome",
    "status": "lastStatus",
    "due": "dueTime",
    "delivered": "deliveredTime",
    "reply": "lastReply",
}
PERIOD = click.option(
    "--period", help="Such as 2026-03, 2026-W10, 2026-Q1, 2026 or 30d; that of the definition when it is left out."
)
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
@click.option("--as-recorded-at", "recorded", help="As it was known at an instant, such as 2026-04-01T06:00Z.")
@click.option("--restates", help="The id of a report: make it once more, and tell what has changed and why.")
@FORM
@OUT
@DATABASE
@CONFIG
def run_report(
    name: str,
    period: str | None,
    zone: str | None,
    scope: tuple[str, ...],
    recorded: str | None,
    restates: str | None,
    form: str | None,
    out: Path | None,
    database: str | None,
    config: Path | None,
) -> None:
    """Make the report NAME now, of a period or of that of its definition."""
    with _desk(config, database) as desk:
        asked = {
            "period": period,
            "zone": zone,
            "recordedUntil": _instant(recorded),
            "formats": [form] if form else None,
        }
        if restates is None:
            _give(desk.run(name, asked, scope=scope, audience=None), out)
        else:
            _give(desk.restate(name, restates, asked | {"scope": list(scope)}), out)


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
    period: str | None,
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


@reports.command("mails")
@click.argument("report")
@common
def list_mails(report: str, as_text: bool, database: str | None, config: Path | None) -> None:
    """Show to whom REPORT, by its id, was sent by mail, and how that went."""
    with _desk(config, database) as desk:
        print_all(desk.mails(report), MAILS, as_text)


@reports.command("resend")
@click.argument("report")
@DATABASE
@CONFIG
def resend_mails(report: str, database: str | None, config: Path | None) -> None:
    """Have the mails of REPORT sent once more that were given up."""
    with _desk(config, database) as desk:
        click.echo(f"{desk.resend(report)} to be sent again")


def _instant(text: str | None) -> str | None:
    """Raises InvalidInput."""
    try:
        return None if text is None else to_text(from_text(text))
    except ValueError as error:
        message = "must be an instant with its zone, such as 2026-04-01T06:00Z"
        raise InvalidInput(violations=[Violation(field="as-recorded-at", value=text, message=message)]) from error


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
