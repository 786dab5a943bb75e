"""What the log says while the database refuses turns, and when it takes them again."""

from hub.telemetry import logger

log = logger("hub.delivery")

SAID_AGAIN = 60_000_000
"""The microseconds after which the log says again that the database refuses: a disk may stay full for hours."""


class Refusals:
    def __init__(self) -> None:
        self._since: int | None = None
        self._said_at = 0

    def say_refused(self, now: int, error: BaseException | None, *, unrecorded: int) -> None:
        """`unrecorded` is how many attempts are kept in memory until they can be recorded."""
        if self._since is None or not 0 <= now - self._said_at < SAID_AGAIN:
            self._said_at = now
            log.error("delivery.turn_refused", error=str(error), unrecorded=unrecorded)
        if self._since is None:
            self._since = now

    def say_accepted(self, now: int) -> None:
        if self._since is not None:
            log.info("delivery.turn_accepted", refused_for=round((now - self._since) / 1e6, 3))
            self._since = None
