"""The reports that a constraint explains: when each was open, for whom, and how many users felt it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from hub.constraints.sightings import Kind, customer_of, originator_of, sighting_of
from hub.constraints.topology import NONE
from hub.model.intervals import Interval, weighted
from hub.model.problem import Document, Status
from hub.model.times import from_text, to_micros

MINUTE = 60_000_000
INVALID = frozenset({Status.CANCELLED, Status.REJECTED})
RESTORED = frozenset({Status.RESOLVED, Status.CLOSED})


class Member(NamedTuple):
    """`open` is in microseconds; `services` are ("",) where none is named, `affected` is 0 where no number is."""

    open: Interval
    party: str
    services: tuple[str, ...]
    affected: int


def member_of(problem_id: str, document: Document, until: int) -> Member | None:
    """Open from its opening until it was last resolved, or `until`, in microseconds; None of what turned out to be no
    report."""
    if document["status"] in INVALID:
        return None
    opened = _micros(document["creationDate"])
    end = min(until, _micros(document["resolutionDate"])) if document["status"] in RESTORED else until
    seen = sighting_of(problem_id, document, NONE, at=opened, recorded=opened)
    services = tuple(key.value for key in seen.keys if key.kind is Kind.SERVICE) or ("",)
    party = customer_of(document) or originator_of(document) or problem_id
    return Member((opened, end), party, services, document.get("affectedNumberOfServices") or 0)


def user_minutes(members: Iterable[Member]) -> float | None:
    """The number of the affected over the time that each service was down, overlaps by the greatest number.

    Summed over the services, as the metric `userMinutes` is; None where no report says how many are affected.
    """
    found: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for one in members:
        if one.affected > 0:
            for service in one.services:
                found[service].append((*one.open, one.affected))
    return sum(map(weighted, found.values())) / MINUTE if found else None


def _micros(text: str) -> int:
    return to_micros(from_text(text))
