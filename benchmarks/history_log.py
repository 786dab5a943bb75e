"""A made-up log of a service desk, drawn from a seed, with the traps of real ones, as the history of a store.

About six records a report; more than a third change no status. Some reports wait for the customer or a supplier, some
are reopened, some cancelled, some never end; one in ten starts before the hub learnt of it.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from hub.model.event import EventType, Record
from hub.model.problem import Document, Problem, Status
from hub.model.times import micros_to_text
from hub.store.sqlite import Store
from hub.store.tables import Tables

UPDATES = 141_712
REPORTS = 24_918
"""The size of a year of a service desk that is public."""

HOUR = 3_600_000_000
BEGIN = 1_767_225_600_000_000
"""1 January 2026 in UTC, microseconds."""

DAYS = 90
AT_ONCE = 2000
STATE, ATTRIBUTES = EventType.STATE_CHANGE, EventType.ATTRIBUTE_VALUE_CHANGE

Step = tuple[int, EventType, Status | None, Document, str]


def fill(
    database: Path, *, reports: int = REPORTS, updates: int = UPDATES, days: int = DAYS, seed: int = 1
) -> int:
    """Make the database; gives how many records it has."""
    random = Random(seed)
    store = Store(database, synchronous="NORMAL")
    made = 0
    for first in range(0, reports, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, reports))
        wanted = updates * numbers.stop // reports - made
        made += store.write(lambda tables, these=numbers, count=wanted: _write(tables, random, these, count, days))  # type: ignore[misc]
    store.close()
    return made


def _write(tables: Tables, random: Random, numbers: range, wanted: int, days: int) -> int:
    """So many records of some reports, spread over them: at least one each."""
    made = 0
    for number in numbers:
        left = numbers.stop - number
        count = (
            max(1, min(58, round(random.gauss((wanted - made) / left, 2)))) if left > 1 else max(1, wanted - made)
        )
        made += _report(tables, random, number, count, days)
    return made


def _report(tables: Tables, random: Random, number: int, count: int, days: int) -> int:
    problem_id = f"00000000-0000-7000-8000-{number:012x}"
    opened = BEGIN + int(random.random() * days * 24 * HOUR)
    steps = list(_steps(random, opened, count))
    document = _document(random, number, opened)
    for number_of, (at, kind, status, changes, party) in enumerate(steps, start=1):
        if status is not None:
            document["status"] = str(status)
        document["lastUpdate"] = document["statusChangeDate"] = micros_to_text(at)
        tables.records.append(
            Record(
                id=f"{problem_id}/{number_of}",
                problem_id=problem_id,
                event_type=kind,
                event_time=at,
                record_time=at + random.randrange(90_000_000),
                sequence=number_of,
                changes=changes,
                to_status=status,
                source="desk",
                source_status=str(status),
                party=party,
            )
        )
    problem = Problem(
        id=problem_id, document=document, version=count, sequence=count, source="desk", source_key=problem_id
    )
    tables.problems.insert(problem)
    return len(steps)


def _steps(random: Random, opened: int, count: int) -> Iterator[Step]:
    """The life of a report in so many records."""
    party = f"group-{random.randrange(79)}"
    at = opened + (random.randrange(1200) * 1_000_000 if random.random() < 0.1 else 0)
    yield at, EventType.CREATE, Status.ACKNOWLEDGED, {}, party
    ends = random.random()
    status = Status.ACKNOWLEDGED
    for left in range(count - 1, 0, -1):
        at += int(random.expovariate(1 / 9) * HOUR)
        if random.random() < 0.37 and left > 2:
            before, party = party, f"group-{random.randrange(79)}"
            yield at, ATTRIBUTES, None, {"responsibleParty": {"from": {"id": before}, "to": {"id": party}}}, party
            continue
        status = _next(random, status, left, ends)
        yield at, STATE, status, {"status": {"from": None, "to": str(status)}}, party


def _next(random: Random, status: Status, left: int, ends: float) -> Status:
    if left == 2 and ends > 0.05:
        return Status.RESOLVED
    if left == 1 and ends > 0.05:
        return Status.CLOSED if ends > 0.07 else Status.CANCELLED
    if status is Status.IN_PROGRESS:
        return random.choices((Status.PENDING, Status.HELD, Status.RESOLVED), (30, 5, 1))[0]
    return Status.IN_PROGRESS


def _document(random: Random, number: int, opened: int) -> Document:
    customer, service = f"customer-{random.randrange(400)}", f"line-{random.randrange(3000)}"
    return {
        "@type": "ServiceProblem",
        "category": "serviceProvider.declarer",
        "description": f"Packet loss on access ring {number} since this morning",
        "priority": random.choices((1, 2, 3, 4), (2, 2, 93, 3))[0],
        "reason": f"cause-{random.randrange(18)}",
        "status": "acknowledged",
        "creationDate": micros_to_text(opened),
        "originatorParty": _party("originator", "desk"),
        "responsibleParty": _party("supplier", "group-1"),
        "relatedParty": [_party("customer", customer)],
        "originatingSystem": "desk",
        "affectedNumberOfServices": random.randrange(20),
        "affectedService": [{"@type": "ServiceRef", "id": service, "name": f"Ethernet {service}"}],
        "affectedLocation": [{"@type": "PlaceRef", "id": f"site-{random.randrange(225)}"}],
    }


def _party(role: str, party: str) -> Document:
    reference = {"@type": "PartyRef", "id": party, "@referredType": "Organization"}
    return {"@type": "RelatedPartyRefOrPartyRoleRef", "role": role, "partyOrPartyRole": reference}
