"""Made-up streams of reports for the detectors, drawn from a seed."""

from collections.abc import Iterator
from functools import cache
from pickle import dumps, loads
from random import Random

from hub.constraints.detectors import Detectors
from hub.constraints.episodes import Episode
from hub.constraints.findings import Rules
from hub.constraints.profile import DAY, HOUR, SECOND
from hub.constraints.sightings import Key, Kind, Sighting

MINUTE = 60 * SECOND
START = 20_500 * DAY
"""Monday, 16 February 2026."""

RULES = Rules(windows=(30 * MINUTE,), span=4 * HOUR, lateness=2 * HOUR, warm_up=14 * DAY)


def seen(
    at: int,
    *resources: str,
    party: str = "",
    name: str = "",
    named: bool = False,
    recorded: int | None = None,
    live: bool = True,
) -> Sighting:
    keys = tuple(Key(Kind.RESOURCE, one) for one in resources)
    problem_id = name or f"{at}/{'/'.join(resources)}/{party}"
    return Sighting(
        problem_id=problem_id,
        at=at,
        recorded=at if recorded is None else recorded,
        keys=keys,
        party=party or problem_id,
        named=frozenset(keys if named else ()),
        live=live,
    )


def background(
    *, begin: int = START, days: int = 28, hourly: float = 20, resources: int = 100, seed: int = 1
) -> Iterator[Sighting]:
    """Reports at an even rate, over resources that all have the same part."""
    random = Random(seed)
    at = begin
    while (at := at + round(random.expovariate(hourly) * HOUR)) < begin + days * DAY:
        yield seen(at, f"node-{random.randrange(resources)}")


def learnt(*, days: int = 28, hourly: float = 20, resources: int = 100) -> Detectors:
    """Detectors that know an even stream."""
    detectors: Detectors = loads(_learnt(days, hourly, resources))
    return detectors


@cache
def _learnt(days: int, hourly: float, resources: int) -> bytes:
    detectors = Detectors(RULES)
    for one in background(days=days, hourly=hourly, resources=resources):
        detectors.learn(one)
    return dumps(detectors)


def taken(detectors: Detectors, *sightings: Sighting) -> dict[str, Episode]:
    """The constraints that came of them, each as it is in the end."""
    found: dict[str, Episode] = {}
    for one in sorted(sightings, key=lambda one: one.recorded):
        found |= {episode.name: episode for episode in detectors.take(one)}
    return found
