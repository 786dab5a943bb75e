"""What of each report lies in the period: worked out once for an account, and shared by the views of all groups."""

from collections.abc import Mapping, Sequence
from copy import copy

from hub.model.intervals import Interval, clipped, intersection, measure, union
from hub.model.problem import Status
from hub.reporting.calendars import Calendar
from hub.reporting.cases import Case
from hub.reporting.clocks import segments
from hub.reporting.outages import Down, Outage, degraded, merged, user_time
from hub.reporting.timelines import OPEN

Span = tuple[int, int, str]
"""(begin, end, state)"""

ACKNOWLEDGED = str(Status.ACKNOWLEDGED)
BEFORE, AFTER = "acknowledged, not taken up", "acknowledged, taken up"
"""The parts of the time in the state `acknowledged`."""


class Spans:
    """`begin` and `end` are those of what is seen of the period, `as_of` is when the last state of a report ends.

    `hours` and `maintenance` are when services are to be available, and when each of them was down by agreement.
    """

    def __init__(
        self, *, begin: int, end: int, as_of: int, hours: Calendar, maintenance: Mapping[str, Sequence[Interval]]
    ) -> None:
        self._begin, self._end, self._as_of = begin, end, as_of
        self._hours, self._maintenance = hours, maintenance
        self._spans: dict[str, list[Span]] = {}
        self._spent: dict[str, list[tuple[str, int]]] = {}
        self._outages: dict[str, Outage] = {}
        self._downs: dict[tuple[str, ...], Down] = {}
        self._open = hours.between(begin, end)
        self._due: dict[str, tuple[int, list[Interval]]] = {}

    def apart(self) -> "Spans":
        """For a view whose cases name fewer customers or services than these here."""
        one = copy(self)
        one._outages, one._downs = {}, {}
        return one

    def of(self, case: Case) -> list[Span]:
        """The open states of a report in the period, the service being degraded in each: also while a customer is
        waited for."""
        found = self._spans.get(case.id)
        if found is None:
            begin, end = self._begin, self._end
            found = self._spans[case.id] = [
                (one if one > begin else begin, other if other < end else end, state)
                for one, other, state in segments(case.timeline, self._as_of)
                if state in OPEN and one < end and other > begin
            ]
        return found

    def inside(self, cases: Sequence[Case]) -> list[Case]:
        """Those of which something lies in the period."""
        known = self._spans
        return [case for case in cases if (known[case.id] if case.id in known else self.of(case))]

    def spent(self, case: Case) -> list[tuple[str, int]]:
        """(state, or one of BEFORE and AFTER; how long the report was in it), each once."""
        found = self._spent.get(case.id)
        if found is None:
            found = self._spent[case.id] = list(_spent(self.of(case), case.acknowledged).items())
        return found

    def outage(self, case: Case) -> Outage | None:
        """The part of a valid report in the degraded time of its services; None where it was not open."""
        found = self._outages.get(case.id)
        if found is None:
            spans = self.of(case) if case.is_valid else ()
            if not spans:
                return None
            parts = union([(begin, end) for begin, end, _ in spans])
            found = self._outages[case.id] = Outage(case, parts, measure(parts), self._hours.within(parts))
        return found

    def down(self, service: str, those: Sequence[Outage]) -> Down:
        """Of a service, by some reports about it. Most groups of a breakdown have the same ones."""
        key = (service, *[one[0].id for one in those])
        found = self._downs.get(key)
        if found is None:
            found = self._downs[key] = self._worked_out(service, those)
        return found

    def _worked_out(self, service: str, those: Sequence[Outage]) -> Down:
        counted, planned = self._to_be_available(service)
        intervals = merged(those)
        whole, lost = those[0].length, those[0].within
        if len(those) > 1:
            whole, lost = measure(intervals), self._hours.within(intervals)
        if planned:
            lost -= measure(intersection(intervals, planned))
        return Down(whole, len(intervals), degraded(those), counted - lost, counted, user_time(those))

    def _to_be_available(self, service: str) -> tuple[int, list[Interval]]:
        """(time that counts, the maintenance within the hours); maintenance does not count."""
        if service not in self._maintenance:
            return self._open, []
        found = self._due.get(service)
        if found is None:
            planned = union(clipped(self._maintenance[service], self._begin, self._end))
            planned = intersection(planned, self._hours.opened(self._begin, self._end))
            found = self._due[service] = self._open - measure(planned), planned
        return found


def _spent(spans: Sequence[Span], taken: int | None) -> dict[str, int]:
    found: dict[str, int] = {}
    for begin, end, state in spans:
        found[state] = found.get(state, 0) + end - begin
        if state == ACKNOWLEDGED:
            turn = end if taken is None else min(max(begin, taken), end)
            for name, length in ((BEFORE, turn - begin), (AFTER, end - turn)):
                if length:
                    found[name] = found.get(name, 0) + length
    return found
