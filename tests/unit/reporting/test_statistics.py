"""The mathematics: known values, and what holds of all."""

from math import inf
from random import Random
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.reporting.figures import HOUR
from hub.reporting.metrics.trends import DOWN, NO_EVIDENCE, TOO_FEW, UP, trend_of_median, trend_of_share
from hub.reporting.statistics.medians import LEAST, MANY, median_ratio
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
    assert trend_of_median(short, short, 1)["verdict"] == NO_EVIDENCE
    assert trend_of_median(short, long, 1) == trend_of_median(short, long, 1)


@pytest.mark.parametrize("count", [0, 1, 2, 3, LEAST - 1])
def test_of_few_values_there_is_no_verdict_however_far_apart_they_are(count: int) -> None:
    few, many = [10] * count, list(range(1000, 1100))
    for trend in (trend_of_median(few, many, 1), trend_of_median(many, few, 1), trend_of_median(few, few, 1)):
        assert (trend["verdict"], trend["interval"]) == (TOO_FEW, None)


def test_a_zero_hides_no_trend() -> None:
    short, long = [0] + [HOUR] * 300, [0] + [50 * HOUR] * 300
    up = trend_of_median(long, short, 1)
    assert (up["verdict"], up["ratio"], up["interval"]) == (UP, 50, (50, 50))
    assert trend_of_median(short, long, 1)["verdict"] == DOWN


def test_against_a_median_of_zero_there_is_no_ratio_but_a_verdict() -> None:
    none, some = [0] * 20, [HOUR] * 20
    up = trend_of_median(some, none, 1)
    assert (up["verdict"], up["ratio"], up["interval"]) == (UP, None, (inf, inf))
    assert trend_of_median(none, some, 1)["verdict"] == DOWN
    assert trend_of_median(none, none, 1)["verdict"] == NO_EVIDENCE


@pytest.mark.parametrize(("count", "count_before"), [(LEAST, LEAST), (LEAST, 300), (10, 40), (100, 100)])
def test_of_samples_that_do_not_differ_hardly_any_gets_a_verdict(count: int, count_before: int) -> None:
    random = Random(7)

    def sample(size: int) -> list[int]:
        return [int(HOUR * random.lognormvariate(1, 1)) for _ in range(size)]

    verdicts = [trend_of_median(sample(count), sample(count_before), 1)["verdict"] for _ in range(200)]
    assert verdicts.count(NO_EVIDENCE) >= 190


def test_the_median_of_very_many_is_found_as_that_of_many() -> None:
    exact, close = (median_ratio(range(1, size), range(1, size), 3) for size in (MANY, MANY + 3))
    assert exact == pytest.approx(close, rel=0.03)
