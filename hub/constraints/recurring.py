"""Which keys have constraints again and again, most degraded minutes of the explained reports first (Pareto)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from hub.constraints.documents import BROKEN, key_in
from hub.constraints.members import MINUTE, Member, member_of
from hub.model.constraint import values_of
from hub.model.intervals import Interval, measure, union
from hub.model.problem import Document
from hub.model.times import from_text, to_micros
from hub.problems.links import CHILDREN, ids_in

LISTED = 20

Line = tuple[str, str]
"""A customer, and a service of that one; "" where a report names none."""

Read = Callable[[Iterable[str]], Iterator[tuple[str, Document]]]
"""Gives (id, document) of the reports with these ids."""


def recurring(constraints: Sequence[Document], read: Read, *, until: int) -> list[Document]:
    """The keys with more than one of the constraints, the one with most degraded minutes first.

    Of a member the time counts from its opening until it was last resolved, or `until`, in microseconds; of the members
    of a key those of one customer and service that overlap count once. `activeMinutes` is how long the constraints
    lasted themselves.
    """
    by_key: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for one in constraints:
        key = key_in(one)
        by_key[key.kind, key.value].append(one)
    often = {key: those for key, those in by_key.items() if len(those) > 1}
    ids = dict.fromkeys(member for those in often.values() for one in those for member in ids_in(one, CHILDREN))
    members = {one_id: member for one_id, document in read(ids) if (member := member_of(one_id, document, until))}
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


def _degraded(constraints: Iterable[Document], members: Mapping[str, Member]) -> int:
    lines: dict[Line, list[Interval]] = defaultdict(list)
    for one in dict.fromkeys(member for each in constraints for member in ids_in(each, CHILDREN)):
        if one in members:
            for service in members[one].services:
                lines[members[one].party, service].append(members[one].open)
    return sum(measure(union(those)) for those in lines.values())


def _lasted(constraint: Document) -> int:
    values = values_of(constraint)
    try:
        return _micros(values["lastActive"]) - _micros(values["firstReport"])
    except BROKEN:
        return 0


def _micros(text: str) -> int:
    return to_micros(from_text(text))
