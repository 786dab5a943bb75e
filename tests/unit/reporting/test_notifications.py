"""Five notifications of which everything is known, and what is counted of them."""

from collections.abc import Sequence
from typing import Any

import pytest

from hub.reporting.account import Account, Notified
from hub.reporting.accounts import as_recorded
from hub.reporting.audiences.audience import Audience, Language
from hub.reporting.figures import SECOND
from hub.reporting.metrics.notifications import COVERAGE
from hub.reporting.render.tables import MOST_MISSED, not_told
from hub.reporting.render.words import BY_LANGUAGE
from hub.store.histories import Sent, Unregistered
from tests.unit.reporting.example import MARCH, march

AS_OF = MARCH.as_of
ALL = Audience(name="operations", title="Operations")
FIVE_MINUTES = 300 * SECOND


def sent(
    number: int, state: str, took: float | None = None, *, attempts: int = 1, waited: float = 0, old: float = 1000
) -> Sent:
    """A notification of a change `old` seconds before the end, which the hub learnt of at once."""
    changed = AS_OF - int(old * SECOND)
    return Sent(
        delivery=number,
        recipient=f"s{number}",
        party="BETA",
        event_id=f"e{number}",
        problem_id=f"R{number}",
        event_time=changed,
        record_time=changed,
        created=changed,
        state=state,
        settled_at=None if took is None else changed + int(took * SECOND),
        attempts=attempts,
        began=None if attempts == 0 else changed + int(waited * SECOND),
        event_type="ServiceProblemStateChangeEvent",
    )


FIVE = [
    sent(1, "delivered", 2),
    sent(2, "delivered", 65, attempts=3),
    sent(3, "dead", 900, attempts=6),
    sent(4, "delivered", 400, waited=399),
    sent(5, "due", attempts=0, old=30),
]
LISTED = [Unregistered("premium key-7", "GAMMA", "R1", 1), Unregistered("premium key-7", "GAMMA", "R2", 2)]


def account(those: Sequence[Sent] = FIVE, **parts: Any) -> Account:
    return march(notified=Notified(sent=those, **parts), notify_within=FIVE_MINUTES)


@pytest.mark.parametrize(
    ("metric", "numerator", "denominator", "value"),
    [
        ("notificationSuccess", 3, 4, 75),
        ("notificationOnTime", 2, 4, 50),
        ("notificationFirstAttempt", 2, 4, 50),
        ("notificationAttempts", 5, 3, 5 / 3),
        ("notificationCoverage", 3, 4, 75),
    ],
)
def test_shares_of_notifications(metric: str, numerator: int, denominator: int, value: float) -> None:
    figure = account().figure(metric)
    assert (figure.numerator, figure.denominator) == (numerator, denominator)
    assert figure.value == pytest.approx(value)


def test_the_attempts_of_a_delivery_are_a_mean() -> None:
    assert round(account().figure("notificationAttempts").value or 0, 2) == 1.67


def test_what_is_under_way_stands_apart() -> None:
    assert account().figure("notificationPending").rows == ("5",)
    assert account().figure("notificationSuccess").excluded == {"pending": ("5",)}
    assert account().figure("notificationOnTime").excluded == {"pending": ("5",)}


def test_what_is_under_way_for_too_long_is_late() -> None:
    figure = account([*FIVE, sent(6, "due", attempts=2, old=301)]).figure("notificationOnTime")
    assert (figure.numerator, figure.denominator, figure.details["pendingAndLate"]) == (2, 5, ("6",))


def test_whoever_was_not_told_is_named_with_what_was_missed() -> None:
    figure = account().figure("notificationSuccess")
    assert figure.details["notTold"] == {"s3": {"party": "BETA", "reports": ("R3",)}}


def test_who_stands_in_a_list_and_is_no_registration_is_not_covered() -> None:
    coverage = account(unregistered=LISTED).figure("notificationCoverage")
    assert (coverage.numerator, coverage.denominator, coverage.excluded) == (3, 7, {"pending": ("5",)})
    assert coverage.details["notTold"] == {
        "s3": {"party": "BETA", "reports": ("R3",)},
        "premium key-7": {"party": "GAMMA", "reports": ("R1", "R2")},
    }
    assert coverage.rows == ("1", "2", "4", "3", "premium key-7")
    assert account(unregistered=LISTED).figure("notificationSuccess").denominator == 4


def test_of_what_is_not_kept_any_more_no_figure_is_given() -> None:
    whole = account()
    gone = [one for one in account(is_kept=False).figures if one.metric.startswith("notification")]
    assert [one.key for one in gone] == [one.key for one in whole.figures if one.metric.startswith("notification")]
    assert {(one.value, one.n, one.why) for one in gone} == {(None, 0, "notKept")}


def test_latency_is_that_of_the_delivered_ones() -> None:
    found = account()
    assert [found.figure("notificationLatency", part).value for part in ("p50", "p95")] == [65, 400]
    parts = [
        found.figure(f"notificationLatency{name}", "mean").value or 0 for name in ("Observe", "Queue", "Attempt")
    ]
    assert sum(parts) == pytest.approx(found.figure("notificationLatency", "mean").value)
    assert parts[1] == pytest.approx(399 / 3)


def test_what_was_settled_later_was_under_way_then() -> None:
    before = list(as_recorded(FIVE, AS_OF - 500 * SECOND))
    assert [one.state for one in before] == ["delivered", "delivered", "due", "delivered", "due"]
    assert before[2].settled_at is None


def test_of_very_many_reports_that_one_missed_some_are_named_and_the_others_counted() -> None:
    those = [sent(number, "dead", 900)._replace(recipient="s1") for number in range(MOST_MISSED + 3)]
    table = not_told(account(those), ALL, [COVERAGE.id], BY_LANGUAGE[Language.ENGLISH])
    assert table is not None
    ((name, _, reports),) = table.rows
    assert name == "s1"
    assert str(reports).startswith("R0, R1, ")
    assert str(reports).endswith(f"R{MOST_MISSED - 1} and 3 more")
