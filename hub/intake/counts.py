"""What a poller counts of its polls: plain numbers of its own thread, read by whoever scrapes."""

from collections.abc import Iterator

from hub.intake.account import Account
from hub.telemetry import catalogue
from hub.telemetry.metric import Reading


class PollCounts:
    def __init__(self, source: str) -> None:
        self._source = source
        self._polls: dict[str, int] = {}
        self._records = 0
        self._changed = 0
        self._lag: float | None = None
        self._skew: float | None = None

    def add(self, account: Account) -> None:
        outcome = account.health.state.value
        self._polls[outcome] = self._polls.get(outcome, 0) + 1
        self._records += account.progress.records
        self._changed += account.progress.changed
        self._lag, self._skew = account.lag, account.skew

    def readings(self) -> Iterator[Reading]:
        for outcome, count in self._polls.copy().items():
            yield Reading(catalogue.POLLS, count, (self._source, outcome))
        yield Reading(catalogue.SOURCE_RECORDS, self._records, (self._source,))
        yield Reading(catalogue.SOURCE_CHANGED, self._changed, (self._source,))
        if self._lag is not None:
            yield Reading(catalogue.SOURCE_LAG, self._lag, (self._source,))
        if self._skew is not None:
            yield Reading(catalogue.SOURCE_SKEW, self._skew, (self._source,))
