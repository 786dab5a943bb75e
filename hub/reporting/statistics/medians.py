"""Whether two medians differ: the bootstrap interval of their ratio (B. Efron, 1979).

The median of a resample is one of the values, and its rank in the sample follows from the order statistics of uniform
numbers: the k-th of n is distributed as Beta(k, n - k + 1). So a resample costs one number, not n.
"""

from collections.abc import Sequence
from random import Random

from hub.reporting.statistics.percentiles import rank

RESAMPLES = 2000


def median_ratio(
    ordered: Sequence[int], before: Sequence[int], random: Random, resamples: int = RESAMPLES
) -> tuple[float, float] | None:
    """The 95 % interval of (median / median before) of sorted values; None where one of them is 0 or there is none."""
    if not ordered or not before or before[0] <= 0 or ordered[0] <= 0:
        return None
    ratios = sorted(_resampled(ordered, random) / _resampled(before, random) for _ in range(resamples))
    edge = max(1, resamples // 40)
    return ratios[edge - 1], ratios[-edge]


def _resampled(ordered: Sequence[int], random: Random) -> int:
    """The median of one resample by nearest rank."""
    count = len(ordered)
    middle = rank(50, count)
    place = random.betavariate(middle, count - middle + 1)
    return ordered[min(int(place * count), count - 1)]
