"""Which keys have constraints again and again, most degraded minutes of the explained reports first (Pareto)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from hub.constraints.sightings import Kind, sighting_of
from hub.constraints.topology import NONE
from hub.model.constraint import values_of
from hub.model.problem import Document, Status
from hub.model.times import from_text, to_micros
from hub.problems.links import CHILDREN, ids_in

LISTED = 20
MINUTE = 60_000_000
INVALID = frozenset({Status.CANCELLED, Status.REJECTED})
RESTORED = frozenset({Status.RESOLVED, Status.CLOSED})

Interval = tuple[int, int]
Line = tuple[str, str]
"""A customer, and a service of that one; "" where a report names none."""

Read = Callable[[Iterable[str]], Iterator[tuple[str, Document]]]
"""Gives (id, document) of the reports with these ids."""


class Member(NamedTuple):
    """When a report was open, in microseconds, and for whom."""

    open: Interval
    lines: tuple[Line, ...]


def recurring(constraints: Sequence[Document], read: Read, *, until: int) -> list[Document]:
    """The keys with more than one of the constraints, the one with most degraded minutes first.

    Of a member the time counts from its opening until it was last resolved, or `until`, in microseconds; of the members
    of a key those of one customer and service that overlap count once. `activeMinutes` is how long the constraints
    lasted themselves.
    """
    by_key: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for one in constraints:
        values = values_of(one)
        by_key[values["keyKind"], values["key"]].append(one)
    often = {key: those for key, those in by_key.items() if len(those) > 1}
    ids = dict.fromkeys(member for those in often.values() for one in those for member in ids_in(one, CHILDREN))
    members = {one_id: member for one_id, document in read(ids) if (member := _member(one_id, document, until))}
    found: list[Document] = [
        {
            "keyKind": kind,
            "key": key,
            "count": len(those),
            "degradedMinutes": round(_degraded(those, members) / MINUTE),
            "activeMinutes": round(sum(map(_lasted, those)) / MINUTE),
        }
        for (kind, key), those in often.items()
    ]
    found.sort(key=lambda one: (-one["degradedMinutes"], -one["count"], one["keyKind"], one["key"]))
    return found[:LISTED]


def _member(problem_id: str, document: Document, until: int) -> Member | None:
    """None of what turned out to be no report."""
    if document["status"] in INVALID:
        return None
    opened = _micros(document["creationDate"])
    end = min(until, _micros(document["resolutionDate"])) if document["status"] in RESTORED else until
    seen = sighting_of(problem_id, document, NONE, at=opened, recorded=opened)
    services = [key.value for key in seen.keys if key.kind is Kind.SERVICE] or [""]
    return Member((opened, end), tuple((seen.party, service) for service in services))


def _degraded(constraints: Iterable[Document], members: Mapping[str, Member]) -> int:
    lines: dict[Line, list[Interval]] = defaultdict(list)
    for one in dict.fromkeys(member for each in constraints for member in ids_in(each, CHILDREN)):
        if one in members:
            for line in members[one].lines:
                lines[line].append(members[one].open)
    return sum(map(_measure, lines.values()))


def _measure(intervals: Iterable[Interval]) -> int:
    """The length of the union."""
    length, last = 0, 0
    for begin, end in sorted(intervals):
        length += max(0, end - max(begin, last))
        last = max(last, end)
    return length


def _lasted(constraint: Document) -> int:
    values = values_of(constraint)
    return _micros(values["lastActive"]) - _micros(values["firstReport"])


def _micros(text: str) -> int:
    return to_micros(from_text(text))
