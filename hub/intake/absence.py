"""When a ticket that a source no longer lists counts as gone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from hub.model.times import Clock

MANY = 3
"""From this number on, a list that is empty at once looks rather like a source that has forgotten everything."""


EARLY = 0.9
"""A poll that comes at its interval may come a little early by the clock."""


@dataclass(kw_only=True)
class Pace:
    """Polls that are asked for come as fast as a source rings; of them one in `every` seconds says what is absent.

    A process that is new does not know when one last did: it goes by the last good poll of the one before.
    """

    every: float
    clock: Clock
    _begun: bool = False
    _counted: datetime | None = None

    def begin(self, before: datetime | None) -> None:
        """A poll begins; `before` is when the last good one did."""
        if not self._begun:
            self._begun, self._counted = True, before

    def counts(self) -> bool:
        """Whether this poll says what is absent."""
        now = self.clock()
        passed = None if self._counted is None else (now - self._counted).total_seconds()
        # A clock that was set back is no reason to wait.
        if passed is not None and 0 <= passed < self.every * EARLY:
            return False
        self._counted = now
        return True


@dataclass(frozen=True, kw_only=True)
class Absences:
    """{key: polls missed in a row} of tickets to go on waiting for, and of those that are gone."""

    waiting: Mapping[str, int]
    gone: Mapping[str, int]


def absences(present: Mapping[str, int], seen: Collection[str], absent_polls: int) -> Absences:
    """What a good poll of a whole list says about the tickets that it did not show.

    `present` is {key: polls missed so far} of what was known, `seen` the keys that the source listed.
    """
    # All were missing and some are back: a source that was started anew is being told its list again, bit by bit.
    refilling = all(present.values()) and any(key in seen for key in present)
    missed = {key: 1 if refilling else count + 1 for key, count in present.items() if key not in seen}
    forgotten = not seen and len(present) >= MANY
    limit = absent_polls + 1 if forgotten else absent_polls
    return Absences(
        waiting={key: count for key, count in missed.items() if count < limit},
        gone={key: count for key, count in missed.items() if count >= limit},
    )
