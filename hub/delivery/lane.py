"""The lane of one listener: what it may have in flight, and when the next of it may begin."""

from dataclasses import dataclass
from enum import Enum

from hub.delivery.breaker import Breaker
from hub.delivery.bucket import Bucket


class Trust(Enum):
    """What the last answer of a listener says of the next one."""

    PROVEN = "proven"
    NEW = "new"
    FAILING = "failing"


TRUSTS = PROVEN, NEW, FAILING = tuple(Trust)


@dataclass(slots=True)
class Lane:
    """`window` is how many deliveries may be in flight at once, `due_at` when the next one is due (microseconds).

    The window grows by one with each success and is halved by each sign of strain, up to `most`. Nothing is begun
    before `held_until`, while the breaker is open, or without a token of the bucket. Attempts that began before
    `since` say nothing of the listener as it is now.
    """

    subscription: int
    most: int
    window: int
    breaker: Breaker
    bucket: Bucket | None = None
    in_flight: int = 0
    due_at: int | None = None
    held_until: int = 0
    since: int = 0
    trust: Trust = Trust.NEW

    @property
    def slots(self) -> int:
        """How many more may be in flight; while the breaker is not closed, one probe."""
        most = min(self.window, self.most) if self.breaker.is_closed else 1
        return most - self.in_flight

    def opens_at(self) -> int:
        """When its own wish and the breaker let something begin."""
        return max(self.held_until, self.breaker.open_until or 0)

    def begins_at(self, now: int) -> int | None:
        """When the next delivery may begin; None without work or a slot."""
        if self.due_at is None or self.slots <= 0:
            return None
        at = max(self.due_at, self.held_until)
        if self.breaker.open_until is not None:
            at = max(at, self.breaker.open_until)
        return at if self.bucket is None else max(at, self.bucket.next_at(now))

    def room(self, now: int) -> int:
        """How many deliveries may begin now."""
        if self.opens_at() > now:
            return 0
        return self.slots if self.bucket is None else min(self.slots, self.bucket.there(now))
