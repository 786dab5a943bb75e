"""Whose turn it is: lanes whose time has come stand in a line, the others in a heap by their time."""

from collections import OrderedDict
from collections.abc import Iterator
from heapq import heapify, heappop, heappush

SPARE = 64
"""How many outdated entries the heap may hold beside as many as there are lanes."""


class Rotation:
    """Keys with a time each; thousands of them cost no more to turn than those whose time has come."""

    def __init__(self) -> None:
        self._at: dict[int, int] = {}
        self._line: OrderedDict[int, None] = OrderedDict()
        self._heap: list[tuple[int, int, int]] = []
        self._entries = 0

    def place(self, key: int, at: int | None) -> None:
        """From now on the time of the key is this; None takes it out."""
        if self._at.get(key) == at:
            return
        self._line.pop(key, None)
        if at is None:
            self._at.pop(key, None)
            return
        self._at[key] = at
        self._push(at, key)

    def ready(self, now: int) -> Iterator[int]:
        """The keys whose time has come, the one that was served longest ago first."""
        while (entry := self._first()) and entry[0] <= now:
            heappop(self._heap)
            self._line[entry[2]] = None
        return iter(self._line)

    def served(self, key: int) -> None:
        """The key goes to the end of the line."""
        if key in self._line:
            self._line.move_to_end(key)

    def next_at(self) -> int | None:
        """The earliest time; None without keys."""
        if self._line:
            return self._at[next(iter(self._line))]
        entry = self._first()
        return entry[0] if entry else None

    def _first(self) -> tuple[int, int, int] | None:
        """The first entry of the heap that still holds; what is outdated before it is thrown away."""
        while self._heap:
            at, _, key = self._heap[0]
            if self._at.get(key) == at and key not in self._line:
                return self._heap[0]
            heappop(self._heap)
        return None

    def _push(self, at: int, key: int) -> None:
        self._entries += 1
        heappush(self._heap, (at, self._entries, key))
        if len(self._heap) > 2 * len(self._at) + SPARE:
            valid = {entry[2]: entry for entry in self._heap if self._at.get(entry[2]) == entry[0]}
            self._heap = [entry for key, entry in valid.items() if key not in self._line]
            heapify(self._heap)
