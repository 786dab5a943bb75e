"""What a detector says: more reports than chance explains, with the evidence."""

from dataclasses import dataclass

from hub.constraints.sightings import Key
from hub.model.constraint import Type


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What counts as too many; spans are microseconds, the rest are probabilities and plain numbers.

    `windows` are those in which reports on one key are counted, the shortest first; `span` is how long one constraint
    may gather reports. `least` customers are needed. `dispersion` is how many times its mean the variance of such a
    count is. A report is evidence if it was recorded within `lateness` of its opening; nothing is found before the
    profile knows `warm_up`.
    """

    windows: tuple[int, ...]
    span: int
    lateness: int
    warm_up: int
    least: int = 3
    suspect_at: float = 1e-4
    confirm_at: float = 1e-4
    dispersion: float = 1.3
    surge_at: float = 2e-3
    least_demand: float = 2.0
    quiet_at: float = 0.05


@dataclass(frozen=True, kw_only=True)
class Finding:
    """So many customers' reports where `expected` are usual, in the `window` (microseconds) that ends at `at`.

    `chance` is the probability of so many by a plain count, `dispersed` by one that varies as this stream does (1.0
    where the former says enough).
    `surge` is how many times the usual the demand as a whole was. `looked` is of how many keys this was asked, which
    what is raised allows for. `is_named` tells that a report names the resource as
    its cause. `members` are the reports, oldest first. `share` is the part of the key that most have in common.
    """

    type: Type
    key: Key
    at: int
    begin: int
    window: int
    observed: int
    expected: float
    chance: float
    dispersed: float
    members: tuple[str, ...]
    parties: frozenset[str]
    surge: float = 1.0
    share: float | None = None
    is_named: bool = False
    is_raised: bool = False
    is_confirmed: bool = False
    looked: int = 1

    @property
    def identity(self) -> tuple[Type, Key]:
        """One constraint at a time has it."""
        return self.type, self.key

    @property
    def likelihood(self) -> float:
        """What it is raised by, and told by from others: the dispersed chance of a shortage, by the keys looked at."""
        return self.dispersed * self.looked if self.type is Type.CAPACITY_SHORTAGE else self.chance

    def is_unusual(self, rules: Rules) -> bool:
        """Whether it keeps a constraint from easing."""
        return self.likelihood <= rules.quiet_at * self.looked
