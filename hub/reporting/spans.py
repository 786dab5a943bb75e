"""The states of each report cut to the period: worked out once for an account, shared by the views of all groups."""

from hub.reporting.cases import Case
from hub.reporting.clocks import segments
from hub.reporting.timelines import OPEN

Span = tuple[int, int, str]
"""(begin, end, state)"""


class Spans:
    """`begin` and `end` are those of what is seen of the period, `as_of` is when the last state of a report ends."""

    def __init__(self, *, begin: int, end: int, as_of: int) -> None:
        self._begin, self._end, self._as_of = begin, end, as_of
        self._known: dict[str, list[Span]] = {}

    def of(self, case: Case) -> list[Span]:
        """The open states of a report in the period, the service being degraded in each: also while a customer is
        waited for."""
        found = self._known.get(case.id)
        if found is None:
            begin, end = self._begin, self._end
            found = self._known[case.id] = [
                (one if one > begin else begin, other if other < end else end, state)
                for one, other, state in segments(case.timeline, self._as_of)
                if state in OPEN and one < end and other > begin
            ]
        return found
