"""Small figures are withheld, and with them what would give them away."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.reporting.figures import Figure
from hub.reporting.render.merging import merged, nameless
from hub.reporting.render.withholding import withheld, withheld_in_both


def cell(group: str, size: int, part: str = "", metric: str = "m") -> Figure:
    rows = tuple(f"{metric}-{group}-{number}" for number in range(size))
    dimension = ("region", group) if group else ()
    return Figure(metric=metric, unit="percent", value=1, n=size, group=dimension, part=part, rows=rows)


def groups(*sizes: int) -> list[Figure]:
    return [cell("", sum(sizes)), *(cell(f"g{number}", size) for number, size in enumerate(sizes))]


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ((9, 8, 7), set()),
        ((9, 8, 2), {"g1", "g2"}),
        ((9, 3, 2), {"g1", "g2"}),
        ((2, 9, 6, 6), {"g0", "g2"}),
        ((0, 9, 8), set()),
    ],
)
def test_a_small_group_takes_the_next_one_with_it(sizes: tuple[int, ...], hidden: set[str]) -> None:
    found = withheld(groups(*sizes), 5)
    assert {group[1] for _, group, _ in found} == hidden


def test_without_a_limit_nothing_is_withheld() -> None:
    assert withheld(groups(1, 2, 3), 0) == frozenset()


def test_a_service_of_which_a_figure_is_withheld_is_not_named() -> None:
    figures = [
        cell("", size, part, "degradedMinutes") for part, size in (("all", 12), ("VPN-7", 9), ("LINE-3", 2))
    ]
    figures += [cell("", size, f"cause: {name}", "paretoCount") for name, size in (("rain", 9), ("Beta", 2))]
    hidden = frozenset(one.key for one in figures if len(one.rows) < 5)
    told = merged(figures, hidden)
    assert [one.part for one in told] == ["all", "VPN-7", "cause: rain", "(withheld)", "cause: (withheld)"]
    assert set(nameless(told)) == {one.key for one in told[3:]}


def test_a_group_about_no_report_is_not_named() -> None:
    told = merged([cell("", 9), cell("north", 9), cell("Beta", 0), cell("Gamma", 2)], frozenset())
    assert [one.group[1:] for one in told] == [(), ("north",), ("Gamma",), ("(withheld)",)]


def test_of_parts_that_add_up_one_is_never_withheld_alone() -> None:
    parts = [cell("", size, part) for part, size in (("begin", 9), ("opened", 2), ("end", 7))]
    assert {part for _, _, part in withheld(parts, 5)} == {"opened", "end"}


def test_a_group_is_withheld_from_every_metric() -> None:
    """A metric about the many reports of a group would tell of the few of another metric by what is missing."""
    few = [cell("a", 3), cell("b", 4), cell("c", 9)]
    assert {
        group[1] for metric, group, _ in withheld([*few, *(replace(one, metric="other") for one in few)], 5)
    } == {
        "a",
        "b",
    }


@given(st.lists(st.integers(0, 20), min_size=2, max_size=8), st.integers(2, 6))
def test_no_small_group_can_be_worked_out(sizes: list[int], smallest: int) -> None:
    found = {group[1] for _, group, _ in withheld(groups(*sizes), smallest) if group}
    small = {f"g{number}" for number, size in enumerate(sizes) if 0 < size < smallest}
    filled = {f"g{number}" for number, size in enumerate(sizes) if size}
    assert small <= found
    assert len(found) != 1 or filled == found


Sizes = list[tuple[int, int]]
"""For each group how many reports it had before, and has now."""


def grown(size: int, group: str, metric: str = "m") -> Figure:
    """A count whose first reports are the same whatever its size."""
    one = cell(group, size, metric=metric)
    return replace(one, unit="reports", value=size, rows=one.rows)


def accounts(sizes: Sizes) -> tuple[list[Figure], list[Figure]]:
    found: list[list[Figure]] = []
    for at in (0, 1):
        parts = [grown(size[at], f"g{number}") for number, size in enumerate(sizes)]
        rows = tuple(row for one in parts for row in one.rows)
        found.append([replace(grown(len(rows), ""), rows=rows), *parts])
    return found[0], found[1]


def solved(equations: list[list[Fraction]], unknown: list[Fraction]) -> bool:
    """Whether the equations determine a sum of their variables: whether it is one of theirs in turn."""
    return rank(equations) == rank([*equations, unknown])


def rank(rows: list[list[Fraction]]) -> int:
    left, found = [row[:] for row in rows], 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((row for row in left if row[column]), None)
        if pivot is None:
            continue
        left.remove(pivot)
        found += 1
        left = [
            [value - row[column] / pivot[column] * by for value, by in zip(row, pivot, strict=True)]
            for row in left
        ]
    return found


def told(figures: list[Figure], hidden: frozenset[object], width: int, offset: int) -> list[list[Fraction]]:
    """What a report tells of the groups: each that it shows, and the sum of all where it shows that."""
    equations = []
    for number, one in enumerate(figures):
        if one.key not in hidden:
            row = [Fraction(0)] * width
            for place in range(len(figures) - 1) if number == 0 else (number - 1,):
                row[offset + place] = Fraction(1)
            equations.append(row)
    return equations


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), min_size=2, max_size=6), st.integers(2, 6))
def test_of_a_report_and_what_restates_it_nothing_small_can_be_worked_out(sizes: Sizes, smallest: int) -> None:
    """Neither a group of few reports, before or now, nor that few reports came or went in one."""
    before, after = accounts(sizes)
    count = len(sizes)
    equations = told(before, withheld(before, smallest), 2 * count, 0)
    equations += told(after, withheld_in_both(before, after, smallest), 2 * count, count)
    equations = [row for row in equations if any(row)]
    for number, (old, new) in enumerate(sizes):
        for is_small, parts in (
            (0 < old < smallest, {number: 1}),
            (0 < new < smallest, {count + number: 1}),
            (0 < abs(new - old) < smallest, {number: -1, count + number: 1}),
        ):
            wanted = [Fraction(parts.get(place, 0)) for place in range(2 * count)]
            assert not (is_small and solved(equations, wanted)), (number, old, new)


def test_a_figure_that_few_reports_made_another_is_withheld_with_one_beside_it() -> None:
    before, after = accounts([(9, 9), (9, 10), (20, 20)])
    assert withheld(before, 5) == withheld(after, 5) == frozenset()
    found = {group for _, group, _ in withheld_in_both(before, after, 5)}
    assert found == {(), ("region", "g0"), ("region", "g1")}


def test_a_mean_that_one_report_made_another_is_withheld() -> None:
    """It is about as many reports as it was."""
    old = cell("", 9)
    new = replace(old, value=2)
    assert withheld_in_both([old], [new], 5, frozenset(old.rows[:4])) == {old.key}
    assert withheld_in_both([old], [new], 5, frozenset(old.rows[:5])) == frozenset()
    assert withheld_in_both([old], [old], 5, frozenset(old.rows[:1])) == frozenset()


def test_what_was_withheld_stays_withheld_where_it_has_grown() -> None:
    before, after = accounts([(3, 9), (8, 8), (20, 20)])
    assert withheld(after, 5) == frozenset()
    found = {group for _, group, _ in withheld_in_both(before, after, 5)}
    assert {("region", "g0"), ("region", "g1")} <= found
