"""A hub that polls a real system: the poller, the rules and a store, without waiting between two polls."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from hub.intake.adapters import make_source
from hub.intake.configured import find_mapping, shipped_folders
from hub.intake.health import Health
from hub.intake.poller import Poller, make_poll
from hub.intake.write_back import WriteBackRun
from hub.model.problem import Document, Problem
from hub.model.times import from_micros
from hub.model.write_back import WriteBackState
from hub.ports import Source
from hub.problems.edits import merge_edit
from hub.settings import SourceSettings
from hub.store.sources import Resync, SourceRow, SourceState
from hub.store.sqlite import Store
from tests.fakes.intake_bench import make_rules
from tests.fakes.trouble_system import ManualClock

INTERVAL = 30.0
ABSENT_POLLS = 2

MakeSource = Callable[[], Source]


class Polled:
    """`poll` gives what listeners hear: (event type without its ServiceProblem…Event, status of the report).

    `make` gives the source that is polled; `health` is what the last poll says of it.
    """

    def __init__(self, store: Store, make: MakeSource, settings: SourceSettings) -> None:
        self.store = store
        self.health = Health(state=SourceState.OK, wait=None)
        self._settings = settings
        self._clock = ManualClock()
        self._heard = 0
        rules = make_rules(self._clock, {settings.name: settings.write_back})
        self._clients, self._rules = rules.clients, rules.sources
        self.begin(make())

    def begin(self, source: Source) -> None:
        """Poll this source from now on, as a new process does: the store stays, and all else is new."""
        self._clock.now = max(datetime.now(UTC), self._clock.now)
        name, mapping = self._settings.name, find_mapping("source", self._settings, shipped_folders())
        shared: dict[str, Any] = {
            "source": source,
            "store": self.store,
            "rules": self._rules,
            "clock": self._clock,
        }
        self._poller = Poller(
            name,
            adapter=self._settings.adapter,
            poll=make_poll(
                self._settings, mapping=mapping, absent_polls=ABSENT_POLLS, interval=INTERVAL, **shared
            ),
            write_backs=WriteBackRun(name=name, words=mapping.words, **shared),
            store=self.store,
            clock=self._clock,
            interval=INTERVAL,
            longest_wait=900.0,
        )

    def poll(self) -> list[tuple[str, str]]:
        """What one more poll lets listeners hear."""
        self._clock.now = max(datetime.now(UTC), self._clock.now)
        self.health = self._poller.poll()
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
    def unmapped(self) -> dict[str, dict[str, Any]]:
        """{attribute: {word of the system: how often it came}} of words that the mapping does not know."""
        return dict(self.store.read.sources.unmapped(self._settings.name))

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
    """`write_back` names the kinds of change that go back to the system, `settings` are further ones of the source."""
    own = SourceSettings(name="source", adapter=adapter, options=options, write_back=tuple(write_back), **settings)
    with polled_source(folder, lambda: make_source("source", own), own) as hub:
        yield hub


@contextmanager
def polled_source(folder: Path, make: MakeSource, settings: SourceSettings) -> Iterator[Polled]:
    """With a source that somebody else makes."""
    store = Store(folder / "hub.db", synchronous="NORMAL")
    try:
        yield Polled(store, make, settings)
    finally:
        store.close()


def _told(event: dict[str, Any]) -> tuple[str, str]:
    kind = event["eventType"].removeprefix("ServiceProblem").removesuffix("Event")
    return kind, event["event"]["serviceProblem"]["status"]
