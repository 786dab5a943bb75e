"""How long services were degraded, how available they were, how often they failed, and how many felt it.

All of it is derived from reports: what nobody reported is not in it.
"""

from collections.abc import Iterator, Sequence

from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.figures import HOUR, MINUTE, Figure, percent, ratio
from hub.reporting.intervals import Interval, clipped, intersection, measure, union, weighted
from hub.reporting.metrics.outages import (
    Outage,
    by_customer,
    cut_by_hours,
    degraded_time,
    ids_of,
    merged,
    outages,
)
from hub.reporting.views import Question, View

DEGRADED_MINUTES = Definition(
    id="degradedMinutes",
    name="Degraded minutes",
    meaning="How long services were degraded, for a customer.",
    formula="length of the union of [opening, restoration) by customer and service, cut to the period",
    source="TMF 701 / GB917; ITU-T M.1016 (downtime)",
    cohort=Cohort.ALL_IN_PERIOD,
    unit=Unit.MINUTES,
    numerator="degraded time",
    denominator="length of the period",
    policy="Reports that overlap count once. The wait for the customer is degraded. Part `all` sums over customers and "
    "services, another part is a service.",
)
AVAILABILITY = Definition(
    id="availability",
    name="Availability",
    meaning="The share of the agreed time in which a service was not degraded.",
    formula="100 · (1 − (degraded − degraded in maintenance) / (service time − maintenance))",
    source="ITU-T E.800; TMF 701 / GB917",
    cohort=Cohort.ALL_IN_PERIOD,
    unit=Unit.PERCENT,
    numerator="service time that was neither degraded nor maintenance, in minutes",
    denominator="service time without maintenance, in minutes",
    policy="Derived from reports: a service without any is not listed.",
)
MTBF = Definition(
    id="timeBetweenFailures",
    name="Mean time between failures",
    meaning="How long a service ran between two outages.",
    formula="(observed time − merged outages) / number of merged outages; not defined without an outage",
    source="ITU-T X.137 (mean time between outages)",
    cohort=Cohort.ALL_IN_PERIOD,
    unit=Unit.HOURS,
    numerator="time in which the service ran",
    denominator="merged outages that began in the period or before it",
)
USER_MINUTES = Definition(
    id="userMinutes",
    name="User-minutes",
    meaning="How many minutes of how many affected users or services.",
    formula="∫ affectedNumberOfServices over the union of the outages of a service, overlaps by the greatest number",
    source="FCC 47 CFR 4.9",
    cohort=Cohort.ALL_IN_PERIOD,
    unit=Unit.USER_MINUTES,
    numerator="user-minutes",
    denominator="",
    policy="Reports that do not say how many are affected are left out.",
)
ALL = "all"


def degradation(view: View) -> Iterator[Figure]:
    services = outages(view)
    listed: list[str] = []
    if view.question.listed:
        lengths = {service: measure(merged(those)) for service, those in services.items()}
        listed = sorted(services, key=lambda service: (-lengths[service], service))[: view.question.listed]
    yield from degraded_minutes(view, services, listed)
    yield from availability(view, services, listed)
    yield from between_failures(view, services, listed)
    yield from user_minutes(view, services, listed)


def degraded_minutes(view: View, services: dict[str, list[Outage]], listed: Sequence[str]) -> Iterator[Figure]:
    whole = (view.question.end - view.question.begin) / MINUTE
    everyone = [one for those in services.values() for one in those]
    total = degraded_time(services) / MINUTE
    yield view.figure(
        DEGRADED_MINUTES, total, len(services), part=ALL, numerator=total, denominator=whole, rows=ids_of(everyone)
    )
    for service in listed:
        those = services[service]
        value = measure(merged(those)) / MINUTE
        customers = {name: measure(merged(part)) / MINUTE for name, part in by_customer(those).items()}
        yield view.figure(
            DEGRADED_MINUTES,
            value,
            len(those),
            part=service,
            numerator=value,
            denominator=whole,
            rows=ids_of(those),
            details={"customers": customers},
        )


def available(down: list[Interval], maintenance: Sequence[Interval], question: Question) -> tuple[int, int]:
    """(time available, time that counts) of a service in microseconds; maintenance is in neither."""
    hours = cut_by_hours([(question.begin, question.end)], question)
    planned = intersection(union(clipped(maintenance, question.begin, question.end)), hours)
    counted = measure(hours) - measure(planned)
    inside = intersection(down, hours)
    return counted - (measure(inside) - measure(intersection(inside, planned))), counted


def availability(view: View, services: dict[str, list[Outage]], listed: Sequence[str]) -> Iterator[Figure]:
    question = view.question
    ups = {
        service: available(merged(those), question.maintenance.get(service, ()), question)
        for service, those in services.items()
    }
    up, counted = sum(one for one, _ in ups.values()), sum(one for _, one in ups.values())
    everyone = [one for those in services.values() for one in those]
    parts = [(ALL, up, counted, len(services), everyone)]
    parts += [(service, *ups[service], len(services[service]), services[service]) for service in listed]
    for part, one, whole, n, those in parts:
        yield view.figure(
            AVAILABILITY,
            percent(one, whole),
            n,
            part=part,
            numerator=one / MINUTE,
            denominator=whole / MINUTE,
            rows=ids_of(those),
            policy={"service hours": question.service_hours.name},
        )


def between_failures(view: View, services: dict[str, list[Outage]], listed: Sequence[str]) -> Iterator[Figure]:
    observed = view.question.end - view.question.begin
    down = {service: merged(those) for service, those in services.items()}
    ran = sum(observed - measure(one) for one in down.values())
    parts = [(ALL, ran, sum(map(len, down.values())))]
    parts += [(service, observed - measure(down[service]), len(down[service])) for service in listed]
    for part, up, count in parts:
        mean = ratio(up, count)
        yield view.figure(
            MTBF,
            None if mean is None else mean / HOUR,
            count,
            part=part,
            numerator=up / HOUR,
            denominator=count,
            why="noOutage",
            rows=ids_of(services.get(part, ())),
        )


def user_minutes(view: View, services: dict[str, list[Outage]], listed: Sequence[str]) -> Iterator[Figure]:
    silent = {
        service: [one for one in those if not one.case.timeline.affected] for service, those in services.items()
    }
    by_service = {
        service: weighted((*interval, one.case.timeline.affected) for one in those for interval in one.intervals)
        for service, those in services.items()
    }
    total = sum(by_service.values()) / MINUTE
    unsaid = ids_of(one for those in silent.values() for one in those)
    counted = [one for those in services.values() for one in those if one.case.timeline.affected]
    rows = ids_of(counted)
    yield view.figure(
        USER_MINUTES, total, len(rows), part=ALL, numerator=total, rows=rows, excluded={"numberNotSaid": unsaid}
    )
    for service in listed:
        those = [one for one in services[service] if one.case.timeline.affected]
        value = by_service[service] / MINUTE
        yield view.figure(
            USER_MINUTES,
            value,
            len(those),
            part=service,
            numerator=value,
            rows=ids_of(those),
            excluded={"numberNotSaid": ids_of(silent[service])},
        )
