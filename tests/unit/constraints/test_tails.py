"""How likely so many are by chance: known values, and the sums of the definition."""

from math import exp, factorial, isclose

import pytest

from hub.constraints.tails import negative_binomial_tail, poisson_tail
from tests.unit.constraints.streams import RULES


@pytest.mark.parametrize(
    ("count", "mean", "chance"),
    [(4, 0.2, 5.68e-5), (3, 0.2, 1.15e-3), (4, 2.5, 0.242), (10, 2.5, 2.77e-4), (48, 24, 1.04e-5)],
)
def test_the_tail_of_a_plain_count(count: int, mean: float, chance: float) -> None:
    assert poisson_tail(count, mean) == pytest.approx(chance, rel=0.02)


@pytest.mark.parametrize(
    ("count", "mean", "dispersion", "chance"),
    [(10, 2.5, 1.6, 5.3e-3), (48, 24, 2.3, 3.8e-3), (52, 24, 2.3, 1.2e-3), (65, 24, 2.3, 1.9e-5)],
)
def test_the_tail_of_a_count_that_varies_more(count: int, mean: float, dispersion: float, chance: float) -> None:
    assert negative_binomial_tail(count, mean, dispersion) == pytest.approx(chance, rel=0.05)


@pytest.mark.parametrize(
    ("count", "mean", "raised"), [(4, 0.2, True), (3, 0.2, False), (4, 2.5, False), (10, 2.5, False)]
)
def test_a_plain_count_is_suspected_below_the_threshold(count: int, mean: float, raised: bool) -> None:
    assert (poisson_tail(count, mean) < RULES.suspect_at) is raised


@pytest.mark.parametrize(("count", "raised"), [(48, False), (52, False), (65, True)])
def test_of_a_surge_a_varying_count_has_less_than_a_thousandth_of_chance(count: int, raised: bool) -> None:
    """A plain count has so already at 48."""
    assert (negative_binomial_tail(count, 24, 2.3) < 1e-3) is raised
    assert poisson_tail(count, 24) < 1e-3


@pytest.mark.parametrize("mean", [0.3, 2.0, 40.0])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 30])
def test_the_tail_is_what_the_definition_sums_to(count: int, mean: float) -> None:
    below = sum(exp(-mean) * mean**one / factorial(one) for one in range(count))
    assert isclose(poisson_tail(count, mean), 1 - below, abs_tol=1e-12)
    assert negative_binomial_tail(count, mean, 1.0) == poisson_tail(count, mean)


@pytest.mark.parametrize("dispersion", [1.3, 2.5])
def test_the_parts_of_a_varying_count_have_its_mean_and_variance(dispersion: float) -> None:
    mean = 3.0
    tails = [negative_binomial_tail(count, mean, dispersion) for count in range(200)]
    parts = [tails[count] - tails[count + 1] for count in range(199)]
    assert sum(count * part for count, part in enumerate(parts)) == pytest.approx(mean)
    squares = sum(count**2 * part for count, part in enumerate(parts))
    assert squares - mean**2 == pytest.approx(dispersion * mean)


def test_of_nothing_usual_a_first_one_is_a_wonder() -> None:
    assert poisson_tail(1, 0.0) == 0.0 == negative_binomial_tail(1, 0.0, 2.0)
    assert poisson_tail(0, 0.0) == 1.0 == negative_binomial_tail(0, 0.0, 2.0)
