"""What of a change made here goes back to the ticket that a report came from, as the settings of its source say."""

from collections.abc import Collection, Iterator, Mapping

from hub.model.ids import NewId
from hub.model.problem import Document, Problem
from hub.model.write_back import WriteBack, WriteBackKind
from hub.problems.acknowledgement import is_acknowledged
from hub.problems.history import Change
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
        if note not in known and note.get("text"):
            yield WriteBackKind.NOTE, {"text": note["text"], "author": note.get("author") or change.actor}
    if before["status"] != after["status"]:
        yield WriteBackKind.STATUS, {"status": after["status"]}
