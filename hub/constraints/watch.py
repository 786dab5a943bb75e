"""Watches the reports as they come, and keeps what the detectors find: a batch at a time, one transaction each."""

from collections.abc import Iterable
from functools import partial

import orjson

from hub.constraints.detectors import Detectors
from hub.constraints.episodes import Episode
from hub.constraints.expected import Expectations
from hub.constraints.findings import Rules
from hub.constraints.memory import bytes_of
from hub.constraints.profile import HOUR
from hub.constraints.publishing import Publisher, ended_episodes, open_episodes
from hub.constraints.sightings import Key, Sighting, sighting_of
from hub.constraints.starting import Start
from hub.constraints.topology import Topology
from hub.model.constraint import Type
from hub.model.event import EventType
from hub.model.problem import Status, is_constraint
from hub.model.times import Clock, from_text, micros_to_text, to_micros
from hub.problems.dates import AHEAD
from hub.store.constraints import Kept, Sighted
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.constraints")

WATCHED = "constraints"
"""The mark that tells the last entry of the history that the detectors have seen."""

BATCH = 500
KEPT_EVERY = HOUR
"""What the detectors know is kept once in so long; a start reads what came since."""

IMPORT = "import:"
"""How the source of what an import brought begins: that is history, however young it is."""

INVALID = frozenset({Status.CANCELLED, Status.REJECTED})


class _Moved(Exception):
    """Another process has seen to these entries in the meantime."""


class ConstraintTask:
    """What the detectors know is kept once an hour, and can be made anew from the reports at any time.

    Several processes may do this: who comes second finds the mark moved, writes nothing, and learns what the first saw.
    """

    name = "constraints"

    def __init__(
        self,
        *,
        store: Store,
        rules: Rules,
        topology: Topology,
        expectations: Expectations,
        publisher: Publisher,
        clock: Clock,
        batch: int = BATCH,
    ) -> None:
        self._store = store
        self._rules = rules
        self._topology = topology
        self._expectations = expectations
        self._publisher = publisher
        self._clock = clock
        self._batch = batch
        self._detectors: Detectors | None = None
        self._start: Start | None = None
        self._seen = 0
        self._kept_at = 0
        self._said: set[tuple[Type, Key, int]] = set()

    def step(self) -> bool:
        """One batch; whether there is more. Raises StoreUnavailable."""
        tables = self._store.read
        detectors = self._followed(tables)
        if detectors is None or self._is_behind(detectors):
            return True
        until = tables.records.last()
        rows = tables.constraints.sightings(after=self._seen, until=until, limit=self._batch)
        is_more = len(rows) == self._batch
        until = rows[-1].seq if is_more else until
        changed = [episode for row in rows for episode in self._shown(detectors, row)]
        if not is_more:
            changed += detectors.advance(to_micros(self._clock()))
        self._say_expected(detectors)
        kept = self._to_keep(detectors, until)
        if not changed and not kept and until == self._seen:
            return False
        try:
            self._store.write(partial(self._write, episodes=changed, seen=self._seen, until=until, kept=kept))
        except _Moved:
            self._detectors = None
            return True
        except BaseException:
            self._detectors = None  # what it holds has not come to pass
            raise
        self._seen = until
        self._kept_at = kept.kept if kept else self._kept_at
        return is_more

    def _is_behind(self, detectors: Detectors) -> bool:
        """Whether the clock was set back behind what they have seen: they begin anew, without what lies ahead."""
        if detectors.newest <= to_micros(self._clock()) + AHEAD:
            return False
        log.warning("constraints.clock_set_back", newest=micros_to_text(detectors.newest))
        self._detectors = None
        return True

    def _to_keep(self, detectors: Detectors, until: int) -> Kept | None:
        """What the detectors know, when it is time: after a start that read weeks, and once an hour where more came."""
        now = to_micros(self._clock())
        if self._kept_at and (now < self._kept_at + KEPT_EVERY or until == self._seen):
            return None
        return Kept(mark=until, kept=now, content=bytes_of(detectors.remember(), self._topology))

    def _write(
        self, tables: Tables, *, episodes: Iterable[Episode], seen: int, until: int, kept: Kept | None
    ) -> None:
        if tables.events.mark(WATCHED) != seen:
            raise _Moved
        latest = {one.name: one for one in episodes}
        for report in self._publisher.publish(tables, latest.values()):
            log.info(
                "constraint.changed", constraint=report.id, name=report.document["name"], status=report.status
            )
        if until != seen:
            self._publisher.release_members(tables, tables.constraints.cancelled())
        tables.events.set_mark(WATCHED, until)
        if kept:
            tables.constraints.remember(kept)

    def _followed(self, tables: Tables) -> Detectors | None:
        """The detectors, knowing all that was seen by whoever saw it; None while they are at their beginning."""
        mark = tables.events.mark(WATCHED)
        if self._detectors is None:
            return self._begun(tables, mark)
        if mark != self._seen:
            for row in tables.constraints.sightings(after=self._seen, until=mark, limit=-1):
                if row.event_type == EventType.CREATE and (one := self._sighting(row)):
                    self._detectors.learn(one)
            _adopt(self._detectors, tables)
            self._seen = mark
        return self._detectors

    def _begun(self, tables: Tables, mark: int) -> Detectors | None:
        """Learn a page of what was before. At the very first start all that is here is history."""
        if self._start is None:
            if mark == 0:
                mark = tables.records.last()
                self._store.write(partial(_mark, until=mark))
            detectors = Detectors(self._rules)
            detectors.expect(self._expectations)
            now = to_micros(self._clock())
            self._start = Start(
                detectors, tables, read=self._sighting, topology=self._topology, until=mark, now=now
            )
        start = self._start
        if not start.step(tables):
            return None
        _adopt(start.detectors, tables)
        self._start, self._detectors, self._seen = None, start.detectors, start.until
        self._kept_at = start.kept_at
        return self._detectors

    def _shown(self, detectors: Detectors, row: Sighted) -> list[Episode]:
        one = self._sighting(row)
        if one is None:
            return []
        return detectors.take(one) if row.event_type == EventType.CREATE else detectors.also(one)

    def _sighting(self, row: Sighted) -> Sighting | None:
        one = sighting_in(row, self._topology)
        if one and one.at > to_micros(self._clock()) + AHEAD:
            log.warning("constraints.stamped_ahead", report=one.problem_id, opened=row.opened)
            return None
        return one

    def _say_expected(self, detectors: Detectors) -> None:
        """Once an hour of each."""
        for found, one in detectors.suppressed.items():
            if found not in self._said:
                kind, key, _ = found
                log.info("constraint.expected", kind=kind, key=f"{key.kind}:{key.value}", reason=one.reason)
        self._said = set(detectors.suppressed) | {
            one for one in self._said if one[2] >= detectors.newest // HOUR - 1
        }
        detectors.suppressed.clear()


def _adopt(detectors: Detectors, tables: Tables) -> None:
    detectors.adopt(open_episodes(tables), ended_episodes(tables, detectors.ended_from))


def sighting_in(row: Sighted, topology: Topology) -> Sighting | None:
    """None of a constraint itself, and of what has turned out to be no report."""
    document = orjson.loads(row.document)
    if is_constraint(document) or document["status"] in INVALID:
        return None
    return sighting_of(
        row.problem_id,
        document,
        topology,
        at=to_micros(from_text(document["creationDate"])),
        recorded=row.recorded,
        live=bool(row.told) and not (row.source or "").startswith(IMPORT),
    )


def stream_of(tables: Tables, topology: Topology) -> list[Sighting]:
    """All reports that are here, each as if it had been known when it was opened."""
    rows = tables.constraints.history(since="", until=tables.records.last())
    found = (sighting_in(row, topology) for row in rows)
    return [one._replace(recorded=one.at, live=True) for one in found if one]


def _mark(tables: Tables, *, until: int) -> None:
    tables.events.set_mark(WATCHED, until)
