"""What is usual: how many reports an hour of the week brings, and which part of them is about what."""

from collections.abc import Mapping
from statistics import median

from hub.constraints.memory import Counts, Memory
from hub.constraints.sightings import Key

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
WEEKS, DAYS, SAME_HOURS = 4, 28, 5
KEPT_HOURS = (WEEKS * 7 + 8) * 24
"""A week more than is looked back, for what comes late."""

OUTLIER = 3.0
"""A week that had more than so many times the usual does not count with more."""

SHRINK = 0.5
"""What is added to the count of each key: one that was never seen is rare, and not impossible."""


class Profile:
    """Counts by the hour for all reports and by the day for each key: what it holds is bounded by keys and weeks."""

    def __init__(self) -> None:
        self._hours: dict[int, int] = {}
        self._days: dict[int, int] = {}
        self._keys: dict[Key, dict[int, int]] = {}
        self._first: int | None = None
        self._newest = 0
        self._rates: dict[int, float] = {}
        self._shares: dict[tuple[Key, int], tuple[int, int]] = {}
        self._spreads: dict[tuple[Key, int], float] = {}

    def add(self, at: int, keys: tuple[Key, ...]) -> None:
        hour, day = at // HOUR, at // DAY
        if self._newest and hour < self._newest - KEPT_HOURS:
            return
        self._first = hour if self._first is None else min(self._first, hour)
        self._hours[hour] = self._hours.get(hour, 0) + 1
        self._days[day] = self._days.get(day, 0) + 1
        for key in keys:
            days = self._keys.setdefault(key, {})
            days[day] = days.get(day, 0) + 1
        if hour < self._newest:
            self._rates.clear()
            self._shares.clear()
            self._spreads.clear()
        elif hour > self._newest:
            if day > self._newest // 24:
                self._forget(hour)
            self._newest = hour

    def remember(self) -> tuple[Counts, Counts, Mapping[Key, Counts]]:
        """The reports by hour, by day, and by key and day."""
        return self._hours, self._days, self._keys

    def resume(self, memory: Memory) -> None:
        self._hours, self._days = dict(memory.reports), dict(memory.days)
        self._keys = {key: dict(days) for key, days in memory.about.items()}
        self._first, self._newest = memory.first or None, memory.newest  # of an empty stream it is 0

    def knows(self, at: int, span: int) -> bool:
        """Whether its first report lies so long before an instant."""
        return self._first is not None and at - self._first * HOUR >= span

    def count(self, hour: int) -> int:
        return self._hours.get(hour, 0)

    def expected(self, begin: int, end: int) -> float:
        """How many reports a span usually brings."""
        total, hour = 0.0, begin // HOUR
        while hour * HOUR < end:
            inside = min(end, (hour + 1) * HOUR) - max(begin, hour * HOUR)
            total += self.rate(hour) * inside / HOUR
            hour += 1
        return total

    def rate(self, hour: int) -> float:
        """How many reports an hour usually brings: the mean of the same hour of the week and its neighbours.

        If the same hour of the latest days of its kind, be they of work or not, had more by their median, that counts:
        so a batch that is new, and comes every day, is usual after three days.
        """
        found = self._rates.get(hour)
        if found is None:
            found = self._rates[hour] = max(self._of_weeks(hour), self._of_days(hour))
        return found

    def share(self, key: Key, at: int) -> float:
        """Which part of all reports is about a key, by four weeks that end a day ago."""
        day = at // DAY - 1
        found = self._shares.get((key, day))
        if found is None:
            days, last = self._keys.get(key, {}), range(day - DAYS, day)
            found = sum(days.get(one, 0) for one in last), sum(self._days.get(one, 0) for one in last)
            self._shares[key, day] = found
        of_key, of_all = found
        return (of_key + SHRINK) / (of_all + SHRINK * max(1, len(self._keys)))

    def spread(self, key: Key, at: int) -> float:
        """How many times its mean the variance of a key's daily count is, without its two wildest days; 1 or more.

        Of a key with hardly any reports nothing can be said: 1.
        """
        day = at // DAY - 1
        found = self._spreads.get((key, day))
        if found is None:
            found = self._spreads[key, day] = self._spread(self._keys.get(key, {}), range(day - DAYS, day))
        return found

    def _spread(self, days: Mapping[int, int], last: range) -> float:
        of_key, of_all = sum(days.get(one, 0) for one in last), sum(self._days.get(one, 0) for one in last)
        if of_key < len(last):
            return 1.0
        means = [(self._days.get(one, 0) * of_key / of_all, days.get(one, 0)) for one in last]
        odd = sorted((count - mean) ** 2 / mean for mean, count in means if mean)[:-2]
        return max(1.0, sum(odd) / len(odd)) if odd else 1.0

    def _of_weeks(self, hour: int) -> float:
        values = [
            self._smooth(hour - 168 * week) for week in range(1, WEEKS + 1) if self._is_known(hour - 168 * week)
        ]
        if not values:
            return 0.0
        highest = OUTLIER * median(values) + OUTLIER
        return sum(min(value, highest) for value in values) / len(values)

    def _of_days(self, hour: int) -> float:
        days = [hour - 24 * day for day in range(1, 12) if is_weekend(hour - 24 * day) == is_weekend(hour)]
        counts = [self.count(one) for one in days[:SAME_HOURS] if self._is_known(one)]
        return float(median(counts)) if len(counts) >= 3 else 0.0

    def _smooth(self, hour: int) -> float:
        return (self.count(hour - 1) + 2 * self.count(hour) + self.count(hour + 1)) / 4

    def _is_known(self, hour: int) -> bool:
        return self._first is not None and hour > self._first

    def _forget(self, hour: int) -> None:
        """Drop what nobody asks for any more."""
        oldest = hour - KEPT_HOURS
        self._hours = {one: count for one, count in self._hours.items() if one >= oldest}
        self._days = {one: count for one, count in self._days.items() if one >= oldest // 24}
        kept = (
            (key, {day: count for day, count in days.items() if day >= oldest // 24})
            for key, days in self._keys.items()
        )
        self._keys = {key: days for key, days in kept if days}
        self._rates = {one: rate for one, rate in self._rates.items() if one >= hour - DAYS * 24 - 1}
        self._shares.clear()
        self._spreads.clear()


def is_weekend(hour: int) -> bool:
    """The first of January 1970 was a Thursday."""
    return (hour // 24 + 3) % 7 >= 5
