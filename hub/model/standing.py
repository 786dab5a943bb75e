"""How a listener has been doing: what of it outlives a restart."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The failures in a row of a listener and what followed; instants are microseconds.

    `failures` and `failing_since` are those since the last success or the last enabling. `warned` is the highest
    share of the limit, in per cent, of which its people were told; AFTER_DISABLED from an enabling to the next
    success. From `held_from` to `held_until` nothing is sent to it: `probed` tells that its breaker wants so, not the
    listener. `events` counts what it was told of, where that has a bound, and `notices` those about it.
    `certificate_told` is the instant of the last warning that its certificate ends.
    """

    subscription: int
    failures: int = 0
    failing_since: int | None = None
    warned: int = 0
    held_from: int = 0
    held_until: int = 0
    probed: bool = False
    events: int = 0
    notices: int = 0
    certificate_told: int = 0


AFTER_DISABLED = -1
