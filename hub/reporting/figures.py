"""A figure: a value with all that is needed to derive it again, and to show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Number = int | float
Rows = tuple[str, ...]

Key = tuple[str, tuple[str, ...], str]
"""(metric, group, part)"""

MINUTE, HOUR, SECOND = 60_000_000, 3_600_000_000, 1_000_000
"""In microseconds."""


@dataclass(kw_only=True)  # not frozen, which takes thrice the time to make: there are very many
class Figure:
    """`value` is None where it is not defined, such as a mean of none; `why` then says so in a word.

    `part` tells figures of one metric apart: a band of ages, a state, a percentile, a service. `group` is
    (dimension, value) of a breakdown, () for all. `policy` is {what: how it was chosen}, `excluded` {why: ids}.
    `rows` are the ids of the reports, or deliveries, that are in it; `details` is what else belongs to the value,
    such as the interval of a share. `provisional` is {id: until when this row may still change it}, in microseconds.
    """

    metric: str
    unit: str
    value: Number | None
    n: int
    numerator: Number | None = None
    denominator: Number | None = None
    part: str = ""
    group: tuple[str, ...] = ()
    policy: Mapping[str, str] = field(default_factory=dict)
    excluded: Mapping[str, Rows] = field(default_factory=dict)
    rows: Rows = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    provisional: Mapping[str, int] = field(default_factory=dict)
    why: str = ""

    @property
    def key(self) -> Key:
        """What tells figures of one account apart."""
        return self.metric, self.group, self.part


def ratio(part: Number, whole: Number) -> float | None:
    """None of nothing: an average of none is not 0."""
    return part / whole if whole else None


def percent(part: Number, whole: Number) -> float | None:
    return 100 * part / whole if whole else None


def present(excluded: Mapping[str, Sequence[str]]) -> dict[str, Rows]:
    """The reasons that exclude anything."""
    return {why: tuple(ids) for why, ids in excluded.items() if ids}
