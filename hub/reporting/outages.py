"""When the services were degraded: the time in which reports about them were open, each instant counted once."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hub.model.intervals import Interval, measure, union, weighted
from hub.reporting.cases import Case
from hub.reporting.policies import CUSTOMER_AT


class Outage(NamedTuple):
    """One report's part of the degraded time of a service; `length` is that of its merged `intervals`, `within` what
    of it lies in the hours in which services are to be available, both in microseconds."""

    case: Case
    intervals: list[Interval]
    length: int
    within: int


class Down(NamedTuple):
    """What some outages of a service make together; all but `outages` are microseconds.

    `length` is that of their union, which has so many `outages`; `degraded` sums the unions by customer up.
    `available` is the part of `counted` in which the service was neither down nor in maintenance. `user_time` is
    weighted by how many were affected.
    """

    length: int
    outages: int
    degraded: int
    available: int
    counted: int
    user_time: int


def merged(those: Sequence[Outage]) -> list[Interval]:
    return those[0].intervals if len(those) == 1 else union([part for one in those for part in one.intervals])


def length(those: Sequence[Outage]) -> int:
    """Microseconds, each instant counted once."""
    return those[0].length if len(those) == 1 else measure(merged(those))


def by_customer(those: Iterable[Outage]) -> dict[str, list[Outage]]:
    found: dict[str, list[Outage]] = {}
    for one in those:
        for customer in one.case.timeline.values[CUSTOMER_AT]:
            found.setdefault(customer, []).append(one)
    return found


def degraded(those: Sequence[Outage]) -> int:
    """The union for each customer, summed up over them."""
    if len(those) == 1:
        return those[0].length * len(those[0].case.timeline.values[CUSTOMER_AT])
    return sum([length(part) for part in by_customer(those).values()])


def user_time(those: Sequence[Outage]) -> int:
    """The time weighted by how many were affected, overlaps by the greatest number."""
    if len(those) == 1:
        return those[0].length * those[0].case.timeline.affected
    return weighted([(*part, one.case.timeline.affected) for one in those for part in one.intervals])


def ids_of(those: Iterable[Outage]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([one.case.id for one in those]))
