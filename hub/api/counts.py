"""What the API counts of each operation: plain numbers of the event loop's thread, read by whoever scrapes."""

from bisect import bisect_left
from collections.abc import Iterator

from hub.telemetry import catalogue
from hub.telemetry.histogram import QUICK, Histogram
from hub.telemetry.metric import Reading

UNEXPECTED = 500
"""The status of an answer to a failure that nobody expected."""


class OperationCount:
    """`api` is the end of the operation's base path, such as `serviceProblemManagement/v5`."""

    __slots__ = ("api", "name", "seconds", "statuses")

    def __init__(self, api: str, name: str) -> None:
        self.api = api
        self.name = name
        self.statuses: dict[int, int] = {}
        self.seconds = Histogram(QUICK)

    def add(self, status: int, seconds: float) -> None:
        """A request was answered: this is on the way of every answer."""
        statuses = self.statuses
        statuses[status] = statuses.get(status, 0) + 1
        histogram = self.seconds  # `observe`, without a call
        histogram.counts[bisect_left(QUICK, seconds)] += 1
        histogram.sum += seconds


class RequestCounts:
    def __init__(self) -> None:
        self._operations: list[OperationCount] = []

    def of(self, base_path: str, operation_id: str) -> OperationCount:
        """The count of an operation, to be kept with it."""
        count = OperationCount("/".join(base_path.split("/")[-2:]), operation_id)
        self._operations.append(count)
        return count

    def readings(self) -> Iterator[Reading]:
        """Of the operations that were ever asked for."""
        for one in self._operations:
            statuses = one.statuses.copy()
            for status, count in statuses.items():
                yield Reading(catalogue.REQUESTS, count, (one.api, one.name, str(status)))
            if statuses:
                yield Reading(catalogue.REQUEST_SECONDS, one.seconds, (one.api, one.name))
