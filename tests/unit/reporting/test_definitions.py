"""Every metric is defined, every figure names a definition, and the page has what the definitions say."""

from pathlib import Path

import pytest

from hub.reporting.account import Account, Notified
from hub.reporting.catalogue import DEFINITIONS
from hub.reporting.definitions import Definition
from hub.reporting.dimensions import NAMES
from hub.reporting.reference import page
from tests.unit.reporting.example import march
from tests.unit.reporting.test_notifications import FIVE

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


@pytest.fixture(scope="module")
def whole() -> Account:
    return march(breakdowns=NAMES, notified=Notified(sent=FIVE))


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m hub.reporting.reference > docs/metrics.md"


def test_every_metric_has_figures_and_every_figure_a_metric(whole: Account) -> None:
    assert {one.metric for one in whole.figures} == set(DEFINITIONS)


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=list(DEFINITIONS))
def test_a_definition_says_all_that_one_has_to_know(definition: Definition) -> None:
    assert all((definition.name, definition.meaning, definition.formula, definition.source))
    assert bool(definition.numerator) or not definition.denominator


def test_a_figure_can_be_derived_again(whole: Account) -> None:
    shares = [one for one in whole.figures if one.unit == "percent" and one.denominator]
    assert len(shares) > 100
    for one in shares:
        assert one.value == pytest.approx(100 * (one.numerator or 0) / (one.denominator or 1))
    means = [one for one in whole.figures if one.part == "mean" and one.denominator]
    assert all(one.value == pytest.approx((one.numerator or 0) / (one.denominator or 1)) for one in means)


def test_every_figure_says_how_it_was_chosen_and_why_it_has_no_value(whole: Account) -> None:
    for one in whole.figures:
        assert one.policy["cohort"] == DEFINITIONS[one.metric].cohort
        assert (one.value is None) == bool(one.why)


def test_the_rows_of_a_figure_are_rows_of_the_account(whole: Account) -> None:
    known = {row.id for row in whole.rows}
    for one in whole.figures:
        if not one.metric.startswith("notification"):
            assert set(one.rows) <= known
            assert all(set(those) <= known for those in one.excluded.values())


def test_no_two_figures_have_one_name(whole: Account) -> None:
    keys = [one.key for one in whole.figures]
    assert len(keys) == len(set(keys))


def test_a_breakdown_beyond_what_is_listed_stands_together() -> None:
    account = march(breakdowns=["customer", "service"], listed=1)
    groups = [" ".join(one.group) for one in account.figures if one.metric == "slaCompliance"]
    assert groups == ["", "customer ACME", "customer (others)", "service LINE-3", "service (others)"]
    assert account.figure("slaCompliance", "", ("customer", "(others)")).denominator == 2
