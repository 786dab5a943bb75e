"""Finds shortages of capacity: more customers in an hour, or in two, than this hour of the week usually brings."""

from collections import Counter

from hub.constraints.demand import HOURS, Asked, Demand
from hub.constraints.episodes import MOST
from hub.constraints.findings import Finding, Rules
from hub.constraints.profile import HOUR, Profile
from hub.constraints.sightings import EVERYTHING, Key, Sighting
from hub.constraints.tails import negative_binomial_tail, poisson_tail
from hub.model.constraint import Type

DOMINANT = 0.5
"""If half of the customers are on one thing, and that is more than its usual part, it has failed, or it is short."""

TWICE = 2.0


class DemandWatch:
    """Compares the customers of an hour, and of two, with the usual ones: of all, and of each service, site and group.

    The chance of so many is the upper tail of a negative binomial count with the usual mean and the dispersion of
    hours alike (`Season`), as in Noufaily, Enki, Farrington, Garthwaite, Andrews, Charlett: An improved algorithm for
    outbreak detection in multiple surveillance systems, Statistics in Medicine 32 (2013), doi 10.1002/sim.5595.
    It is asked of a whole hour before the hour is over, which errs to the quiet side.

    A key is looked at when the hour usually brings it `least_demand` customers; below that, `FailureWatch` counts it.
    Where m keys are looked at, the chance of each is taken m times (Bonferroni): so all of them together raise no more
    for nothing than the count of all does.
    """

    def __init__(self, rules: Rules, profile: Profile, demand: Demand) -> None:
        self._rules = rules
        self._profile = profile
        self._demand = demand

    def take(self, sighting: Sighting) -> list[Finding]:
        """What the hour of a report shows by what is known of it so far, of each key of it that is looked at."""
        hour = sighting.at // HOUR
        looked = self._demand.looked_at(hour)
        return [
            self._judged(key, hour, sighting.at, looked)
            for key in self._demand.counted(sighting)
            if (key == EVERYTHING or key in looked) and self._demand.asked(key, hour).reports
        ]

    def _judged(self, key: Key, hour: int, at: int, looked: frozenset[Key]) -> Finding:
        found = [self._finding(key, range(hour - one + 1, hour + 1), at, looked) for one in range(1, HOURS + 1)]
        return min(found, key=lambda one: (not one.is_raised, one.dispersed, one.chance))

    def _finding(self, key: Key, span: range, at: int, looked: frozenset[Key]) -> Finding:
        rules, hours = self._rules, [self._demand.asked(key, one) for one in span]
        observed = sum(len(one.customers) for one in hours)
        expected = self._demand.usual(key, span)
        many = 1 if key == EVERYTHING else len(looked)
        chance = poisson_tail(observed, expected) if observed > expected else 1.0
        dispersed = self._dispersed(key, span, observed, expected) if chance < rules.quiet_at else 1.0
        beyond = dispersed * many < rules.surge_at
        is_one, share = self._shared(key, hours, at, looked) if beyond else (False, None)
        raised = beyond and not is_one
        reports = [one for each in hours for one in each.reports][-MOST:] if dispersed <= rules.quiet_at else []
        return Finding(
            type=Type.CAPACITY_SHORTAGE,
            key=key,
            at=max(at, hours[-1].reports[-1][0]),
            begin=span[0] * HOUR,
            window=len(span) * HOUR,
            observed=observed,
            expected=expected,
            chance=chance,
            dispersed=dispersed,
            members=tuple([problem_id for _, problem_id in reports]),
            parties=frozenset().union(*(one.customers for one in hours)) if reports else frozenset(),
            surge=observed / expected,
            share=share,
            looked=many,
            is_raised=raised,
            is_confirmed=raised and dispersed * many < rules.confirm_at,
        )

    def _dispersed(self, key: Key, span: range, observed: int, expected: float) -> float:
        spread = self._demand.dispersion(key, span[-1], len(span), expected)
        return negative_binomial_tail(observed, expected, spread)

    def _shared(self, key: Key, hours: list[Asked], at: int, looked: frozenset[Key]) -> tuple[bool, float]:
        """Whether what is too much is too much of one thing; and the part of what most customers have in common.

        That thing is found by itself. Of all, it may be anything; of a key that is looked at, no other such key.
        """
        counts = sum((one.common for one in hours), Counter[Key]())
        customers = sum(len(one.customers) for one in hours)
        whole = 1.0 if key == EVERYTHING else self._profile.share(key, at)
        passed = frozenset() if key == EVERYTHING else looked
        parts = [(other, count / customers) for other, count in counts.items() if other not in passed]
        one = any(
            part >= max(DOMINANT, TWICE * self._profile.share(other, at) / whole)
            for other, part in parts
            if part >= DOMINANT
        )
        return one, max((part for _, part in parts), default=0.0)
