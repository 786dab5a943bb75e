"""Commands about registrations, and the work on their deliveries."""

from pathlib import Path
from typing import Any

import click

from hub.model.credentials import SignatureKind
from hub.operate.options import SINCE, UNTIL, common, desk_of, given, instant, print_all, print_one
from hub.operate.printing import Columns
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


@click.group("subscriptions")
def subscriptions() -> None:
    """See, pause, resume, disable and test registrations, and exchange their keys.

    A running hub heeds it within a second.
    """


@subscriptions.command("list")
@click.option("--state", type=click.Choice(["active", "paused", "disabled", "ended"]), help="In this state only.")
@click.option("--party", help="Of this party only.")
@click.option("--list", "of_list", help="Of this notification list only.")
@click.option("--callback", help="With this callback only.")
@common
def list_subscriptions(
    as_text: bool, database: str | None, config: Path | None, of_list: str | None, **more: Any
) -> None:
    """Show who is told, and how that goes."""
    with desk_of(config, database) as desk:
        print_all(desk.subscriptions(given(list=of_list, **more)), SUBSCRIPTIONS, as_text)


@subscriptions.command("show")
@click.argument("id")
@common
def show_subscription(id: str, as_text: bool, database: str | None, config: Path | None) -> None:
    """Show the registration ID, and the work on its deliveries."""
    with desk_of(config, database) as desk:
        print_one(desk.subscription(id), as_text)


def _changing(name: str, state: str, told: str) -> click.Command:
    @subscriptions.command(name, help=told)
    @click.argument("id")
    @click.option("--reason", help="Why; it is shown with what was not told.", hidden=state == "active")
    @common
    def change(id: str, reason: str | None, as_text: bool, database: str | None, config: Path | None) -> None:
        with desk_of(config, database) as desk:
            patch = {"state": state} | ({} if reason is None else {"stateReason": reason})
            print_one(desk.change(id, patch), as_text)

    return change


_changing("pause", "paused", "Hold back what the registration ID is to be told; nothing is lost.")
_changing("resume", "active", "Send what was held back for the registration ID, and what comes.")
_changing("disable", "disabled", "As pause, for a listener that is not expected to come back.")


@subscriptions.command("test")
@click.argument("id")
@common
def test_subscription(id: str, as_text: bool, database: str | None, config: Path | None) -> None:
    """Send a test event to the registration ID, now, and show what came of it."""
    with desk_of(config, database) as desk:
        print_one(desk.test(id), as_text)


@subscriptions.command("rotate")
@click.argument("id")
@click.option(
    "--kind", type=click.Choice([kind.value for kind in SignatureKind]), help="Which key; v1 if not told."
)
@click.option("--overlap", help="For how long the old key signs as well, such as 24h.")
@common
def rotate_subscription(
    id: str, kind: str | None, overlap: str | None, as_text: bool, database: str | None, config: Path | None
) -> None:
    """Sign for the registration ID with a new key; a shared secret is shown this once."""
    with desk_of(config, database) as desk:
        print_one(desk.rotate(id, given(kind=kind, overlap=overlap)), as_text)


@click.command("recover")
@click.argument("subscription")
@SINCE
@UNTIL
@common
def recover(
    subscription: str,
    since: str | None,
    until: str | None,
    as_text: bool,
    database: str | None,
    config: Path | None,
) -> None:
    """Send again what was given up for the registration SUBSCRIPTION; `recoveries` shows how far it is."""
    with desk_of(config, database) as desk:
        span = Span(since=instant("since", since), until=instant("until", until))
        print_one(desk.recover(subscription, span), as_text)


@click.command("replay")
@click.argument("subscription")
@SINCE
@UNTIL
@common
def replay(
    subscription: str,
    since: str | None,
    until: str | None,
    as_text: bool,
    database: str | None,
    config: Path | None,
) -> None:
    """Send what was never sent to the registration SUBSCRIPTION; `recoveries` shows how far it is."""
    with desk_of(config, database) as desk:
        span = Span(since=instant("since", since), until=instant("until", until))
        print_one(desk.replay(subscription, span), as_text)


@click.command("recoveries")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="At most so many.")
@common
def recoveries(limit: int, as_text: bool, database: str | None, config: Path | None) -> None:
    """Show the work on deliveries, the newest first."""
    with desk_of(config, database) as desk:
        print_all(desk.recoveries(limit=limit), RECOVERIES, as_text)
