"""Shares of few: what they may be (Wilson's interval), and whether two differ (Fisher's exact test)."""

from collections.abc import Iterable
from math import exp, lgamma, sqrt

Z95 = 1.959963984540054
"""The normal quantile of a two-sided interval of 95 %."""

TOLERANCE = 1e-7
"""By which a table may be likelier than the one that was seen and still count as no likelier: rounding."""


def wilson(part: int, whole: int, z: float = Z95) -> tuple[float, float] | None:
    """The interval of a share (E. B. Wilson, 1927), between 0 and 1; None of none."""
    if whole == 0:
        return None
    share, squared = part / whole, z * z
    middle = share + squared / (2 * whole)
    spread = z * sqrt(share * (1 - share) / whole + squared / (4 * whole * whole))
    scale = 1 + squared / whole
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def fisher(one: tuple[int, int], other: tuple[int, int]) -> float:
    """The two-sided p of two shares (part, whole): the tables that are no likelier than this one (R. A. Fisher)."""
    drawn, parts, whole = one[1], one[0] + other[0], one[1] + other[1]
    least, most = max(0, drawn - (whole - parts)), min(drawn, parts)
    tables = range(least, most + 1)
    inside, outside = _log_choose(parts, tables), _log_choose(whole - parts, [drawn - k for k in tables])
    (every,) = _log_choose(whole, [drawn])
    likely = [one + other - every for one, other in zip(inside, outside, strict=True)]
    seen = likely[one[0] - least] + TOLERANCE
    return min(1.0, sum(exp(each) for each in likely if each <= seen))


def _log_choose(n: int, those: Iterable[int]) -> list[float]:
    """The logarithm of n over k for each of them."""
    whole = lgamma(n + 1)
    return [whole - lgamma(k + 1) - lgamma(n - k + 1) for k in those]
