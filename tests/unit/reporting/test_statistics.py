"""The mathematics: known values, and what holds of all."""

from random import Random
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.reporting.metrics.trends import DOWN, NO_EVIDENCE, UP, trend_of_median, trend_of_share
from hub.reporting.statistics.medians import median_ratio
from hub.reporting.statistics.percentiles import interpolated, nearest_rank, rank
from hub.reporting.statistics.proportions import fisher, wilson
from hub.reporting.statistics.survival import quantile, survival

NET = [3, 3, 18, 67]


def test_nearest_rank_gives_values_that_occurred() -> None:
    assert [nearest_rank(NET, percent) for percent in (50, 80, 95)] == [3, 67, 67]
    assert [nearest_rank([], 50), nearest_rank([7], 0), nearest_rank([7], 100)] == [None, 7, 7]


def test_interpolation_gives_others() -> None:
    assert [interpolated(NET, percent) for percent in (50, 80, 95)] == pytest.approx([10.5, 37.6, 59.65])
    assert interpolated([], 50) is None


def test_the_rank_is_counted_in_whole_numbers() -> None:
    assert rank(80, 5) == 4
    assert rank(7, 100) == 7


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=40), st.integers(1, 99))
def test_interpolation_is_the_usual_one(values: list[int], percent: int) -> None:
    usual = quantiles(values, n=100, method="inclusive")[percent - 1]
    assert interpolated(sorted(values), percent) == pytest.approx(usual)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=60), st.integers(1, 100))
def test_at_least_so_many_are_within_a_percentile_and_fewer_below_it(values: list[int], percent: int) -> None:
    found = nearest_rank(sorted(values), percent)
    assert found is not None
    assert 100 * sum(one <= found for one in values) >= percent * len(values)
    assert 100 * sum(one < found for one in values) < percent * len(values)


def test_what_is_still_open_is_not_left_out() -> None:
    steps = survival(NET, [12])
    assert [duration for duration, _ in steps] == [3, 18, 67]
    assert [part for _, part in steps] == pytest.approx([0.6, 0.3, 0])
    assert [quantile(steps, percent) for percent in (50, 80, 95)] == [18, 67, 67]
    assert quantile(survival([3], [12, 12, 12]), 50) is None
    assert quantile([], 50) is None


@given(st.lists(st.integers(0, 100), min_size=1, max_size=40), st.integers(1, 99))
def test_where_nothing_is_open_it_is_the_nearest_rank(values: list[int], percent: int) -> None:
    assert quantile(survival(values, []), percent) == nearest_rank(sorted(values), percent)


def test_a_share_of_few_may_be_nearly_anything() -> None:
    low, high = wilson(2, 5) or (0, 0)
    assert (round(100 * low, 1), round(100 * high, 1)) == (11.8, 76.9)
    assert wilson(0, 0) is None


@given(st.integers(0, 50), st.integers(0, 50))
def test_a_share_lies_in_its_interval(part: int, rest: int) -> None:
    interval = wilson(part, part + rest)
    if part + rest:
        assert interval is not None
        assert interval[0] - 1e-12 <= part / (part + rest) <= interval[1] + 1e-12


def test_fisher_decides_whether_two_shares_differ() -> None:
    assert fisher((2, 5), (9, 10)) == pytest.approx(0.0769, abs=5e-5)
    assert fisher((8, 10), (1, 6)) == pytest.approx(0.0350, abs=5e-5)
    assert fisher((0, 5), (0, 9)) == 1


def test_a_fall_without_evidence_is_no_verdict() -> None:
    trend = trend_of_share(2, 5, 9, 10)
    assert (trend["verdict"], trend["value"], trend["before"], trend["change"]) == (NO_EVIDENCE, 40, 90, -50)
    assert trend_of_share(20, 100, 90, 100)["verdict"] == DOWN
    assert trend_of_share(90, 100, 20, 100)["verdict"] == UP
    assert trend_of_share(0, 0, 9, 10)["verdict"] == NO_EVIDENCE


def test_medians_differ_only_where_the_interval_leaves_out_one() -> None:
    short, long = list(range(1, 101)), list(range(201, 301))
    assert trend_of_median(long, short, 1)["verdict"] == UP
    assert trend_of_median(short, long, 1)["verdict"] == DOWN
    assert trend_of_median([3, 3, 18, 67], [5, 4, 20, 9], 1)["verdict"] == NO_EVIDENCE
    assert trend_of_median([], short, 1)["verdict"] == NO_EVIDENCE
    assert trend_of_median(short, long, 1) == trend_of_median(short, long, 1)


def test_the_short_way_to_resample_a_median_is_the_long_one() -> None:
    ordered, random = [one * one for one in range(1, 42)], Random(7)
    fast = median_ratio(ordered, [1], 3, resamples=4000)
    slow = sorted(nearest_rank(sorted(random.choices(ordered, k=41)), 50) or 0 for _ in range(4000))
    assert fast is not None
    assert fast == pytest.approx((slow[99], slow[-100]), rel=0.08)
