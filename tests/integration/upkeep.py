"""What tests of recoveries share: registrations that are changed, and a housekeeper whose batches are small."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from hub.bootstrap.outgoing import make_list_get
from hub.model.caller import Caller
from hub.model.recovery import Recovery
from hub.query.ownership import PARTY_PATHS
from hub.settings import Settings, load_settings
from hub.store.subscriptions import Registered
from hub.subscriptions.list_rules import ListRules
from hub.subscriptions.recovering import Span
from hub.subscriptions.wanting import wanted_by
from hub.upkeep.list_place import LONGEST, ListPlace
from hub.upkeep.lists import Reconciler
from tests.fakes.listener import Received
from tests.rooms import Desk, Exchange, TurningClock, open_store, parse_query

NOC = Caller(name="noc", scopes=frozenset({"*"}))
MAKE_WANTED = partial(wanted_by, parse_query=parse_query(), party_paths=PARTY_PATHS)


class House:
    """A hub without doors on a folder: reports, registrations, a sender, and a housekeeper that is stepped by hand."""

    def __init__(self, folder: Path, *, batch: int = 3) -> None:
        self.store = open_store(folder)
        self.exchange = Exchange(self.store, folder, batch=batch)
        self.clock = TurningClock(datetime.now(UTC))
        self.desk = Desk(self.store, self.clock)
        self.recovering, self.task = self.exchange.recovering, self.exchange.task
        self.keep = self.exchange.keep

    def change(self, one: Registered, **patch: Any) -> Registered:
        return self.exchange.change(one, caller=NOC, **patch)

    def recover(self, one: Registered, span: Span = Span()) -> Recovery:  # noqa: B008
        work = partial(self.recovering.recover, subscription_id=one.subscription.id, span=span, caller=NOC)
        return self.store.write(work)

    def replay(self, one: Registered, span: Span = Span()) -> Recovery:  # noqa: B008
        work = partial(self.recovering.replay, subscription_id=one.subscription.id, span=span, caller=NOC)
        return self.store.write(work)

    def works(self, **filters: str) -> list[Recovery]:
        """Oldest first."""
        return self.store.read.recoveries.page(filters, offset=0, limit=1000)[::-1]

    def states(self, one: Registered) -> dict[str, int]:
        return self.store.read.deliveries.counts_of(one.seq)

    def kept(self, one: Registered) -> Mapping[str, Any]:
        found = self.store.read.subscriptions.get(one.subscription.id)
        assert found is not None
        return {
            "state": found.subscription.state,
            "order": found.subscription.order,
            "list": found.subscription.list,
        }


def told(received: list[Received]) -> dict[str, list[int]]:
    """{report: the sequence numbers of its events, as they came}"""
    found: dict[str, list[int]] = {}
    for each in received:
        event = orjson.loads(each.body)
        found.setdefault(event["correlationId"], []).append(event["sequence"])
    return found


LOOPBACK = load_settings(None, {}, {"delivery.allowed_networks": ["127.0.0.0/8"]})


def reconciler(house: House, settings: Settings = LOOPBACK, *, longest: float = LONGEST) -> Reconciler:
    return Reconciler(
        store=house.store,
        rules=ListRules(
            registrations=house.exchange.registrations,
            recovering=house.recovering,
            clock=house.clock,
            secrets=house.exchange.secrets,
        ),
        place=ListPlace(make_list_get(settings, house.clock, longest=longest)),
        clock=house.clock,
    )
