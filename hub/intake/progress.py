"""What a poll has brought so far."""

from dataclasses import dataclass
from datetime import datetime

from hub.intake.page import Taken


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a poll has come; `newest` is the latest change at the source that it brought."""

    pages: int = 0
    records: int = 0
    changed: int = 0
    unmapped: int = 0
    newest: datetime | None = None

    def after(self, taken: Taken, *, pages: int = 0, records: int = 0) -> "Progress":
        times = [time for time in (self.newest, taken.newest) if time is not None]
        return Progress(
            pages=self.pages + pages,
            records=self.records + records,
            changed=self.changed + taken.changed,
            unmapped=self.unmapped + len(taken.unmapped),
            newest=max(times, default=None),
        )
