"""A share of cases as a figure, with the interval that so few allow it to be."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.reporting.definitions import Definition
from hub.reporting.figures import Figure, percent
from hub.reporting.statistics.proportions import wilson
from hub.reporting.views import View


def share(
    view: View,
    definition: Definition,
    inside: Sequence[str],
    outside: Sequence[str],
    *,
    excluded: Mapping[str, Sequence[str]] | None = None,
    details: Mapping[str, Any] | None = None,
    **parts: Any,
) -> Figure:
    """`inside` are the ids in the numerator, `outside` those in the denominator alone."""
    part, whole = len(inside), len(inside) + len(outside)
    interval = wilson(part, whole)
    bounds = (
        {}
        if interval is None
        else {"low": 100 * interval[0], "high": 100 * interval[1], "interval": "Wilson 95 %"}
    )
    return view.figure(
        definition,
        percent(part, whole),
        whole,
        numerator=part,
        denominator=whole,
        rows=(*inside, *outside),
        excluded=excluded,
        details={"in": tuple(inside), **bounds, **(details or {})},
        **parts,
    )
