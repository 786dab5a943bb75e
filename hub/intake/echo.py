"""Recognises in a ticket what the hub itself has written there: it is no news of the ticket."""

import re
from collections.abc import Sequence

from hub.intake.mapping import Rendered
from hub.model.problem import Document
from hub.model.write_back import WriteBack, WriteBackKind, WriteBackState
from hub.ports import MARK

REASON = "statusChangeReason"

_MARKED = re.compile(MARK.format(id="([0-9a-f-]{36})").replace("[", r"\[", 1).replace(")]", r")\]"))


def is_marked(document: Document) -> bool:
    """Whether a note has the mark of a hub; perhaps of another."""
    return any(_MARKED.search(str(note.get("text"))) for note in document.get("note") or ())


def without_echo(rendered: Rendered, report: Document, written: Sequence[WriteBack]) -> Rendered:
    """What a ticket says beside what was `written` into it, or waits to be, for the report as it stands."""
    return _without_status(_without_notes(rendered, {one.id for one in written}), report, written)


def _without_notes(rendered: Rendered, ids: set[str]) -> Rendered:
    notes = rendered.document.get("note")
    if not notes:
        return rendered
    own = [note for note in notes if not ids.isdisjoint(_MARKED.findall(str(note.get("text"))))]
    others = [note for note in notes if note not in own]
    rest = {name: value for name, value in rendered.document.items() if name != "note"}
    return rendered._replace(document={**rest, "note": others} if others else rest) if own else rendered


def _without_status(rendered: Rendered, report: Document, written: Sequence[WriteBack]) -> Rendered:
    """A status of ours that is not written yet stands; one that is written brings no other reason along."""
    of_status = [one for one in written if one.kind is WriteBackKind.STATUS]
    if any(one.state is WriteBackState.DUE for one in of_status):
        document = {name: value for name, value in rendered.document.items() if name != "status"}
        return rendered._replace(status=None, document=_with_reason_of(report, document))
    last = of_status[-1] if of_status else None
    if last is None or last.word != rendered.source_status or rendered.status != report["status"]:
        return rendered
    return rendered._replace(document=_with_reason_of(report, rendered.document))


def _with_reason_of(report: Document, document: Document) -> Document:
    rest = {name: value for name, value in document.items() if name != REASON}
    return {**rest, REASON: report[REASON]} if REASON in report else rest
