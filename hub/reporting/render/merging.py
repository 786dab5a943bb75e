"""What of figures that are withheld is not even named: a name alone tells that there was something, and of whom."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hub.reporting.figures import Figure, Key
from hub.reporting.metrics.arrivals import ARRIVALS
from hub.reporting.metrics.degradation import ALL, BY_SERVICE
from hub.reporting.render.withholding import PARETO

WITHHELD = "(withheld)"
"""Stands for the groups, and the parts, that are not named."""


def merged(figures: Sequence[Figure], withheld: frozenset[Key]) -> list[Figure]:
    """The figures with those that nobody may learn of as one line for each metric and dimension, at the end.

    These are the groups of which no figure tells anything, and the withheld parts that are named after a service, a
    cause or a resource. Withheld hours of the week are left out, as are those in which nothing came.
    """
    silent = _silent(figures, withheld)
    told: list[Figure] = []
    more: dict[Key, Figure] = {}
    for one in figures:
        if one.metric == ARRIVALS.id and one.part != ALL and one.key in withheld:
            continue
        group = (one.group[0], WITHHELD) if one.group in silent else one.group
        nameless = replace(one, group=group, part=_part(one) if one.key in withheld else one.part)
        if nameless.key == one.key:
            told.append(one)
        else:
            more.setdefault(nameless.key, replace(nameless, rows=()))
    return [*told, *more.values()]


def nameless(figures: Sequence[Figure]) -> Iterator[Key]:
    """The keys of the lines that stand for others, which are withheld as these are."""
    return (one.key for one in figures if WITHHELD in one.group or one.part.endswith(WITHHELD))


def _part(one: Figure) -> str:
    """Without the name of what it is about."""
    if one.metric in PARETO:
        return f"{one.part.partition(': ')[0]}: {WITHHELD}"
    return WITHHELD if one.metric in BY_SERVICE and one.part != ALL else one.part


def _silent(figures: Sequence[Figure], withheld: frozenset[Key]) -> set[tuple[str, ...]]:
    """The groups of which each figure is withheld, or about no report."""
    heard: dict[tuple[str, ...], bool] = defaultdict(bool)
    for one in figures:
        if one.group:
            heard[one.group] |= one.key not in withheld and bool(one.rows)
    return {group for group, is_heard in heard.items() if not is_heard}
