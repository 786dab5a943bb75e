"""Whether two medians differ: an interval of their ratio that supposes nothing of how the values are distributed.

Of n values each lies below the true median with the chance of a coin (W. R. Thompson, 1936), so that the median lies
between the k-th and the next one, k being how many of n coins show heads. Coins are thrown for both samples many times;
each time the ratio lies between two bounds, and the interval leaves out 2.5 % of the lowest and of the highest ones. Of
fewer than LEAST values the median may lie beyond them all: then there is no interval.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import inf, sqrt
from random import Random

THROWS = 2000

LEAST = 6
"""The fewest values between which their median lies with 95 %: 1 - 2 / 2⁶ is 96.9 %, of five it is 93.8 %."""

MANY = 1000
"""Of more coins than this the normal distribution says how many show heads, at a price that does not grow."""


def median_ratio(
    ordered: Sequence[int], before: Sequence[int], seed: int, throws: int = THROWS
) -> tuple[float, float] | None:
    """The 95 % interval of (median / median before) of sorted values, none below 0; None of fewer than LEAST.

    A ratio to 0 is infinite, and 1 where both are 0.
    """
    if min(len(ordered), len(before)) < LEAST:
        return None
    places = _places(len(ordered), len(before), seed, throws)
    here, there = [0, *ordered, inf], [0, *before, inf]
    low = sorted([_ratio(here[one], there[other + 1]) for one, other in places])
    high = sorted([_ratio(here[one + 1], there[other]) for one, other in places])
    edge = max(1, throws // 40)
    return low[edge - 1], high[-edge]


def _ratio(one: float, other: float) -> float:
    if one == other:
        return 1.0
    return one / other if other else inf


@lru_cache(maxsize=1)
def _places(count: int, count_before: int, seed: int, throws: int) -> list[tuple[int, int]]:
    """How many values lie below each median in each throw: the same for all samples of these sizes."""
    random = Random(seed)
    return [(_heads(count, random), _heads(count_before, random)) for _ in range(throws)]


def _heads(count: int, random: Random) -> int:
    if count <= MANY:
        return random.getrandbits(count).bit_count()
    return min(count, max(0, round(random.gauss(count / 2, sqrt(count) / 2))))
