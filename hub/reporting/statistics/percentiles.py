"""Percentiles by nearest rank, so that each is a value that occurred: "the fastest 80 % took at most …"."""

from collections.abc import Sequence
from typing import TypeVar

N = TypeVar("N", int, float)


def rank(percent: int, count: int) -> int:
    """⌈percent · count / 100⌉, from 1 on, in whole numbers: 0.8 · 5 is not quite 4 in floating point."""
    return max(1, -(-percent * count // 100))


def nearest_rank(ordered: Sequence[N], percent: int) -> N | None:
    """The percentile of sorted values; None of none."""
    return ordered[rank(percent, len(ordered)) - 1] if ordered else None


def interpolated(ordered: Sequence[float], percent: int) -> float | None:
    """The percentile by linear interpolation between the two values beside it; None of none."""
    if not ordered:
        return None
    place = percent * (len(ordered) - 1)
    below, part = divmod(place, 100)
    if not part:
        return float(ordered[below])
    return ordered[below] + (ordered[below + 1] - ordered[below]) * part / 100
