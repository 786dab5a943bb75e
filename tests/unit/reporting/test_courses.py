"""How the figures of the six reports went: each point was worked out by hand."""

from datetime import UTC, datetime

import pytest

from hub.model.times import from_micros, to_micros
from hub.reporting.account import Account, Notified
from hub.reporting.courses import MOST, Course, edges
from hub.reporting.figures import Number
from hub.reporting.periods import period
from hub.reporting.views import Question
from tests.unit.reporting.example import march
from tests.unit.reporting.test_notifications import FIVE


def course(account: Account, metric: str) -> Course:
    (found,) = [one for one in account.courses if one.metric == metric]
    return found


def by_day(found: Course) -> dict[int, tuple[Number | None, ...]]:
    """{day of March that ends with the point: the rest of it}."""
    return {from_micros(int(row[0] or 0) - 1).day: row[1:] for row in found.rows}


def test_the_backlog_from_day_to_day() -> None:
    found = course(march(), "backlog")
    days = by_day(found)
    assert (found.days, len(days)) == (1, 31)
    assert found.columns == ("until", "open", "opened", "restored")
    assert {day: row for day, row in days.items() if any(row)} == {
        2: (0, 1, 1),
        5: (0, 1, 1),
        10: (1, 1, 0),
        11: (0, 0, 2),
        15: (0, 1, 0),
        27: (1, 1, 0),
        28: (1, 0, 0),
        29: (1, 0, 0),
        30: (0, 0, 1),
        31: (1, 1, 0),
    }


def test_the_share_in_target_of_each_day() -> None:
    days = by_day(course(march(), "slaCompliance"))
    told = {day: row[:3] for day, row in days.items() if row[2]}
    assert told == {2: (100, 1, 1), 5: (100, 1, 1), 11: (0, 0, 1), 27: (0, 0, 1), 31: (0, 0, 1)}
    assert days[1] == (None, 0, 0, None, None)
    assert [round(one or 0, 2) for one in days[2][3:]] == [20.65, 100]


def test_how_many_are_restored_after_how_long() -> None:
    found = course(march(), "timeToRestoreCensored")
    assert [tuple(round(one or 0, 9) for one in row) for row in found.rows] == [(3, 40), (18, 70), (67, 100)]
    assert course(march([]), "timeToRestoreCensored").rows == ()


def test_how_many_notifications_are_received_after_how_long() -> None:
    """Of the three that arrived; what is dead or under way never did."""
    found = course(march(notified=Notified(sent=FIVE)), "notificationLatency")
    assert [(row[0], round(row[1] or 0, 2)) for row in found.rows] == [(2, 33.33), (65, 66.67), (400, 100)]
    gone = march(notified=Notified(sent=FIVE, is_kept=False))
    assert course(gone, "notificationLatency").rows == course(march(), "notificationLatency").rows == ()


@pytest.mark.parametrize(
    ("name", "days", "points"), [("2026-W10", 1, 7), ("2026-03", 1, 31), ("2026-Q1", 7, 13), ("2026", 7, 53)]
)
def test_a_long_period_goes_in_weeks(name: str, days: int, points: int) -> None:
    span = period(name, "Europe/Berlin")
    found, instants = edges(Question(period=span, as_of=span.end))
    assert (found, len(instants)) == (days, points + 1)
    assert points <= MOST
    assert (instants[0], instants[-1]) == (span.begin, span.end)


def test_days_are_local_and_what_is_not_seen_yet_is_no_day() -> None:
    now = to_micros(datetime(2026, 3, 30, 10, tzinfo=UTC))
    question = Question(period=period("2026-03", "Europe/Berlin"), as_of=now)
    _, instants = edges(question)
    assert [f"{from_micros(one):%d %H:%M}" for one in instants[-4:]] == [
        "27 23:00",
        "28 23:00",
        "29 22:00",
        "30 10:00",
    ]
