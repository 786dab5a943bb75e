"""The lifecycle of a report, step by step."""

from itertools import product

import pytest

from hub.errors import IllegalTransition
from hub.model.problem import Status
from hub.problems.lifecycle import NEXT, check_step, is_legal

STEPS = {
    ("acknowledged", "inProgress"),
    ("acknowledged", "rejected"),
    ("acknowledged", "cancelled"),
    ("inProgress", "held"),
    ("inProgress", "pending"),
    ("inProgress", "resolved"),
    ("inProgress", "cancelled"),
    ("held", "inProgress"),
    ("held", "resolved"),
    ("held", "cancelled"),
    ("pending", "inProgress"),
    ("pending", "resolved"),
    ("pending", "cancelled"),
    ("resolved", "closed"),
    ("resolved", "inProgress"),
    ("closed", "inProgress"),
}
"""The arrows of the diagram in TMF656."""


@pytest.mark.parametrize(("before", "after"), list(product(Status, Status)))
def test_a_step_is_legal_when_the_diagram_has_it_or_nothing_moves(before: Status, after: Status) -> None:
    legal = (before.value, after.value) in STEPS or before is after
    assert is_legal(before, after) is legal
    if legal:
        check_step(before, after)
    else:
        with pytest.raises(IllegalTransition) as refused:
            check_step(before, after)
        (violation,) = refused.value.violations
        assert (violation.field, violation.value) == ("status", after.value)
        assert f"a report that is {before} cannot be {after}" in violation.message
        assert all(state in violation.message for state in NEXT[before])


@pytest.mark.parametrize("status", Status)
def test_a_new_report_begins_acknowledged_and_nowhere_else(status: Status) -> None:
    assert is_legal(None, status) is (status is Status.ACKNOWLEDGED)
    if status is not Status.ACKNOWLEDGED:
        with pytest.raises(IllegalTransition, match=f"a new report cannot be {status}, only acknowledged"):
            check_step(None, status)


def test_what_is_rejected_or_cancelled_stays_so() -> None:
    assert [status for status in Status if not NEXT[status]] == [Status.REJECTED, Status.CANCELLED]
