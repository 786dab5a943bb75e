"""When reports came in: by the local clock, also in the nights in which it is set."""

from datetime import UTC, datetime

import pytest

from hub.model.times import to_micros
from hub.reporting.account import Account
from hub.reporting.periods import period
from hub.reporting.timelines import Timeline
from hub.reporting.views import Question
from tests.unit.reporting.example import TIMELINES, march


def cells(account: Account) -> dict[str, tuple[str, ...]]:
    return {one.part: one.rows for one in account.figures if one.metric == "arrivals" and one.part != "all"}


def opened_at(text: str) -> Timeline:
    at = to_micros(datetime.fromisoformat(text).replace(tzinfo=UTC))
    return TIMELINES[0]._replace(id=text, opened=at, acknowledged=None, begins=(at,), states=("acknowledged",))


def test_each_valid_report_is_in_the_hour_in_which_it_was_opened() -> None:
    account = march()
    assert cells(account) == {
        "Monday: 08:00": ("R1",),
        "Tuesday: 12:00": ("R6",),
        "Tuesday: 22:00": ("R3",),
        "Thursday: 09:00": ("R2",),
        "Friday: 14:00": ("R5",),
    }
    whole = account.figure("arrivals", "all")
    assert (whole.value, whole.excluded) == (5, {"cancelled": ("R4",)})
    one = account.figure("arrivals", "Monday: 08:00")
    assert (one.value, one.numerator, one.denominator) == (1, 1, 5)


@pytest.mark.parametrize(
    ("month", "instants", "found"),
    [
        ("2026-03", ["2026-03-29T00:59", "2026-03-29T01:00"], {"Sunday: 01:00": 1, "Sunday: 03:00": 1}),
        ("2026-10", ["2026-10-25T00:30", "2026-10-25T01:30"], {"Sunday: 02:00": 2}),
        ("2026-03", ["2026-03-01T23:30"], {"Monday: 00:00": 1}),
    ],
)
def test_an_hour_is_one_of_the_clock_on_the_wall(month: str, instants: list[str], found: dict[str, int]) -> None:
    span = period(month, "Europe/Berlin")
    account = march([opened_at(one) for one in instants], question=Question(period=span, as_of=span.end))
    assert {part: len(rows) for part, rows in cells(account).items()} == found


def test_the_cells_add_up_to_what_came() -> None:
    account = march()
    assert sum(map(len, cells(account).values())) == account.figure("arrivals", "all").value


def test_of_nothing_there_is_the_sum_alone() -> None:
    account = march([])
    assert cells(account) == {}
    assert account.figure("arrivals", "all").value == 0
