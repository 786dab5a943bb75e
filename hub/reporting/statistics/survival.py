"""Kaplan and Meier's estimate: durations of which some have not ended yet (E. L. Kaplan, P. Meier, 1958)."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence

Step = tuple[int, float]
TOLERANCE = 1e-9


def survival(ended: Iterable[int], censored: Iterable[int]) -> list[Step]:
    """(duration, part that lasts longer) at each duration that ended one.

    One that is censored at a duration is at risk there: it had not ended.
    """
    ends, others = Counter(ended), sorted(censored)
    at_risk, left = ends.total() + len(others), 1.0
    passed = 0
    steps: list[Step] = []
    for duration, count in sorted(ends.items()):
        before = bisect_left(others, duration)
        at_risk -= before - passed
        passed = before
        left *= (at_risk - count) / at_risk
        at_risk -= count
        steps.append((duration, left))
    return steps


def quantile(steps: Sequence[Step], percent: int) -> int | None:
    """The least duration within which so many percent have ended; None when that is not reached."""
    left = 1 - percent / 100 + TOLERANCE
    return next((duration for duration, part in steps if part <= left), None)
