"""When a ticket that a source no longer lists counts as gone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub.model.times import Clock

MANY = 3
"""From this number on, a list that is empty at once looks rather like a source that has forgotten everything."""


EARLY = 0.9
"""A poll that comes at its interval may come a little early by the clock."""


@dataclass(kw_only=True)
class Pace:
    """Polls that are asked for come as fast as a source rings: a ticket is missed once in `every` seconds.

    A process that is new does not know when a ticket was last missed: it goes by the last good poll of the one before.
    """

    every: float
    clock: Clock
    _begun: bool = False
    _before: datetime | None = None
    _missed: dict[str, datetime] = field(default_factory=dict)

    def begin(self, before: datetime | None) -> None:
        """A poll begins; `before` is when the last good one did."""
        if not self._begun:
            self._begun, self._before = True, before

    def held(self, absent: Mapping[str, int]) -> set[str]:
        """Those of {key: polls missed} that were missed just now, by an earlier poll."""
        now = self.clock()
        return {
            key
            for key, count in absent.items()
            if count and self._is_soon(now, self._missed.get(key, self._before))
        }

    def note(self, waiting: Collection[str], held: Collection[str]) -> None:
        """These go on waiting; those that are `held` were not missed anew."""
        now = self.clock()
        kept = {key: self._missed[key] for key in held if key in self._missed}
        self._missed = {key: now for key in waiting if key not in held} | kept

    def _is_soon(self, now: datetime, last: datetime | None) -> bool:
        # A clock that was set back is no reason to wait.
        return last is not None and 0 <= (now - last).total_seconds() < self.every * EARLY


@dataclass(frozen=True, kw_only=True)
class Absences:
    """{key: polls missed in a row} of tickets to go on waiting for, and of those that are gone."""

    waiting: Mapping[str, int]
    gone: Mapping[str, int]


def absences(
    present: Mapping[str, int], seen: Collection[str], absent_polls: int, held: Collection[str] = ()
) -> Absences:
    """What a good poll of a whole list says about the tickets that it did not show.

    `present` is {key: polls missed so far} of what was known, `seen` the keys that the source listed.
    `held` are those that a poll has missed just now: to miss them again says nothing more.
    """
    # All were missing and some are back: a source that was started anew is being told its list again, bit by bit.
    refilling = all(present.values()) and any(key in seen for key in present)
    missed = {
        key: 1 if refilling else count + (key not in held) for key, count in present.items() if key not in seen
    }
    forgotten = not seen and len(present) >= MANY
    limit = absent_polls + 1 if forgotten else absent_polls
    return Absences(
        waiting={key: count for key, count in missed.items() if count < limit},
        gone={key: count for key, count in missed.items() if count >= limit},
    )
