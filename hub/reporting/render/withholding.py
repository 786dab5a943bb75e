"""Which small figures are withheld, and which others with them, so that nobody can work them out by subtraction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from hub.reporting.figures import Figure

Key = tuple[str, tuple[str, ...], str]


def withheld(figures: Sequence[Figure], smallest: int) -> frozenset[Key]:
    """The keys of the figures about fewer than `smallest` reports, of groups of fewer, and of those beside them.

    Where a single figure of a breakdown, or of the parts of a metric, is withheld, the smallest other one is too: the
    sum, which is shown, gave it away otherwise.
    """
    sizes = {one.key: _size(one) for one in figures}
    small = {key for key, size in sizes.items() if 0 < size < smallest}
    small |= _of_small_groups(figures, smallest)
    tables = list(_tables(figures))
    while True:
        more = {key for table in tables for key in _beside(table, small, sizes)}
        if not more:
            return frozenset(small)
        small |= more


def _size(one: Figure) -> int:
    """How many reports it is about: those in the numerator of a part of a whole, else all that it counts."""
    return len(one.rows) if one.rows else 0 if one.unit == "reports" and not one.value else one.n


def _of_small_groups(figures: Iterable[Figure], smallest: int) -> set[Key]:
    """All figures of a group that has few reports at all, and of the next one where it stands alone."""
    reports: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for one in figures:
        if one.group:
            reports[one.group].update(one.rows)
    found: set[tuple[str, ...]] = set()
    for dimension in sorted({group[0] for group in reports}):
        order = sorted((len(rows), group) for group, rows in reports.items() if group[0] == dimension and rows)
        few = [group for size, group in order if size < smallest]
        found.update(few if len(few) != 1 else [group for _, group in order[:2]])
    return {one.key for one in figures if one.group in found}


def _tables(figures: Iterable[Figure]) -> Iterable[list[Key]]:
    """The figures that add up to something: those of a metric by group, and by part."""
    by_group: dict[tuple[str, str, str], list[Key]] = defaultdict(list)
    by_part: dict[tuple[str, tuple[str, ...]], list[Key]] = defaultdict(list)
    for one in figures:
        if one.group:
            by_group[one.metric, one.part, one.group[0]].append(one.key)
        by_part[one.metric, one.group].append(one.key)
    return [*by_group.values(), *by_part.values()]


def _beside(table: Sequence[Key], small: set[Key], sizes: Mapping[Key, int]) -> list[Key]:
    """The one to withhold, too, where one alone is."""
    if sum(key in small for key in table) != 1:
        return []
    others = [key for key in table if key not in small and sizes[key]]
    return [min(others, key=lambda key: (sizes[key], key))] if others else []
