"""The mean and the percentiles of durations, as figures: what all metrics of time have in common."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub.reporting.definitions import Definition, Unit
from hub.reporting.figures import HOUR, MINUTE, SECOND, Figure, Rows
from hub.reporting.statistics.percentiles import nearest_rank
from hub.reporting.statistics.survival import Step, quantile
from hub.reporting.views import View

SCALES = {Unit.MINUTES: MINUTE, Unit.HOURS: HOUR, Unit.SECONDS: SECOND}
METHOD = {"percentile": "nearest rank"}


def durations(
    view: View,
    definition: Definition,
    found: Sequence[int],
    rows: Rows,
    *,
    excluded: Mapping[str, Sequence[str]],
    by_agreement: bool = False,
) -> Iterator[Figure]:
    """`found` are microseconds, in the order of `rows`; the figures have the unit of the definition."""
    scale, total = SCALES[definition.unit], sum(found)
    yield view.figure(
        definition,
        None if not found else total / scale / len(found),
        len(found),
        part="mean",
        numerator=total / scale,
        denominator=len(found),
        rows=rows,
        excluded=excluded,
        by_agreement=by_agreement,
    )
    ordered = sorted(found)
    for percent in view.question.percentiles:
        value = nearest_rank(ordered, percent)
        yield view.figure(
            definition,
            None if value is None else value / scale,
            len(found),
            part=f"p{percent}",
            policy=METHOD,
            rows=rows,
            excluded=excluded,
            by_agreement=by_agreement,
        )


def survived(
    view: View,
    definition: Definition,
    steps: Sequence[Step],
    *,
    details: Mapping[str, Any],
    by_agreement: bool = False,
) -> Iterator[Figure]:
    """The percentiles of how long the reports opened in the period lasted, by `steps` of Kaplan and Meier."""
    for percent in view.question.percentiles:
        value = quantile(steps, percent)
        yield view.figure(
            definition,
            None if value is None else value / SCALES[definition.unit],
            len(view.opened),
            part=f"p{percent}",
            rows=view.opened_ids,
            excluded=view.invalid,
            policy={"percentile": "Kaplan–Meier"},
            details=details,
            by_agreement=by_agreement,
            why="notReached" if view.opened else "none",
        )
