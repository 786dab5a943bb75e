"""Which reports came again: on the same customer and service, within 30 days of a restoration (a rule of telecoms)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from copy import copy

from hub.reporting.calendars import DAY
from hub.reporting.cases import Case
from hub.reporting.dimensions import UNNAMED
from hub.reporting.policies import CUSTOMER_AT, SERVICE_AT
from hub.reporting.timelines import Timeline

WITHIN = 30 * DAY

Line = tuple[str, str]
"""(customer, service)"""


def lines_of(timeline: Timeline) -> list[Line]:
    """None for a report of which no service is known: nothing can come again there."""
    values = timeline.values
    return [
        (customer, service)
        for customer in values[CUSTOMER_AT]
        for service in values[SERVICE_AT]
        if service not in UNNAMED
    ]


class Repeats:
    """Built of every report of the account, so that a report is a repeat, or is none, in each part of it alike; but in
    the part of a customer or a service only what came again for that one is."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self._restored: dict[Line, list[tuple[int, str]]] = {}
        self._opened: dict[Line, list[tuple[int, str]]] = {}
        self._before: dict[str, str | None] = {}
        self._after: dict[str, str | None] = {}
        for case in cases:
            if not case.is_valid:
                continue
            for line in lines_of(case.timeline):
                self._opened.setdefault(line, []).append((case.opened, case.id))
                for at in case.turns.restored:
                    self._restored.setdefault(line, []).append((at, case.id))
        for index in (self._restored, self._opened):
            for entries in index.values():
                entries.sort()

    def apart(self) -> "Repeats":
        """For a view whose cases name fewer customers or services than these here."""
        one = copy(self)
        one._before, one._after = {}, {}
        return one

    def before(self, case: Case) -> str | None:
        """The report after whose restoration this one came again; None when it is no repeat."""
        known = self._before
        if case.id not in known:
            known[case.id] = self._found_before(case)
        return known[case.id]

    def after(self, case: Case) -> str | None:
        """The report that came again after the last restoration of this one; None when there is none so far."""
        known = self._after
        if case.id not in known:
            known[case.id] = self._found_after(case)
        return known[case.id]

    def _found_before(self, case: Case) -> str | None:
        opened = case.opened
        for line in lines_of(case.timeline):
            entries = self._restored.get(line, [])
            for at, one in reversed(entries[: bisect_right(entries, (opened, "\uffff"))]):
                if at < opened - WITHIN:
                    break
                if one != case.id:
                    return one
        return None

    def _found_after(self, case: Case) -> str | None:
        if case.restored is None:
            return None
        for line in lines_of(case.timeline):
            entries = self._opened.get(line, [])
            for at, one in entries[bisect_left(entries, (case.restored, "")) :]:
                if at > case.restored + WITHIN:
                    break
                if one != case.id:
                    return one
        return None
