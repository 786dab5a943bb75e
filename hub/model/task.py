"""A task: something that a client asks the hub to do with several reports at once, and what came of it."""

from dataclasses import dataclass
from enum import StrEnum

from hub.model.problem import Document


class TaskKind(StrEnum):
    """The task resources of TMF656, as their paths spell them."""

    ACKNOWLEDGEMENT = "problemAcknowledgement"
    UNACKNOWLEDGEMENT = "problemUnacknowledgement"
    GROUP = "problemGroup"
    UNGROUP = "problemUngroup"

    @property
    def type_name(self) -> str:
        """The name of the schema and the `@type`: ProblemGroup."""
        return f"{self[:1].upper()}{self[1:]}"

    @property
    def payload(self) -> str:
        """The name under which an event holds the task: the standard has the same one for both kinds of grouping."""
        return TaskKind.GROUP.value if self is TaskKind.UNGROUP else self.value


class TaskState(StrEnum):
    """Where a task is. This hub answers when it is done, so a kept task is never in another state."""

    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "inProgress"
    TERMINATED_WITH_ERROR = "terminatedWithError"
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task as it is kept; its v5 document has no `id` and no `href`.

    `actor` is the name of the caller, `party` the id of the party that the caller speaks for, None for an operator.
    """

    id: str
    kind: TaskKind
    document: Document
    created: int
    actor: str | None = None
    party: str | None = None

    @property
    def state(self) -> TaskState:
        return TaskState(self.document["state"])
