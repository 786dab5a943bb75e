"""What a poll would do, found out by doing it on a copy of the database: nothing is kept, and nobody is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.intake.given_up import stand_again
from hub.intake.poll import SourcePoll
from hub.intake.write_back import WriteBackRun
from hub.model.event import Record as Entry
from hub.model.times import Clock, micros_to_text, to_micros
from hub.model.write_back import WriteBack, WriteBackState
from hub.ports import SourceError
from hub.problems.sources import SourceRules
from hub.store.sqlite import Store
from hub.store.tables import Tables

PASSED_OVER = "passedOver"
FAILED = "failed"
WRITE_BACK = "writeBack"
TOKEN = "rehearsal"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that would happen: an event of the history, a ticket that is passed over, one that fails, or a change
    that is written into its ticket."""

    key: str
    what: str
    told: bool = False
    at: str | None = None
    name: str | None = None
    status: str | None = None
    changes: Mapping[str, Any] | None = None
    why: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """The next poll of the source `name`; `store` is a copy, and `poll` was made with `registers` off."""

    name: str
    adapter: str
    poll: SourcePoll
    write_backs: WriteBackRun
    store: Store
    rules: SourceRules
    clock: Clock

    def steps(self) -> Iterator[Step]:
        """What goes back to the tickets, and then what they bring as they now are.

        Raises SourceError behind what the poll brings before it fails, or StoreUnavailable.
        """
        self.store.write(lambda tables: tables.sources.ensure(self.name, self.adapter))
        tables = self.store.read
        last, passed_over = tables.records.last(), tables.sources.passed_over(self.name)
        yield from self.store.write(self._write_back)
        failure = self._polled()
        for entry in tables.records.after(last):
            yield _step(tables, entry)
        for key, digest in tables.sources.passed_over(self.name).items():
            if passed_over.get(key) != digest:
                yield Step(key=key, what=PASSED_OVER)
        for key, why in self.poll.failed.items():
            yield Step(key=key, what=FAILED, why=why)
        if failure is not None:
            raise failure

    def _polled(self) -> SourceError | None:
        row = self.store.read.sources.get(self.name)
        try:
            if row is not None:
                self.poll.run(row, lambda: False)
        except SourceError as error:
            return error
        return None

    def _write_back(self, tables: Tables) -> list[Step]:
        """What would be written; it waits in the copy, for its ticket does not have it. What cannot be is given up."""
        now, steps = to_micros(self.clock()), []
        while (one := tables.write_backs.claim(self.name, now=now, until=now + 1, token=TOKEN)) is not None:
            why = self.write_backs.refusal(one)
            steps.append(_writing(one, why))
            if why is None:
                tables.write_backs.put_off(one, due_at=now + 1, token=TOKEN, outcome=None)
                steps += [_writing(each, self.write_backs.refusal(each)) for each in _behind(tables, one, now)]
            else:
                dead = WriteBackState.DEAD
                tables.write_backs.settle(one, dead, now=now, token=TOKEN, outcome=why)
                stand_again(tables, self.rules, one, now)
        return steps


def _behind(tables: Tables, one: WriteBack, now: int) -> Iterator[WriteBack]:
    """What follows in the same ticket as soon as this one is written."""
    due = [each for each in tables.write_backs.of_ticket(one.source, one.key) if each.state is WriteBackState.DUE]
    for each in due[1:]:
        if each.due_at > now:
            return
        yield each


def _writing(one: WriteBack, why: str | None) -> Step:
    return Step(key=one.key, what=WRITE_BACK, name=one.kind, changes=one.told, why=why)


def _step(tables: Tables, entry: Entry) -> Step:
    stored = tables.problems.get(entry.problem_id)
    return Step(
        key=(stored.problem.source_key if stored else None) or "",
        what=entry.event_type,
        told=tables.events.by_id(entry.id) is not None,
        at=micros_to_text(entry.event_time),
        name=stored.problem.document.get("name") if stored else None,
        status=entry.to_status,
        changes=entry.changes or None,
    )
