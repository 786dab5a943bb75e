"""The detectors: what watches the stream of reports, and the operations that show and review what it found."""

from hub.api.constraints import ConstraintOperations
from hub.api.handlers import CONSTRAINTS, Handler, bound
from hub.api.once import Once
from hub.bootstrap.contracts import FACE_V5, OPERATIONS_V1
from hub.bootstrap.parts import Parts
from hub.bootstrap.rules import task_rules
from hub.constraints.expected import read_expectations
from hub.constraints.findings import Rules
from hub.constraints.publishing import Publisher
from hub.constraints.reviewing import Reviewing
from hub.constraints.topology import read_topology
from hub.constraints.watch import ConstraintTask
from hub.problems.keeper import Keeper
from hub.problems.rules import ProblemRules
from hub.settings import ConstraintSettings
from hub.upkeep.housekeeper import Housekeeper


def constraint_rules(settings: ConstraintSettings) -> Rules:
    return Rules(
        windows=tuple(sorted(round(one * 1e6) for one in settings.windows)),
        span=round(settings.span * 1e6),
        lateness=round(settings.lateness * 1e6),
        warm_up=round(settings.warm_up * 1e6),
        least=settings.least_customers,
        suspect_at=settings.suspect_at,
        confirm_at=settings.confirm_at,
        dispersion=settings.dispersion,
        surge_at=settings.surge_at,
        least_demand=settings.least_demand,
    )


def make_watcher(parts: Parts, rules: ProblemRules) -> Housekeeper:
    """Raises InvalidSettings for a topology or expectations that cannot be read."""
    return Housekeeper(store=parts.store, tasks=(make_constraint_task(parts, rules),))


def make_constraint_task(parts: Parts, rules: ProblemRules) -> ConstraintTask:
    settings = parts.settings.constraints
    publisher = Publisher(
        sources=rules.sources,
        tasks=task_rules(parts, rules.keeper),
        system=parts.settings.api.originating_system,
    )
    return ConstraintTask(
        store=parts.store,
        rules=constraint_rules(settings),
        topology=read_topology(settings.topology),
        expectations=read_expectations(settings.expected),
        publisher=publisher,
        clock=parts.clock,
    )


def constraint_handlers(parts: Parts, keeper: Keeper, once: Once) -> dict[str, Handler]:
    base_url = parts.settings.server.base_url
    operations = ConstraintOperations(
        store=parts.store,
        clock=parts.clock,
        reviewing=Reviewing(clock=parts.clock, keeper=keeper, tasks=task_rules(parts, keeper)),
        once=once,
        base_url=base_url + OPERATIONS_V1,
        face_url=base_url + FACE_V5,
        page_maximum=parts.settings.api.page_maximum,
    )
    return bound(CONSTRAINTS, operations)
