"""Which few causes, resources and services make most of the reports, and most of the degraded time."""

from collections.abc import Iterator, Mapping

from hub.reporting.cases import Case
from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.dimensions import CAUSE, NAMES, RESOURCE, SERVICE
from hub.reporting.figures import MINUTE, Figure, percent
from hub.reporting.outages import Outage, degraded
from hub.reporting.views import View, ids

PARETO_COUNT = Definition(
    id="paretoCount",
    name="Pareto by reports",
    meaning="The causes, resources and services with the most reports.",
    formula="100 · reports of the key / sum over the keys, most first",
    source="J. M. Juran; ISO/IEC 20000-1 (trends)",
    cohort=Cohort.OPENED,
    unit=Unit.PERCENT,
    numerator="reports of the key",
    denominator="sum over the keys",
    policy="The vital few are the fewest keys that make 80 %.",
)
PARETO_DEGRADED = Definition(
    id="paretoDegraded",
    name="Pareto by degraded minutes",
    meaning="The causes, resources and services with the most degraded time.",
    formula="100 · degraded minutes of the key / sum over the keys, most first",
    source="J. M. Juran; ISO/IEC 20000-1 (trends)",
    cohort=Cohort.ALL_IN_PERIOD,
    unit=Unit.PERCENT,
    numerator="degraded minutes of the key",
    denominator="sum over the keys",
    policy="Of one key, reports of a customer and service that overlap count once.",
)
OVER = (CAUSE, RESOURCE, SERVICE)
VITAL = 80


def pareto(view: View) -> Iterator[Figure]:
    for name in OVER:
        at = NAMES.index(name)
        groups: dict[str, list[Case]] = {}
        for case in view.opened:
            for value in case.timeline.values[at]:
                groups.setdefault(value, []).append(case)
        rows = {key: ids(cases) for key, cases in groups.items()}
        yield from ranked(view, PARETO_COUNT, name, {key: len(found) for key, found in rows.items()}, rows)
    for name in OVER:
        yield from _by_degraded(view, name)


def _by_degraded(view: View, name: str) -> Iterator[Figure]:
    at = NAMES.index(name)
    minutes: dict[str, float] = {}
    rows: dict[str, dict[str, None]] = {}
    for service, those in view.outages.items():
        groups: dict[str, list[Outage]] = {}
        for one in those:
            for key in (service,) if name == SERVICE else one.case.timeline.values[at]:
                groups.setdefault(key, []).append(one)
        for key, part in groups.items():
            minutes[key] = minutes.get(key, 0) + degraded(part) / MINUTE
            rows.setdefault(key, {}).update(dict.fromkeys([one.case.id for one in part]))
    yield from ranked(view, PARETO_DEGRADED, name, minutes, {key: tuple(found) for key, found in rows.items()})


def ranked(
    view: View,
    definition: Definition,
    name: str,
    amounts: Mapping[str, float],
    rows: Mapping[str, tuple[str, ...]],
) -> Iterator[Figure]:
    """The keys with the greatest amounts, at most so many as are listed; ties by name, so that the order is one."""
    whole, so_far = sum(amounts.values()), 0.0
    order = sorted(amounts, key=lambda key: (-amounts[key], key))
    for rank, key in enumerate(order[: view.question.listed], start=1):
        vital = 100 * so_far < VITAL * whole
        so_far += amounts[key]
        yield view.figure(
            definition,
            percent(amounts[key], whole),
            len(rows[key]),
            part=f"{name}: {key}",
            numerator=amounts[key],
            denominator=whole,
            rows=rows[key],
            details={"rank": rank, "cumulative": percent(so_far, whole), "vital": vital, "keys": len(order)},
            why="none",
        )
