"""Whether two medians differ: the bootstrap interval of their ratio (B. Efron, 1979).

The median of a resample is one of the values, and its rank in the sample follows from the order statistics of uniform
numbers: the k-th of n is distributed as Beta(k, n - k + 1). So a resample costs one number, not n.
"""

from collections.abc import Sequence
from functools import lru_cache
from random import Random

from hub.reporting.statistics.percentiles import rank

RESAMPLES = 2000


def median_ratio(
    ordered: Sequence[int], before: Sequence[int], seed: int, resamples: int = RESAMPLES
) -> tuple[float, float] | None:
    """The 95 % interval of (median / median before) of sorted values; None where one of them is 0 or there is none."""
    if not ordered or not before or before[0] <= 0 or ordered[0] <= 0:
        return None
    places = _places(len(ordered), len(before), seed, resamples)
    ratios = sorted([ordered[one] / before[other] for one, other in places])
    edge = max(1, resamples // 40)
    return ratios[edge - 1], ratios[-edge]


@lru_cache(maxsize=1)
def _places(count: int, count_before: int, seed: int, resamples: int) -> list[tuple[int, int]]:
    """Where the medians of both stand in each resample: the same for all samples of these sizes."""
    random = Random(seed)
    return [(_place(count, random), _place(count_before, random)) for _ in range(resamples)]


def _place(count: int, random: Random) -> int:
    """Of the median of one resample by nearest rank, from 0."""
    middle = rank(50, count)
    return min(int(random.betavariate(middle, count - middle + 1) * count), count - 1)
