"""The operator's commands: parse, and call the desk."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from hub.command import CONFIG, DATABASE, clear_end, quiet_settings
from hub.errors import InvalidInput, Violation
from hub.model.problem import Document
from hub.model.times import from_text, to_micros
from hub.operate.desk import OperatorDesk, operator_desk
from hub.operate.printing import Columns, as_json, as_lines, as_table
from hub.subscriptions.recovering import Span

SUBSCRIPTIONS: Columns = {
    "id": "id",
    "state": "state",
    "callback": "callback",
    "party": "party",
    "list": "list",
    "due": "count.due",
    "dead": "count.dead",
    "parked": "count.parked",
    "last delivered": "lastDeliveredTime",
}
DELIVERIES: Columns = {
    "id": "id",
    "state": "state",
    "event": "event.eventType",
    "report": "serviceProblem.id",
    "callback": "subscription.callback",
    "tries": "attempts",
    "last": "lastOutcome",
    "due": "dueTime",
    "delivered": "deliveredTime",
}
RECOVERIES: Columns = {
    "id": "id",
    "kind": "kind",
    "status": "status",
    "subscription": "subscription.id",
    "looked": "progress.looked",
    "changed": "progress.changed",
    "expected": "progress.expected",
    "error": "error",
}
COVERAGE: Columns = {
    "event": "event.eventType",
    "no.": "event.sequence",
    "reason": "reason",
    "callback": "callback",
    "party": "party",
    "list": "list",
    "delivered": "deliveredTime",
    "detail": "detail",
}
LISTS: Columns = {
    "name": "name",
    "origin": "origin",
    "entries": "count.entries",
    "registered": "count.registered",
    "refused": "count.refused",
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

JSON = click.option("--json", "as_text", is_flag=True, help="Print JSON.")
SINCE = click.option("--since", help="From this instant, such as 2026-03-01T22:00:00Z.")
UNTIL = click.option("--until", help="Until this instant.")
Command = Callable[..., None]


def _common(command: Command) -> Command:
    return JSON(DATABASE(CONFIG(command)))


@contextmanager
def _desk(config: Path | None, database: str | None) -> Iterator[OperatorDesk]:
    with clear_end(), operator_desk(quiet_settings(config, database)) as desk:
        yield desk


def _print(views: list[Document], columns: Columns, as_text: bool) -> None:
    for line in [as_json(views)] if as_text else as_table(views, columns):
        click.echo(line)


def _print_one(view: Document, as_text: bool) -> None:
    for line in [as_json(view)] if as_text else as_lines(view):
        click.echo(line)


def _given(**filters: str | None) -> dict[str, str]:
    return {name: value for name, value in filters.items() if value is not None}


def _instant(name: str, text: str | None) -> int | None:
    """Raises InvalidInput."""
    if text is None:
        return None
    try:
        return to_micros(from_text(text))
    except ValueError as error:
        message = f'must be an instant with a zone, such as "2026-03-01T22:00:00Z", not {text!r}'
        raise InvalidInput(violations=[Violation(field=name, value=text, message=message)]) from error


@click.group("subscriptions")
def subscriptions() -> None:
    """See, pause, resume and disable registrations. A running hub heeds it within a second."""


@subscriptions.command("list")
@click.option("--state", type=click.Choice(["active", "paused", "disabled", "ended"]), help="In this state only.")
@click.option("--party", help="Of this party only.")
@click.option("--list", "of_list", help="Of this notification list only.")
@click.option("--callback", help="With this callback only.")
@_common
def list_subscriptions(
    as_text: bool, database: str | None, config: Path | None, of_list: str | None, **more: Any
) -> None:
    """Show who is told, and how that goes."""
    with _desk(config, database) as desk:
        _print(desk.subscriptions(_given(list=of_list, **more)), SUBSCRIPTIONS, as_text)


@subscriptions.command("show")
@click.argument("id")
@_common
def show_subscription(id: str, as_text: bool, database: str | None, config: Path | None) -> None:
    """Show the registration ID, and the work on its deliveries."""
    with _desk(config, database) as desk:
        _print_one(desk.subscription(id), as_text)


def _changing(name: str, state: str, told: str) -> click.Command:
    @subscriptions.command(name, help=told)
    @click.argument("id")
    @click.option("--reason", help="Why; it is shown with what was not told.", hidden=state == "active")
    @_common
    def change(id: str, reason: str | None, as_text: bool, database: str | None, config: Path | None) -> None:
        with _desk(config, database) as desk:
            patch = {"state": state} | ({} if reason is None else {"stateReason": reason})
            _print_one(desk.change(id, patch), as_text)

    return change


_changing("pause", "paused", "Hold back what the registration ID is to be told; nothing is lost.")
_changing("resume", "active", "Send what was held back for the registration ID, and what comes.")
_changing("disable", "disabled", "As pause, for a listener that is not expected to come back.")


@click.group("deliveries")
def deliveries() -> None:
    """See what became of each event, and send one again."""


@deliveries.command("list")
@click.option("--subscription", help="For this registration only.")
@click.option(
    "--state", type=click.Choice(["due", "inFlight", "delivered", "dead", "parked"]), help="In this state only."
)
@click.option("--outcome", help="Whose last attempt ended so, such as timeout.")
@click.option("--event", help="Of this event only.")
@click.option("--report", "problem", help="About this report only.")
@click.option("--party", help="Of registrations of this party only.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most so many.")
@SINCE
@UNTIL
@_common
def list_deliveries(
    as_text: bool,
    database: str | None,
    config: Path | None,
    limit: int,
    since: str | None,
    until: str | None,
    problem: str | None,
    **more: Any,
) -> None:
    """Show deliveries, the newest first."""
    with _desk(config, database) as desk:
        filters: dict[str, str | int] = {**_given(serviceProblem=problem, **more)}
        for name, text in (("since", since), ("until", until)):
            instant = _instant(name, text)
            if instant is not None:
                filters[name] = instant
        _print(desk.deliveries(filters, limit=limit), DELIVERIES, as_text)


@deliveries.command("show")
@click.argument("id")
@_common
def show_delivery(id: str, as_text: bool, database: str | None, config: Path | None) -> None:
    """Show the delivery ID with its attempts."""
    with _desk(config, database) as desk:
        _print_one(desk.delivery(id), as_text)


@deliveries.command("resend")
@click.argument("id")
@_common
def resend_delivery(id: str, as_text: bool, database: str | None, config: Path | None) -> None:
    """Send the delivery ID again, now."""
    with _desk(config, database) as desk:
        _print_one(desk.resend(id), as_text)


@click.command("recover")
@click.argument("subscription")
@SINCE
@UNTIL
@_common
def recover(
    subscription: str,
    since: str | None,
    until: str | None,
    as_text: bool,
    database: str | None,
    config: Path | None,
) -> None:
    """Send again what was given up for the registration SUBSCRIPTION; `recoveries` shows how far it is."""
    with _desk(config, database) as desk:
        span = Span(since=_instant("since", since), until=_instant("until", until))
        _print_one(desk.recover(subscription, span), as_text)


@click.command("replay")
@click.argument("subscription")
@SINCE
@UNTIL
@_common
def replay(
    subscription: str,
    since: str | None,
    until: str | None,
    as_text: bool,
    database: str | None,
    config: Path | None,
) -> None:
    """Send what was never sent to the registration SUBSCRIPTION; `recoveries` shows how far it is."""
    with _desk(config, database) as desk:
        span = Span(since=_instant("since", since), until=_instant("until", until))
        _print_one(desk.replay(subscription, span), as_text)


@click.command("recoveries")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="At most so many.")
@_common
def recoveries(limit: int, as_text: bool, database: str | None, config: Path | None) -> None:
    """Show the work on deliveries, the newest first."""
    with _desk(config, database) as desk:
        _print(desk.recoveries(limit=limit), RECOVERIES, as_text)


@click.command("coverage")
@click.option("--report", "problem", help="The report that is asked about.")
@click.option("--event", help="The one event that is asked about.")
@click.option("--told/--not-told", "told", default=None, help="Only who was told, or only who was not.")
@click.option("--reason", help="Only where this is so, such as paused.")
@_common
def coverage(
    problem: str | None,
    event: str | None,
    told: bool | None,
    reason: str | None,
    as_text: bool,
    database: str | None,
    config: Path | None,
) -> None:
    """Show who was told of a report, when, and why the others were not."""
    with _desk(config, database) as desk:
        filters = _given(serviceProblem=problem, event=event, reason=reason)
        if told is not None:
            filters["told"] = str(told).lower()
        _print(desk.coverage(filters), COVERAGE, as_text)


@click.group("lists")
def lists() -> None:
    """See notification lists that are managed elsewhere, and read them."""


@lists.command("list")
@_common
def list_lists(as_text: bool, database: str | None, config: Path | None) -> None:
    """Show the lists, and how their last readings went."""
    with _desk(config, database) as desk:
        _print(desk.lists(), LISTS, as_text)


@lists.command("show")
@click.argument("name")
@_common
def show_list(name: str, as_text: bool, database: str | None, config: Path | None) -> None:
    """Show the list NAME and what its last readings changed."""
    with _desk(config, database) as desk:
        _print_one(desk.list(name), as_text)


@lists.command("reconcile")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Only tell what would change.")
@_common
def reconcile_list(name: str, dry_run: bool, as_text: bool, database: str | None, config: Path | None) -> None:
    """Read the list NAME now: register who came, end who went. Ends with 1 when the list is not believed."""
    with _desk(config, database) as desk:
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
@_common
def erase(party: str, yes: bool, as_text: bool, database: str | None, config: Path | None) -> None:
    """Erase the data of PARTY. It cannot be undone; the receipt holds nothing of the party."""
    if not yes:
        click.confirm(f"Erase all data of the party {party}?", abort=True, err=True)
    with _desk(config, database) as desk:
        _print_one(desk.erase(party), as_text)


COMMANDS: tuple[click.Command, ...] = (
    subscriptions,
    deliveries,
    recover,
    replay,
    recoveries,
    coverage,
    lists,
    erase,
)
