"""Rows that want a value beyond a limit."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from typing import Any

from hub.query.matching.rows import Rows
from hub.query.syntax import Comparison, Operator
from hub.query.values import instant_in, number_in, number_of

_STEP = 32
"""How many limits lie between two unions that are kept."""

_BELOW = {Operator.GT: 1, Operator.GTE: 0}
_ABOVE = {Operator.LT: 0, Operator.LTE: 1}


def _instant_of(value: Any) -> int | None:
    return instant_in(value) if isinstance(value, str) else None


def _text_of(value: Any) -> str | None:
    return value if isinstance(value, str) else None


_READ = {"number": number_of, "instant": _instant_of, "text": _text_of}


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


def kind_of(value: str) -> str:
    """What a limit that is written so compares: numbers, instants or texts."""
    if number_in(value) is not None:
        return "number"
    return "text" if instant_in(value) is None else "instant"
