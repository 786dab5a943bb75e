"""Kaplan and Meier's estimate: durations of which some have not ended yet (E. L. Kaplan, P. Meier, 1958)."""

from collections.abc import Iterable, Sequence

Step = tuple[int, float]
TOLERANCE = 1e-9


def survival(ended: Iterable[int], censored: Iterable[int]) -> list[Step]:
    """(duration, part that lasts longer) at each duration that ended one.

    One that is censored at a duration is at risk there: it had not ended.
    """
    durations = sorted([(one, 0) for one in ended] + [(one, 1) for one in censored])
    at_risk, left = len(durations), 1.0
    steps: list[Step] = []
    place = 0
    while place < len(durations):
        duration = durations[place][0]
        ends = here = 0
        while place < len(durations) and durations[place][0] == duration:
            here += 1
            ends += durations[place][1] == 0
            place += 1
        if ends:
            left *= (at_risk - ends) / at_risk
            steps.append((duration, left))
        at_risk -= here
    return steps


def quantile(steps: Sequence[Step], percent: int) -> int | None:
    """The least duration within which so many percent have ended; None when that is not reached."""
    left = 1 - percent / 100 + TOLERANCE
    return next((duration for duration, part in steps if part <= left), None)
