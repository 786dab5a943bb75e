"""What was agreed with whom: targets by severity, which states stop the clock, by which calendar, from which day on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from hub.model.problem import Status
from hub.reporting.calendars import ALWAYS, Calendar
from hub.reporting.dimensions import CUSTOMER, NAMES, SERVICE, SEVERITY
from hub.reporting.timelines import OPEN, Timeline

CUSTOMER_AT, SERVICE_AT, SEVERITY_AT = (NAMES.index(name) for name in (CUSTOMER, SERVICE, SEVERITY))

OTHER = "other"
"""The severity of a target that holds for every severity without one of its own."""


class Clock(StrEnum):
    """How the time of a report is counted: all of it, without the states that stop the clock, or of these the time
    that the calendar is open."""

    GROSS = "gross"
    NET = "net"
    BUSINESS = "business"


GROSS, NET, BUSINESS = Clock
"""By names of their own: to look a member of an enumeration up takes fifty times as long, and each report asks."""


@dataclass(frozen=True, kw_only=True)
class SlaPolicy:
    """One version of an agreement; targets are microseconds by severity, `begin` the instant from which it holds.

    It holds for reports that were opened from then on, until a later version; `customer` and `service` None: for all.
    `compliance` is how many percent of the reports are to keep their target to restore, None where nothing is agreed.
    """

    name: str
    version: str
    begin: int
    customer: str | None = None
    service: str | None = None
    stops: frozenset[str] = frozenset({Status.PENDING})
    clock: Clock = Clock.NET
    calendar: Calendar = ALWAYS
    restore: Mapping[str, int] = field(default_factory=dict)
    acknowledge: Mapping[str, int] = field(default_factory=dict)
    compliance: float | None = None

    @cached_property
    def running(self) -> frozenset[str]:
        """The states in which the clock of the agreement runs."""
        return OPEN - self.stops

    @cached_property
    def label(self) -> str:
        stops = ", ".join(sorted(self.stops)) or "none"
        return f"{self.name} {self.version} (clock {self.clock}, stops: {stops}, calendar {self.calendar.name})"

    def restore_within(self, severity: str) -> int | None:
        return self.restore.get(severity, self.restore.get(OTHER))

    def acknowledge_within(self, severity: str) -> int | None:
        return self.acknowledge.get(severity, self.acknowledge.get(OTHER))


NO_POLICY = SlaPolicy(name="none", version="-", begin=0)
"""Nothing was agreed: no target, the clock stops while the customer is waited for."""

Key = tuple[str | None, str | None]

FOR_ALL: tuple[Key, ...] = ((None, None),)


class Policies:
    """Finds the agreement of a report: that of its customer and service, of its customer, of its service, of all."""

    def __init__(self, policies: Sequence[SlaPolicy] = ()) -> None:
        self._by_key: dict[Key, list[SlaPolicy]] = {}
        for one in sorted(policies, key=lambda one: one.begin, reverse=True):
            self._by_key.setdefault((one.customer, one.service), []).append(one)
        self._are_for_all = self._by_key.keys() <= {(None, None)}

    def of(self, timeline: Timeline) -> SlaPolicy:
        for key in FOR_ALL if self._are_for_all else _keys(timeline):
            for policy in self._by_key.get(key, ()):
                if policy.begin <= timeline.opened:
                    return policy
        return NO_POLICY


def _keys(timeline: Timeline) -> list[Key]:
    """What an agreement of a report may be for, the nearest first."""
    customers, services = timeline.values[CUSTOMER_AT], timeline.values[SERVICE_AT]
    keys: list[Key] = [(customer, service) for customer in customers for service in services]
    keys += [(customer, None) for customer in customers] + [(None, service) for service in services]
    return [*keys, *FOR_ALL]


def severity_of(timeline: Timeline) -> str:
    return timeline.values[SEVERITY_AT][0]
