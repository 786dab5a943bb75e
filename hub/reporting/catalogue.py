"""Every metric there is, and in which order; `docs/metrics.md` is made of it."""

from collections.abc import Callable, Iterator

from hub.reporting.definitions import Cohort, Definition
from hub.reporting.figures import Figure
from hub.reporting.metrics import (
    acknowledgement,
    arrivals,
    backlog,
    compliance,
    constraints,
    degradation,
    hand_offs,
    jeopardy,
    notifications,
    pareto,
    quality,
    reopening,
    restoration,
    states,
)
from hub.reporting.views import View

OF_REPORTS: tuple[Callable[[View], Iterator[Figure]], ...] = (
    acknowledgement.acknowledgement,
    restoration.restoration,
    compliance.compliance,
    jeopardy.jeopardy,
    backlog.backlog,
    backlog.ageing,
    reopening.reopening,
    states.time_in_state,
    degradation.degradation,
    hand_offs.hand_offs,
    quality.data_quality,
)
"""The metrics of the reports, which are broken down, too."""

OF_ALL: tuple[Callable[[View], Iterator[Figure]], ...] = (arrivals.arrivals, pareto.pareto)
"""Those that are a breakdown by themselves."""

MODULES = (
    acknowledgement,
    restoration,
    compliance,
    jeopardy,
    backlog,
    arrivals,
    reopening,
    states,
    degradation,
    hand_offs,
    pareto,
    quality,
    notifications,
    constraints,
)


def _of(module: object) -> Iterator[Definition]:
    """The definitions of a file, in the order in which they stand there."""
    for value in vars(module).values():
        if isinstance(value, Definition):
            yield value
        elif isinstance(value, dict):
            yield from (one for one in value.values() if isinstance(one, Definition))


DEFINITIONS: dict[str, Definition] = {one.id: one for module in MODULES for one in _of(module)}

OF_CONSTRAINTS = frozenset(one.id for one in _of(constraints))
"""Those that span customers: only who sees every report and its customer is told of them."""

OF_DELIVERIES = frozenset(
    one.id for one in DEFINITIONS.values() if one.cohort in (Cohort.CREATED, Cohort.DELIVERED, Cohort.EXPECTED)
)
"""The metrics whose rows are deliveries."""


def trended(view: View) -> Iterator[Figure]:
    """The shares of the reports that are compared with those of the period before."""
    yield acknowledgement.in_target(view)
    yield compliance.decided(view, compliance.SLA_COMPLIANCE, None)
    yield from reopening.reopening(view)


TRENDED_SHARES = (
    acknowledgement.ACKNOWLEDGED_IN_TARGET,
    compliance.SLA_COMPLIANCE,
    reopening.REOPEN_RATE,
    reopening.REPEAT_RATE,
    reopening.FIRST_TIME_FIX,
    notifications.SUCCESS,
    notifications.ON_TIME,
    constraints.PRECISION,
)
"""All shares that are compared, those of notifications and constraints too."""
