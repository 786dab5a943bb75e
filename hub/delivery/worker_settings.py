"""How a sender is set."""

from dataclasses import dataclass, field

from hub.delivery.breaker import NEVER, BreakerRules
from hub.delivery.failures import FailureRules


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """Times are seconds. `watch` is how often to look for commits of other processes, which cannot call.

    `reserved` is the share of `total` that is kept for listeners that do not fail.
    """

    lease: float
    order_patience: float
    per_listener: int
    total: int
    reserved: float = 0.0
    breaker: BreakerRules = NEVER
    failures: FailureRules = field(default_factory=FailureRules)
    watch: float = 0.25
