"""Six reports of one month, worked out by hand: what each metric has to say of them is known.

Two customers, four lines. Targets: 4 h of severity 1, 8 h of severity 2; to be taken up within 15 and 60 minutes. The
clock stops while the customer is waited for. Business hours are Monday to Friday, 8 to 18, in Berlin, where the clocks
go forward on the 29th.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hub.model.times import to_micros
from hub.reporting.account import Account, Notified, account
from hub.reporting.calendars import Calendar
from hub.reporting.dimensions import CUSTOMER, NAMES, SERVICE, SEVERITY, UNKNOWN
from hub.reporting.figures import HOUR, MINUTE
from hub.reporting.periods import period
from hub.reporting.policies import Clock, Policies, SlaPolicy
from hub.reporting.timelines import Seen, Timeline
from hub.reporting.views import Question

ACKNOWLEDGED, WORKING, PENDING, RESOLVED, CLOSED, CANCELLED = (
    "acknowledged",
    "inProgress",
    "pending",
    "resolved",
    "closed",
    "cancelled",
)
TAKEN = "taken"
"""The operator takes the report up, which is no state."""

Step = tuple[str, str]
REPORTS: dict[str, tuple[str, str, str, Sequence[Step]]] = {
    "R1": (
        "ACME",
        "1",
        "VPN-7",
        [
            ("02T08:00", ACKNOWLEDGED),
            ("02T08:10", TAKEN),
            ("02T08:30", WORKING),
            ("02T11:00", RESOLVED),
            ("03T11:00", CLOSED),
        ],
    ),
    "R2": (
        "ACME",
        "1",
        "VPN-7",
        [
            ("05T09:00", ACKNOWLEDGED),
            ("05T09:20", TAKEN),
            ("05T09:40", WORKING),
            ("05T11:00", PENDING),
            ("05T14:00", WORKING),
            ("05T15:00", RESOLVED),
            ("06T15:00", CLOSED),
        ],
    ),
    "R3": (
        "BETA",
        "2",
        "LINE-3",
        [
            ("10T22:00", ACKNOWLEDGED),
            ("11T08:00", TAKEN),
            ("11T08:30", WORKING),
            ("11T12:00", RESOLVED),
            ("11T13:00", WORKING),
            ("11T17:00", RESOLVED),
            ("12T17:00", CLOSED),
        ],
    ),
    "R4": ("BETA", "2", "LINE-3", [("15T10:00", ACKNOWLEDGED), ("15T10:30", CANCELLED)]),
    "R5": (
        "ACME",
        "2",
        "LINE-9",
        [
            ("27T14:00", ACKNOWLEDGED),
            ("27T14:30", TAKEN),
            ("27T15:00", WORKING),
            ("30T09:00", RESOLVED),
            ("31T09:00", CLOSED),
        ],
    ),
    "R6": ("BETA", "1", "VPN-8", [("31T12:00", ACKNOWLEDGED), ("31T12:15", TAKEN), ("31T13:00", WORKING)]),
}

BERLIN = Calendar(name="office", zone="Europe/Berlin", hours={day: ((480, 1080),) for day in range(5)})
POLICY = SlaPolicy(
    name="standard",
    version="2026-01-01",
    begin=0,
    stops=frozenset({PENDING}),
    clock=Clock.NET,
    calendar=BERLIN,
    restore={"1": 4 * HOUR, "2": 8 * HOUR},
    acknowledge={"1": 15 * MINUTE, "2": 60 * MINUTE},
)


def at(text: str) -> int:
    """The instant of a day and time in March 2026, such as 02T08:00, or of a whole date."""
    whole = text if len(text) > 8 else f"2026-03-{text}"
    return to_micros(datetime.fromisoformat(whole).replace(tzinfo=UTC))


MARCH = Question(period=period("2026-03"), as_of=at("2026-04-01T00:00"))


def timeline(
    name: str, customer: str, severity: str, service: str, steps: Sequence[Step], **parts: Any
) -> Timeline:
    states = [(at(when), state) for when, state in steps if state != TAKEN]
    taken = [at(when) for when, state in steps if state in (TAKEN, WORKING)]
    said = {CUSTOMER: (customer,), SEVERITY: (severity,), SERVICE: (service,)}
    made = Timeline(
        id=name,
        opened=states[0][0],
        acknowledged=min(taken, default=None),
        begins=tuple(begin for begin, _ in states),
        states=tuple(state for _, state in states),
        parties=(),
        values=tuple(said.get(one, (UNKNOWN,)) for one in NAMES),
        affected=0,
        irregular=0,
        disordered=0,
    )
    return made._replace(**parts)


TIMELINES = [timeline(name, *said) for name, said in REPORTS.items()]


def march(
    timelines: Sequence[Seen] = TIMELINES,
    policy: SlaPolicy = POLICY,
    breakdowns: Sequence[str] = (),
    question: Question = MARCH,
    notified: Notified | None = None,
    tells_constraints: bool = True,
    **changes: Any,
) -> Account:
    return account(
        timelines,
        replace(question, **changes),
        recorded=question.as_of,
        policies=Policies([policy]),
        breakdowns=breakdowns,
        notified=notified,
        tells_constraints=tells_constraints,
    )
