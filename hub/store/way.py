"""A walk along an index of reports: what the index holds, in which order, and what a step costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.query.ordering import Sort
from hub.query.sqlite_json import Sql
from hub.query.values import instant_in, number_in
from hub.store.columns import COLUMNS
from hub.store.facets import Path
from hub.store.windows import DATES

ENTRY, PROBE, ROW, LOOK, SORT = 0.05, 1.0, 2.5, 6.0, 0.1
"""About how many microseconds it takes to pass an entry of an index, to ask a side table or to fetch the row of one,
to look into its document, and to sort a row. Only the proportions matter."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """A walk along an index of reports; `passed` is how many entries it has in all.

    Each branch is a condition more. Several branches are merged in the list's order, which each of them gives.
    `ordered` tells that the walk gives that order by itself. `blocks` is which blocks of row numbers it enters.
    """

    index: str
    branches: tuple[Sql, ...] = ()
    passed: float
    entry: float = ENTRY
    ordered: bool = False
    blocks: Sql | None = None


SORTED: dict[Path, str] = {
    (): "problem_seq",
    ("creationDate",): "problem_created",
    ("lastUpdate",): "problem_updated",
    ("status",): "problem_status_seq",
    ("priority",): "problem_priority_seq",
    ("category",): "problem_category_seq",
}
"""For an order: the index that has it."""

BRANCHED: dict[Path, dict[str, str]] = {
    (): {
        "status": "problem_status_seq",
        "priority": "problem_priority_seq",
        "category": "problem_category_seq",
    },
    ("creationDate",): {"status": "problem_status_created"},
    ("lastUpdate",): {"status": "problem_status_updated"},
}
"""For an order: the indexes that have it within each value of an attribute."""

NO_DATES: frozenset[str] = frozenset()
CREATED, UPDATED = frozenset({"creation_date"}), frozenset({"last_update"})
DATES_IN = {
    "problem_seq": CREATED | UPDATED,
    "problem_created": CREATED,
    "problem_status_created": CREATED,
    "problem_updated": UPDATED,
    "problem_status_updated": UPDATED,
}
"""The dates that an index holds, besides status, priority and category, which all of them hold."""


def exact_keys(column: str, values: Sequence[str]) -> list[Any]:
    """What a column has to be for one of the values to fit, each once; none where one value fits several."""
    if column == "priority":
        return list(dict.fromkeys(number for value in values if (number := number_in(value)) is not None))
    if any(number_in(value) is not None or instant_in(value) is not None for value in values):
        return []
    return list(dict.fromkeys(values))


def holds(way: Way, sort: Sort) -> bool:
    """Whether the index of the way has all that the order needs."""
    dates = DATES_IN.get(way.index, ())
    return all(
        key.path in COLUMNS and (COLUMNS[key.path].name in dates or (key.path in SORTED and key.path not in DATES))
        for key in sort
    )
