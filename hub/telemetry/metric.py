"""A metric, and what is read of it when somebody asks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from hub.telemetry.histogram import Histogram

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """`name` is what a scraper sees; the values of `labels` are few, and never a secret or an address."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One series of a metric as it stands; `values` are those of its labels, in their order."""

    metric: Metric
    value: float | Histogram
    values: tuple[str, ...] = ()


Reader = Callable[[], Iterable[Reading]]
"""Gives what one part of the hub has counted; called on the thread of whoever scrapes."""
