"""Business calendars: when a service is to be worked on, by local opening hours without the public holidays.

Opening edges are local times that are made into instants, so that the hours of a day stay what the contract says on
both sides of a change of the clocks, and the one hour more or less falls into the time that is open then.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

from hub.model.intervals import Interval, clipped, measure, union
from hub.model.times import from_micros, to_micros

DAY = 86_400_000_000
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Hours = tuple[int, int]
"""(opening, closing) in minutes after local midnight; a closing at or before the opening lies on the next day."""

MARGIN_YEARS = 1


@dataclass(frozen=True, kw_only=True)
class Holidays:
    """The public holidays of a country, and of a part of it where one is named (ISO 3166-1 and 3166-2)."""

    country: str
    subdivision: str | None = None

    def days(self, years: Iterable[int]) -> set[date]:
        """The days that are public holidays. Raises NotImplementedError for a place that `holidays` does not know."""
        found = holidays.country_holidays(self.country, subdiv=self.subdivision, years=list(years))
        return set(found)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Opening hours by weekday (0 Monday) in a zone; without any it is open at all times.

    `closed` are days off beside the holidays. What was worked out is kept, and grows with the years that are asked for.
    """

    name: str
    zone: str = "UTC"
    hours: Mapping[int, tuple[Hours, ...]] = field(default_factory=dict)
    holidays: Holidays | None = None
    closed: frozenset[date] = frozenset()
    _kept: dict[str, "_Opening"] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_always_open(self) -> bool:
        return not self.hours

    def between(self, begin: int, end: int) -> int:
        """The open time in [begin, end), in microseconds."""
        if end <= begin:
            return 0
        if not self.hours:
            return end - begin
        opening = self._opening(begin, end)
        return opening.before(end) - opening.before(begin)

    def within(self, intervals: Sequence[Interval]) -> int:
        """The open time in intervals that are in order and apart, in microseconds."""
        if not self.hours or not intervals:
            return measure(intervals)
        return self._opening(intervals[0][0], intervals[-1][1]).within(intervals)

    def after(self, begin: int, duration: int) -> int | None:
        """The first instant by which so much time was open since `begin`; None when that is years away."""
        if not self.hours:
            return begin + duration
        span = duration * 14 + 60 * DAY
        opening = self._opening(begin, begin + span)
        return opening.at(opening.before(begin) + duration)

    def opened(self, begin: int, end: int) -> list[Interval]:
        """The intervals of [begin, end) that are open, merged."""
        if not self.hours:
            return [(begin, end)] if begin < end else []
        opening = self._opening(begin, end)
        return clipped(zip(opening.begins, opening.ends, strict=True), begin, end)

    def _opening(self, begin: int, end: int) -> "_Opening":
        kept = self._kept.get("opening")
        if kept is None or begin < kept.first or end > kept.last:
            first = from_micros(begin if kept is None else min(begin, kept.first)).year - MARGIN_YEARS
            last = from_micros(end if kept is None else max(end, kept.last)).year + MARGIN_YEARS
            kept = self._kept["opening"] = self._worked_out(first, last)
        return kept

    def _worked_out(self, first: int, last: int) -> "_Opening":
        """The opening of whole years, the last one not included."""
        zone = ZoneInfo(self.zone)
        begin, end = date(first, 1, 1), date(last + 1, 1, 1)
        closed = set(self.closed)
        if self.holidays is not None:
            closed |= self.holidays.days(range(first, last + 1))
        days = (begin + timedelta(days=number) for number in range((end - begin).days))
        edges = union(
            (_instant(day, opens, zone), _instant(day, closes if closes > opens else closes + 1440, zone))
            for day in days
            if day not in closed
            for opens, closes in self.hours.get(day.weekday(), ())
        )
        return _Opening(edges, _instant(begin, 1440, zone), _instant(end, -1440, zone))


ALWAYS = Calendar(name="24x7")


def _instant(day: date, minutes: int, zone: ZoneInfo) -> int:
    """A local time, by the clock on the wall: minutes beyond a day are of the next one."""
    later, within = divmod(minutes, 1440)
    local = datetime.combine(day + timedelta(days=later), time(within // 60, within % 60), zone)
    return to_micros(local)


class _Opening:
    """The open intervals of some years, with the open time before each."""

    def __init__(self, intervals: list[Interval], first: int, last: int) -> None:
        self.first, self.last = first, last
        self.begins = [begin for begin, _ in intervals]
        self.ends = [end for _, end in intervals]
        self.sums = [0]
        for begin, end in intervals:
            self.sums.append(self.sums[-1] + end - begin)

    def before(self, instant: int) -> int:
        """The open time until an instant."""
        number = bisect_right(self.begins, instant) - 1
        if number < 0:
            return 0
        return self.sums[number] + min(instant, self.ends[number]) - self.begins[number]

    def within(self, intervals: Sequence[Interval]) -> int:
        """The open time of intervals, all together."""
        begins, ends, sums = self.begins, self.ends, self.sums
        found = 0
        for begin, end in intervals:
            number = bisect_right(begins, end) - 1
            if number >= 0:
                found += sums[number] + min(end, ends[number]) - begins[number]
            number = bisect_right(begins, begin) - 1
            if number >= 0:
                found -= sums[number] + min(begin, ends[number]) - begins[number]
        return found

    def at(self, total: int) -> int | None:
        """The first instant by which so much time was open."""
        number = bisect_right(self.sums, total - 1) - 1
        if number >= len(self.begins):
            return None
        return self.begins[number] + total - self.sums[number]
