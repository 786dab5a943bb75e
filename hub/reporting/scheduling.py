"""Has the reports made whose turn has come: one transaction takes the turn and orders the report."""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

import orjson

from hub.errors import InvalidInput
from hub.model.ids import NewId
from hub.model.job import NewJob
from hub.model.times import Clock, micros_to_text, to_micros
from hub.reporting.audiences.definition import ReportDefinition, definition_of
from hub.reporting.order import Order
from hub.reporting.periods import days_before, rolling, zone_of
from hub.reporting.press import Press
from hub.reporting.schedules import Schedule, Turn, day_of, following, since
from hub.store.report_schedules import Standing
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.reporting")

ACTOR = "hub:schedule"
"""Who asks for the reports, as it is kept of each."""


class Planned(NamedTuple):
    """A definition with a schedule, and the zone of it; `text` tells the schedule from another one."""

    definition: ReportDefinition
    schedule: Schedule
    zone: ZoneInfo
    text: str

    def next_turn(self, standing: Standing | None, now: int) -> Turn:
        """The turn that waits to be taken, else the next one."""
        if standing is not None and standing.schedule == self.text:
            due = since(self.schedule, self.zone, until=standing.until, now=now)
            if due:
                return due[0]
        return following(self.schedule, self.zone, now)

    def period_of(self, turn: Turn) -> str:
        """Of what its report is: of the calendar period, or of so many whole days before the day on which it is due."""
        count = rolling(self.definition.period)
        return turn.period if count is None else days_before(count, day_of(self.schedule, turn.period))


def planned(definition: ReportDefinition, press: Press) -> Planned | None:
    """None without a schedule. Raises InvalidInput where its audience is not there any more."""
    if definition.schedule is None:
        return None
    zone = press.zone(definition)
    text = orjson.dumps({**definition.schedule.document(), "zone": zone}, option=orjson.OPT_SORT_KEYS).decode()
    return Planned(definition=definition, schedule=definition.schedule, zone=zone_of(zone), text=text)


class ScheduleTask:
    """Several processes may do this: who comes second finds the turn taken, and orders nothing.

    Of turns that were missed while no hub ran, the last one is made up for; the log names the others.
    """

    name = "schedules"

    def __init__(self, *, store: Store, press: Press, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._press = press
        self._clock = clock
        self._new_id = new_id
        self._refused: set[str] = set()

    def step(self) -> bool:
        """See to every schedule; there is nothing more to do until the next look. Raises StoreUnavailable."""
        now = to_micros(self._clock())
        tables = self._store.read
        for plan in self._plans(tables):
            standing = tables.report_schedules.get(plan.definition.name)
            if standing is None or standing.schedule != plan.text:
                self._store.write(partial(_begin, plan=plan, now=now))
            elif due := since(plan.schedule, plan.zone, until=standing.until, now=now):
                self._make(plan, due, now)
        return False

    def _plans(self, tables: Tables) -> Iterator[Planned]:
        configured = self._press.definitions
        kept = (definition_of(one) for one in tables.report_definitions.all())
        for one in (*configured.values(), *(each for each in kept if each.name not in configured)):
            try:
                plan = planned(one, self._press)
            except InvalidInput as error:
                if one.name not in self._refused:
                    log.error("schedule.refused", definition=one.name, error=error.message)
                    self._refused.add(one.name)
                continue
            if plan is not None:
                yield plan

    def _make(self, plan: Planned, due: list[Turn], now: int) -> None:
        last, *missed = due
        definition, period = plan.definition, plan.period_of(last)
        order = Order(
            definition=definition,
            period=period,
            recorded=now,
            formats=definition.formats,
            due=last.due,
            sent=True,
        )
        report = order.job(self._new_id(), created=now, actor=ACTOR, customer=self._press.customer(order))
        if not self._store.write(partial(_take, plan=plan, turn=last, report=report)):
            return
        told = {"definition": definition.name, "period": period, "due": micros_to_text(last.due)}
        log.info("schedule.ran", report=report.id, **told, missed=[plan.period_of(one) for one in missed])


def _begin(tables: Tables, *, plan: Planned, now: int) -> None:
    tables.report_schedules.begin(plan.definition.name, plan.text, until=now)


def _take(tables: Tables, *, plan: Planned, turn: Turn, report: NewJob) -> bool:
    name = plan.definition.name
    period = plan.period_of(turn)
    taken = tables.report_schedules.take(name, plan.text, due=turn.due, period=period, report=report.id)
    if taken:
        tables.jobs.insert(report)
    return taken
