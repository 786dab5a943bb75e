"""Work on the deliveries of one registration that is done in batches, and tells how far it is."""

from dataclasses import dataclass
from enum import StrEnum

from hub.model.job import JobStatus


class RecoveryKind(StrEnum):
    """`pause` parks what is due, `resume` makes due what is parked, `order` puts it into other lines.

    `recover` makes due again what was given up, `replay` makes the deliveries of events that have none. `unregister`
    closes what a registration that has ended was still to be told.
    """

    PAUSE = "pause"
    RESUME = "resume"
    ORDER = "order"
    RECOVER = "recover"
    REPLAY = "replay"
    UNREGISTER = "unregister"


@dataclass(frozen=True, kw_only=True)
class NewRecovery:
    """`subscription` is a row number; `since` and `until` are microseconds, both included, None without a bound.

    `place` is the last event before those to look at, `last` the last one of them, by their row numbers.
    `expected` is how many deliveries, or events, there are to look at. Up to `skipped_until` (microseconds) events are
    left out of which it is not known any more whether they were told; None when there are none.
    """

    id: str
    kind: RecoveryKind
    subscription: int
    created: int
    actor: str | None
    since: int | None = None
    until: int | None = None
    place: int = 0
    last: int = 0
    expected: int | None = None
    skipped_until: int | None = None


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """`looked` is how many deliveries or events were looked at, `changed` how many deliveries were changed or made."""

    seq: int
    asked: NewRecovery
    subscription_id: str
    status: JobStatus
    place: int
    looked: int
    changed: int
    started: int | None = None
    completed: int | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What one batch did; `ended` when nothing is left to do."""

    place: int
    looked: int
    changed: int
    ended: bool
