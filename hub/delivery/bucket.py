"""The rate of one listener: a token for each attempt, and the instant at which the next one is there."""


class Bucket:
    """`rate` tokens come a second, and as many are kept at most, but always one. It begins with one."""

    __slots__ = ("_at", "_most", "_rate", "_tokens")

    def __init__(self, rate: float, now: int) -> None:
        self._rate = rate / 1e6
        self._most = max(1.0, rate)
        self._tokens = 1.0
        self._at = now

    def there(self, now: int) -> int:
        """How many attempts may begin now."""
        return int(self._tokens_at(now) + 1e-9)

    def take(self, count: int, now: int) -> None:
        """More than were there makes a debt, which time pays back."""
        self._tokens = self._tokens_at(now) - count
        self._at = now

    def next_at(self, now: int) -> int:
        """When the next attempt may begin: now or later, in microseconds."""
        missing = 1.0 - 1e-9 - self._tokens_at(now)
        return now if missing <= 0 else now + int(missing / self._rate) + 1

    def _tokens_at(self, now: int) -> float:
        """A clock that is set back brings no tokens and takes none."""
        return min(self._most, self._tokens + max(0, now - self._at) * self._rate)

    def shift(self, by: int) -> None:
        """The clock was set by so many microseconds."""
        self._at += by
