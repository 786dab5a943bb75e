"""Unions count each instant once."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.model.intervals import clipped, intersection, measure, union, weighted

HOUR = 60
OUTAGES = [(10 * HOUR, 12 * HOUR), (11 * HOUR, 13 * HOUR + 30), (23 * HOUR + 30, 24 * HOUR + 30)]
intervals = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12)


def points(those: list[tuple[int, int]]) -> set[int]:
    return {point for begin, end in those for point in range(begin, end)}


def test_outages_that_overlap_count_once() -> None:
    assert measure(union(OUTAGES)) == 270
    assert sum(end - begin for begin, end in OUTAGES) == 330


@given(intervals)
def test_a_union_has_the_points_of_all(those: list[tuple[int, int]]) -> None:
    merged = union(those)
    assert points(merged) == points(those)
    assert measure(merged) == len(points(those))
    assert all(one[1] < other[0] for one, other in pairwise(merged))


@given(intervals, intervals)
def test_an_intersection_has_the_points_of_both(
    ones: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    assert points(intersection(union(ones), union(others))) == points(ones) & points(others)


@given(intervals, st.integers(0, 60), st.integers(0, 60))
def test_what_is_clipped_lies_inside(those: list[tuple[int, int]], begin: int, end: int) -> None:
    assert points(clipped(those, begin, end)) == points(those) & set(range(begin, end))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 9)), max_size=8))
def test_the_heaviest_counts_at_each_instant(those: list[tuple[int, int, int]]) -> None:
    slow = sum(max((w for b, e, w in those if b <= point < e), default=0) for point in range(30))
    assert weighted(those) == slow
