"""Finds failures of resources: reports of several customers on one resource, service or site, beyond the usual."""

from bisect import bisect_left, insort
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from hub.constraints.episodes import MOST
from hub.constraints.findings import Finding, Rules
from hub.constraints.profile import SECOND, Profile
from hub.constraints.sightings import Key, Sighting
from hub.constraints.tails import negative_binomial_tail, poisson_tail
from hub.model.constraint import Type

LEAST_EXPECTED = 0.5
"""Of all reports in a window: at night, when hardly any is usual, two are no surprise."""

STEADY = 5.0
"""Added on both sides when the demand is compared with the usual one, for small numbers say little."""

LONGER = 0.001
"""A window that is longer than the shortest needs so much less chance: what comes slowly comes by chance more often."""

MOMENT = SECOND


class Seen(NamedTuple):
    at: int
    problem_id: str
    party: str
    is_named: bool


class Placed:
    """The reports of one key, each once, by time."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._ids: set[str] = set()

    def add(self, one: Seen) -> None:
        if one.problem_id not in self._ids:
            self._ids.add(one.problem_id)
            insort(self.seen, one)

    def drop(self, before: int) -> None:
        """Forget what is older than an instant."""
        end = bisect_left(self.seen, (before,))
        self._ids.difference_update(one.problem_id for one in self.seen[:end])
        del self.seen[:end]


class FailureWatch:
    """Holds the reports of the longest window for each key, and no more.

    Of a window with more than MOST reports the latest ones are looked at: beyond that, more of them say nothing new,
    and what a burst costs grows no faster than it does.
    """

    def __init__(self, rules: Rules, profile: Profile) -> None:
        self._rules = rules
        self._profile = profile
        self._keys: dict[Key, Placed] = {}
        self._times: list[int] = []
        self._counted: dict[Key, int] = {}
        self._swept = 0

    def count_from(self, keys: Iterable[Key], at: int) -> None:
        """Reports on these keys until an instant belong to a constraint that is over: they are evidence no more."""
        for key in keys:
            self._counted[key] = max(at, self._counted.get(key, 0))

    def is_counted(self, finding: Finding) -> bool:
        """Whether its reports belong to a constraint that is over."""
        return finding.at <= self._counted.get(finding.key, 0)

    def take(self, sighting: Sighting, newest: int, passed: Container[Key] = ()) -> list[Finding]:
        """What a report shows of each of its keys; also what is as usual is said, for an open constraint eases by it.

        A report that comes late is put where it belongs, and every window that holds it is looked at anew. The keys
        `passed` are left to others.
        """
        self._sweep(newest)
        insort(self._times, sighting.at)
        return self.look(sighting, passed)

    def look(self, sighting: Sighting, passed: Container[Key] = ()) -> list[Finding]:
        """The same of a report that was counted and has come to name more."""
        placed = [(key, self._placed(key, sighting)) for key in sighting.keys]
        return [self._judged(key, seen, sighting.at) for key, seen in placed if key not in passed]

    def hold(self, sighting: Sighting, newest: int) -> None:
        """Keep a report as what stands in the windows, without a judgement."""
        self._sweep(newest)
        insort(self._times, sighting.at)
        for key in sighting.keys:
            self._placed(key, sighting)

    def _placed(self, key: Key, sighting: Sighting) -> list[Seen]:
        placed = self._keys.get(key) or self._keys.setdefault(key, Placed())
        placed.add(Seen(sighting.at, sighting.problem_id, sighting.party, key in sighting.named))
        return placed.seen

    def _judged(self, key: Key, seen: Sequence[Seen], at: int) -> Finding:
        over = self._counted.get(key, 0)
        found = [
            self._finding(key, seen, window, end)
            for window in self._rules.windows
            for end in _ends(seen, at, window)
            if at > over or end <= over
        ]
        return min(found, key=lambda one: (not one.is_confirmed, not one.is_raised, one.chance, one.at))

    def _finding(self, key: Key, seen: Sequence[Seen], window: int, end: int) -> Finding:
        rules = self._rules
        over = self._counted.get(key, 0)
        begin = max(end - window, over) if end > over else end - window
        first, last = bisect_left(seen, (begin + 1,)), bisect_left(seen, (end + 1,))
        members = seen[max(first, last - MOST) : last]
        parties = frozenset(one.party for one in members)
        usual = max(LEAST_EXPECTED, self._profile.expected(end - window, end + MOMENT))
        share = self._profile.share(key, end)
        others = self._count(end - window, end) - (last - first)
        surge = max(1.0, (others + STEADY) / (usual * (1 - share) + STEADY))
        expected = share * usual * surge
        observed = len(parties)
        chance = poisson_tail(observed, expected)
        named = any(one.is_named for one in members)
        strict = 1.0 if window == rules.windows[0] else LONGER
        raised = observed >= rules.least and chance < rules.suspect_at * strict
        spread = max(rules.dispersion, self._profile.spread(key, end))
        dispersed = negative_binomial_tail(observed, expected, spread) if raised else 1.0
        return Finding(
            type=Type.RESOURCE_FAILURE,
            key=key,
            at=end,
            begin=members[0].at,
            window=window,
            observed=observed,
            expected=expected,
            chance=chance,
            dispersed=dispersed,
            members=tuple(one.problem_id for one in members),
            parties=parties,
            surge=surge,
            is_named=named,
            is_raised=raised,
            is_confirmed=raised and (named or dispersed < rules.confirm_at * strict),
        )

    def _count(self, begin: int, end: int) -> int:
        return bisect_left(self._times, end + 1) - bisect_left(self._times, begin + 1)

    def _sweep(self, newest: int) -> None:
        """Drop what no window can hold any more; looked for once in a shortest window."""
        if newest < self._swept + self._rules.windows[0]:
            return
        self._swept = newest
        oldest = newest - self._rules.windows[-1] - self._rules.lateness
        del self._times[: bisect_left(self._times, oldest)]
        self._counted = {key: at for key, at in self._counted.items() if at >= oldest}
        for key in list(self._keys):
            placed = self._keys[key]
            placed.drop(oldest)
            if not placed.seen:
                del self._keys[key]


def _ends(seen: Sequence[Seen], at: int, window: int) -> Iterator[int]:
    """The instants of the reports whose windows hold `at`: its own, and those of later ones."""
    yield at
    later = islice(seen, bisect_left(seen, (at + 1,)), None)
    for one in later:
        if one.at - window >= at:
            return
        yield one.at
