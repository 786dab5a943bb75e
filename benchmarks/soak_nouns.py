"""What the ledger of a soak compares: what was accepted, what is on record, and what each listener has seen."""

from dataclasses import dataclass, field

CREATED = "ServiceProblemCreateEvent"
STATUS = "ServiceProblemStateChangeEvent"
ATTRIBUTE = "ServiceProblemAttributeValueChangeEvent"

Place = tuple[str, int]
"""(report, number of the event among those of the report)"""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One event that an answered request must have brought about; `time` is when the answer came, in seconds.

    `content` is what tells this event from the others of its report.
    """

    report: str
    sequence: int
    kind: str
    content: str
    priority: int
    time: float = 0.0

    @property
    def place(self) -> Place:
        return self.report, self.sequence


@dataclass(frozen=True, kw_only=True)
class Record:
    """An entry of the hub's history; they are in the order in which they were written."""

    event: str
    report: str
    sequence: int
    kind: str

    @property
    def place(self) -> Place:
        return self.report, self.sequence


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What the hub has on record of one event for one listener."""

    event: str
    report: str
    sequence: int
    state: str
    attempts: int

    @property
    def place(self) -> Place:
        return self.report, self.sequence


@dataclass(kw_only=True, slots=True)
class Request:
    """One request as a listener saw it; they are in the order in which they came.

    `kept` is whether the listener took what it was told, whatever it answered; `cut` whether the connection broke
    before or with its answer. `digest` is that of the body.
    """

    report: str
    sequence: int
    kind: str
    content: str
    event: str
    digest: bytes
    time: float
    signed: bool = True
    kept: bool = True
    cut: bool = False

    @property
    def place(self) -> Place:
        return self.report, self.sequence


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Who listens, and to what: all events, or those of one kind, or about reports of one priority."""

    name: str
    order: str = "report"
    face: str = "v5"
    signatures: tuple[str, ...] = ("v1",)
    kind: str | None = None
    priority: int | None = None

    @property
    def query(self) -> str | None:
        if self.kind is not None:
            return f"eventType={self.kind}"
        return None if self.priority is None else f"event.serviceProblem.priority={self.priority}"

    def wants(self, change: Change) -> bool:
        return self.kind in (None, change.kind) and self.priority in (None, change.priority)


@dataclass(frozen=True, kw_only=True)
class Account:
    """One listener: what it wanted, what it saw, and what the hub says of it."""

    audience: Audience
    requests: list[Request]
    deliveries: list[Delivery]


@dataclass(frozen=True, kw_only=True)
class Books:
    """All that is compared; `ends` are the times at which a process of the hub ended, by the clock of the requests."""

    accepted: list[Change]
    records: list[Record]
    accounts: list[Account]
    ends: list[float] = field(default_factory=list)
