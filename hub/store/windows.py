"""Which part of time a list asks for: the bounds that a condition sets to one date of a report."""

from collections.abc import Iterable
from dataclasses import dataclass

from hub.query.sql_columns import bound_of
from hub.query.sql_values import SIGN
from hub.query.sqlite_json import Sql
from hub.query.syntax import Comparison
from hub.query.values import instant_in

Bound = tuple[str, str]
"""A sign and a date's text: (">=", "2026-03-05T12:00:00.000Z")."""

DATES: dict[tuple[str, ...], str] = {("creationDate",): "creation_date", ("lastUpdate",): "last_update"}
"""The dates that have an index and a tally."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """`column` is one of DATES; no bound is no end."""

    column: str
    low: Bound | None = None
    high: Bound | None = None

    @property
    def where(self) -> Sql:
        bounds = [bound for bound in (self.low, self.high) if bound]
        return " AND ".join(f"{self.column} {sign} ?" for sign, _ in bounds), [text for _, text in bounds]


def bound_in(comparison: Comparison) -> Bound | None:
    """The bound that a comparison sets to one of DATES, if it does."""
    sign = SIGN.get(comparison.operator)
    if sign is None or comparison.path not in DATES:
        return None
    instant = instant_in(comparison.values[0])
    return None if instant is None else bound_of(sign, instant)


def window_of(column: str, bounds: Iterable[Bound]) -> Window:
    """The narrowest of the bounds."""
    lows: list[Bound] = []
    highs: list[Bound] = []
    for bound in bounds:
        (lows if bound[0][0] == ">" else highs).append(bound)
    low = max(lows, key=lambda bound: (bound[1], bound[0] == ">"), default=None)
    high = min(highs, key=lambda bound: (bound[1], bound[0] == "<="), default=None)
    return Window(column=column, low=low, high=high)
