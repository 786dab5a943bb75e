"""A database with very many reports, as an operator has them after two years: few are open, and those are recent."""

import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from benchmarks.reports import report
from hub.model.problem import Document, Problem
from hub.model.times import to_text
from hub.store.sqlite import Store
from hub.store.tables import Tables

T = TypeVar("T")

BEGIN = datetime.fromisoformat("2024-01-01T00:00:00+00:00")
SPAN = timedelta(days=730)
AT_ONCE = 5000
CUSTOMERS = 10_000

OPEN = ("acknowledged", "inProgress", "pending", "held")
ENDED = {"closed": 82, "resolved": 10, "cancelled": 7, "rejected": 1}
PRIORITIES = {1: 3, 2: 12, 3: 35, 4: 30, 5: 20}
CATEGORIES = {
    "supplier.originated": 50,
    "serviceProvider.originated": 25,
    "originated.by.alarm": 12,
    "customer.originated": 8,
    "maintenance": 4.5,
    "other": 0.5,
}


def reports(count: int, chance: random.Random) -> Iterator[Problem]:
    """In the order of their creation; nine in ten of the last hundredth are open, and one in two hundred before."""
    for number in range(count):
        created = BEGIN + SPAN * (number / count)
        yield Problem(id=f"{number:032x}", document=_document(number, count, created, chance), sequence=1)


def _document(number: int, count: int, created: datetime, chance: random.Random) -> Document:
    is_open = chance.random() < (0.9 if number > 0.99 * count else 0.005)
    status = chance.choice(OPEN) if is_open else _drawn(ENDED, chance)
    changed = to_text(created + timedelta(seconds=chance.expovariate(1 / 43_200)))
    customer = {"@type": "PartyRef", "id": f"cust-{chance.randrange(CUSTOMERS)}", "name": "A customer"}
    return {
        **report(number),
        "status": status,
        "priority": _drawn(PRIORITIES, chance),
        "category": _drawn(CATEGORIES, chance),
        "creationDate": to_text(created),
        "lastUpdate": changed,
        "statusChangeDate": changed,
        "relatedParty": [
            {"@type": "RelatedPartyRefOrPartyRoleRef", "role": "customer", "partyOrPartyRole": customer}
        ],
    }


def _drawn(weights: Mapping[T, float], chance: random.Random) -> T:
    return chance.choices(tuple(weights), tuple(weights.values()))[0]


def fill_store(store: Store, count: int) -> None:
    some: list[Problem] = []
    for problem in reports(count, random.Random(656)):
        some.append(problem)
        if len(some) == AT_ONCE:
            store.write(partial(_insert, some))
            some = []
    store.write(partial(_insert, some))


def _insert(some: list[Problem], tables: Tables) -> None:
    for problem in some:
        tables.problems.insert(problem)
