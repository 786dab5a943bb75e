"""Keeps what a report has become, with its history, its events and the other ends of its links, in one transaction."""

from dataclasses import replace

from hub.model.event import EventType
from hub.model.ids import NewId
from hub.model.problem import Document, Problem, Status
from hub.model.times import micros_to_text
from hub.problems.changes import changed_attributes, events_of
from hub.problems.envelope import Letterhead
from hub.problems.history import Change, History
from hub.problems.links import Ends, are_the_same, other_ends, reference, unlinked
from hub.problems.write_back import Wanted, WritingBack
from hub.store.problems import Stored
from hub.store.tables import Tables

PLAIN = "ServiceProblem"
"""The `@type` of a report that is no subclass."""


class Keeper:
    """Takes every document as it is: that it may be so is for the rules of those who change reports."""

    def __init__(self, *, new_id: NewId, letterhead: Letterhead, write_back: Wanted | None = None) -> None:
        self._new_id = new_id
        self._writing_back = WritingBack(new_id=new_id, wanted=write_back or {})
        self._letterhead = letterhead
        self._history = History(new_id=new_id, letterhead=letterhead)

    def insert(
        self,
        tables: Tables,
        document: Document,
        change: Change,
        *,
        identity: tuple[str | None, str | None] = (None, None),
        started: int | None = None,
        problem_id: str | None = None,
        resolved: int | None = None,
    ) -> Stored:
        moved = micros_to_text(change.event_time)
        document = {
            "@type": PLAIN,
            "originatingSystem": self._letterhead.reporting_system,
            "affectedNumberOfServices": 0,
            **document,
            "creationDate": moved if started is None else micros_to_text(started),
            "lastUpdate": micros_to_text(change.record_time),
            "statusChangeDate": moved,
        }
        if document["status"] == Status.RESOLVED:
            document["resolutionDate"] = moved
        if resolved is not None and document["status"] in (Status.RESOLVED, Status.CLOSED):
            document["resolutionDate"] = micros_to_text(resolved)
        told: list[tuple[EventType, Document]] = [(EventType.CREATE, {})]
        if document["status"] == Status.PENDING:
            told.append((EventType.INFORMATION_REQUIRED, {}))
        source, source_key = identity
        problem = Problem(
            id=problem_id or self._new_id(),
            document=document,
            sequence=len(told),
            source=source,
            source_key=source_key,
        )
        ends = self._ends(tables, {}, problem, change)
        seq = tables.problems.insert(problem)
        self._history.tell(tables, seq, problem, told, change)
        self._relink(tables, ends, change)
        return Stored(seq=seq, problem=problem)

    def update(self, tables: Tables, stored: Stored, merged: Document, change: Change) -> Problem:
        """Keep what a report has become, and the other side of each link that it has gained or lost."""
        before = stored.problem
        if are_the_same(before.document, merged):
            return self.write(tables, stored, merged, change)
        ends = self._ends(tables, before.document, replace(before, document=merged), change)
        after = self.write(tables, stored, merged, change)
        self._relink(tables, ends, change)
        return after

    def place(
        self,
        tables: Tables,
        stored: Stored,
        before: Status | None,
        status: Status,
        change: Change,
        reason: str | None,
    ) -> None:
        """Keep a change of status of which a later one is known: the report stays as it is."""
        self._history.place(tables, stored.problem, before, status, change, reason)

    def delete(self, tables: Tables, stored: Stored, change: Change) -> None:
        """Remove a report; its history and its events stay, and no report here refers to it any more.

        The last record says what the report had, so that its history tells all that it was.
        """
        alone = replace(stored.problem, document=unlinked(stored.problem.document))
        ends = self._ends(tables, stored.problem.document, alone, change)
        tables.problems.delete(stored.problem.id)
        gone = replace(stored.problem, sequence=stored.problem.sequence + 1)
        had = changed_attributes(stored.problem.document, {})
        self._history.tell(tables, stored.seq, gone, [(EventType.DELETE, had)], change)
        self._relink(tables, ends, change)

    def _ends(self, tables: Tables, before: Document, after: Problem, change: Change) -> Ends:
        """Asked before anything is written: it raises Conflict."""
        if are_the_same(before, after.document):
            return []
        own = reference(after.id, self._letterhead.href(after.id))
        return other_ends(tables, before, after, own, change.owner)

    def _relink(self, tables: Tables, ends: Ends, change: Change) -> None:
        for stored, document in ends:
            self.write(tables, stored, document, change._replace(source_status=None, irregular=False))

    def write(self, tables: Tables, stored: Stored, merged: Document, change: Change) -> Problem:
        """Keep what a report has become, on this side of its links alone; what is no change writes nothing."""
        before = stored.problem
        changes = changed_attributes(before.document, merged)
        if not changes:
            return before
        told = events_of(changes)
        document = _stamped(merged, change, "status" in changes)
        after = replace(
            before, document=document, version=before.version + 1, sequence=before.sequence + len(told)
        )
        tables.problems.update(after)
        self._history.tell(tables, stored.seq, after, told, change, before.status)
        self._writing_back.note(tables, before, document, change)
        return after


def _stamped(document: Document, change: Change, moved: bool) -> Document:
    """With the dates of this change. `lastUpdate` is the hub's own time, so that a client can read on from it."""
    stamped = {**document, "lastUpdate": micros_to_text(change.record_time)}
    if moved:
        occurred = micros_to_text(change.event_time)
        stamped["statusChangeDate"] = occurred
        if stamped["status"] == Status.RESOLVED:
            stamped["resolutionDate"] = occurred
        elif stamped["status"] != Status.CLOSED:
            stamped.pop("resolutionDate", None)
    return stamped
