"""The sentence of a metric says what there is, and a small amount is not nothing."""

import pytest

from hub.reporting.audiences.audience import Language
from hub.reporting.render.numbers import amount
from tests.unit.reporting.example import ACKNOWLEDGED, RESOLVED, TIMELINES, timeline
from tests.unit.reporting.test_renderers import ALL, document


def summaries(count: int) -> dict[str, str]:
    return {one.metric: one.summary for one in document(ALL, TIMELINES[:count]).sections}


def test_where_every_part_is_zero_none_has_most() -> None:
    found = summaries(1)
    assert found["jeopardy"] == "Jeopardy: none."
    assert found["ageing"] == "Age of open reports: none."
    assert found["timeInState"] == "Time in state: most in inProgress, 2.5 h."
    assert summaries(6)["jeopardy"] == "Jeopardy: most in > 100 %, 1 report."


def test_of_few_it_says_that_they_are_too_few_to_tell_of_a_change() -> None:
    steps = [("2026-02-02T08:00", ACKNOWLEDGED), ("2026-02-02T09:00", RESOLVED)]
    before = [timeline("F1", "ACME", "1", "VPN-7", steps)]
    said = {one.metric: one.summary for one in document(ALL, [*TIMELINES, *before]).sections}
    assert said["timeToRestoreGross"].endswith("; too few to tell of a change.")
    assert "too few" not in summaries(6)["timeToRestoreGross"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "0"),
        (0.0, "0"),
        (0.0167, "0.02"),
        (0.000049, "0.00005"),
        (0.06, "0.1"),
        (22.75, "22.8"),
        (-0.01, "-0.01"),
    ],
)
def test_what_is_less_than_the_last_decimal_has_one_more(value: float, told: str) -> None:
    assert amount(value, 1, Language.ENGLISH) == told
