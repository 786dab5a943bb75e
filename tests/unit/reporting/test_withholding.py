"""Small figures are withheld, and with them what would give them away."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.reporting.figures import Figure
from hub.reporting.render.withholding import withheld


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
