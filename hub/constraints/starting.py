"""Makes the detectors know what was seen before: by what was kept, or by reading the weeks that make the usual."""

from collections.abc import Callable

from hub.constraints.detectors import Detectors
from hub.constraints.memory import memory_in
from hub.constraints.profile import HOUR
from hub.constraints.season import KEPT
from hub.constraints.sightings import Sighting
from hub.constraints.topology import Topology
from hub.model.event import EventType
from hub.model.times import micros_to_text
from hub.problems.dates import AHEAD
from hub.store.constraints import Sighted
from hub.store.tables import Tables

PAGE = 2000
"""So many reports are read at once: between two pages, others have their turn, and a stop is heard."""

Read = Callable[[Sighted], Sighting | None]


class Start:
    """Fills `detectors` with the history up to the row number `until`, a page at a time."""

    def __init__(
        self, detectors: Detectors, tables: Tables, *, read: Read, topology: Topology, until: int, now: int
    ) -> None:
        self.detectors = detectors
        self.until = until
        self._read = read
        self._now = now
        self._opened, self._seq = micros_to_text(now - KEPT * HOUR), 0
        self.kept_at = self._resume(tables, topology)
        """When what it goes on by was kept; 0 where weeks are read."""

    def step(self, tables: Tables) -> bool:
        """Learn one page; whether that was the last."""
        rows = self._page(tables)
        for row in rows:
            if row.event_type == EventType.CREATE and (one := self._read(row)):
                self.detectors.learn(one)
        if rows:
            self._opened, self._seq = rows[-1].opened, rows[-1].seq
        return len(rows) < PAGE

    def _page(self, tables: Tables) -> list[Sighted]:
        table = tables.constraints
        if self.kept_at:
            return table.sightings(after=self._seq, until=self.until, limit=PAGE)
        return list(table.history(since=self._opened, after=self._seq, until=self.until, limit=PAGE))

    def _resume(self, tables: Tables, topology: Topology) -> int:
        """Go on by what was kept, and the reports of the hours before it; 0 where nothing fits."""
        kept = tables.constraints.memory()
        memory = memory_in(kept.content, topology) if kept and kept.mark <= self.until else None
        if kept is None or memory is None or memory.at > self._now + AHEAD:
            return 0
        self.detectors.resume(memory)
        since = micros_to_text(self.detectors.held_from)
        for row in tables.constraints.history(since=since, until=kept.mark):
            if one := self._read(row):
                self.detectors.hold(one)
        self._seq = kept.mark
        return kept.kept
