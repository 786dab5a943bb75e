"""Recognises in a ticket what the hub itself has written there: it is no news of the ticket."""

import re
from collections.abc import Mapping, Sequence

from hub.intake.mapping import Rendered
from hub.model.problem import Document
from hub.model.write_back import WriteBack, WriteBackState
from hub.ports import MARK, Writing
from hub.problems.status_write_back import REASON, is_overtaken, of_status

_MARKED = re.compile(MARK.format(id="([0-9a-f-]{36})").replace("[", r"\[", 1).replace(")]", r")\]"))
_ENDS_MARKED = re.compile(_MARKED.pattern + r"\Z")

QUOTES = (">", "|")
"""What a line begins with that a mail program has quoted."""


def is_marked(document: Document) -> bool:
    """Whether a note has the mark of a hub; perhaps of another."""
    return any(_MARKED.search(str(note.get("text"))) for note in document.get("note") or ())


def without_echo(rendered: Rendered, report: Document, written: Sequence[WriteBack]) -> Rendered:
    """What a ticket says beside what was `written` into it, or waits to be, for the report as it stands."""
    return _without_status(_without_notes(rendered, {one.id: one for one in written}), report, written)


def _without_notes(rendered: Rendered, written: Mapping[str, WriteBack]) -> Rendered:
    notes = rendered.document.get("note")
    if not notes:
        return rendered
    others = [note for note in notes if not _is_ours(str(note.get("text")), written)]
    if len(others) == len(notes):
        return rendered
    rest = {name: value for name, value in rendered.document.items() if name != "note"}
    return rendered._replace(document={**rest, "note": others} if others else rest)


def _is_ours(text: str, written: Mapping[str, WriteBack]) -> bool:
    """Whether a text is a note that we wrote: with the mark at its end, not quoted, and no words before our own."""
    text = text.rstrip()
    found = _ENDS_MARKED.search(text)
    if found is None or found[1] not in written or text.splitlines()[-1].lstrip().startswith(QUOTES):
        return False
    one = written[found[1]]
    ours = Writing(id=one.id, key=one.key, text=one.content.get("text"), author=one.content.get("author"))
    return not _in_one_line(text).endswith(f" {_in_one_line(ours.marked_text)}")


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _without_status(rendered: Rendered, report: Document, written: Sequence[WriteBack]) -> Rendered:
    """What the ticket said before a status of ours that waits has no effect; a reason that came with ours stays."""
    waiting = of_status(written, WriteBackState.DUE)
    is_ours = bool(waiting) and rendered.status == waiting[-1].content["status"]
    if waiting and not is_ours and not is_overtaken(rendered.status, written):
        document = {name: value for name, value in rendered.document.items() if name != "status"}
        return rendered._replace(status=None, document=_with_reason_of(report, document))
    ended = of_status(written, *WriteBackState)
    is_ours = is_ours or (bool(ended) and ended[-1].word is not None and ended[-1].word == rendered.source_status)
    if not is_ours or rendered.status != report["status"]:
        return rendered
    given = (waiting or ended)[-1].given
    if given is None or given != report.get(REASON):
        return rendered
    return rendered._replace(document=_with_reason_of(report, rendered.document))


def _with_reason_of(report: Document, document: Document) -> Document:
    rest = {name: value for name, value in document.items() if name != REASON}
    return {**rest, REASON: report[REASON]} if REASON in report else rest
