"""Finds the tickets that a source deleted without a word: it lists all keys, and what is missing is asked for."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import timedelta

from hub.model.times import Clock, from_micros
from hub.ports import Lists, Record
from hub.store.sources import SourceRow

ASKED = 500
"""How many missing tickets are asked for in one poll; the next poll goes on with the others."""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What was found out about tickets that are not listed; `last` is the key to go on after, "" at the end."""

    records: tuple[Record, ...]
    last: str


@dataclass(frozen=True, kw_only=True)
class Reconciling:
    """`every` is the time in seconds between two listings of all keys; 0 is never."""

    every: float
    clock: Clock

    def is_due(self, row: SourceRow) -> bool:
        if not self.every:
            return False
        done = row.reconciled
        # One that is far ahead was noted by a clock that has been set back.
        return done is None or abs(self.clock() - from_micros(done)) >= timedelta(seconds=self.every)

    def missing(self, source: Lists, present: Set[str], after: str) -> Missing:
        """The tickets of `present` behind the key `after` that the source no longer lists, as they are now.

        Raises SourceError.
        """
        listed = set(source.keys())
        unlisted = sorted(key for key in present - listed if key > after)
        asked = unlisted[:ASKED]
        records = tuple(self._asked(source, asked))
        return Missing(records=records, last=asked[-1] if len(unlisted) > ASKED else "")

    def _asked(self, source: Lists, keys: list[str]) -> Iterator[Record]:
        now = self.clock()
        for key in keys:
            found = source.ask(key)
            # A ticket that was merged is answered with the one that it became a part of.
            gone = Record(key=key, updated=now, data={}, gone=True)
            yield gone if found is None or found.key != key else found
