"""Replays a stream through the detectors: what they raise in it, and how much of what is put into it they find."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random

from hub.constraints.detectors import Detectors
from hub.constraints.episodes import Episode, Phase
from hub.constraints.expected import Expectations
from hub.constraints.findings import Rules, Type
from hub.constraints.profile import HOUR, SECOND
from hub.constraints.sightings import Key, Kind, Sighting

MINUTE = 60 * SECOND
WEEK = 7 * 24 * HOUR
BURST = 30 * MINUTE
SURGE = 4 * HOUR
SELDOM = 4 * WEEK
"""The time between two surges in one copy: what comes every week is soon no surge any more."""


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """What a stream raised from `begin`, when everything was known that has to be, until `end` (microseconds).

    `raised` are the constraints as they became; `moments` is {name: {phase: when it first came into it}}.
    """

    begin: int
    end: int
    reports: int
    raised: tuple[Episode, ...]
    moments: dict[str, dict[Phase, int]]
    expected: int

    @property
    def weeks(self) -> float:
        return max(0, self.end - self.begin) / WEEK

    def per_week(self, kind: Type, *, confirmed: bool = False) -> float | None:
        found = [one for one in self.raised if one.type is kind and (one.is_confirmed or not confirmed)]
        return len(found) / self.weeks if self.weeks else None

    def alarm_hours_per_week(self) -> float | None:
        """In how many hours of a week demand was beyond capacity."""
        spans = [one for one in self.raised if one.type is Type.CAPACITY_SHORTAGE]
        hours = {hour for one in spans for hour in range(one.found // HOUR, one.active // HOUR + 1)}
        return len(hours) / self.weeks if self.weeks else None


def replay(sightings: Sequence[Sighting], rules: Rules, expectations: Expectations | None = None) -> Replayed:
    """`sightings` are in the order in which they became known."""
    detectors = Detectors(rules)
    detectors.expect(expectations or Expectations())
    raised: dict[str, Episode] = {}
    moments: dict[str, dict[Phase, int]] = {}
    for one in sightings:
        for episode in detectors.take(one):
            raised[episode.name] = episode
            moments.setdefault(episode.name, {}).setdefault(episode.phase, max(one.at, episode.found))
    first = min((one.at for one in sightings), default=0)
    return Replayed(
        begin=first + rules.warm_up,
        end=max((one.at for one in sightings), default=0),
        reports=len(sightings),
        raised=tuple(raised.values()),
        moments=moments,
        expected=len(detectors.suppressed),
    )


@dataclass(frozen=True, kw_only=True)
class Found:
    """Of `tried` things that were put into a stream: how many were found, and after how many minutes on the average."""

    tried: int
    found: int
    in_time: int
    minutes: float | None

    @property
    def share(self) -> float | None:
        return self.found / self.tried if self.tried else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the share."""
        return wilson(self.found, self.tried) if self.tried else None


def wilson(part: int, whole: int, z: float = 1.959964) -> tuple[float, float]:
    share, spread = part / whole, z * z / whole
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / whole + spread / (4 * whole)) / (1 + spread)
    return middle - half, middle + half


def bursts(
    sightings: Sequence[Sighting],
    rules: Rules,
    *,
    reports: int,
    count: int,
    seed: int,
    within: int,
    phase: Phase = Phase.SUSPECTED,
) -> Found:
    """Put bursts into a copy of the stream: so many customers' reports on any one resource within half an hour.

    They begin with reports drawn from the stream, so most come when most is going on. Found is a burst whose reports
    a failure of its resource holds; `within` is in microseconds from its first report.
    """
    random = Random(seed)
    begin, end = sightings[0].at + rules.warm_up, sightings[-1].at - BURST
    starts = [one for one in sightings if begin <= one.at < end]
    keys = sorted({key for one in sightings for key in one.keys if key.kind is Kind.RESOURCE})
    put: list[tuple[Key, list[Sighting]]] = []
    for number in range(count):
        start, key = random.choice(starts).at, random.choice(keys)
        times = sorted(start + random.randrange(0, BURST, MINUTE) for _ in range(reports))
        put.append((key, [_put(f"burst-{number}-{place}", at, key) for place, at in enumerate(times)]))
    replayed = replay(_mixed(sightings, (one for _, those in put for one in those)), rules)
    holding: dict[str, list[Episode]] = {}
    for episode in replayed.raised:
        for member in episode.members if episode.type is Type.RESOURCE_FAILURE else ():
            holding.setdefault(member, []).append(episode)
    waits = []
    for key, those in put:
        found = {one.name: one for each in those for one in holding.get(each.problem_id, ()) if one.key == key}
        moments = [at for name in found if (at := _moment(replayed.moments[name], phase)) is not None]
        waits.append(max(0, min(moments) - those[0].at) if moments else None)
    return _found(waits, within)


def surges(
    sightings: Sequence[Sighting], rules: Rules, *, factor: float, count: int, seed: int, within: int
) -> Found:
    """Put surges into copies of the stream, seldom in each: for four hours `factor` times the usual demand.

    The reports that are added are drawn from the stream, so they are about what reports are about. Found is a surge if
    a shortage is raised in it.
    """
    random = Random(seed)
    begin, end = sightings[0].at + rules.warm_up, sightings[-1].at - SURGE
    starts = [one.at // HOUR * HOUR for one in sightings if begin <= one.at < end]
    waits: list[int | None] = []
    while starts and len(waits) < count:
        at = begin + random.randrange(SELDOM)
        chosen = []
        while at < end:
            near = [one for one in starts if at <= one < at + WEEK]
            if near:
                chosen.append(random.choice(near))
            at += SELDOM
        if not chosen:
            break
        chosen = chosen[: count - len(waits)]
        added = [one for start in chosen for one in _surge(sightings, start, factor, random)]
        replayed = replay(_mixed(sightings, added), rules)
        shortages = [one for one in replayed.raised if one.type is Type.CAPACITY_SHORTAGE]
        for start in chosen:
            those = [one for one in shortages if start <= one.active and one.found < start + SURGE]
            waits.append(max(0, min(one.found for one in those) - start) if those else None)
    return _found(waits, within)


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


def _usual(sightings: Sequence[Sighting], hour: int) -> float:
    counts = [
        bisect_left(sightings, hour + HOUR - week * WEEK, key=lambda one: one.at)
        - bisect_left(sightings, hour - week * WEEK, key=lambda one: one.at)
        for week in range(1, 5)
        if hour - week * WEEK >= sightings[0].at
    ]
    return sum(counts) / len(counts) if counts else 0.0


def _poisson(mean: float, random: Random) -> int:
    count, at = 0, random.expovariate(1)
    while at < mean:
        count += 1
        at += random.expovariate(1)
    return count


def _put(name: str, at: int, key: Key) -> Sighting:
    return Sighting(problem_id=name, at=at, recorded=at, keys=(key,), party=name)


def _mixed(sightings: Iterable[Sighting], more: Iterable[Sighting]) -> list[Sighting]:
    return sorted([*sightings, *more], key=lambda one: (one.recorded, one.problem_id))


def _moment(moments: dict[Phase, int], phase: Phase) -> int | None:
    """When a constraint was first as far as that: one that is confirmed at once was suspected, too."""
    if phase is Phase.SUSPECTED:
        return min(moments.values())
    return moments.get(phase)


def _found(waits: Sequence[int | None], within: int) -> Found:
    known = [one for one in waits if one is not None]
    return Found(
        tried=len(waits),
        found=len(known),
        in_time=sum(one <= within for one in known),
        minutes=sum(known) / len(known) / MINUTE if known else None,
    )
