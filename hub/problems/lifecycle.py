"""The lifecycle of a report, as the diagram of TMF656 (v4 and v5) draws it."""

from hub.errors import IllegalTransition, Violation
from hub.model.problem import Status

INITIAL = Status.ACKNOWLEDGED

NEXT: dict[Status, tuple[Status, ...]] = {
    Status.ACKNOWLEDGED: (Status.IN_PROGRESS, Status.REJECTED, Status.CANCELLED),
    Status.IN_PROGRESS: (Status.HELD, Status.PENDING, Status.RESOLVED, Status.CANCELLED),
    Status.HELD: (Status.IN_PROGRESS, Status.RESOLVED, Status.CANCELLED),
    Status.PENDING: (Status.IN_PROGRESS, Status.RESOLVED, Status.CANCELLED),
    Status.RESOLVED: (Status.CLOSED, Status.IN_PROGRESS),
    Status.CLOSED: (Status.IN_PROGRESS,),
    Status.REJECTED: (),
    Status.CANCELLED: (),
}


def is_legal(before: Status | None, after: Status) -> bool:
    """Whether the lifecycle has this step; `before` None is the start. Staying is no step, and legal."""
    if before is None:
        return after is INITIAL
    return after is before or after in NEXT[before]


def check_step(before: Status | None, after: Status) -> None:
    """Raises IllegalTransition, naming both states and the legal ones."""
    if is_legal(before, after):
        return
    legal = (INITIAL,) if before is None else NEXT[before]
    allowed = " or ".join(legal) if legal else "no other state"
    origin = "a new report" if before is None else f"a report that is {before}"
    raise IllegalTransition(
        violations=[
            Violation(field="status", value=str(after), message=f"{origin} cannot be {after}, only {allowed}")
        ]
    )
