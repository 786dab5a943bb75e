"""The erasure of one party's data: what is looked through, and what was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hub.model.job import JobStatus


class Stage(StrEnum):
    """What is looked through, in this order: first what makes new data of the party, last the names in what stays.

    `registrations` ends them, `callbacks` takes away what they say."""

    KEYS = "keys"
    REGISTRATIONS = "registrations"
    LIST_ENTRIES = "listEntries"
    DELIVERIES = "deliveries"
    CALLBACKS = "callbacks"
    TASKS = "tasks"
    JOBS = "jobs"
    REPORTS = "reports"
    HISTORY = "history"
    WRITE_BACKS = "writeBacks"
    EVENTS = "events"
    RESPONSES = "responses"
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """`party` is None as soon as it is done; `names` are the names of the party's callers, until then, too."""

    seq: int
    id: str
    party: str | None
    pseudonym: str
    names: tuple[str, ...]
    created: int
    actor: str | None
    status: JobStatus
    stage: Stage
    place: int
    counts: Mapping[str, int] = field(default_factory=dict)
    started: int | None = None
    completed: int | None = None
    error: str | None = None
