"""Thousands of registrations: everyone who should be told is told, and nobody else."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import orjson
import pytest

from hub.model.caller import LOCAL, Caller
from hub.model.problem import Document
from hub.store.tables import Tables
from tests.fakes.listener import Listener
from tests.rooms import Desk, Exchange, TurningClock, open_store, until

SEED = 656
COUNT = 2000
STATUSES = ("acknowledged", "inProgress", "held", "resolved")
REPORT = "event.serviceProblem"

Wants = Callable[[Document], bool]
Wish = tuple[str | None, str | None, Wants]
"""(query, party, whether an event's envelope is wanted), the last said without the query language."""


def shown(envelope: Document) -> Document:
    document: Document = envelope["event"]["serviceProblem"]
    return document


def parties(envelope: Document) -> set[str]:
    return {one["partyOrPartyRole"]["id"] for one in shown(envelope).get("relatedParty", ())}


def of_customer(rng: random.Random) -> Wish:
    customer = f"customer-{rng.randrange(200)}"
    query = f"{REPORT}.relatedParty.partyOrPartyRole.id={customer}"
    return query, None, lambda envelope: customer in parties(envelope)


def of_priority(rng: random.Random) -> Wish:
    low, category = rng.randrange(1, 10), f"category-{rng.randrange(40)}"
    query = f"{REPORT}.priority>={low}&{REPORT}.priority<{low + 2}&{REPORT}.category={category}"
    return (
        query,
        None,
        lambda envelope: low <= shown(envelope)["priority"] < low + 2 and shown(envelope)["category"] == category,
    )


def of_state(rng: random.Random) -> Wish:
    states, service = rng.sample(STATUSES, 2), f"service-{rng.randrange(100)}"
    query = f"eventType=ServiceProblemStateChangeEvent&{REPORT}.status={','.join(states)}"
    query += f"&{REPORT}.affectedService.id={service}"

    def wants(envelope: Document) -> bool:
        changed = envelope["eventType"] == "ServiceProblemStateChangeEvent"
        services = [one["id"] for one in shown(envelope).get("affectedService", ())]
        return changed and shown(envelope)["status"] in states and service in services

    return query, None, wants


def of_either(rng: random.Random) -> Wish:
    service, category = f"service-{rng.randrange(200)}", f"category-{rng.randrange(400)}"
    query = f"{REPORT}.affectedService.id={service};{REPORT}.category={category}"

    def wants(envelope: Document) -> bool:
        services = [one["id"] for one in shown(envelope).get("affectedService", ())]
        return service in services or shown(envelope)["category"] == category

    return query, None, wants


def of_others(rng: random.Random) -> Wish:
    category = f"category-{rng.randrange(40)}"
    query = f"{REPORT}.status.ne=acknowledged&{REPORT}.category={category}&{REPORT}.name.ne=quiet"

    def wants(envelope: Document) -> bool:
        loud = shown(envelope).get("name") != "quiet"
        return loud and shown(envelope)["status"] != "acknowledged" and shown(envelope)["category"] == category

    return query, None, wants


def of_party(rng: random.Random) -> Wish:
    party, low = f"customer-{rng.randrange(200)}", rng.randrange(1, 10)
    query = rng.choice([None, f"{REPORT}.priority.gt={low}"])

    def wants(envelope: Document) -> bool:
        return party in parties(envelope) and (query is None or shown(envelope)["priority"] > low)

    return query, party, wants


WISHES = (of_customer, of_priority, of_state, of_either, of_others, of_party)


def a_report(rng: random.Random) -> Document:
    customers = rng.sample(range(200), rng.randrange(3))
    services = rng.sample(range(200), rng.randrange(3))
    return {
        "priority": rng.randrange(1, 11),
        "category": f"category-{rng.randrange(40)}",
        "name": rng.choice(["quiet", "loud"]),
        "relatedParty": [
            {"role": "customer", "partyOrPartyRole": {"@type": "PartyRef", "id": f"customer-{number}"}}
            for number in customers
        ],
        "affectedService": [{"@type": "ServiceRef", "id": f"service-{number}"} for number in services],
    }


@pytest.fixture
def exchange(tmp_path: Path, listener: Listener) -> Iterator[Exchange]:
    store = open_store(tmp_path)
    exchange = Exchange(store, tmp_path)
    yield exchange
    exchange.close()


class Crowd:
    """Registrations that come and go, and who of them is to be told of each event."""

    def __init__(self, exchange: Exchange, listener: Listener, wishes: list[Wish]) -> None:
        self._exchange = exchange
        self._listener = listener
        self._wishes = wishes
        self._ids: dict[int, str] = {}
        self._seen = 0
        self.expected: set[tuple[str, str]] = set()

    def join(self, numbers: range) -> None:
        self._exchange.store.write(partial(self._join, numbers=numbers))

    def _join(self, tables: Tables, numbers: range) -> None:
        registrations = self._exchange.registrations
        for number in numbers:
            query, party, _ = self._wishes[number]
            caller = LOCAL if party is None else Caller(name=party, scopes=LOCAL.scopes, party=party)
            request = registrations.check({"callback": self._listener.url(f"/{number}"), "query": query})
            self._ids[number] = registrations.register(tables, request, caller=caller).id

    def leave(self, numbers: range) -> None:
        self._exchange.store.write(partial(self._leave, numbers=numbers))

    def _leave(self, tables: Tables, numbers: range) -> None:
        for number in numbers:
            self._exchange.registrations.unregister(tables, self._ids.pop(number))

    def is_told(self, envelopes: list[Document]) -> None:
        """Wait until those who are here now have what is new, and nobody has anything else."""
        new, self._seen = envelopes[self._seen :], len(envelopes)
        self.expected |= {
            (f"/{number}", envelope["eventId"])
            for number in self._ids
            for envelope in new
            if self._wishes[number][2](envelope)
        }
        store = self._exchange.store
        until(lambda: store.read.events.fanned_out() == store.read.events.last())
        assert len(self._exchange.log()) == len(self.expected)
        until(lambda: len(self._exchange.log(state="delivered")) == len(self.expected), within=60)
        told = [(each.path, orjson.loads(each.body)["eventId"]) for each in self._listener.received()]
        assert set(told) == self.expected
        assert len(told) == len(self.expected)


def test_everyone_who_should_be_told_is_told_and_nobody_else(exchange: Exchange, listener: Listener) -> None:
    rng = random.Random(SEED)
    desk = Desk(exchange.store, TurningClock(datetime.now(UTC)))
    crowd = Crowd(exchange, listener, [rng.choice(WISHES)(rng) for _ in range(COUNT)])
    exchange.start()
    crowd.join(range(1500))
    reports = [desk.create(**a_report(rng)) for _ in range(12)]
    crowd.is_told(desk.envelopes())
    crowd.leave(range(0, 1500, 3))
    crowd.join(range(1500, COUNT))
    for problem in reports:
        desk.patch(problem, status="inProgress", priority=rng.randrange(1, 11))
    crowd.is_told(desk.envelopes())
    crowd.join(range(0, 1500, 3))
    for problem in reports:
        desk.patch(problem, status=rng.choice(["held", "resolved"]), category=f"category-{rng.randrange(40)}")
    crowd.is_told(desk.envelopes())
    assert len(crowd.expected) > 500
