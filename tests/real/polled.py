"""A hub that polls a real system: the poller, the rules and a store, without waiting between two polls."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from hub.intake.poller import make_poller
from hub.model.problem import Document, Problem
from hub.model.times import from_micros
from hub.model.write_back import WriteBackState
from hub.problems.edits import merge_edit
from hub.settings import IntakeSettings, SourceSettings
from hub.store.sources import Resync, SourceRow
from hub.store.sqlite import Store
from tests.fakes.intake_bench import make_rules
from tests.fakes.trouble_system import ManualClock

MAPPINGS = Path(__file__).parents[2] / "config/sources"
INTERVAL = 30.0


class Polled:
    """`poll` gives what listeners hear: (event type without its ServiceProblem…Event, status of the report).

    `write_back` names the kinds of change that go back to the system, `settings` are further ones of the source.
    """

    def __init__(
        self,
        store: Store,
        adapter: str,
        options: dict[str, Any],
        write_back: Sequence[str],
        settings: dict[str, Any],
    ) -> None:
        self.store = store
        self._clock = ManualClock()
        self._heard = 0
        rules = make_rules(self._clock, {"source": write_back})
        self._clients = rules.clients
        self._poller = make_poller(
            "source",
            SourceSettings(
                name="source", adapter=adapter, options=options, write_back=tuple(write_back), **settings
            ),
            store=store,
            rules=rules.sources,
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
        return self._news()

    def _news(self) -> list[tuple[str, str]]:
        queued = self.store.read.events.after(self._heard, limit=10_000)
        self._heard = max((one.seq for one in queued), default=self._heard)
        return [_told(orjson.loads(one.event.body)) for one in queued]

    def resync(self, since: str | None = None) -> list[tuple[str, str]]:
        """What a poll lets listeners hear that reads again what changed since an instant, or ever."""
        wish = Resync(id="again", since=since, notify=False)
        self.store.write(lambda tables: tables.sources.set_resync("source", wish))
        return self.poll()

    def patch(self, key: str, **changes: Any) -> list[tuple[str, str]]:
        """A client changes the report of a ticket; what listeners hear of that."""
        problem = self._problem(key).id
        edit = merge_edit(changes)
        self.store.write(lambda tables: self._clients.patch(tables, problem, edit, actor="ines"))
        return self._news()

    def written_back(self, key: str) -> list[tuple[WriteBackState, str | None]]:
        """(state, why it failed) of what goes back to a ticket."""
        return [(one.state, one.outcome) for one in self.store.read.write_backs.of_ticket("source", key)]

    @property
    def row(self) -> SourceRow:
        row = self.store.read.sources.get("source")
        assert row is not None
        return row

    def report(self, key: str) -> Document:
        return self._problem(key).document

    def _problem(self, key: str) -> Problem:
        stored = self.store.read.problems.get_by_source("source", key)
        assert stored is not None, f"{key} has no report"
        return stored.problem

    def statuses(self, key: str) -> list[tuple[str, datetime]]:
        """The history of a report: each status that it took, and when it did at the source."""
        stored = self.store.read.problems.get_by_source("source", key)
        assert stored is not None, f"{key} has no report"
        found = [one for one in self.store.read.records.after(0) if one.problem_id == stored.problem.id]
        taken = [one for one in found if one.to_status is not None and one.to_status != one.from_status]
        return [(str(one.to_status), from_micros(one.event_time)) for one in taken]


@contextmanager
def polled(
    folder: Path, adapter: str, options: dict[str, Any], write_back: Sequence[str] = (), **settings: Any
) -> Iterator[Polled]:
    """`settings` are further settings of the source."""
    store = Store(folder / "hub.db", synchronous="NORMAL")
    try:
        yield Polled(store, adapter, options, write_back, settings)
    finally:
        store.close()


def _told(event: dict[str, Any]) -> tuple[str, str]:
    kind = event["eventType"].removeprefix("ServiceProblem").removesuffix("Event")
    return kind, event["event"]["serviceProblem"]["status"]
