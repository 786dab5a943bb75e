"""How long services were degraded, how available they were, how often they failed, and how many felt it.

All of it is derived from reports: what nobody reported is not in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.figures import HOUR, MINUTE, Figure, Rows, percent, ratio
from hub.reporting.outages import Down, Outage, by_customer, ids_of, length
from hub.reporting.views import View

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
NOTHING = Down(0, 0, 0, 0, 0, 0)

BY_SERVICE = frozenset({DEGRADED_MINUTES.id, AVAILABILITY.id, MTBF.id, USER_MINUTES.id})
"""Metrics whose parts are services, but for ALL."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """`listed` are those that are shown each for itself, the most degraded ones; `rows` the reports about any, `whole`
    the sum of the downs."""

    outages: Mapping[str, Sequence[Outage]]
    downs: Mapping[str, Down]
    listed: Sequence[str]
    rows: Rows
    whole: Down


def degradation(view: View) -> Iterator[Figure]:
    found = view.outages
    downs = {service: view.spans.down(service, those) for service, those in found.items()}
    listed: list[str] = []
    if view.question.listed:
        listed = sorted(found, key=lambda service: (-downs[service].length, service))[: view.question.listed]
    rows = ids_of([one for those in found.values() for one in those])
    whole = Down._make(map(sum, zip(NOTHING, *downs.values(), strict=True)))
    services = Services(outages=found, downs=downs, listed=listed, rows=rows, whole=whole)
    yield from degraded_minutes(view, services)
    yield from availability(view, services)
    yield from between_failures(view, services)
    yield from user_minutes(view, services)


def degraded_minutes(view: View, services: Services) -> Iterator[Figure]:
    whole = (view.question.end - view.question.begin) / MINUTE
    total = services.whole.degraded / MINUTE
    n = len(services.downs)
    yield view.figure(DEGRADED_MINUTES, total, n, part=ALL, numerator=total, denominator=whole, rows=services.rows)
    for service in services.listed:
        those = services.outages[service]
        value = services.downs[service].length / MINUTE
        customers = {name: length(part) / MINUTE for name, part in by_customer(those).items()}
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


def availability(view: View, services: Services) -> Iterator[Figure]:
    downs, whole = services.downs, services.whole
    parts: list[tuple[str, int, int, int, Rows]] = [
        (ALL, whole.available, whole.counted, len(downs), services.rows)
    ]
    for service in services.listed:
        down, those = downs[service], services.outages[service]
        parts.append((service, down.available, down.counted, len(those), ids_of(those)))
    for part, up, counted, n, rows in parts:
        yield view.figure(
            AVAILABILITY,
            percent(up, counted),
            n,
            part=part,
            numerator=up / MINUTE,
            denominator=counted / MINUTE,
            rows=rows,
            policy={"service hours": view.question.service_hours.name},
        )


def between_failures(view: View, services: Services) -> Iterator[Figure]:
    observed = view.question.end - view.question.begin
    downs, whole = services.downs, services.whole
    ran = observed * len(downs) - whole.length
    parts: list[tuple[str, int, int, Rows]] = [(ALL, ran, whole.outages, services.rows)]
    for service in services.listed:
        down = downs[service]
        parts.append((service, observed - down.length, down.outages, ids_of(services.outages[service])))
    for part, up, count, rows in parts:
        mean = ratio(up, count)
        yield view.figure(
            MTBF,
            None if mean is None else mean / HOUR,
            count,
            part=part,
            numerator=up / HOUR,
            denominator=count,
            why="noOutage",
            rows=rows,
        )


def user_minutes(view: View, services: Services) -> Iterator[Figure]:
    total = services.whole.user_time / MINUTE
    rows, unsaid = _by_affected([one for those in services.outages.values() for one in those], services.rows)
    yield view.figure(
        USER_MINUTES, total, len(rows), part=ALL, numerator=total, rows=rows, excluded={"numberNotSaid": unsaid}
    )
    for service in services.listed:
        those = services.outages[service]
        rows, unsaid = _by_affected(those, ids_of(those))
        value = services.downs[service].user_time / MINUTE
        yield view.figure(
            USER_MINUTES,
            value,
            len(rows),
            part=service,
            numerator=value,
            rows=rows,
            excluded={"numberNotSaid": unsaid},
        )


def _by_affected(those: Sequence[Outage], rows: Rows) -> tuple[Rows, Rows]:
    """The reports that say how many are affected, and those that do not; `rows` are all of them."""
    unsaid = ids_of([one for one in those if not one.case.timeline.affected])
    if not unsaid:
        return rows, ()
    silent = frozenset(unsaid)
    return tuple([one for one in rows if one not in silent]), unsaid
