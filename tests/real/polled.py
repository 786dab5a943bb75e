"""A hub that polls a real system: the poller, the rules and a store, without waiting between two polls."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from hub.intake.poller import make_poller
from hub.model.problem import Document
from hub.model.times import from_micros
from hub.settings import IntakeSettings, SourceSettings
from hub.store.sources import SourceRow
from hub.store.sqlite import Store
from tests.fakes.intake_bench import make_rules
from tests.fakes.trouble_system import ManualClock

MAPPINGS = Path(__file__).parents[2] / "config/sources"
INTERVAL = 30.0


class Polled:
    """`told` gives what listeners hear: (event type without its ServiceProblem…Event, status of the report)."""

    def __init__(self, store: Store, adapter: str, options: dict[str, Any], settings: dict[str, Any]) -> None:
        self.store = store
        self._clock = ManualClock()
        self._heard = 0
        self._poller = make_poller(
            "source",
            SourceSettings(name="source", adapter=adapter, options=options, **settings),
            store=store,
            rules=make_rules(self._clock).sources,
            clock=self._clock,
            intake_settings=IntakeSettings(
                interval=INTERVAL, absent_polls=2, failure_wait_maximum=900.0, mappings=""
            ),
            mapping_folders=(MAPPINGS,),
        )

    def poll(self) -> list[tuple[str, str]]:
        """What one more poll lets listeners hear."""
        self._clock.now = max(datetime.now(UTC), self._clock.now)
        self._poller.poll()
        self._clock.turn(INTERVAL)
        queued = self.store.read.events.after(self._heard, limit=10_000)
        self._heard = max((one.seq for one in queued), default=self._heard)
        return [_told(orjson.loads(one.event.body)) for one in queued]

    @property
    def row(self) -> SourceRow:
        row = self.store.read.sources.get("source")
        assert row is not None
        return row

    def report(self, key: str) -> Document:
        stored = self.store.read.problems.get_by_source("source", key)
        assert stored is not None, f"{key} has no report"
        return stored.problem.document

    def statuses(self, key: str) -> list[tuple[str, datetime]]:
        """The history of a report: each status that it took, and when it did at the source."""
        stored = self.store.read.problems.get_by_source("source", key)
        assert stored is not None, f"{key} has no report"
        found = [one for one in self.store.read.records.after(0) if one.problem_id == stored.problem.id]
        taken = [one for one in found if one.to_status is not None and one.to_status != one.from_status]
        return [(str(one.to_status), from_micros(one.event_time)) for one in taken]


@contextmanager
def polled(folder: Path, adapter: str, options: dict[str, Any], **settings: Any) -> Iterator[Polled]:
    """`settings` are further settings of the source."""
    store = Store(folder / "hub.db", synchronous="NORMAL")
    try:
        yield Polled(store, adapter, options, settings)
    finally:
        store.close()


def _told(event: dict[str, Any]) -> tuple[str, str]:
    kind = event["eventType"].removeprefix("ServiceProblem").removesuffix("Event")
    return kind, event["event"]["serviceProblem"]["status"]
