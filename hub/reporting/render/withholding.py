"""Which small figures are withheld, and which others with them, so that nobody can work them out by subtraction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from hub.reporting.definitions import Unit
from hub.reporting.figures import Figure, Key, Number, Rows
from hub.reporting.metrics import pareto
from hub.reporting.metrics.backlog import BACKLOG
from hub.reporting.metrics.states import TIME_IN_STATE

COUNT = str(Unit.COUNT)

PARETO = frozenset({pareto.PARETO_COUNT.id, pareto.PARETO_DEGRADED.id})
"""Metrics whose parts are `dimension: value`."""

BALANCED = frozenset({BACKLOG.id, TIME_IN_STATE.id})
"""Metrics whose parts are terms of one sum, or parts of parts: any tells something of the others."""


def withheld(figures: Sequence[Figure], smallest: int) -> frozenset[Key]:
    """The keys of the figures about fewer than `smallest` reports, of groups of fewer, and of those beside them.

    A count of reports is withheld, too, where another figure is about all of these but few: those few are what it
    leaves out, such as the cancelled ones. Where a single figure of a breakdown, or of the parts of a metric, is
    withheld, the smallest other one is too: the sum, which is shown, gave it away otherwise. Of a balance all is
    withheld, whose terms other metrics tell, and of the times in the states.
    """
    if smallest < 2:
        return frozenset()
    sizes = {one.key: _size(one) for one in figures}
    small = {one.key for one in figures if 0 < sizes[one.key] < smallest or _is_of_few(one, smallest)}
    small |= _of_small_groups(figures, smallest)
    small |= _with_few_more(figures, smallest)
    return _closed(small, figures, sizes, smallest)


def tells_left_out(figures: Sequence[Figure], hidden: frozenset[Key], smallest: int) -> bool:
    """Whether how many reports were left out may be told: not where anything is withheld, or so few were left out
    of any figure. One such count is the difference of others, and with some of them a term of a balance."""
    counts = [len(ids) for one in figures for ids in one.excluded.values()]
    return smallest < 2 or not (hidden or any(0 < count < smallest for count in counts))


def withheld_in_both(
    before: Sequence[Figure], after: Sequence[Figure], smallest: int, others: frozenset[str] = frozenset()
) -> frozenset[Key]:
    """The keys to withhold from a report that is read beside the one of `before`, so that neither gives the other away.

    What is withheld from either is, and so is what few reports made another: one report came or went, or has other
    times (`others` are the ids of these), and the difference of the two figures tells of that one alone.
    """
    if smallest < 2:
        return frozenset()
    olds, news = ({one.key: one for one in figures} for figures in (before, after))
    small = {*withheld(before, smallest), *withheld(after, smallest)}
    keys = olds.keys() | news.keys()
    small |= {key for key in keys if _few_made_it_another(olds.get(key), news.get(key), smallest, others)}
    sizes = {key: max(_size(one) for one in (olds.get(key), news.get(key)) if one) for key in keys}
    return _closed(small, [*(olds | news).values()], sizes, smallest)


def _few_made_it_another(old: Figure | None, new: Figure | None, smallest: int, others: frozenset[str]) -> bool:
    first, second = (_counts(one) for one in (old, new))
    if first == second and (old.value if old else None) == (new.value if new else None):
        return False
    rows, now = (frozenset(one.rows) if one else frozenset[str]() for one in (old, new))
    moved = (rows ^ now) | ((rows | now) & others)
    changes = [abs(first.get(name, 0) - second.get(name, 0)) for name in first.keys() | second.keys()]
    return len(moved) < smallest or any(0 < change < smallest for change in changes)


def _counts(one: Figure | None) -> dict[str, Number]:
    """The numbers that are shown of a figure, by name."""
    if one is None:
        return {}
    excluded = {f"excluded {why}": len(ids) for why, ids in one.excluded.items()}
    found = {"n": one.n, "numerator": one.numerator, "denominator": one.denominator, **excluded}
    return {name: value for name, value in found.items() if value is not None}


def _closed(small: set[Key], figures: Sequence[Figure], sizes: Mapping[Key, int], smallest: int) -> frozenset[Key]:
    """With those beside them, until none stands alone."""
    tables, balances = list(_tables(figures)), _balances(figures)
    while True:
        more = {key for table in tables for key in _beside(table, small, sizes, smallest)}
        more |= {key for table in balances if not small.isdisjoint(table) for key in table} - small
        if not more:
            return frozenset(small)
        small |= more


def _size(one: Figure) -> int:
    """How many reports it is about: those in the numerator of a part of a whole, else all that it counts."""
    return len(one.rows) if one.rows else 0 if one.unit == "reports" and not one.value else one.n


def _is_of_few(one: Figure, smallest: int) -> bool:
    """None of few is told with the few that it is none of."""
    return not one.rows and isinstance(one.denominator, int) and 0 < one.n == one.denominator < smallest


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


def _with_few_more(figures: Sequence[Figure], smallest: int) -> set[Key]:
    """The counts of what another figure of the group is about and few reports besides."""
    by_group: dict[tuple[str, ...], set[Rows]] = defaultdict(set)
    for one in figures:
        if one.unit != COUNT:
            by_group[one.group].add(one.rows)
    found = set()
    for one in figures:
        if one.unit == COUNT:
            size, rows = len(one.rows), set(one.rows)
            near = (other for other in by_group[one.group] if 0 < size - len(other) < smallest)
            if any(rows.issuperset(other) for other in near):
                found.add(one.key)
    return found


def _tables(figures: Iterable[Figure]) -> Iterable[list[Key]]:
    """The figures that add up to something: those of a metric by group, and by part."""
    by_group: dict[tuple[str, str, str], list[Key]] = defaultdict(list)
    by_part: dict[tuple[str, tuple[str, ...], str], list[Key]] = defaultdict(list)
    for one in figures:
        if one.group:
            by_group[one.metric, one.part, one.group[0]].append(one.key)
        ranking = one.part.partition(": ")[0] if one.metric in PARETO else ""
        by_part[one.metric, one.group, ranking].append(one.key)
    return [*by_group.values(), *by_part.values()]


def _balances(figures: Iterable[Figure]) -> list[list[Key]]:
    """The figures of which all are withheld where one is: those of a balance, of each group."""
    found: dict[tuple[str, ...], list[Key]] = defaultdict(list)
    for one in figures:
        if one.metric in BALANCED:
            found[one.metric, *one.group].append(one.key)
    return [*found.values()]


def _beside(table: Sequence[Key], small: set[Key], sizes: Mapping[Key, int], smallest: int) -> list[Key]:
    """The one to withhold, too, where those that are withheld are few together; with no other, those of nothing,
    which tell the whole. Where those that are withheld are of nothing, there is nothing to be worked out."""
    hidden = [sizes[key] for key in table if key in small]
    if not any(hidden) or (len(hidden) > 1 and sum(hidden) >= smallest):
        return []
    others = [key for key in table if key not in small]
    filled = [key for key in others if sizes[key]]
    return [min(filled, key=lambda key: (sizes[key], key))] if filled else others
