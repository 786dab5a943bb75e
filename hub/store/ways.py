"""The ways to the rows of a list, and the cheapest of them.

SQLite would guess, and guess differently as the tables grow. Here the tally tells how many rows each way passes, and
the way is written into the statement.
"""

import sqlite3
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import chain
from time import monotonic

from hub.query.entries import Key, keys_for
from hub.query.ordering import Sort
from hub.query.sql_values import ALWAYS
from hub.query.sqlite_json import Sql
from hub.query.syntax import Comparison, Condition, Or
from hub.store.blocks import BLOCK, late_enough
from hub.store.estimates import FRESH_FOR, Estimates
from hub.store.facets import IDS, compiled, paths_of
from hub.store.path_tally import counting_common
from hub.store.paths import Declared
from hub.store.tally import INDEXES, Tally, counting
from hub.store.way import BRANCHED, DATES_IN, LOOK, NO_DATES, PROBE, ROW, SORT, SORTED, Way, exact_keys, holds
from hub.store.windows import DATES

SKIP = 0.03
"""The microseconds that it takes to skip a row of the offset."""

QUICK = 2000.0
"""The microseconds that a list may take on the event loop."""

COUNTED_AT_MOST = 5_000
"""So many entries of a path are counted; more are "many"."""

BRANCHES_MAXIMUM = 8

WORTH_WEIGHING = 0.1
"""A way that costs less than this part of reading the page's rows is taken without weighing the others."""


class Ways:
    """Finds the cheapest way for one condition."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        tally: Tally,
        estimates: Estimates,
        declared: Declared,
        condition: Condition | None,
    ) -> None:
        self._connection = connection
        self._tally = tally
        self._estimates = estimates
        self._declared = declared
        read = compiled(condition, tuple(declared.complete.items()))
        self._facets = read.facets
        self.where = read.where
        self._made = monotonic()
        self._pages: dict[tuple[Sort, int], tuple[float, Way]] = {}
        self._all = max(estimates.of(None), 1)
        self.what = read.what
        """The part that the tally can count."""
        self._counted = tally.count(read.what) if read.facets.counted else self._all
        self._windows = {window: tally.count(read.what, window) for window in read.facets.windows}
        self._keyed = [self._entries(part) for part in read.facets.keyed]
        self.by_values: dict[tuple[Sort, int], float] = {}
        """What it costs to read a list value by value, as `Search` keeps it here, too."""

    def entries(self) -> Sql | None:
        """A statement that gives each fitting row number once, where an indexed path alone decides."""
        facets = self._facets
        if len(self._keyed) != 1 or facets.counted or facets.bounds or facets.others:
            return None
        return self._keyed[0][0]

    def is_fresh(self, declared: Callable[[], Declared]) -> bool:
        """Whether the ways still serve; which paths are indexed is asked only where that could change them."""
        if monotonic() >= self._made + FRESH_FOR:
            return False
        return not (self._keyed or self._facets.others) or declared() is self._declared

    @property
    def is_tallied(self) -> bool:
        """Whether the tally can tell how many rows fit."""
        return self._counting is not None

    def total(self) -> int | None:
        """How many rows fit at this moment, where the tally can tell."""
        if self._counting is None:
            return None
        if not (self._windows or self._facets.counted or self._keyed):
            return self._tally.total()
        return self._tally.run(self._counting)

    @cached_property
    def _counting(self) -> Sql | None:
        """The statement that counts what fits without looking at each."""
        if self._facets.others or len(self._windows) + len(self._facets.keyed) > 1:
            return None
        if not self._facets.keyed:
            return counting(self.what, next(iter(self._windows), None))
        (part,) = self._facets.keyed
        if not isinstance(part, Comparison) or part.path in IDS:
            return None
        number, keys = self._keys_of(part)
        common = next((key for key in keys if (number, key) in self._declared.common), None)
        if common is None:
            return None
        return counting_common((number, common), [key for key in keys if key != common], self.what)

    def unindexed(self) -> list[str]:
        """The dotted paths of the parts that need a look at each report."""
        return list(dict.fromkeys(".".join(path) for part in self._facets.others for path in paths_of(part)))

    def for_page(self, sort: Sort, need: int) -> tuple[float, Way]:
        """(microseconds, way) to the first `need` rows in an order."""
        found = self._pages.get((sort, need))
        if found is None:
            found = self._pages[sort, need] = self._cheapest(sort, need)
        return found

    def _cheapest(self, sort: Sort, need: int) -> tuple[float, Way]:
        found: tuple[float, Way] | None = None
        for way in chain(self._ordered(sort), self._gathering):
            cost = self._cost(way, need, sort)
            if found is None or cost < found[0]:
                found = cost, way
                if cost < WORTH_WEIGHING * ROW * need:
                    break
        assert found is not None  # there is always the way through all rows
        return found

    def for_count(self) -> tuple[float, Way]:
        """(microseconds, way) to all rows, in any order."""
        return min(((self._cost(way, None, ()), way) for way in self._gathering), key=lambda priced: priced[0])

    def _ordered(self, sort: Sort) -> Iterator[Way]:
        """The ways that give the rows in order, so that the first ones come without the others."""
        path = sort[0].path if sort else ()
        if path not in SORTED or (len(sort) > 1 and path not in DATES):
            return  # of a date there are few reports, which SQLite sorts by the other keys as it comes to them
        index = SORTED[path]
        for column, branched in BRANCHED.get(path, {}).items():
            keys = exact_keys(column, self._facets.values_of((column,)))
            if 0 < len(keys) <= (BRANCHES_MAXIMUM if len(sort) < 2 else 1):
                branches = tuple([(f"{column} = ?", [key]) for key in keys])
                passed = self._within_windows(index, self._size(column))
                yield Way(index=branched, branches=branches, passed=passed, ordered=True)
        yield Way(index=index, passed=self._within_windows(index, self._all), ordered=True)
        if not sort:
            for window in self._windows:
                if (blocks := late_enough(window)) is not None:
                    yield Way(index=index, passed=self._all, ordered=True, blocks=blocks)

    def _within_windows(self, index: str, size: float) -> float:
        """What is left of the entries of an index by date within the window that is asked for."""
        for column, count in self._bare.items():
            if INDEXES[column] == index:
                return size * count / self._all
        return size

    @cached_property
    def _bare(self) -> dict[str, int]:
        """How many reports of any kind lie in the window of each date."""
        if not self._facets.counted:
            return {window.column: count for window, count in self._windows.items()}
        return {window.column: self._tally.count(ALWAYS, window) for window in self._windows}

    def _size(self, column: str) -> int:
        """How many reports have one of the values that the condition wants in the column."""
        if len(self._facets.counted) == 1:
            return self._counted
        wanted = self._facets.wanted((column,))
        assert wanted is not None
        return self._estimates.of(wanted)

    @cached_property
    def _gathering(self) -> list[Way]:
        """The ways that find all rows of a value, and sort them afterwards."""
        ways = [Way(index="problem_seq", passed=self._all)]
        ways += [Way(index=INDEXES[column], passed=count) for column, count in self._bare.items()]
        for column, index in BRANCHED[()].items():
            if self._facets.values_of((column,)):
                ways.append(Way(index=index, passed=self._size(column)))
        for (text, bound), size in self._keyed:
            branches = ((f"seq IN ({text})", bound),)
            ways.append(Way(index="problem_seq", branches=branches, passed=size, entry=PROBE))
        return ways

    def _cost(self, way: Way, need: int | None, sort: Sort) -> float:
        """Microseconds to `need` rows, or to all of them."""
        fit, passed = self.fit, way.passed
        if way.ordered and need is not None and not self._facets.others and fit:
            passed = min(passed, need * max(way.passed, 1) / fit + self._before_window(way))
        seen = passed * min(1.0, self._counted / max(way.passed, 1))
        cost = passed * way.entry + seen * self._look(way)
        if not way.ordered and need is not None:
            cost += fit * (SORT if holds(way, sort) else SORT + ROW)
        return cost

    @cached_property
    def fit(self) -> float:
        """About how many rows fit, if nothing depends on anything else."""
        fit = float(self._counted)
        for count in self._windows.values():
            fit *= count / max(self._counted, 1)
        for _, size in self._keyed:
            fit *= size / self._all
        return fit

    def _look(self, way: Way) -> float:
        """What it costs to see whether an entry that fits the index fits the rest."""
        look = PROBE if self._keyed else 0.0
        if any(window.column not in DATES_IN.get(way.index, ()) for window in self._windows):
            look += ROW
        if self._facets.others:
            look += ROW + LOOK * len(self._facets.others)
        return look

    def _before_window(self, way: Way) -> float:
        """Dates rise with the row numbers and with each other, so what a window leaves out may all come first."""
        others = [count for column, count in self._bare.items() if DATES_IN.get(way.index, NO_DATES) != {column}]
        if not others:
            return 0.0
        return way.passed * (1 - min(others) / self._all) / (1 if way.blocks is None else BLOCK)

    def _entries(self, part: Condition) -> tuple[Sql, float]:
        """A statement that gives the row numbers of the reports with the keys of a part, and how many it gives."""
        if isinstance(part, Or):
            found = [self._entries(one) for one in part.parts]
            text = " UNION ".join(text for (text, _), _ in found)
            return (text, [value for (_, values), _ in found for value in values]), sum(size for _, size in found)
        assert isinstance(part, Comparison)
        if part.path in IDS:
            marks = ", ".join("?" * len(part.values))
            return (f"SELECT seq FROM problem WHERE id IN ({marks})", list(part.values)), len(part.values)
        number, keys = self._keys_of(part)
        marks = ", ".join("?" * len(keys))
        once = "DISTINCT " if len(keys) > 1 else ""
        rows = f"SELECT {once}problem FROM problem_path WHERE path = {number} AND value IN ({marks})"
        return (rows, list(keys)), sum(self._entries_of(number, key) for key in keys)

    def _keys_of(self, part: Comparison) -> tuple[int, list[Key]]:
        """(number of an indexed path, keys of the values that are wanted there)."""
        return self._declared.complete[part.path], list(dict.fromkeys(keys_for(part.values)))

    def _entries_of(self, number: int, key: Key) -> float:
        """How many reports have a value at an indexed path."""
        if (number, key) in self._declared.common:
            return float(self._tally.run(counting_common((number, key), [], ALWAYS)))
        rows = f"SELECT 1 FROM problem_path WHERE path = ? AND value = ? LIMIT {COUNTED_AT_MOST}"
        size = float(self._connection.execute(f"SELECT count(*) FROM ({rows})", (number, key)).fetchone()[0])
        # Many can be a few more than were counted, or all: between the two, so that neither is far off.
        return size if size < COUNTED_AT_MOST else float((size * self._all) ** 0.5)
