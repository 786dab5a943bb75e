"""What customers ask for: how many come in an hour to everything, and to each service, site and group of resources."""

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hub.constraints.expected import Expectations
from hub.constraints.findings import Rules
from hub.constraints.memory import Counts, Memory
from hub.constraints.profile import HOUR
from hub.constraints.season import KEPT, Season
from hub.constraints.sightings import EVERYTHING, GROUPS, Key, Sighting
from hub.model.constraint import Type

HOURS = 2
"""In so many hours, at most, they are counted together."""


@dataclass
class Asked:
    """One hour of one key: its reports, oldest first, its customers, and what else these reported."""

    reports: list[tuple[int, str]] = field(default_factory=list)
    customers: set[str] = field(default_factory=set)
    common: Counter[Key] = field(default_factory=Counter)

    def add(self, sighting: Sighting) -> bool:
        """Whether it is the first report of its customer."""
        insort(self.reports, (sighting.at, sighting.problem_id))
        if sighting.party in self.customers:
            return False
        self.customers.add(sighting.party)
        self.common.update(sighting.keys)
        return True


class Demand:
    """Who reports six times in an hour counts once: so a batch that one customer sends is no demand.

    What is expected on a key of a report, such as maintenance, is no demand either, neither now nor in what is usual; a
    shortage of that key itself is counted, to be told as expected, where the expectation is about shortages.

    It holds the counts of eight weeks by key and hour, and the reports of the latest hours, while one may come late.
    """

    def __init__(self, rules: Rules) -> None:
        self._least = rules.least_demand
        self._kept = HOURS + rules.lateness // HOUR + 1
        self._first = 0
        self._newest = 0
        self._seasons: dict[Key, Season] = {EVERYTHING: Season()}
        self._asked: dict[Key, dict[int, Asked]] = {}
        self._looked: dict[int, frozenset[Key]] = {}
        self._expectations = Expectations()

    def expect(self, expectations: Expectations) -> None:
        self._expectations = expectations

    def counted(self, sighting: Sighting) -> list[Key]:
        """The keys whose demand a report is: everything, and what many resources belong to."""
        keys = [EVERYTHING, *(key for key in sighting.keys if key.kind in GROUPS)]
        expected = self._expectations.about(sighting)
        if not expected:
            return keys
        shown = {one.key for one in expected if Type.CAPACITY_SHORTAGE in one.types}
        return [key for key in keys if key != EVERYTHING and key.value in shown]

    def add(self, sighting: Sighting) -> None:
        """Count a report, unless it is too old to make what is usual."""
        hour = sighting.at // HOUR
        if hour < self._newest - KEPT:
            return
        self._begin(hour)
        for key in self.counted(sighting):
            if self._asked_in(key, hour).add(sighting):
                season = self._seasons.get(key) or self._seasons.setdefault(key, Season())
                season.add(hour)
                if hour < self._newest:
                    season.correct(hour)

    def hold(self, sighting: Sighting) -> None:
        """Keep a report of the latest hours that was counted before."""
        for key in self.counted(sighting):
            self._asked_in(key, sighting.at // HOUR).add(sighting)

    def asked(self, key: Key, hour: int) -> Asked:
        return self._asked.get(key, {}).get(hour) or Asked()

    def rate(self, key: Key, hour: int) -> float:
        """How many customers an hour usually brings to a key."""
        season = self._seasons.get(key)
        return season.rate(hour, self._first) if season else 0.0

    def usual(self, key: Key, hours: Iterable[int]) -> float:
        """How many some hours usually bring; each is taken to bring `least_demand`."""
        return sum(max(self._least, self.rate(key, one)) for one in hours)

    def dispersion(self, key: Key, hour: int, hours: int, mean: float) -> float:
        """How many times its mean the variance of a count over so many hours is, as it was before the day."""
        return self._seasons[key].dispersion(hour // 24, hours, mean, first=self._first, least=self._least)

    def looked_at(self, hour: int) -> frozenset[Key]:
        """The services, sites and groups to which an hour usually brings `least_demand` customers or more."""
        found = self._looked.get(hour)
        if found is None:
            groups = [key for key in self._seasons if key != EVERYTHING]
            found = self._looked[hour] = frozenset(key for key in groups if self.rate(key, hour) >= self._least)
        return found

    def span(self) -> tuple[int, int]:
        """The first and the latest hour."""
        return self._first, self._newest

    def remember(self) -> Mapping[Key, Counts]:
        """{key: {hour: customers}}"""
        return {key: season.hours for key, season in self._seasons.items()}

    def resume(self, memory: Memory) -> None:
        self._seasons = {EVERYTHING: Season()} | {key: Season(hours) for key, hours in memory.asked.items()}
        self._first, self._newest = memory.first, memory.newest

    def _asked_in(self, key: Key, hour: int) -> Asked:
        return self._asked.setdefault(key, {}).setdefault(hour, Asked())

    def _begin(self, hour: int) -> None:
        """Come to an hour; one that is before all others makes what is usual anew."""
        if not self._first or hour < self._first:
            self._first = hour
            for season in self._seasons.values():
                season.begin()
        if hour <= self._newest:
            return
        if hour // 24 > self._newest // 24:
            self._forget(hour)
        self._newest = hour
        self._looked = {key: one for key, one in self._looked.items() if key > hour - self._kept}
        self._drop(hour)

    def _forget(self, hour: int) -> None:
        for season in self._seasons.values():
            season.forget(hour)
        self._seasons = {key: one for key, one in self._seasons.items() if one.hours or key == EVERYTHING}

    def _drop(self, hour: int) -> None:
        kept = (
            (key, {one: asked for one, asked in hours.items() if one > hour - self._kept})
            for key, hours in self._asked.items()
        )
        self._asked = {key: hours for key, hours in kept if hours}
