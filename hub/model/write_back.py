"""What of a change made here is to be written into the ticket that a report came from."""

from dataclasses import dataclass
from enum import StrEnum

from hub.model.problem import Document


class WriteBackKind(StrEnum):
    ACKNOWLEDGEMENT = "acknowledgement"
    NOTE = "note"
    STATUS = "status"


class WriteBackState(StrEnum):
    DUE = "due"
    WRITTEN = "written"
    DEAD = "dead"


@dataclass(frozen=True, kw_only=True)
class WriteBack:
    """One thing to write, once. `id` marks it in the ticket, and is the same at every attempt. Times are microseconds.

    `content` is {"text", "author"} of a note or an acknowledgement, {"status", "before"} of a status, where `before` is
    what the ticket said when the change was made: {"status", "statusChangeReason"}. It may have `given`, the reason
    that came with the change of status, and `overtaken`, why a status is not to be written any more that somebody was
    writing when that became known. When a status is written, `word` says in which word of the source. `outcome` is why
    the last attempt failed.
    """

    id: str
    source: str
    key: str
    problem_id: str
    kind: WriteBackKind
    content: Document
    created: int
    due_at: int
    state: WriteBackState = WriteBackState.DUE
    attempts: int = 0
    settled_at: int | None = None
    word: str | None = None
    outcome: str | None = None

    @property
    def overtaken(self) -> str | None:
        return self.content.get("overtaken")

    @property
    def given(self) -> str | None:
        return self.content.get("given")

    @property
    def told(self) -> Document:
        """What of its content is for people."""
        return {
            name: value for name, value in self.content.items() if name not in ("before", "given", "overtaken")
        }
