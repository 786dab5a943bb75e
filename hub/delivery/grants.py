"""What each lane may claim in one turn."""

from typing import Protocol

from hub.delivery.lane import FAILING, NEW, PROVEN, TRUSTS
from hub.delivery.lanes import Lanes

FAIR_SHARE = 8
"""The least number of deliveries that a lane may take in one turn, when many want to."""


class Room(Protocol):
    """How many deliveries may be claimed: `left` for all, `of` one listener; `took` tells how many were."""

    @property
    def left(self) -> int: ...

    def of(self, subscription: int) -> int: ...

    def took(self, subscription: int, count: int) -> None: ...


class Grants:
    """What each lane may claim in one turn; it may be asked from another thread, for room only grows meanwhile."""

    def __init__(self, lanes: Lanes, ready: int, now: int) -> None:
        self._lanes = lanes
        self._now = now
        self._left = {trust: lanes.room_for(trust) for trust in TRUSTS}
        self._share = max(FAIR_SHARE, lanes.room // max(1, ready))

    @property
    def left(self) -> int:
        return self._left[PROVEN]

    def of(self, subscription: int) -> int:
        lane = self._lanes.lane(subscription)
        return max(0, min(lane.room(self._now), self._left[lane.trust], self._share))

    def took(self, subscription: int, count: int) -> None:
        trust = self._lanes.lane(subscription).trust
        self._left[PROVEN] -= count
        if trust is not PROVEN:
            self._left[NEW] -= count
        if trust is FAILING:
            self._left[FAILING] -= count
        for kind in (NEW, FAILING):
            self._left[kind] = min(self._left[kind], self._left[PROVEN])


class NoRoom:
    """Nothing is claimed: at the end, and where only something else is to be done."""

    @property
    def left(self) -> int:
        return 0

    def of(self, subscription: int) -> int:
        return 0

    def took(self, subscription: int, count: int) -> None: ...
