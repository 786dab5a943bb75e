"""Puts bursts into a stream, and tells how many the detectors find: one resource that fails for half an hour."""

from collections.abc import Sequence
from random import Random

from hub.constraints.backtest import MINUTE, Found, found_of, mixed, replay
from hub.constraints.episodes import Episode, Phase
from hub.constraints.findings import Rules
from hub.constraints.sightings import Key, Kind, Sighting
from hub.model.constraint import Type

BURST = 30 * MINUTE


def starts(sightings: Sequence[Sighting], rules: Rules) -> list[Sighting]:
    """The reports with which a burst may begin: after the warm-up, and not so late that the stream ends before it."""
    begin, end = sightings[0].at + rules.warm_up, sightings[-1].at - BURST
    return [one for one in sightings if begin <= one.at < end]


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

    They begin with reports drawn from the `starts`, of which there have to be some, so most come when most is going
    on. Found is a burst whose reports a failure of its resource holds; `within` is in microseconds from its first
    report.
    """
    random = Random(seed)
    drawn = starts(sightings, rules)
    keys = sorted({key for one in sightings for key in one.keys if key.kind is Kind.RESOURCE})
    put: list[tuple[Key, list[Sighting]]] = []
    for number in range(count):
        start, key = random.choice(drawn).at, random.choice(keys)
        times = sorted(start + random.randrange(0, BURST, MINUTE) for _ in range(reports))
        put.append((key, [_put(f"burst-{number}-{place}", at, key) for place, at in enumerate(times)]))
    replayed = replay(mixed(sightings, (one for _, those in put for one in those)), rules)
    holding: dict[str, list[Episode]] = {}
    for episode in replayed.raised:
        for member in episode.members if episode.type is Type.RESOURCE_FAILURE else ():
            holding.setdefault(member, []).append(episode)
    waits = []
    for key, those in put:
        found = {one.name: one for each in those for one in holding.get(each.problem_id, ()) if one.key == key}
        moments = [at for name in found if (at := _moment(replayed.moments[name], phase)) is not None]
        waits.append(max(0, min(moments) - those[0].at) if moments else None)
    return found_of(waits, within)


def _put(name: str, at: int, key: Key) -> Sighting:
    return Sighting(problem_id=name, at=at, recorded=at, keys=(key,), party=name)


def _moment(moments: dict[Phase, int], phase: Phase) -> int | None:
    """When a constraint was first as far as that: one that is confirmed at once was suspected, too."""
    if phase is Phase.SUSPECTED:
        return min(moments.values())
    return moments.get(phase)
