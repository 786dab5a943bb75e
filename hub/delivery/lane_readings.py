"""What is read of the lanes: the listeners that do worst by name, the others together."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hub.delivery.lane import Lane
from hub.telemetry import catalogue
from hub.telemetry.metric import Reading

OTHER = "other"
"""Stands for all listeners that have no name of their own in the metrics."""

CLOSED, HALF_OPEN, OPEN = "closed", "halfOpen", "open"


@dataclass(frozen=True, kw_only=True)
class LaneFigures:
    """A listener's lane as it stands; `lag` is in seconds."""

    id: str
    lag: float
    in_flight: int
    window: int
    breaker: str

    @property
    def badness(self) -> tuple[bool, float, int]:
        return self.breaker != CLOSED, self.lag, self.in_flight


def figures_of(
    lanes: Iterable[Lane], ids: Mapping[int, str], due: Mapping[int, int], now: int
) -> list[LaneFigures]:
    """`ids` and `due` are by the row number of the subscription: its id, and since when its oldest delivery is due."""
    return [
        LaneFigures(
            id=ids[lane.subscription],
            lag=lag(due.get(lane.subscription), now),
            in_flight=lane.in_flight,
            window=min(lane.window, lane.most),
            breaker=_breaker(lane.breaker.open_until, now),
        )
        for lane in lanes
        if lane.subscription in ids
    ]


def lag(due: int | None, now: int) -> float:
    """Seconds since then; 0 for what is not due yet."""
    return 0.0 if due is None else max(0.0, (now - due) / 1e6)


def _breaker(open_until: int | None, now: int) -> str:
    if open_until is None:
        return CLOSED
    return OPEN if open_until > now else HALF_OPEN


def lane_readings(figures: list[LaneFigures], most: int) -> Iterator[Reading]:
    """At most `most` listeners have series of their own."""
    for state in (CLOSED, HALF_OPEN, OPEN):
        count = sum(one.breaker == state for one in figures)
        yield Reading(catalogue.BREAKERS, count, (state,))
    ordered = sorted(figures, key=lambda one: one.badness, reverse=True)
    for one in ordered[:most]:
        yield from _series(one.id, [one])
    if ordered[most:]:
        yield from _series(OTHER, ordered[most:])


def _series(name: str, figures: list[LaneFigures]) -> Iterator[Reading]:
    yield Reading(catalogue.LISTENER_LAG, max(one.lag for one in figures), (name,))
    yield Reading(catalogue.LISTENER_IN_FLIGHT, sum(one.in_flight for one in figures), (name,))
    yield Reading(catalogue.LISTENER_WINDOW, sum(one.window for one in figures), (name,))
    yield Reading(catalogue.LISTENER_BREAKER, sum(one.breaker != CLOSED for one in figures), (name,))
