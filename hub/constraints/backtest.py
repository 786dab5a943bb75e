"""Replays a stream through the detectors: what they raise in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from hub.constraints.detectors import Detectors
from hub.constraints.episodes import Episode, Phase
from hub.constraints.expected import Expectations
from hub.constraints.findings import Rules
from hub.constraints.profile import HOUR, SECOND
from hub.constraints.sightings import Sighting
from hub.model.constraint import Type

MINUTE = 60 * SECOND
WEEK = 7 * 24 * HOUR


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


def found_of(waits: Sequence[int | None], within: int) -> Found:
    """`waits` are how long each took until it was found, in microseconds; None of one that was not."""
    known = [one for one in waits if one is not None]
    return Found(
        tried=len(waits),
        found=len(known),
        in_time=sum(one <= within for one in known),
        minutes=sum(known) / len(known) / MINUTE if known else None,
    )


def mixed(sightings: Iterable[Sighting], more: Iterable[Sighting]) -> list[Sighting]:
    """In the order in which they become known."""
    return sorted([*sightings, *more], key=lambda one: (one.recorded, one.problem_id))
