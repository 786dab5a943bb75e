"""All lanes: they take turns at the room that is left for everybody together."""

from collections.abc import Container, Iterator
from itertools import chain, zip_longest

from hub.delivery.breaker import NEVER, Breaker, BreakerRules
from hub.delivery.bucket import Bucket
from hub.delivery.lane import FAILING, NEW, PROVEN, TRUSTS, Lane, Trust
from hub.delivery.rotation import Rotation

FIRST_WINDOW = 8
"""How many deliveries a listener may have in flight once it has answered; before, it is asked with one."""


class Lanes:
    """All lanes, and the room that is left for everybody together.

    Of `total`, listeners that fail get no more than leaves `reserved` (a share) to others, and together with those
    that have not answered yet, half of it to those that have.
    """

    def __init__(
        self, *, per_listener: int, total: int, reserved: float = 0.0, breaker: BreakerRules = NEVER
    ) -> None:
        self._per_listener = per_listener
        self._total = total
        self._most_failing = max(1, total - round(total * reserved))
        self._most_unproven = max(1, total - round(total * reserved / 2))
        self._breaker = breaker
        self._lanes: dict[int, Lane] = {}
        self._rotations = {trust: Rotation() for trust in TRUSTS}
        self._flying = dict.fromkeys(TRUSTS, 0)
        self.in_flight = 0

    def lane(self, subscription: int) -> Lane:
        lane = self._lanes.get(subscription)
        if lane is None:
            lane = self._lanes[subscription] = Lane(
                subscription=subscription, most=self._per_listener, window=1, breaker=Breaker(self._breaker)
            )
        return lane

    def all(self) -> list[Lane]:
        """Every lane as it stands; callable from any thread."""
        return list(self._lanes.copy().values())

    def configure(self, subscription: int, *, in_flight: int | None, rate: float | None, now: int) -> None:
        """What the listener's own options say; None leaves it to the settings, or sets no rate."""
        lane = self.lane(subscription)
        lane.most = min(self._per_listener, in_flight or self._per_listener)
        lane.bucket = Bucket(rate, now) if rate else None
        self._place(lane, now)

    def begin_anew(self, subscription: int, now: int) -> None:
        """The listener is active again: what was known of it is of yesterday."""
        lane = self.lane(subscription)
        lane.breaker, lane.held_until, lane.since = Breaker(self._breaker), 0, now
        self._trust(lane, NEW)
        lane.window = 1
        self._place(lane, now)

    def release(self, subscription: int, now: int) -> None:
        """Somebody has ended the hold: it is asked with one request, and its answer decides."""
        lane = self.lane(subscription)
        lane.held_until, lane.window = 0, 1
        if lane.breaker.open_until is not None:
            lane.breaker.open_until = min(lane.breaker.open_until, now)
        self._place(lane, now)

    @property
    def room(self) -> int:
        return self._total - self.in_flight

    def room_for(self, trust: Trust) -> int:
        """What is left for all lanes of this kind together."""
        if trust is PROVEN:
            return self.room
        failing = self._flying[FAILING]
        unproven = min(self.room, self._most_unproven - failing - self._flying[NEW])
        return unproven if trust is NEW else min(unproven, self._most_failing - failing)

    def note_due(self, subscription: int, due_at: int, now: int) -> None:
        """There is a delivery that is due then, perhaps."""
        lane = self.lane(subscription)
        if lane.due_at is None or due_at < lane.due_at:
            lane.due_at = due_at
            self._place(lane, now)

    def set_due(self, subscription: int, due_at: int | None, now: int) -> None:
        lane = self.lane(subscription)
        lane.due_at = due_at
        self._place(lane, now)

    def hold(self, subscription: int, until: int, now: int) -> None:
        """Begin nothing before then: the listener has asked for it."""
        lane = self.lane(subscription)
        lane.held_until = max(lane.held_until, until)
        self._place(lane, now)

    def suspect(self, subscription: int, until: int, now: int) -> None:
        """The breaker of this listener was opened until then, by a process before or beside this one."""
        lane = self.lane(subscription)
        if lane.opens_at() < until:
            lane.breaker.resume(until)
            self._trust(lane, FAILING)
            self._place(lane, now)

    def ready(self, now: int) -> list[Lane]:
        """Lanes with due work and room for it, as many as there is room for; who was served longest ago first.

        The three kinds take turns, so that neither work nor failures of others keep anybody out for good.
        """
        found = [self._ready(trust, now) for trust in TRUSTS]
        together = (lane for lane in chain.from_iterable(zip_longest(*found)) if lane is not None)
        return [lane for lane, _ in zip(together, range(max(0, self.room)), strict=False)]

    def _ready(self, trust: Trust, now: int) -> Iterator[Lane]:
        room = max(0, self.room_for(trust))
        keys = list(zip(self._rotations[trust].ready(now), range(room), strict=False))
        return (self._lanes[key] for key, _ in keys)

    def next_due(self) -> int | None:
        """When the next lane that there is room for has work."""
        times = [
            at
            for trust, rotation in self._rotations.items()
            if self.room_for(trust) > 0 and (at := rotation.next_at()) is not None
        ]
        return min(times, default=None)

    def took(self, subscription: int, count: int, now: int) -> None:
        """Deliveries were claimed: the lane goes to the end of the line."""
        lane = self.lane(subscription)
        lane.in_flight += count
        self._flying[lane.trust] += count
        self.in_flight += count
        if lane.bucket is not None:
            lane.bucket.take(count, now)
        self._rotations[lane.trust].served(subscription)
        self._place(lane, now)

    def is_closed_to(self, subscription: int, now: int) -> bool:
        """Whether nothing may begin now, whatever has been claimed."""
        return self.lane(subscription).opens_at() > now

    def took_back(self, subscription: int, now: int) -> None:
        """What was taken was not sent after all: that says nothing of the listener."""
        self._end(self.lane(subscription))
        self._place(self.lane(subscription), now)

    def _end(self, lane: Lane) -> None:
        lane.in_flight -= 1
        self._flying[lane.trust] -= 1
        self.in_flight -= 1

    def gave_back(
        self, subscription: int, *, delivered: bool, now: int, strained: bool = True, began: int | None = None
    ) -> bool:
        """An attempt ended; `strained`: by its end the listener has too much to do. Whether that opened its breaker.

        One that `began` before the listener was activated again counts for nothing.
        """
        lane = self.lane(subscription)
        self._end(lane)
        opened = False
        if began is not None and began < lane.since:
            pass
        elif delivered:
            self._succeeded(lane)
        else:
            opened = self._failed(lane, now, strained)
        self._place(lane, now)
        return opened

    def _succeeded(self, lane: Lane) -> None:
        lane.window = min(lane.window + 1, lane.most)
        lane.breaker.succeeded()
        if lane.trust is not PROVEN:
            if lane.trust is NEW:
                lane.window = min(FIRST_WINDOW, lane.most)
            self._trust(lane, PROVEN)

    def _failed(self, lane: Lane, now: int, strained: bool) -> bool:
        if strained:
            lane.window = max(lane.window // 2, 1)
        self._trust(lane, FAILING)
        return lane.breaker.failed(now)

    def keep_only(self, subscriptions: Container[int]) -> None:
        """Drop the lanes of listeners that are gone and have nothing in flight."""
        for lane in [lane for lane in self._lanes.values() if lane.subscription not in subscriptions]:
            lane.due_at = None
            self._rotations[lane.trust].place(lane.subscription, None)
            if lane.in_flight == 0:
                del self._lanes[lane.subscription]

    def clock_set(self, by: int, now: int) -> None:
        """The clock was set by so many microseconds: what waits for an instant waits as long as before."""
        for lane in self._lanes.values():
            lane.held_until = max(0, lane.held_until + by)
            if lane.breaker.open_until is not None:
                lane.breaker.open_until += by
            if lane.bucket is not None:
                lane.bucket.shift(by)
            lane.since = min(lane.since, now)
            self._place(lane, now)

    def _trust(self, lane: Lane, trust: Trust) -> None:
        """Lanes of a kind stand in a rotation of their own, and what they have in flight counts there."""
        if lane.trust is trust:
            return
        self._rotations[lane.trust].place(lane.subscription, None)
        self._flying[lane.trust] -= lane.in_flight
        self._flying[trust] += lane.in_flight
        lane.trust = trust

    def _place(self, lane: Lane, now: int) -> None:
        self._rotations[lane.trust].place(lane.subscription, lane.begins_at(now))
