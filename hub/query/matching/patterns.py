"""Rows that want a regular expression to be found."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hub.query.matching.rows import Rows
from hub.query.patterns import Search, search_for, search_for_all
from hub.query.syntax import Comparison

_CHUNK = 128
"""How many patterns are searched for together."""


Chunk = tuple[list[str], Callable[[str], Sequence[int]]]


def _chunk(patterns: list[str]) -> Chunk:
    return patterns, search_for_all(patterns)


class Patterns:
    """Patterns are searched for in chunks; those that came since the last chunk are tried one by one, and so are never
    many. A pattern that nobody wants any more stays in its chunk until most of them are such.
    """

    def __init__(self) -> None:
        self._of: dict[str, Rows] = {}
        self._chunks: list[Chunk] = []
        self._fresh: dict[str, Search | None] = {}
        self._unwanted = 0

    def add(self, row: int, comparison: Comparison) -> None:
        (pattern,) = comparison.values
        if pattern not in self._of:
            self._of[pattern] = Rows()
            self._fresh[pattern] = None
        self._of[pattern].add(row)
        if len(self._fresh) == _CHUNK:
            self._chunks.append(_chunk(list(self._fresh)))
            self._fresh = {}

    def remove(self, row: int, comparison: Comparison) -> None:
        (pattern,) = comparison.values
        self._of[pattern].discard(row)
        if self._of[pattern]:
            return
        del self._of[pattern]
        if pattern in self._fresh:
            del self._fresh[pattern]
            return
        self._unwanted += 1
        if self._unwanted > len(self._of) + _CHUNK:
            self._start_again()

    def _start_again(self) -> None:
        patterns = list(self._of)
        whole = len(patterns) // _CHUNK * _CHUNK
        self._chunks = [_chunk(patterns[start : start + _CHUNK]) for start in range(0, whole, _CHUNK)]
        self._fresh = dict.fromkeys(patterns[whole:])
        self._unwanted = 0

    def rows(self, values: Sequence[Any]) -> int:
        mask = 0
        for text in values:
            if isinstance(text, str):
                for pattern in self._found_in(text):
                    rows = self._of.get(pattern)
                    mask |= rows.mask if rows else 0
        return mask

    def _found_in(self, text: str) -> Iterator[str]:
        for patterns, search in self._chunks:
            for place in search(text):
                yield patterns[place]
        for pattern, known in self._fresh.items():
            alone = self._fresh[pattern] = known or search_for(pattern)
            if alone(text) is not None:
                yield pattern
