"""Puts surges of demand into a stream, one at a time, and tells how many the detectors find."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from random import Random

from hub.constraints.backtest import WEEK, Found, found_of, mixed
from hub.constraints.detectors import Detectors
from hub.constraints.findings import Rules
from hub.constraints.profile import HOUR
from hub.constraints.sightings import EVERYTHING, Key, Kind, Sighting
from hub.model.constraint import Type

SURGE = 4 * HOUR
BEFORE = 6 * HOUR
"""So long before a surge the detectors look on; what is earlier they only learn, which is quicker."""


def surges(
    sightings: Sequence[Sighting],
    rules: Rules,
    *,
    factor: float,
    count: int,
    seed: int,
    within: int,
    kind: Kind = Kind.ALL,
) -> Found:
    """Put surges into the stream, each into a copy of its own: for four hours `factor` times the usual demand.

    One begins in the minute of a report that is drawn from the stream; with a `kind`, it is a surge on the key of
    that kind that the report names, if that usually has `least_demand` an hour. The reports that are added are drawn
    from those on the key, each of a customer of its own. Found is a surge if a shortage that shows on the key is raised
    in it; `within` is in microseconds from its begin.
    """
    random = Random(seed)
    series = _series(sightings, kind)
    starts = sorted(_starts(series, rules, sightings[0].at + rules.warm_up, sightings[-1].at - SURGE))
    if not starts:
        return found_of([], within)
    chosen = sorted(random.choice(starts) for _ in range(count))
    learner, place, waits = Detectors(rules), 0, list[int | None]()
    for start, key in chosen:
        until = bisect_left(sightings, start - BEFORE, lo=place, key=_recorded)
        for one in sightings[place:until]:
            learner.learn(one)
        place = until
        near = sightings[until : bisect_left(sightings, start + SURGE, lo=until, key=_recorded)]
        held = sightings[bisect_left(sightings, learner.held_from, key=_recorded) : until]
        detectors = Detectors(rules)
        detectors.resume(learner.remember())
        for one in held:
            detectors.hold(one)
        added = _surge(series[key], start, factor, random)
        waits.append(_wait(detectors, mixed(near, added), key, start))
    return found_of(waits, within)


def _starts(series: dict[Key, list[Sighting]], rules: Rules, begin: int, end: int) -> Iterator[tuple[int, Key]]:
    for key, those in series.items():
        for one in those:
            if begin <= one.at < end and (key == EVERYTHING or _usual(those, one.at) >= rules.least_demand):
                yield one.at, key


def _wait(detectors: Detectors, stream: Sequence[Sighting], key: Key, start: int) -> int | None:
    """How long after its start a surge was found."""
    for one in stream:
        for episode in detectors.take(one):
            shows = episode.type is Type.CAPACITY_SHORTAGE and key in (episode.key, *episode.others)
            if shows and episode.active >= start:
                return max(0, one.at - start)
    return None


def _surge(sightings: Sequence[Sighting], start: int, factor: float, random: Random) -> list[Sighting]:
    """Reports that make the usual demand of each hour so many times as much, by what the weeks before it had."""
    added = []
    for hour in range(start, start + SURGE, HOUR):
        usual = _usual(sightings, hour)
        for place in range(_poisson((factor - 1) * usual, random)):
            like = random.choice(sightings)
            name = f"surge-{hour}-{place}"
            at = hour + random.randrange(HOUR)
            added.append(like._replace(problem_id=name, party=name, at=at, recorded=at, named=frozenset()))
    return added


def _series(sightings: Sequence[Sighting], kind: Kind) -> dict[Key, list[Sighting]]:
    """The reports on each key of a kind; all of them on EVERYTHING."""
    found: dict[Key, list[Sighting]] = {}
    for one in sightings:
        for key in (EVERYTHING, *one.keys):
            if key.kind is kind:
                found.setdefault(key, []).append(one)
    return found


def _usual(sightings: Sequence[Sighting], begin: int) -> float:
    """How many reports the hour after an instant had in the mean of four weeks before."""
    counts = [
        bisect_left(sightings, begin + HOUR - week * WEEK, key=_opened)
        - bisect_left(sightings, begin - week * WEEK, key=_opened)
        for week in range(1, 5)
        if begin - week * WEEK >= sightings[0].at
    ]
    return sum(counts) / len(counts) if counts else 0.0


def _opened(one: Sighting) -> int:
    return one.at


def _recorded(one: Sighting) -> int:
    return one.recorded


def _poisson(mean: float, random: Random) -> int:
    count, at = 0, random.expovariate(1)
    while at < mean:
        count += 1
        at += random.expovariate(1)
    return count
