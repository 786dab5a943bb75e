"""One lane a listener: how much it may have in flight, and when it has work; lanes take turns."""

from collections import OrderedDict
from collections.abc import Container, Iterator
from dataclasses import dataclass

FIRST_WINDOW = 8


@dataclass(slots=True)
class Lane:
    """`window` is how many deliveries may be in flight at once, `due_at` when the next one is due (microseconds).

    The window grows by one with each success and is halved by each failure: a listener that answers gets more, one
    that hangs keeps little of what all share.
    """

    subscription: int
    window: int
    in_flight: int = 0
    due_at: int | None = None

    @property
    def room(self) -> int:
        return self.window - self.in_flight


class Lanes:
    """All lanes, and the room that is left for everybody together."""

    def __init__(self, *, per_listener: int, total: int) -> None:
        self._per_listener = per_listener
        self._total = total
        self._lanes: OrderedDict[int, Lane] = OrderedDict()
        self.in_flight = 0

    def lane(self, subscription: int) -> Lane:
        lane = self._lanes.get(subscription)
        if lane is None:
            window = min(FIRST_WINDOW, self._per_listener)
            lane = self._lanes[subscription] = Lane(subscription=subscription, window=window)
        return lane

    @property
    def room(self) -> int:
        return self._total - self.in_flight

    def room_of(self, subscription: int) -> int:
        lane = self._lanes.get(subscription)
        return lane.room if lane else min(FIRST_WINDOW, self._per_listener)

    def note_due(self, subscription: int, due_at: int) -> None:
        """There is a delivery that is due then, perhaps."""
        lane = self.lane(subscription)
        if lane.due_at is None or due_at < lane.due_at:
            lane.due_at = due_at

    def set_due(self, subscription: int, due_at: int | None) -> None:
        self.lane(subscription).due_at = due_at

    def ready(self, now: int) -> Iterator[Lane]:
        """The lanes with due work and room for it, the one that was served longest ago first."""
        return (
            lane
            for lane in self._lanes.values()
            if lane.due_at is not None and lane.due_at <= now and lane.room > 0
        )

    def next_due(self) -> int | None:
        """When the next lane with room has work."""
        times = [lane.due_at for lane in self._lanes.values() if lane.due_at is not None and lane.room > 0]
        return min(times, default=None) if self.room > 0 else None

    def took(self, subscription: int, count: int) -> None:
        """Deliveries were claimed: the lane goes to the end of the line."""
        self.lane(subscription).in_flight += count
        self.in_flight += count
        self._lanes.move_to_end(subscription)

    def gave_back(self, subscription: int, *, delivered: bool) -> None:
        lane = self.lane(subscription)
        lane.in_flight -= 1
        self.in_flight -= 1
        lane.window = min(lane.window + 1, self._per_listener) if delivered else max(lane.window // 2, 1)

    def keep_only(self, subscriptions: Container[int]) -> None:
        """Drop the lanes of listeners that are gone and have nothing in flight."""
        gone = [lane for lane in self._lanes.values() if lane.subscription not in subscriptions]
        for lane in gone:
            lane.due_at = None
            if lane.in_flight == 0:
                del self._lanes[lane.subscription]
