"""Kaplan and Meier's estimate: durations of which some have not ended yet (E. L. Kaplan, P. Meier, 1958)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import inf

Step = tuple[int, float]
TOLERANCE = 1e-9


def survival(ended: Iterable[int], censored: Iterable[int]) -> list[Step]:
    """(duration, part that lasts longer) at each duration that ended one.

    One that is censored at a duration is at risk there: it had not ended.
    """
    ends, others = Counter(ended), sorted(censored)
    at_risk, left = ends.total() + len(others), 1.0
    waiting = iter([*others, inf])
    next_one = next(waiting)
    steps: list[Step] = []
    for duration in sorted(ends):
        while next_one < duration:
            at_risk -= 1
            next_one = next(waiting)
        still = at_risk - ends[duration]
        left *= still / at_risk
        at_risk = still
        steps.append((duration, left))
    return steps


def quantile(steps: Sequence[Step], percent: int) -> int | None:
    """The least duration within which so many percent have ended; None when that is not reached."""
    left = 1 - percent / 100 + TOLERANCE
    return next((duration for duration, part in steps if part <= left), None)
