"""Whether something has changed since the period before: a verdict only where the evidence carries it."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.reporting.figures import Figure, percent
from hub.reporting.statistics.medians import median_ratio
from hub.reporting.statistics.percentiles import nearest_rank
from hub.reporting.statistics.proportions import fisher, wilson

UP, DOWN, NO_EVIDENCE = "up", "down", "no evidence of change"
TOO_FEW = "too few to tell of a change"
SIGNIFICANT = 0.05


def trend_of_share(part: int, whole: int, part_before: int, whole_before: int) -> dict[str, Any]:
    """Of two shares: Wilson's intervals, and Fisher's exact test decides (CPUC incentive plan)."""
    now, before = percent(part, whole), percent(part_before, whole_before)
    intervals = {"interval": wilson(part, whole), "intervalBefore": wilson(part_before, whole_before)}
    if now is None or before is None:
        return {"verdict": NO_EVIDENCE, "value": now, "before": before, "p": None, **intervals}
    p = fisher((part, whole), (part_before, whole_before))
    verdict = NO_EVIDENCE if p >= SIGNIFICANT or now == before else UP if now > before else DOWN
    return {"verdict": verdict, "value": now, "before": before, "change": now - before, "p": p, **intervals}


def trend_of_median(found: Sequence[int], before: Sequence[int], seed: int) -> dict[str, Any]:
    """Of two medians (microseconds): the interval of their ratio decides, if it leaves out 1.

    Of too few values there is no interval, and no verdict but TOO_FEW. Against a median of 0 there is no ratio; an
    interval without an upper end has inf. `seed` makes the same of the same, so that an account can be made again.
    """
    ordered, ordered_before = sorted(found), sorted(before)
    median, median_before = nearest_rank(ordered, 50), nearest_rank(ordered_before, 50)
    bounds = median_ratio(ordered, ordered_before, seed)
    return {
        "verdict": _verdict(bounds),
        "ratio": median / median_before if median is not None and median_before else None,
        "interval": bounds,
        "n": len(ordered),
        "nBefore": len(ordered_before),
    }


def _verdict(bounds: tuple[float, float] | None) -> str:
    if bounds is None:
        return TOO_FEW
    return UP if bounds[0] > 1 else DOWN if bounds[1] < 1 else NO_EVIDENCE


def with_trend(figure: Figure, before: Figure | None) -> Mapping[str, Any] | None:
    """The trend of a share, when there is one to compare with."""
    if before is None or figure.unit != "percent":
        return None
    parts = (figure.numerator, figure.denominator, before.numerator, before.denominator)
    if not all(isinstance(one, int) for one in parts):
        return None
    part, whole, part_before, whole_before = parts
    return trend_of_share(int(part or 0), int(whole or 0), int(part_before or 0), int(whole_before or 0))
