"""Many comparisons with one attribute, answered at once: a probe is asked which of its rows hold for some values.

Each probe keeps what the rows ask for, so that the value of a document finds them: equal values by a dictionary,
limits by their order. The meaning is that of `predicate`.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from hub.query.rows import Rows
from hub.query.syntax import Comparison, Operator
from hub.query.values import instant_in, number_in, number_of

Path = tuple[str, ...]
ProbeKey = tuple[Path, str]

_STEP = 32
"""How many limits lie between two unions that are kept."""

_BELOW = {Operator.GT: 1, Operator.GTE: 0}
_ABOVE = {Operator.LT: 0, Operator.LTE: 1}


def values_at(node: Any, path: Path) -> Sequence[Any]:
    """What stands at the end of the path; arrays on the way are entered, one level each."""
    for position, name in enumerate(path):
        if isinstance(node, list):
            rest = path[position:]
            return [value for element in node if isinstance(element, dict) for value in values_at(element, rest)]
        if not isinstance(node, dict):
            return ()
        node = node.get(name)
    return node if isinstance(node, list) else (node,)


class Found:
    """What stands in one document, each path looked up once; the document itself is at ()."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._values: dict[Path, Sequence[Any]] = {(): (document,)}
        self._names: dict[Path, Set[str]] = {}

    def at(self, path: Path) -> Sequence[Any]:
        values = self._values.get(path)
        if values is None:
            values = self._values[path] = values_at(self._document.get(path[0]), path[1:])
        return values

    def names_in(self, path: Path) -> Set[str]:
        """The attributes of all objects at the path."""
        names = self._names.get(path)
        if names is None:
            objects = [value for value in self.at(path) if isinstance(value, Mapping)]
            names = objects[0].keys() if len(objects) == 1 else set[str]().union(*objects)
            self._names[path] = names
        return names


class Equal:
    """Rows that want one of some values."""

    def __init__(self) -> None:
        self._texts: dict[str, Rows] = {}
        self._numbers: dict[int | float, Rows] = {}
        self._instants: dict[int, Rows] = {}

    def add(self, row: int, comparison: Comparison) -> None:
        for table, key in self._places(comparison):
            table.setdefault(key, Rows()).add(row)

    def remove(self, row: int, comparison: Comparison) -> None:
        for table, key in self._places(comparison):
            rows = table.get(key)
            if rows is not None:
                rows.discard(row)
                if not rows:
                    del table[key]

    def _places(self, comparison: Comparison) -> Iterator[tuple[dict[Any, Rows], str | int | float]]:
        for value in comparison.values:
            yield self._texts, value
            if (number := number_in(value)) is not None:
                yield self._numbers, number
            if (instant := instant_in(value)) is not None:
                yield self._instants, instant

    def rows(self, values: Sequence[Any]) -> int:
        mask = 0
        for value in values:
            for rows in self._equal(value):
                if rows is not None:
                    mask |= rows.mask
        return mask

    def _equal(self, value: Any) -> Iterator[Rows | None]:
        if isinstance(value, str):
            yield self._texts.get(value)
            if self._instants and (instant := instant_in(value)) is not None:
                yield self._instants.get(instant)
        elif isinstance(value, bool):
            yield self._texts.get("true" if value else "false")
        elif (number := number_of(value)) is not None:
            yield self._numbers.get(number)


class Different:
    """Rows that want none of some values."""

    def __init__(self) -> None:
        self._equal = Equal()
        self._all = 0

    def add(self, row: int, comparison: Comparison) -> None:
        self._equal.add(row, comparison)
        self._all |= 1 << row

    def remove(self, row: int, comparison: Comparison) -> None:
        self._equal.remove(row, comparison)
        self._all &= ~(1 << row)

    def rows(self, values: Sequence[Any]) -> int:
        return self._all ^ self._equal.rows(values)


class Limits:
    """Rows that want a value beyond a limit of their own; all limits are of one kind and lie on one side.

    A limit is kept with 1 when only what is beyond it holds below, or what is equal holds above, else with 0: so
    the limits that a value satisfies are always one end of the sorted list.
    """

    def __init__(self, kind: str, *, below: bool) -> None:
        self._kind = kind
        self._below = below
        self._keys: list[tuple[Any, int]] = []
        self._of: dict[tuple[Any, int], Rows] = {}
        self._unions: list[int] = [0]
        self._all = 0

    def _key(self, comparison: Comparison) -> tuple[Any, int]:
        flags = _BELOW if self._below else _ABOVE
        return _READ[self._kind](comparison.values[0]), flags[comparison.operator]

    def add(self, row: int, comparison: Comparison) -> None:
        key = self._key(comparison)
        if key not in self._of:
            insort(self._keys, key)
            self._of[key] = Rows()
        self._of[key].add(row)
        self._all |= 1 << row
        self._forget_unions(key)

    def remove(self, row: int, comparison: Comparison) -> None:
        key = self._key(comparison)
        self._forget_unions(key)
        self._of[key].discard(row)
        self._all &= ~(1 << row)
        if not self._of[key]:
            del self._of[key]
            self._keys.pop(bisect_left(self._keys, key))

    def _forget_unions(self, key: tuple[Any, int]) -> None:
        del self._unions[bisect_left(self._keys, key) // _STEP + 1 :]

    def rows(self, values: Sequence[Any]) -> int:
        read = _READ[self._kind]
        known = [number for value in values if (number := read(value)) is not None]
        if not known:
            return 0
        if self._below:
            return self._union(bisect_right(self._keys, (max(known), 0)))
        return self._all ^ self._union(bisect_left(self._keys, (min(known), 1)))

    def _union(self, end: int) -> int:
        """The rows of the first `end` limits."""
        whole = end // _STEP
        while len(self._unions) <= whole:
            start = (len(self._unions) - 1) * _STEP
            self._unions.append(self._unions[-1] | self._between(start, start + _STEP))
        return self._unions[whole] | self._between(whole * _STEP, end)

    def _between(self, start: int, end: int) -> int:
        mask = 0
        for key in self._keys[start:end]:
            mask |= self._of[key].mask
        return mask


def _instant_of(value: Any) -> int | None:
    return instant_in(value) if isinstance(value, str) else None


def _text_of(value: Any) -> str | None:
    return value if isinstance(value, str) else None


_READ = {"number": number_of, "instant": _instant_of, "text": _text_of}

Probe = Equal | Different | Limits


def probe_key(comparison: Comparison) -> ProbeKey | None:
    """Which probe answers the comparison; None when none does."""
    match comparison.operator:
        case Operator.EQ | Operator.NE:
            return comparison.path, comparison.operator.value
        case Operator.GT | Operator.GTE:
            return comparison.path, f"> {_kind(comparison.values[0])}"
        case Operator.LT | Operator.LTE:
            return comparison.path, f"< {_kind(comparison.values[0])}"
        case _:
            return None


def _kind(value: str) -> str:
    if number_in(value) is not None:
        return "number"
    return "text" if instant_in(value) is None else "instant"


def new_probe(key: ProbeKey) -> Probe:
    sign, _, kind = key[1].partition(" ")
    match sign:
        case "eq":
            return Equal()
        case "ne":
            return Different()
        case _:
            return Limits(kind, below=sign == ">")
