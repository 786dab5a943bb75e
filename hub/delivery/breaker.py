"""The circuit breaker of one listener: who fails again and again is left alone for a while, then asked once."""

from dataclasses import dataclass

WEIGHT = 1 / 32
"""What the latest attempt counts in the share of failures: about the last hundred are remembered."""


@dataclass(frozen=True, kw_only=True)
class BreakerRules:
    """Opens after `failures` in a row (0: never), or when the share of failed attempts exceeds `rate`.

    It stays open for `pause` microseconds, after each probe that fails twice as long, and `longest` at most.
    """

    failures: int
    rate: float
    pause: int
    longest: int


NEVER = BreakerRules(failures=0, rate=1.0, pause=0, longest=0)


class Breaker:
    """Closed, open until an instant, or half open: then one attempt is let through, and its end decides."""

    __slots__ = ("_failing", "_pause", "_rules", "in_a_row", "open_until")

    def __init__(self, rules: BreakerRules) -> None:
        self._rules = rules
        self._failing = 0.0
        self._pause = 0
        self.in_a_row = 0
        self.open_until: int | None = None

    @property
    def is_closed(self) -> bool:
        return self.open_until is None

    def succeeded(self) -> None:
        """Any success shows that the listener is there again."""
        self.in_a_row = 0
        self._failing -= self._failing * WEIGHT
        if self.open_until is not None:
            self.open_until, self._pause, self._failing = None, 0, 0.0

    def failed(self, now: int) -> bool:
        """Whether the breaker opens by this failure, or a probe opens it anew.

        What was under way when it opened may fail too; that makes no pause longer.
        """
        self.in_a_row += 1
        self._failing += (1 - self._failing) * WEIGHT
        if self.open_until is None:
            if not self._is_too_much():
                return False
        elif now < self.open_until:
            return False
        self._pause = min(max(2 * self._pause, self._rules.pause), self._rules.longest)
        self.open_until = now + self._pause
        return True

    def _is_too_much(self) -> bool:
        rules = self._rules
        return bool(rules.failures) and (self.in_a_row >= rules.failures or self._failing > rules.rate)

    def resume(self, until: int) -> None:
        """Open until then, as somebody has left it: a process before, or beside this one."""
        self._pause = self._rules.pause
        self.open_until = until
