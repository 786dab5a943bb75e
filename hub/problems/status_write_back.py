"""What a status that waits to be written means for what its ticket says: pure functions over the ticket's write-backs.

`written` are all those of one ticket, oldest first.
"""

from collections.abc import Sequence

from hub.model.problem import Document
from hub.model.write_back import WriteBack, WriteBackKind, WriteBackState

REASON = "statusChangeReason"


def of_status(written: Sequence[WriteBack], *states: WriteBackState) -> list[WriteBack]:
    """Those of a status in these states; one that was overtaken while somebody was writing it waits no more."""
    found = [one for one in written if one.kind is WriteBackKind.STATUS and one.state in states]
    return [one for one in found if one.state is not WriteBackState.DUE or one.overtaken is None]


def standing(report: Document) -> Document:
    """What a report says of its status: {"status"}, and its "statusChangeReason" where it has one."""
    return {name: report[name] for name in ("status", REASON) if name in report}


def said_before(written: Sequence[WriteBack], report: Document) -> Document | None:
    """What the ticket says of its status when a change of the `report`, as it was, is to be written.

    None where a change waits of which that was not kept.
    """
    waiting = of_status(written, WriteBackState.DUE)
    return waiting[0].content.get("before") if waiting else standing(report)


def is_overtaken(status: str | None, written: Sequence[WriteBack]) -> bool:
    """Whether a ticket says neither what it said before the changes that wait, nor what these have made of it."""
    waiting = of_status(written, WriteBackState.DUE)
    before = waiting[0].content.get("before") if waiting else None
    if status is None or before is None:
        return False
    ours = waiting + _written_since(waiting[0], written)
    return status not in {before["status"], *(one.content["status"] for one in ours)}


def said_beside(dead: WriteBack, written: Sequence[WriteBack]) -> Document | None:
    """What the ticket says of its status when a change of it is given up; None where that is not known."""
    later = _written_since(dead, written)
    return {"status": later[-1].content["status"]} if later else dead.content.get("before")


def _written_since(one: WriteBack, written: Sequence[WriteBack]) -> list[WriteBack]:
    """Those that came through while this one waited."""
    ended = of_status(written, WriteBackState.WRITTEN)
    return [each for each in ended if each.settled_at is not None and each.settled_at >= one.created]
