"""Watches the reports as they come, and keeps what the detectors find: a batch at a time, one transaction each."""

from collections.abc import Iterable
from functools import partial

import orjson

from hub.constraints.detectors import Detectors
from hub.constraints.episodes import Episode
from hub.constraints.expected import Expectations
from hub.constraints.findings import Rules
from hub.constraints.profile import DAY, DAYS
from hub.constraints.publishing import Publisher, is_constraint, open_episodes
from hub.constraints.sightings import Sighting, sighting_of
from hub.constraints.topology import Topology
from hub.model.event import EventType
from hub.model.problem import Status
from hub.model.times import Clock, from_text, micros_to_text, to_micros
from hub.store.constraints import Sighted
from hub.store.sqlite import Store
from hub.store.tables import Tables
from hub.telemetry import logger

log = logger("hub.constraints")

WATCHED = "constraints"
"""The mark that tells the last entry of the history that the detectors have seen."""

BATCH = 500
LOOKED_BACK = (DAYS + 8) * DAY
IMPORT = "import:"
"""How the source of what an import brought begins: that is history, however young it is."""

INVALID = frozenset({Status.CANCELLED, Status.REJECTED})


class _Moved(Exception):
    """Another process has seen to these entries in the meantime."""


class ConstraintTask:
    """The state of the detectors is made anew from the store at each start: reports are the only thing that is kept.

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
        self._seen = 0

    def step(self) -> bool:
        """One batch; whether there is more. Raises StoreUnavailable."""
        tables = self._store.read
        detectors = self._followed(tables)
        until = tables.records.last()
        rows = tables.constraints.sightings(after=self._seen, until=until, limit=self._batch)
        is_more = len(rows) == self._batch
        until = rows[-1].seq if is_more else until
        changed = [episode for row in rows for episode in self._shown(detectors, row)]
        if not is_more:
            changed += detectors.advance(to_micros(self._clock()))
        self._say_expected(detectors)
        if not changed and until == self._seen:
            return False
        try:
            self._store.write(partial(self._write, episodes=changed, seen=self._seen, until=until))
        except _Moved:
            self._detectors = None
            return True
        except BaseException:
            self._detectors = None  # what it holds has not come to pass
            raise
        self._seen = until
        return is_more

    def _write(self, tables: Tables, *, episodes: Iterable[Episode], seen: int, until: int) -> None:
        if tables.events.mark(WATCHED) != seen:
            raise _Moved
        latest = {one.name: one for one in episodes}
        for report in self._publisher.publish(tables, latest.values()):
            log.info(
                "constraint.changed", constraint=report.id, name=report.document["name"], status=report.status
            )
        tables.events.set_mark(WATCHED, until)

    def _followed(self, tables: Tables) -> Detectors:
        """The detectors, knowing all that was seen by whoever saw it."""
        mark = tables.events.mark(WATCHED)
        if self._detectors is None:
            self._detectors = self._begun(tables, mark)
        elif mark != self._seen:
            for row in tables.constraints.sightings(after=self._seen, until=mark, limit=-1):
                if row.event_type == EventType.CREATE and (one := self._sighting(row)):
                    self._detectors.learn(one)
            self._detectors.adopt(open_episodes(tables))
            self._seen = mark
        return self._detectors

    def _begun(self, tables: Tables, mark: int) -> Detectors:
        """Detectors that know the latest weeks. At the very first start all that is here is history."""
        detectors = Detectors(self._rules)
        detectors.expect(self._expectations)
        if mark == 0:
            mark = tables.records.last()
            self._store.write(partial(_mark, until=mark))
        since = micros_to_text(to_micros(self._clock()) - LOOKED_BACK)
        for row in tables.constraints.history(since=since, until=mark):
            if one := self._sighting(row):
                detectors.learn(one)
        detectors.adopt(open_episodes(tables))
        self._seen = mark
        return detectors

    def _shown(self, detectors: Detectors, row: Sighted) -> list[Episode]:
        one = self._sighting(row)
        if one is None:
            return []
        return detectors.take(one) if row.event_type == EventType.CREATE else detectors.also(one)

    def _sighting(self, row: Sighted) -> Sighting | None:
        return sighting_in(row, self._topology)

    def _say_expected(self, detectors: Detectors) -> None:
        for (kind, key, _), one in detectors.suppressed.items():
            log.info("constraint.expected", kind=kind, key=f"{key.kind}:{key.value}", reason=one.reason)
        detectors.suppressed.clear()


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
