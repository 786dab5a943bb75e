"""What this process is out of, so that nothing can be sent for a while: said once a minute, and when it is over."""

from hub.delivery.refusals import SAID_AGAIN
from hub.telemetry import logger

log = logger("hub.delivery")

PAUSE = 1_000_000
"""Microseconds for which nothing is begun after a want."""


class Wants:
    """Times are microseconds."""

    def __init__(self) -> None:
        self._since: int | None = None
        self._said_at: int | None = None
        self._is_said = False
        self._seen_at = 0
        self._what = ""
        self.until = 0

    def note(self, now: int, what: str) -> None:
        if self._said_at is None or not 0 <= now - self._said_at < SAID_AGAIN:
            self._said_at, self._is_said = now, True
            log.error("delivery.out_of_resources", error=what)
        if self._since is None:
            self._since = now
        self._what, self._seen_at, self.until = what, now, now + PAUSE

    def note_none(self, now: int) -> None:
        """Something came back, and nothing was missing."""
        if self._since is not None and now >= self.until:
            if self._is_said:
                log.info("delivery.resources_back", after=round((now - self._since) / 1e6, 3))
            self._since, self._is_said = None, False

    def clock_set(self) -> None:
        self.until = 0

    def present(self, now: int) -> str | None:
        """What is missing now, as far as is known; callable from any thread."""
        return self._what if self._since is not None and 0 <= now - self._seen_at < SAID_AGAIN else None
