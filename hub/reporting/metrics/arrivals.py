"""When reports come in: in which hours of which days of the week, by the clock on the wall."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from hub.model.times import from_micros
from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.figures import Figure
from hub.reporting.metrics.degradation import ALL
from hub.reporting.views import View

ARRIVALS = Definition(
    id="arrivals",
    name="Arrivals by weekday and hour",
    meaning="In which hours of the week reports were opened.",
    formula="valid reports opened in an hour of a weekday, by the local clock of the period's zone",
    source="ISO/IEC 20000-1 (workload)",
    cohort=Cohort.OPENED,
    unit=Unit.COUNT,
    numerator="reports opened in the hour",
    denominator="reports opened in the period",
    policy="An hour that the clock shows twice in a night counts as one; hours in which nothing came have no figure.",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = range(24)


def part_of(day: int, hour: int) -> str:
    """The name of a cell; days count from Monday, 0."""
    return f"{DAYS[day]}: {hour:02}:00"


def arrivals(view: View) -> Iterator[Figure]:
    zone = ZoneInfo(view.question.period.zone)
    cells: dict[tuple[int, int], list[str]] = {}
    for case in view.opened:
        local = from_micros(case.opened).astimezone(zone)
        cells.setdefault((local.weekday(), local.hour), []).append(case.id)
    whole = len(view.opened)
    yield view.figure(ARRIVALS, whole, whole, part=ALL, rows=view.opened_ids, excluded=view.invalid)
    for (day, hour), rows in sorted(cells.items()):
        count = len(rows)
        part = part_of(day, hour)
        yield view.figure(ARRIVALS, count, whole, part=part, numerator=count, denominator=whole, rows=tuple(rows))
