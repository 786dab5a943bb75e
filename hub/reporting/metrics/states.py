"""Where the time went: how long reports were in each open state."""

from collections.abc import Iterator

from hub.model.problem import Status
from hub.reporting.definitions import Cohort, Definition, Unit
from hub.reporting.figures import HOUR, Figure, percent
from hub.reporting.spans import AFTER, BEFORE
from hub.reporting.timelines import NOT_OBSERVED
from hub.reporting.views import View

TIME_IN_STATE = Definition(
    id="timeInState",
    name="Time in state",
    meaning="How long the reports were in each open state during the period.",
    formula="Σ length of the segments of a state, cut to the period",
    source="TMF656 serviceProblemEventRecord",
    cohort=Cohort.ALL_IN_PERIOD,
    unit=Unit.HOURS,
    numerator="time in the state",
    denominator="time in all open states",
    policy="Reports that were cancelled later are in it. notObserved is the time before the first thing that is known.",
)
STATES = (NOT_OBSERVED, Status.ACKNOWLEDGED, Status.IN_PROGRESS, Status.PENDING, Status.HELD)
PARTS = (NOT_OBSERVED, BEFORE, AFTER, *map(str, STATES[2:]))
"""Into which the time of a report falls, each of it into one: the states, that of being acknowledged in two."""


def time_in_state(view: View) -> Iterator[Figure]:
    spent: dict[str, int] = dict.fromkeys([*map(str, STATES), BEFORE, AFTER], 0)
    rows: dict[str, list[str]] = {name: [] for name in spent}
    spent_in = view.spans.spent
    for case in view.in_period:
        one = case.id
        for name, length in spent_in(case):
            spent[name] += length
            rows[name].append(one)
    whole = sum(spent[state] for state in STATES)
    for name, length in spent.items():
        yield view.figure(
            TIME_IN_STATE,
            length / HOUR,
            len(rows[name]),
            part=str(name),
            numerator=length / HOUR,
            denominator=whole / HOUR,
            rows=tuple(rows[name]),
            details={"share": percent(length, whole)},
        )
