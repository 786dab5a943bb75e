"""Periods of reports: calendar months, weeks, quarters and years, rolling ones and any other, each in a zone.

The edges of a period are local midnights: March 2026 in Berlin has 44,580 minutes, and 44,640 in UTC.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.errors import InvalidInput, Violation
from hub.model.times import from_micros, to_micros

NAMED = re.compile(r"(?P<year>[1-9]\d{3})(-(?P<month>\d\d)|-W(?P<week>\d\d)|-Q(?P<quarter>[1-4]))?")
ROLLING = re.compile(r"(?P<days>[1-9]\d{0,3})d")
SPAN = re.compile(r"(?P<first>\d{4}-\d\d-\d\d)/(?P<last>\d{4}-\d\d-\d\d)")
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)
"""Between which a period lies: of one far beyond them, what is before it or after it is no date any more."""

FORMS = "2026, 2026-03, 2026-W10, 2026-Q1, 30d or 2026-03-01/2026-03-15 (the last day not in it)"


class Calendar(StrEnum):
    """The kinds of calendar periods."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, kw_only=True)
class Period:
    """[begin, end) in microseconds; `name` is how it was asked for, `zone` the IANA name of its zone."""

    name: str
    zone: str
    begin: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.begin


def zone_of(name: str) -> ZoneInfo:
    """Raises InvalidInput for a name that the zone database does not have."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = "is no IANA time zone, such as Europe/Berlin or UTC"
        raise InvalidInput(violations=[Violation(field="zone", value=name, message=message)]) from error


def midnight(day: date, zone: ZoneInfo) -> int:
    """The instant at which a local day begins."""
    return to_micros(datetime.combine(day, time(), zone))


def period(name: str, zone: str = "UTC", *, now: int | None = None) -> Period:
    """The period of a name, one of FORMS; a rolling one ends with `now`.

    Raises InvalidInput for a name of no such form, of no such day, or of one before EARLIEST or after LATEST.
    """
    where, count = zone_of(zone), rolling(name)
    if count is not None and now is not None:
        begin = from_micros(now).astimezone(where) - timedelta(days=count)
        return Period(name=name, zone=zone, begin=to_micros(begin), end=now)
    try:
        first, last = days(name)
    except (ValueError, OverflowError) as error:
        violation = Violation(field="period", value=name, message=f"is no period; one is written as {FORMS}")
        raise InvalidInput(violations=[violation]) from error
    if first < EARLIEST or last > LATEST:
        message = f"must lie between {EARLIEST} and {LATEST}"
        raise InvalidInput(violations=[Violation(field="period", value=name, message=message)])
    return Period(name=name, zone=zone, begin=midnight(first, where), end=midnight(last, where))


def is_period(text: str) -> bool:
    """Whether a definition may have it: a kind of calendar periods, or the name of a period."""
    try:
        return text in tuple(Calendar) or rolling(text) is not None or bool(days(text))
    except (ValueError, OverflowError):
        return False


def meant(text: str, zone: str, *, now: int) -> str:
    """The name of the period that a definition means: of a kind the last period that is over, else what stands there.

    Raises InvalidInput for a zone that there is not.
    """
    if text not in tuple(Calendar):
        return text
    kind, today = Calendar(text), from_micros(now).astimezone(zone_of(zone)).date()
    first, _ = days(name_of(kind, today))
    return name_of(kind, first - timedelta(days=1))


def days_before(count: int, day: date) -> str:
    """The name of the period of so many whole days before a day."""
    return f"{day - timedelta(days=count)}/{day}"


def rolling(text: str | None) -> int | None:
    """Of how many days a rolling period is; None for what is none."""
    found = ROLLING.fullmatch(text or "")
    return int(found["days"]) if found else None


def previous(one: Period) -> Period:
    """The period before: of the same kind for a calendar period, else of the same length."""
    found = NAMED.fullmatch(one.name)
    if found is None:
        name = f"before {one.name}"
        return Period(name=name, zone=one.zone, begin=one.begin - one.length, end=one.begin)
    first, _ = days(one.name)
    name, where = name_of(_kind(found), first - timedelta(days=1)), zone_of(one.zone)
    begin, end = days(name)
    return Period(name=name, zone=one.zone, begin=midnight(begin, where), end=midnight(end, where))


def _kind(found: re.Match[str]) -> Calendar:
    return next(one for one in Calendar if found[one])


def name_of(kind: Calendar, day: date) -> str:
    """The calendar period of a kind in which a day lies; a week belongs to the year of its Thursday (ISO 8601)."""
    match kind:
        case Calendar.MONTH:
            return f"{day:%Y-%m}"
        case Calendar.WEEK:
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02}"
        case Calendar.QUARTER:
            return f"{day:%Y}-Q{(day.month + 2) // 3}"
        case Calendar.YEAR:
            return f"{day:%Y}"


def days(name: str) -> tuple[date, date]:
    """(first day, first day after) of a named period or a span. Raises ValueError or OverflowError."""
    span = SPAN.fullmatch(name)
    if span:
        first, last = date.fromisoformat(span["first"]), date.fromisoformat(span["last"])
        if first >= last:
            raise ValueError(name)
        return first, last
    found = NAMED.fullmatch(name)
    if not found:
        raise ValueError(name)
    year = int(found["year"])
    if found["week"]:
        monday = date.fromisocalendar(year, int(found["week"]), 1)
        return monday, monday + timedelta(days=7)
    if found["quarter"]:
        return _months(year, 3 * int(found["quarter"]) - 2, 3)
    if found["month"]:
        return _months(year, int(found["month"]), 1)
    return date(year, 1, 1), date(year + 1, 1, 1)


def _months(year: int, month: int, count: int) -> tuple[date, date]:
    years, months = divmod(month - 1 + count, 12)
    return date(year, month, 1), date(year + years, months + 1, 1)
