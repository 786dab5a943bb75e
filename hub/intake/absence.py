"""When a ticket that a source no longer lists counts as gone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

MANY = 3
"""From this number on, a list that is empty at once looks rather like a source that has forgotten everything."""


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
