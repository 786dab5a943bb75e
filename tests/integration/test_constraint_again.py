"""A resource that fails again: each failure is a constraint of its own, live, after a restart and in a backtest."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.bootstrap.constraints import constraint_rules
from hub.constraints.backtest import replay
from hub.constraints.watch import stream_of
from hub.model.constraint import values_of
from hub.model.problem import Problem
from hub.settings import load_settings
from tests.integration.test_constraints import TOPOLOGY, Watched
from tests.rooms import NOON

SHIPPED = constraint_rules(load_settings(None, {}, {}).constraints)
CLEARED_BY = 80
"""Minutes after noon by which the first one, of eighteen minutes, is over."""


class AsShipped(Watched):
    rules = SHIPPED

    def outage(self, begin: int, first: int) -> list[Problem]:
        """Ten customers within twenty minutes."""
        reports = []
        for number in range(10):
            reports.append(
                self.report(
                    first + number,
                    begin + number * 2,
                    rootCauseResource=[{"id": "OLT-7"}],
                    affectedService=[{"id": "VPN-7"}],
                )
            )
            self.work()
        return reports

    def wait(self, begin: int, end: int) -> None:
        for minute in range(begin, end):
            self.clock.now = NOON + timedelta(minutes=minute)
            self.work()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AsShipped]:
    desk = AsShipped(tmp_path)
    yield desk
    desk.store.close()


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("later", [60, 90, 120, 150, 200, 230, 300])
def test_a_second_failure_of_a_resource_is_told_and_attached(desk: AsShipped, later: int, restarts: bool) -> None:
    first = desk.outage(0, 0)
    desk.wait(20, later)
    if restarts:
        desk.task = desk.watcher()
    second = desk.outage(later, 100)
    found = desk.found()
    assert len(found) == (1 if later < CLEARED_BY else 2)
    newest, oldest = found[0], found[-1]
    assert [one["id"] for one in newest[1]["underlyingProblem"]][-10:] == [one.id for one in second]
    assert [one["id"] for one in oldest[1]["underlyingProblem"]][:10] == [one.id for one in first]
    assert values_of(newest[1])["phase"] == "confirmed"
    replayed = replay(stream_of(desk.store.read, TOPOLOGY), SHIPPED).raised
    assert sorted(len(one.members) for one in replayed) == sorted(
        len(one["underlyingProblem"]) for _, one in found
    )
    for constraint_id, _ in found:
        assert desk.events_of(constraint_id)["ServiceProblemCreateEvent"] == 1


def test_what_goes_on_for_longer_than_a_constraint_lasts_is_another_one(desk: AsShipped) -> None:
    """Each report belongs to one of them."""
    for number in range(100):
        desk.report(number, number * 5, rootCauseResource=[{"id": "OLT-7"}])
        desk.work()
    found = [document for _, document in desk.found()]
    assert len(found) == 2
    members = [one["id"] for document in found for one in document["underlyingProblem"]]
    assert len(members) == len(set(members)) > 95
