"""Clocks that are wrong, hubs that are new, and weeks that a year does not have."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.constraints.weekly import week_of
from hub.errors import InvalidInput
from tests.integration.test_constraints import Watched
from tests.rooms import NOON


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Watched]:
    desk = Watched(tmp_path)
    yield desk
    desk.store.close()


@pytest.mark.parametrize("days", [1, 7, 60])
@pytest.mark.parametrize("restarts", [False, True])
def test_a_clock_that_was_ahead_for_one_report_ends_nothing(
    desk: Watched, days: int, restarts: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.report(99, days * 24 * 60, affectedResource=[{"id": "node-1"}])
    desk.work()
    if restarts:
        desk.clock.now = NOON + timedelta(minutes=1)
        desk.task = desk.watcher()
    desk.burst(12)
    assert len(desk.one()[1]["underlyingProblem"]) == 12
    assert "constraints.stamped_ahead" in capsys.readouterr().out


@pytest.mark.parametrize("week", ["2025-W53", "2026-W00", "2026-W54", "2026-W1"])
def test_a_week_that_its_year_has_not_is_refused(week: str) -> None:
    with pytest.raises(InvalidInput) as error:
        week_of(week)
    assert [(one.field, one.value) for one in error.value.violations] == [("week", week)]


def test_a_year_of_53_weeks_has_the_last() -> None:
    assert week_of("2026-W53")[0].startswith("2026-12-28")
