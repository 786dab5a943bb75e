"""How many customers an hour usually brings to one thing: by the hour of the week, the kind of day, and what is new."""

from bisect import bisect_left
from collections.abc import Mapping
from statistics import median

from hub.constraints.profile import DAYS, OUTLIER, WEEKS, is_weekend

NEW_DAYS = 3
"""What an hour brings on so many days of a kind, one after the other, is usual from then on."""

ALIKE = 2.0
"""Hours are alike if one usually brings no more than so many times what the other does."""

LEAST_ALIKE = 50
"""So many hours at least say how much a count varies; the nearest ones where fewer are alike."""

KEPT_PART = 0.98
"""What varies most, a fiftieth, is left out: what was beyond the usual does not make it wider."""

DAY = 24
WEEK = 7 * DAY
KEPT = 2 * WEEKS * WEEK + DAY
"""The hours that are looked back: four weeks, of which each hour is judged by the four before it."""


class Season:
    """One series of counts by the hour; hours are numbered since 1970, `first` is the first one of the stream.

    The usual of an hour is the mean of two means: of the same hour of the four weeks before, and of the same hour of
    all days of its kind (of work or weekend) in them; each with its two neighbours, which count half. What is above
    OUTLIER times the median (and OUTLIER more) counts as that. The first knows what a Monday brings; the second has
    five times the counts, which matters where they are small.

    The dispersion is the mean of (count - usual)² / usual over hours of the four weeks before the day that usually
    bring about as much, without the largest fiftieth: Pearson's estimate for a quasi-Poisson count, as in Farrington,
    Andrews, Beale, Catchpole: A statistical algorithm for the early detection of outbreaks of infectious disease,
    JRSS A 159 (1996), doi 10.2307/2983331, who take neighbours and weigh outliers down, too. It is fitted to hours that
    are alike since one figure for all is that of the busy ones, and hides what is three times the usual at night.
    """

    def __init__(self, hours: Mapping[int, int] | None = None) -> None:
        self.hours = dict(hours or {})
        self._rates: dict[int, float] = {}
        self._fitted: dict[tuple[int, int], tuple[list[float], list[float]]] = {}

    def add(self, hour: int) -> None:
        self.hours[hour] = self.hours.get(hour, 0) + 1

    def begin(self) -> None:
        """Forget what was reckoned: the stream has another first hour."""
        self._rates.clear()
        self._fitted.clear()

    def correct(self, hour: int) -> None:
        """Forget what was reckoned by an hour that has changed; a dispersion stays for its day."""
        last = hour + DAY - 1
        if any(one >= last for one in self._rates):
            self._rates = {one: rate for one, rate in self._rates.items() if one < last}

    def forget(self, hour: int) -> None:
        """Drop what nobody asks for any more at an hour."""
        self.hours = {one: count for one, count in self.hours.items() if one >= hour - KEPT}
        self._rates = {one: rate for one, rate in self._rates.items() if one >= hour - DAYS * DAY - 2}
        self._fitted = {key: one for key, one in self._fitted.items() if key[0] >= hour // DAY - 1}

    def rate(self, hour: int, first: int) -> float:
        """How many an hour usually brings."""
        found = self._rates.get(hour)
        if found is None:
            found = self._rates[hour] = self._rate(hour, first)
        return found

    def dispersion(self, day: int, hours: int, mean: float, *, first: int, least: float) -> float:
        """How many times its mean the variance of a sum over `hours` is where `mean` is usual; 1 or more.

        By the four weeks before the day; `least` is what an hour is taken to bring at least.
        """
        fitted = self._fitted.get((day, hours))
        if fitted is None:
            fitted = self._fitted[day, hours] = self._fit(day, hours, first, least)
        usual, odd = fitted
        low, high = bisect_left(usual, mean / ALIKE), bisect_left(usual, mean * ALIKE)
        if high - low < LEAST_ALIKE:
            low = max(0, min(low, len(usual) - LEAST_ALIKE))
            high = max(high, low + LEAST_ALIKE)
        kept = sorted(odd[low:high])
        kept = kept[: int(len(kept) * KEPT_PART)]
        return max(1.0, sum(kept) / len(kept)) if kept else 2.0

    def _fit(self, day: int, hours: int, first: int, least: float) -> tuple[list[float], list[float]]:
        """What each window of four weeks usually brings, from little to much, and how odd each was."""
        begins = range(day * DAY - hours, max(first, (day - DAYS) * DAY) - 1, -hours)
        pairs = sorted(self._window(range(one, one + hours), first, least) for one in begins)
        return [usual for usual, _ in pairs], [odd for _, odd in pairs]

    def _window(self, span: range, first: int, least: float) -> tuple[float, float]:
        usual = sum(max(least, self.rate(one, first)) for one in span)
        count = sum(self.hours.get(one, 0) for one in span)
        return usual, (count - usual) ** 2 / usual

    def _rate(self, hour: int, first: int) -> float:
        weeks = [one for one in range(hour - WEEK, hour - WEEKS * WEEK - 1, -WEEK) if one > first]
        days = [
            one
            for one in range(hour - DAY, hour - DAYS * DAY - 1, -DAY)
            if one > first and is_weekend(one) == is_weekend(hour)
        ]
        means = [self._mean(one) for one in (weeks, days) if one]
        if not means:
            return 0.0
        latest = [self.hours.get(one, 0) for one in days[:NEW_DAYS]]
        return max(sum(means) / len(means), min(latest) if len(latest) == NEW_DAYS else 0)

    def _mean(self, hours: list[int]) -> float:
        get = self.hours.get
        values = [(get(one - 1, 0) + 2 * get(one, 0) + get(one + 1, 0)) / 4 for one in hours]
        highest = OUTLIER * median(values) + OUTLIER
        return sum(min(value, highest) for value in values) / len(values)
