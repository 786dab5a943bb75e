"""Commands about what became of each event, and who was told of a report."""

from pathlib import Path
from typing import Any

import click

from hub.delivery.outcome import RECORDED
from hub.model.delivery import UNREGISTERED
from hub.operate.options import SINCE, UNTIL, common, desk_of, given, instant, print_all, print_one
from hub.operate.printing import Columns
from hub.subscriptions.coverage import Reason

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
OUTCOMES = [*(one.value for one in RECORDED), UNREGISTERED]
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


@click.group("deliveries")
def deliveries() -> None:
    """See what became of each event, and send one again."""


@deliveries.command("list")
@click.option("--subscription", help="For this registration only.")
@click.option(
    "--state", type=click.Choice(["due", "inFlight", "delivered", "dead", "parked"]), help="In this state only."
)
@click.option("--outcome", type=click.Choice(OUTCOMES), help="Whose last attempt ended so.")
@click.option("--event", help="Of this event only.")
@click.option("--report", "problem", help="About this report only.")
@click.option("--party", help="Of registrations of this party only.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most so many.")
@SINCE
@UNTIL
@common
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
    with desk_of(config, database) as desk:
        filters: dict[str, str | int] = {**given(serviceProblem=problem, **more)}
        for name, text in (("since", since), ("until", until)):
            micros = instant(name, text)
            if micros is not None:
                filters[name] = micros
        print_all(desk.deliveries(filters, limit=limit), DELIVERIES, as_text)


@deliveries.command("show")
@click.argument("id")
@common
def show_delivery(id: str, as_text: bool, database: str | None, config: Path | None) -> None:
    """Show the delivery ID with its attempts."""
    with desk_of(config, database) as desk:
        print_one(desk.delivery(id), as_text)


@deliveries.command("resend")
@click.argument("id")
@common
def resend_delivery(id: str, as_text: bool, database: str | None, config: Path | None) -> None:
    """Send the delivery ID again, now."""
    with desk_of(config, database) as desk:
        print_one(desk.resend(id), as_text)


@click.command("coverage")
@click.option("--report", "problem", help="The report that is asked about.")
@click.option("--event", help="The one event that is asked about.")
@click.option("--told/--not-told", "told", default=None, help="Only who was told, or only who was not.")
@click.option("--reason", type=click.Choice([one.value for one in Reason]), help="Only where this is so.")
@common
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
    if not (problem or event):
        raise click.UsageError("say what is asked about: --report or --event")
    with desk_of(config, database) as desk:
        filters = given(serviceProblem=problem, event=event, reason=reason)
        if told is not None:
            filters["told"] = str(told).lower()
        print_all(desk.coverage(filters), COVERAGE, as_text)
