"""When a management report is made by itself: behind each calendar period, at a local time after the end of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from hub.model.times import from_micros, to_micros
from hub.reporting.periods import Calendar, days, name_of


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Behind each period of a kind, at the local time `at`, `days` days after the first day behind the period."""

    every: Calendar
    at: time
    days: int = 0

    def document(self) -> dict[str, str | int]:
        return {"every": self.every.value, "at": f"{self.at:%H:%M}", "days": self.days}


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What is due behind the calendar period of this name, at an instant (microseconds)."""

    period: str
    due: int


def schedule_of(document: dict[str, str | int]) -> Schedule:
    return Schedule(
        every=Calendar(str(document["every"])),
        at=time.fromisoformat(str(document["at"])),
        days=int(document.get("days", 0)),
    )


def day_of(schedule: Schedule, period: str) -> date:
    """The local day on which the turn behind a period is due."""
    _, after = days(period)
    return after + timedelta(days=schedule.days)


def turn(schedule: Schedule, period: str, zone: ZoneInfo) -> Turn:
    """A local time that a change of clocks leaves out is as long after midnight as it would have been; of one that
    comes twice, the first counts. So a period has one turn, however its days are."""
    local = datetime.combine(day_of(schedule, period), schedule.at, zone)
    return Turn(period=period, due=to_micros(local))


def latest(schedule: Schedule, zone: ZoneInfo, now: int) -> Turn:
    """The last turn that is due."""
    return next(_back(schedule, zone, now))


def following(schedule: Schedule, zone: ZoneInfo, now: int) -> Turn:
    """The first turn that is not due yet."""
    _, after = days(latest(schedule, zone, now).period)
    return turn(schedule, name_of(schedule.every, after), zone)


def since(schedule: Schedule, zone: ZoneInfo, *, until: int, now: int) -> list[Turn]:
    """The turns that have come due after `until`, the last one first."""
    return list(takewhile(lambda one: one.due > until, _back(schedule, zone, now)))


def _back(schedule: Schedule, zone: ZoneInfo, now: int) -> Iterator[Turn]:
    """The turns that are due, from the last one back."""
    day = from_micros(now).astimezone(zone).date()
    while True:
        name = name_of(schedule.every, day)
        one = turn(schedule, name, zone)
        if one.due <= now:
            yield one
        day = days(name)[0] - timedelta(days=1)
