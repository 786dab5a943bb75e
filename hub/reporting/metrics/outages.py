"""When the services were degraded: the time in which reports about them were open, each instant counted once."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hub.reporting.cases import Case
from hub.reporting.intervals import Interval, measure, union
from hub.reporting.policies import CUSTOMER_AT, SERVICE_AT
from hub.reporting.views import Question, View


class Outage(NamedTuple):
    """One report's part of the degraded time of a service."""

    case: Case
    customers: tuple[str, ...]
    intervals: list[Interval]


def outages(view: View) -> dict[str, list[Outage]]:
    """{service: the valid reports about it that were open in the period}, the parts cut to the period."""
    found: dict[str, list[Outage]] = {}
    for case in view.cases:
        spans = view.spans.of(case) if case.is_valid else ()
        if spans:
            parts = union((begin, end) for begin, end, _ in spans)
            outage = Outage(case, case.timeline.values[CUSTOMER_AT], parts)
            for service in case.timeline.values[SERVICE_AT]:
                found.setdefault(service, []).append(outage)
    return found


def merged(those: Iterable[Outage]) -> list[Interval]:
    return union(interval for one in those for interval in one.intervals)


def by_customer(those: Sequence[Outage]) -> dict[str, list[Outage]]:
    found: dict[str, list[Outage]] = {}
    for one in those:
        for customer in one.customers:
            found.setdefault(customer, []).append(one)
    return found


def degraded_time(services: dict[str, list[Outage]]) -> int:
    """Microseconds: the union for each customer and service, summed up over them."""
    return sum(measure(merged(part)) for those in services.values() for part in by_customer(those).values())


def cut_by_hours(intervals: list[Interval], question: Question) -> list[Interval]:
    """What of the intervals lies in the hours in which the services are to be available."""
    if question.service_hours.is_always_open:
        return intervals
    hours = question.service_hours
    return [part for begin, end in intervals for part in hours.opened(begin, end)]


def ids_of(those: Iterable[Outage]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.case.id for one in those))
