"""Finds shortages of capacity: more reports in an hour, or in two, than this hour of the week usually brings."""

from bisect import bisect_left, insort
from collections import Counter
from typing import NamedTuple

from hub.constraints.findings import Finding, Rules, Type
from hub.constraints.profile import DAY, HOUR, Profile
from hub.constraints.sightings import EVERYTHING, Key, Sighting
from hub.constraints.tails import negative_binomial_tail, poisson_tail

HOURS = 2
DOMINANT = 0.5
"""If half of the reports are on one key, and it has more than its usual part, that has failed, and nothing is short."""

TWICE = 2.0


class Asked(NamedTuple):
    at: int
    problem_id: str
    party: str
    keys: tuple[Key, ...]


class DemandWatch:
    """Holds the reports of the last hours, as long as one may come late."""

    def __init__(self, rules: Rules, profile: Profile) -> None:
        self._rules = rules
        self._profile = profile
        self._asked: list[Asked] = []
        self._dispersion = (-1, 1.0)

    def hold(self, sighting: Sighting, newest: int) -> None:
        insort(self._asked, Asked(sighting.at, sighting.problem_id, sighting.party, sighting.keys))
        oldest = newest - HOURS * HOUR - self._rules.lateness
        if self._asked[0].at < oldest - HOUR:
            del self._asked[: bisect_left(self._asked, (oldest,))]

    def take(self, sighting: Sighting, newest: int) -> Finding:
        """What the hour of a report shows, by what is known of it so far: it may be raised before its end."""
        self.hold(sighting, newest)
        hour = sighting.at // HOUR
        found = [self._finding(hour, hours, sighting.at) for hours in range(1, HOURS + 1)]
        return min(found, key=lambda one: (not one.is_raised, one.dispersed))

    def _finding(self, hour: int, hours: int, at: int) -> Finding:
        rules, spread = self._rules, self._spread(hour)
        begin = (hour - hours + 1) * HOUR
        asked = self._asked[bisect_left(self._asked, (begin,)) : bisect_left(self._asked, ((hour + 1) * HOUR,))]
        observed, last = len(asked), asked[-1]
        expected = sum(
            max(rules.least_demand, self._profile.rate(one)) for one in range(hour - hours + 1, hour + 1)
        )
        chance = poisson_tail(observed, expected) if observed > expected else 1.0
        dispersed = negative_binomial_tail(observed, expected, spread) if chance < rules.surge_at else 1.0
        beyond = dispersed < rules.surge_at
        top, share = _top(asked) if beyond else (None, None)
        raised = beyond and not self._is_one(top, share or 0.0, at)
        return Finding(
            type=Type.CAPACITY_SHORTAGE,
            key=EVERYTHING,
            at=max(at, last.at),
            begin=begin,
            window=hours * HOUR,
            observed=observed,
            expected=expected,
            chance=chance,
            dispersed=dispersed,
            members=tuple([one.problem_id for one in asked]),
            parties=frozenset([one.party for one in asked]),
            surge=observed / expected,
            share=share,
            is_raised=raised,
            is_confirmed=raised and dispersed < rules.confirm_at,
        )

    def _is_one(self, top: Key | None, share: float, at: int) -> bool:
        """Whether what is too much is too much of one thing."""
        return top is not None and share >= DOMINANT and share >= TWICE * self._profile.share(top, at)

    def _spread(self, hour: int) -> float:
        """The dispersion of the stream, fitted once a day."""
        day = hour * HOUR // DAY
        if self._dispersion[0] != day:
            self._dispersion = day, self._profile.dispersion(day * 24, self._rules.least_demand)
        return self._dispersion[1]


def _top(asked: list[Asked]) -> tuple[Key | None, float]:
    """The key that most reports have in common, and how large their part is."""
    counts = Counter(key for one in asked for key in one.keys)
    if not counts:
        return None, 0.0
    key, count = counts.most_common(1)[0]
    return key, count / len(asked)
