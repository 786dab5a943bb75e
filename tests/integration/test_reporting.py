"""Accounts over a history that the hub's own rules wrote: as recorded they stay, restated they say why they differ."""

from datetime import timedelta
from pathlib import Path

import pytest

from hub.model.problem import Problem, Status
from hub.model.times import to_micros
from hub.reporting.account import to_bytes
from hub.reporting.accounts import Accounts
from hub.reporting.dimensions import dimensions
from hub.reporting.periods import period
from hub.reporting.policies import Policies
from hub.reporting.views import Question
from tests.rooms import NOON, Desk, TurningClock, open_store
from tests.unit.reporting.example import POLICY

MARCH = period("2026-03")
HOUR = timedelta(hours=1)
ACCOUNTS = Accounts(dimensions=dimensions(), policies=Policies([POLICY]))
QUESTION = Question(period=MARCH, as_of=MARCH.end)
GROUPS = ["customer", "severity", "cause"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(open_store(tmp_path), TurningClock())


def wait(desk: Desk, hours: float) -> int:
    desk.clock.now += hours * HOUR
    return to_micros(desk.clock.now)


def worked(desk: Desk) -> Problem:
    """Taken up after half an hour, waited for the customer for two, restored after five, all on the first of March."""
    problem = desk.create(priority=1, affectedService=[{"id": "VPN-7"}])
    wait(desk, 0.5)
    desk.acknowledge(problem)
    wait(desk, 0.5)
    desk.patch(problem, status="inProgress")
    desk.patch(problem, status="pending")
    wait(desk, 2)
    desk.patch(problem, status="inProgress")
    wait(desk, 2)
    return desk.patch(problem, status="resolved")


def test_figures_are_made_of_what_the_hub_has_written(desk: Desk) -> None:
    problem = worked(desk)
    account = ACCOUNTS.of(desk.store.read, QUESTION, recorded=MARCH.end, breakdowns=GROUPS)
    (row,) = account.rows
    assert (row.id, row.to_acknowledge, row.gross, row.net) == (problem.id, 30, 5, 3)
    assert row.values["customer"] == ("org-311",)
    assert row.values["service"] == ("VPN-7",)
    assert account.figure("slaCompliance", "", ("severity", "1")).value == 100
    assert account.figure("degradedMinutes", "VPN-7").value == 300


def test_as_recorded_it_is_the_same_to_the_byte_whatever_comes_later(desk: Desk) -> None:
    first = worked(desk)
    second = desk.create(priority=2)
    recorded = wait(desk, 1)
    before = to_bytes(ACCOUNTS.of(desk.store.read, QUESTION, recorded=recorded, breakdowns=GROUPS))
    wait(desk, 1)
    desk.patch(first, priority=2, affectedService=None, creationDate="2026-03-01T09:00:00Z")
    desk.upsert(status=Status.RESOLVED, at=NOON + HOUR, started=NOON)
    desk.patch(second, status="inProgress")
    wait(desk, 1)
    desk.delete(second)
    desk.delete(first)
    assert to_bytes(ACCOUNTS.of(desk.store.read, QUESTION, recorded=recorded, breakdowns=GROUPS)) == before
    now = ACCOUNTS.of(desk.store.read, QUESTION, recorded=wait(desk, 1), breakdowns=GROUPS)
    assert set(now.deleted) == {first.id, second.id}
    assert to_bytes(now) != before


def test_restated_it_says_which_figures_differ_and_which_late_records_made_them_so(desk: Desk) -> None:
    worked(desk)
    recorded = wait(desk, 1)
    wait(desk, 24 * 31)
    late = desk.upsert(status=Status.IN_PROGRESS, at=NOON + 2 * HOUR, started=NOON, priority=1)
    found = ACCOUNTS.restated(desk.store.read, QUESTION, recorded=recorded, now=wait(desk, 1))
    changed = {(one.metric, one.part): one for one in found.changed}
    sla = changed["slaCompliance", ""]
    assert (sla.before, sla.after, sla.rows) == (100, 50, (late.id,))
    assert [(one.problem_id, one.event_time) for one in found.why(sla)] == [(late.id, to_micros(NOON + 2 * HOUR))]
    assert changed["backlog", "end"].after == 1
    assert ("timeToRestoreNet", "mean") in changed
    assert changed["timeToRestoreNet", "mean"].before == changed["timeToRestoreNet", "mean"].after
    assert ("reopenRate", "") not in changed


def test_what_a_report_is_today_and_a_deletion_are_reasons_too_whenever_they_came(desk: Desk) -> None:
    other, gone, same = worked(desk), worked(desk), worked(desk)
    recorded = wait(desk, 1)
    wait(desk, 24 * 31)
    desk.patch(other, priority=2)
    desk.patch(same, description="Packet loss, as we know today")
    desk.delete(gone)
    found = ACCOUNTS.restated(desk.store.read, QUESTION, recorded=recorded, now=wait(desk, 1))
    (sla,) = [one for one in found.changed if (one.metric, one.group) == ("slaCompliance", ())]
    assert set(sla.rows) == {other.id, gone.id}
    assert [(one.problem_id, one.event_type) for one in found.why(sla)] == [
        (other.id, "ServiceProblemAttributeValueChangeEvent"),
        (gone.id, "ServiceProblemDeleteEvent"),
    ]


def test_nothing_recorded_nothing_changed(desk: Desk) -> None:
    worked(desk)
    recorded = wait(desk, 1)
    found = ACCOUNTS.restated(desk.store.read, QUESTION, recorded=recorded, now=wait(desk, 5))
    assert (found.changed, found.late) == ((), ())
