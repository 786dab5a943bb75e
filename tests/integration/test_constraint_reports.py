"""Constraints in management reports: the numbers of the review of the week, as recorded at an instant."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.constraints.weekly import weekly_review
from hub.model.constraint import Verdict
from hub.model.problem import Document
from hub.model.times import from_micros
from hub.reporting.account import Account, to_bytes
from hub.reporting.accounts import Accounts
from hub.reporting.dimensions import dimensions
from hub.reporting.figures import ratio
from hub.reporting.periods import period
from hub.reporting.policies import Policies
from hub.reporting.restatement import Restatement
from hub.reporting.views import Question
from tests.integration.test_constraints import Watched
from tests.rooms import NOON
from tests.unit.reporting.example import POLICY

ACCOUNTS = Accounts(dimensions=dimensions(), policies=Policies([POLICY]))
FIRST, SECOND, LATER = "2026-W09", "2026-W10", "2026-W40"
TUESDAY = 2 * 24 * 60
"""Minutes from NOON, a Sunday, to the Tuesday of the next week."""


class Weeks(Watched):
    """A failure in the first week, a failure and another one in the second; {which: the id of its constraint}."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.names: dict[str, str] = {}
        for name, resource, begin, count in (
            ("first", "OLT-7", 0, 8),
            ("second", "OLT-8", TUESDAY, 6),
            ("third", "OLT-9", TUESDAY + 300, 7),
        ):
            for number in range(count):
                self.report(number, begin + number, rootCauseResource=[{"id": resource}])
            self.work()
            (self.names[name],) = {one for one, _ in self.found()} - {*self.names.values()}

    def later(self, **span: float) -> int:
        """Turn the clock, let what is over be cleared, and give the instant of it."""
        self.clock.now += timedelta(**span)
        self.work()
        return self.clock.micros

    def account(self, week: str, recorded: int | None = None) -> Account:
        recorded = self.clock.micros + 1 if recorded is None else recorded
        return ACCOUNTS.of(self.store.read, self.question(week, recorded), recorded=recorded)

    def question(self, week: str, recorded: int) -> Question:
        span = period(week)
        return Question(period=span, as_of=min(span.end, recorded))

    def restated(self, week: str, recorded: int) -> Restatement:
        question = self.question(week, recorded)
        return ACCOUNTS.restated(self.store.read, question, recorded=recorded, now=self.clock.micros)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Weeks]:
    desk = Weeks(tmp_path)
    yield desk
    desk.store.close()


def precision_in(account: Account, metric: str, part: str = "") -> Document:
    """As the review of a week says it."""
    figure = account.figure(metric, part)
    left_out = {why: len(ids) for why, ids in figure.excluded.items()}
    return {
        "true": figure.numerator,
        "false": (figure.denominator or 0) - (figure.numerator or 0),
        "unknown": left_out.get("unknown", 0),
        "notReviewed": left_out.get("notReviewed", 0),
        "precision": ratio(figure.numerator or 0, figure.denominator or 0),
    }


def agrees(desk: Weeks, week: str) -> Document:
    """Hold the figures of a week against its review, and give the review."""
    review = weekly_review(desk.store.read, week, now=desk.clock.now)
    found = desk.account(week)
    for kind, count in review["raised"].items():
        assert found.figure("constraintsRaised", kind).value == count
        assert precision_in(found, "constraintPrecisionSoFar", kind) == review["precisionSoFar"][kind]
    assert precision_in(found, "constraintPrecision") == review["precision"]
    explained = found.figure("constraintReports", "all")
    assert (explained.value, explained.denominator) == (review["explained"], review["reports"])
    return review


def test_the_numbers_are_those_of_the_review_of_the_week(desk: Weeks) -> None:
    assert agrees(desk, FIRST)["raised"]["resourceFailure"] == 1
    assert agrees(desk, SECOND)["raised"]["resourceFailure"] == 2
    desk.review(desk.names["first"], Verdict.TRUE)
    desk.review(desk.names["second"], Verdict.FALSE)
    agrees(desk, FIRST)
    assert agrees(desk, SECOND)["explained"] == 7
    desk.later(hours=3)
    desk.review(desk.names["third"], Verdict.UNKNOWN)
    review = agrees(desk, SECOND)
    assert (review["precision"]["false"], review["precisionSoFar"]["resourceFailure"]["precision"]) == (1, 0.5)
    desk.delete(desk.names["third"])
    assert agrees(desk, SECOND)["raised"]["resourceFailure"] == 1


def test_what_is_over_for_months_is_still_in_the_precision_so_far(desk: Weeks) -> None:
    desk.later(hours=3)
    for name, verdict in (("first", Verdict.TRUE), ("second", Verdict.FALSE), ("third", Verdict.TRUE)):
        desk.review(desk.names[name], verdict)
    desk.later(days=250)
    assert agrees(desk, LATER)["precisionSoFar"]["resourceFailure"]["true"] == 2
    found = desk.account(LATER)
    assert (found.constraints, found.figure("constraintPrecisionSoFar").denominator) == (3, 3)
    recorded = found.recorded
    desk.later(days=1)
    desk.delete(desk.names["first"])
    desk.later(days=1)
    assert agrees(desk, LATER)["precisionSoFar"]["resourceFailure"]["true"] == 1
    assert to_bytes(desk.account(LATER, recorded)) == to_bytes(found)


def test_a_verdict_counts_from_when_it_was_recorded(desk: Weeks) -> None:
    before = desk.later(hours=3)
    then = desk.account(SECOND, before)
    assert then.figure("constraintPrecision").why == "noVerdict"
    desk.later(days=10)
    desk.review(desk.names["second"], Verdict.TRUE)
    first = desk.later(seconds=1)
    assert precision_in(desk.account(SECOND, first), "constraintPrecision")["true"] == 1
    desk.later(days=1)
    desk.review(desk.names["second"], Verdict.FALSE)
    desk.later(days=1)
    desk.delete(desk.names["third"])
    desk.later(days=1)
    assert precision_in(desk.account(SECOND), "constraintPrecision")["false"] == 1
    assert to_bytes(desk.account(SECOND, before)) == to_bytes(then)
    assert precision_in(desk.account(SECOND, first), "constraintPrecision")["true"] == 1
    assert desk.account(SECOND, first).figure("constraintReports", "all").value == 13
    assert desk.account(SECOND).figure("constraintReports", "all").value == 0


def test_a_restated_report_names_the_verdict_as_the_reason(desk: Weeks) -> None:
    recorded = desk.later(days=10)
    desk.later(hours=1)
    desk.review(desk.names["second"], Verdict.TRUE)
    desk.later(hours=1)
    found = desk.restated(SECOND, recorded)
    changed = {(one.metric, one.part): one for one in found.changed}
    precision = changed["constraintPrecision", ""]
    assert (precision.before, precision.after, precision.rows) == (None, 100, (desk.names["second"],))
    (late,) = [one for one in found.why(precision) if one.event_type.endswith("AttributeValueChangeEvent")]
    assert found.edits[late.record_id].others == ("characteristic",)
    assert from_micros(late.record_time) > NOON + timedelta(days=12)
    assert {one.problem_id for one in found.late} == {desk.names["second"]}


def test_what_somebody_made_like_a_constraint_is_in_no_figure(desk: Weeks) -> None:
    desk.create(**{"@type": "QosConstraint", "category": "system.originated.constraint.resourceFailure"})
    agrees(desk, SECOND)
    found = desk.account(SECOND)
    assert (found.constraints, found.figure("constraintsRaised", "all").value) == (4, 2)
