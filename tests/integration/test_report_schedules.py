"""Schedules of management reports with their store: each turn orders one report, whoever looks and however often."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.api.report_definitions import definition_view
from hub.bootstrap.reporting import make_press
from hub.errors import InvalidInput
from hub.model.ids import Uuid7
from hub.model.job import JobKind
from hub.reporting.audiences.definition import definition_from
from hub.reporting.figures import HOUR
from hub.reporting.order import Order, order_from
from hub.reporting.periods import period
from hub.reporting.schedules import since
from hub.reporting.scheduling import ACTOR, ScheduleTask
from hub.settings import load_settings
from hub.store.sqlite import Store
from tests.rooms import TurningClock, open_store
from tests.unit.reporting.example import at

PRESS = make_press(load_settings(None, {}, {}))
MARCH = datetime(2026, 3, 10, tzinfo=UTC)
MONTHLY = {
    "name": "monthly",
    "title": "Monthly",
    "audience": "operations",
    "zone": "Europe/Berlin",
    "schedule": {"every": "month", "at": "06:00"},
}


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = TurningClock(MARCH)
        self.store = open_store(folder)
        self.task = self.process(self.store)

    def process(self, store: Store) -> ScheduleTask:
        return ScheduleTask(store=store, press=PRESS, clock=self.clock, new_id=Uuid7(self.clock))

    def define(self, **parts: Any) -> None:
        document = definition_from({**MONTHLY, **parts}, PRESS.audiences).document()
        self.store.write(lambda tables: tables.report_definitions.insert(document, actor="me", now=1))

    def forget(self, name: str = "monthly") -> None:
        def forget(tables: Any) -> None:
            tables.report_definitions.delete(name)
            tables.report_schedules.delete(name)

        self.store.write(forget)

    def look(self, *, day: str, task: ScheduleTask | None = None) -> None:
        """On a day of 2026, at noon."""
        self.clock.now = datetime.fromisoformat(f"2026-{day}T12:00+00:00")
        (task or self.task).step()

    def orders(self) -> list[Order]:
        """The oldest first."""
        jobs = self.store.read.jobs.page(JobKind.REPORT, None, offset=0, limit=100)
        assert {job.asked.actor for job in jobs} <= {ACTOR}
        return [order_from(job.asked.query or "") for job in reversed(jobs)]

    def periods(self) -> list[str]:
        return [one.period for one in self.orders()]

    def view(self) -> dict[str, Any]:
        (document,) = self.store.read.report_definitions.all()
        one = definition_from(document, PRESS.audiences)
        now = self.clock.micros
        return definition_view(self.store.read, one, PRESS, base_url="http://hub", now=now)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


def test_a_report_is_ordered_once_for_each_period(bench: Bench) -> None:
    bench.define()
    for day in ("03-10", "03-31", "04-01", "04-01", "04-30", "05-01", "05-02"):
        bench.look(day=day)
    assert bench.periods() == ["2026-03", "2026-04"]
    (first, _) = bench.orders()
    assert first.recorded_text == "2026-04-01T12:00:00.000Z"
    assert first.due is not None
    assert first.due < first.recorded


def test_nothing_is_made_of_what_was_over_when_the_schedule_began(bench: Bench) -> None:
    bench.define()
    bench.look(day="03-10")
    bench.look(day="03-20")
    assert bench.periods() == []
    view = bench.view()
    assert view["nextRun"] == {"period": "2026-03", "due": "2026-04-01T04:00:00.000Z"}
    assert "lastRun" not in view


def test_of_what_was_missed_the_last_is_made_up_for_once(bench: Bench) -> None:
    bench.define()
    bench.look(day="03-10")
    for _ in range(3):
        bench.look(day="07-15", task=bench.process(bench.store))
    assert bench.periods() == ["2026-06"]
    view = bench.view()
    assert view["lastRun"]["period"] == "2026-06"
    assert view["nextRun"]["period"] == "2026-07"


def test_what_is_due_and_not_taken_yet_is_the_next_run(bench: Bench) -> None:
    bench.define()
    bench.look(day="03-10")
    bench.clock.now = datetime(2026, 4, 3, tzinfo=UTC)
    assert bench.view()["nextRun"] == {"period": "2026-03", "due": "2026-04-01T04:00:00.000Z"}


def test_another_process_finds_the_turn_taken(bench: Bench) -> None:
    bench.define()
    bench.look(day="03-10")
    other = open_store(bench.folder)
    late = bench.process(other)
    stale = other.read.report_schedules.get("monthly")
    bench.look(day="04-01")
    assert stale is not None
    (plan,) = late._plans(other.read)
    due = since(plan.schedule, plan.zone, until=stale.until, now=bench.clock.micros)
    late._make(plan, due, bench.clock.micros)
    other.close()
    assert bench.periods() == ["2026-03"]


def test_a_turn_is_not_taken_when_its_report_cannot_be_kept(bench: Bench) -> None:
    """One transaction: what the process is killed within leaves neither."""
    bench.define()
    bench.look(day="03-10")
    bench.store.write(
        lambda tables: tables.connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON job BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    )
    with pytest.raises(Exception, match="full"):
        bench.look(day="04-01")
    assert bench.periods() == []
    bench.store.write(lambda tables: tables.connection.execute("DROP TRIGGER full"))
    bench.look(day="04-01")
    assert bench.periods() == ["2026-03"]


def test_another_schedule_begins_anew(bench: Bench) -> None:
    bench.define()
    bench.look(day="03-10")
    bench.look(day="04-01")
    bench.forget()
    bench.define(schedule={"every": "week", "at": "06:00"})
    bench.look(day="04-01")
    bench.look(day="04-02")
    assert bench.periods() == ["2026-03"], "the week that was over by then is not made up for"
    bench.look(day="04-06")
    assert bench.periods() == ["2026-03", "2026-W14"]


def test_a_clock_that_was_set_back_makes_nothing_twice(bench: Bench) -> None:
    bench.define()
    for day in ("03-10", "04-01", "03-20", "04-01"):
        bench.look(day=day)
    assert bench.periods() == ["2026-03"]


def test_a_definition_without_its_audience_holds_up_no_other(bench: Bench) -> None:
    document = {**definition_from(MONTHLY, PRESS.audiences).document(), "name": "a", "audience": "nobody"}
    bench.store.write(lambda tables: tables.report_definitions.insert(document, actor="me", now=1))
    bench.store.write(
        lambda tables: tables.report_definitions.insert({**document, "name": "b", "zone": None}, actor="me", now=1)
    )
    bench.define()
    bench.look(day="03-10")
    bench.look(day="04-01")
    assert "2026-03" in bench.periods()


def test_the_period_of_every_turn_is_that_of_the_schedule(bench: Bench) -> None:
    bench.define(period="month")
    bench.look(day="03-10")
    bench.look(day="04-01")
    assert bench.periods() == ["2026-03"]


def test_a_rolling_period_is_the_whole_days_before_the_day_on_which_it_is_due(bench: Bench) -> None:
    """However late it is looked at. In Berlin the clocks go forward on 29 March: these days have an hour less."""
    bench.define(schedule={"every": "week", "at": "06:00", "days": 1}, period="30d")
    for day in ("03-27", "04-02", "04-07"):
        bench.look(day=day)
    assert bench.periods() == ["2026-03-01/2026-03-31", "2026-03-08/2026-04-07"]
    spans = [period(one.period, "Europe/Berlin") for one in bench.orders()]
    assert [(one.begin, one.end) for one in spans] == [
        (at("2026-02-28T23:00"), at("2026-03-30T22:00")),
        (at("2026-03-07T23:00"), at("2026-04-06T22:00")),
    ]
    assert [one.length for one in spans] == [(30 * 24 - 1) * HOUR] * 2
    view = bench.view()
    assert view["lastRun"]["period"] == "2026-03-08/2026-04-07"
    assert view["nextRun"] == {"period": "2026-03-15/2026-04-14", "due": "2026-04-14T04:00:00.000Z"}


def test_a_rolling_period_over_the_day_that_has_an_hour_more(bench: Bench) -> None:
    bench.define(schedule={"every": "month", "at": "00:00"}, period="7d")
    bench.look(day="10-02")
    bench.look(day="11-01")
    (order,) = bench.orders()
    assert order.period == "2026-10-25/2026-11-01"
    assert period(order.period, "Europe/Berlin").length == (7 * 24 + 1) * HOUR


def test_of_rolling_periods_that_were_missed_the_last_is_made_up_for(bench: Bench) -> None:
    bench.define(period="14d")
    bench.look(day="03-10")
    bench.look(day="07-15")
    assert bench.periods() == ["2026-06-17/2026-07-01"]


def test_another_period_takes_no_turn_away(bench: Bench) -> None:
    bench.define()
    bench.look(day="03-10")
    bench.store.write(lambda tables: tables.report_definitions.delete("monthly"))
    bench.define(period="14d")
    bench.look(day="04-01")
    assert bench.periods() == ["2026-03-18/2026-04-01"]


@pytest.mark.parametrize("name", ["week", "year", "2026-03", "2026-03-01/2026-03-15"])
def test_a_period_that_does_not_go_on_with_its_schedule_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        definition_from({**MONTHLY, "period": name}, PRESS.audiences)
    (wrong,) = refused.value.violations
    assert (wrong.field, wrong.value) == ("period", name)
    assert wrong.message == f"must be month, as the schedule says, or so many days such as 30d, not {name!r}"
    assert definition_from({**MONTHLY, "schedule": None, "period": name}, PRESS.audiences).period == name


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"audience": "customer"}, "scope.customer"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"schedule": {"every": "day", "at": "06:00"}}, "schedule.every"),
        ({"schedule": {"every": "month", "at": "25:00"}}, "schedule.at"),
        ({"schedule": {"every": "month", "at": 960}}, "schedule.at"),
        ({"schedule": {"every": "month"}}, "schedule.at"),
        ({"schedule": {"every": "month", "at": "06:00", "days": 91}}, "schedule.days"),
        ({"recipients": ["desk@example.com, other@example.com"]}, "recipients.0"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(parts: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        definition_from({**MONTHLY, **parts}, PRESS.audiences)
    assert field in {one.field for one in refused.value.violations}
