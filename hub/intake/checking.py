"""When a source is asked who we are there, and what is known of its clock."""

from datetime import datetime, timedelta

from hub.model.times import Clock
from hub.ports import Source, Timed

CHECKED_EVERY = timedelta(hours=1)
"""How often a source that answers well is asked for its clock, and for who we are there."""


class Checking:
    """`skew` is how many seconds the source's clock is ahead of ours; None where it does not tell."""

    def __init__(self, source: Source, *, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._checked: datetime | None = None
        self._begun: datetime | None = None
        self.skew: float | None = None

    def begin(self) -> None:
        """A poll begins. Only one that comes to its end spares the next one the check. Raises SourceError."""
        now, self._begun, self._checked = self._clock(), self._checked, None
        if self._begun is None or abs(now - self._begun) >= CHECKED_EVERY:
            self.skew, self._begun = self._source.check().clock_skew, now

    def end(self) -> None:
        """A poll has come to its end; its answers may have told the time, too."""
        self._checked = self._begun
        if isinstance(self._source, Timed) and self._source.clock_skew is not None:
            self.skew = self._source.clock_skew
