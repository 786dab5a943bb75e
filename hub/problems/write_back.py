"""What of a change made here goes back to the ticket that a report came from, as the settings of its source say."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from hub.errors import Conflict, NotFound, Violation
from hub.model.ids import NewId
from hub.model.problem import Document, Problem
from hub.model.write_back import WriteBack, WriteBackKind, WriteBackState
from hub.problems.acknowledgement import is_acknowledged
from hub.problems.history import Change
from hub.problems.status_write_back import REASON, said_before, standing
from hub.store.tables import Tables

Wanted = Mapping[str, Collection[str]]
"""{source: the kinds of change that are written back to it}."""


class WritingBack:
    def __init__(self, *, new_id: NewId, wanted: Wanted) -> None:
        self._new_id = new_id
        self._wanted = wanted

    def note(self, tables: Tables, before: Problem, after: Document, change: Change) -> None:
        """Keep what is to be written, and ask for a poll, which writes it. What a source says goes back to none."""
        source, key = before.source, before.source_key
        if source is None or key is None or change.source is not None or source not in self._wanted:
            return
        wanted = [
            (kind, content)
            for kind, content in _contents(before.document, after, change)
            if kind in self._wanted[source]
        ]
        for kind, content in wanted:
            if kind is WriteBackKind.STATUS:
                said = said_before(tables.write_backs.of_ticket(source, key), before.document)
                content = content if said is None else {**content, "before": said}
            tables.write_backs.append(
                WriteBack(
                    id=self._new_id(),
                    source=source,
                    key=key,
                    problem_id=before.id,
                    kind=kind,
                    content=content,
                    created=change.record_time,
                    due_at=change.record_time,
                )
            )
        if wanted:
            tables.sources.wake(source, change.record_time)


def _contents(before: Document, after: Document, change: Change) -> Iterator[tuple[WriteBackKind, Document]]:
    """What is new, in the order in which a person would write it: the words first, then the status."""
    acknowledged = is_acknowledged(after)
    if is_acknowledged(before) != acknowledged:
        text = "Acknowledged" if acknowledged else "No longer acknowledged"
        yield WriteBackKind.ACKNOWLEDGEMENT, {"text": text, "author": change.actor}
    known = before.get("note") or []
    for note in after.get("note") or []:
        if note.get("text") and not any(_are_the_same(note, one) for one in known):
            yield WriteBackKind.NOTE, {"text": note["text"], "author": note.get("author") or change.actor}
    if before["status"] != after["status"]:
        given = after.get(REASON)
        said = {} if given is None or given == before.get(REASON) else {"given": given}
        yield WriteBackKind.STATUS, {"status": after["status"], **said}


def _are_the_same(note: Document, known: Document) -> bool:
    """A client may give a note back without what it does not know of it, such as its identifier or its date."""
    told = (name for name in ("id", "author", "date") if note.get(name) is not None)
    return note["text"] == known.get("text") and all(note[name] == known.get(name) for name in told)


def send_again(tables: Tables, write_back_id: str, *, now: int) -> WriteBack:
    """Have a change that is dead, or waits, written with the next poll, and with all attempts of it again.

    Raises NotFound, or Conflict for one that was written, is being written, or has a later status in its place.
    """
    one = known_write_back(tables, write_back_id)
    if one.kind is WriteBackKind.STATUS and _has_later_status(tables, one):
        raise _refused(one, "has a later change of status behind it, and would take that back")
    if not tables.write_backs.send_again(_as_things_are(tables, one), now=now):
        is_written = one.state is WriteBackState.WRITTEN
        raise _refused(
            one, "was written" if is_written else "is just being written; ask again when that has ended"
        )
    tables.sources.wake(one.source, now)
    return known_write_back(tables, write_back_id)


def _as_things_are(tables: Tables, one: WriteBack) -> WriteBack:
    """Since a status was given up, the report has followed its ticket."""
    report = tables.problems.get(one.problem_id)
    is_given_up = one.state is WriteBackState.DEAD or one.overtaken is not None
    if one.kind is not WriteBackKind.STATUS or not is_given_up or report is None:
        return one
    return replace(one, content={**one.told, "before": standing(report.problem.document)})


def known_write_back(tables: Tables, write_back_id: str) -> WriteBack:
    """Raises NotFound."""
    one = tables.write_backs.get(write_back_id)
    if one is None:
        message = f"no write-back {write_back_id}"
        raise NotFound(violations=[Violation(field="id", value=write_back_id, message=message)])
    return one


def _has_later_status(tables: Tables, one: WriteBack) -> bool:
    of_status = [each.id for each in tables.write_backs.of_ticket(one.source, one.key) if each.kind is one.kind]
    return of_status[-1] != one.id


def _refused(one: WriteBack, why: str) -> Conflict:
    return Conflict(violations=[Violation(field="id", value=one.id, message=f"write-back {one.id} {why}")])
