"""The reports and the notifications behind the figures, one a row: what each figure counts or adds up is found here."""

from collections.abc import Mapping
from dataclasses import dataclass

from hub.reporting.cases import Case
from hub.reporting.dimensions import NAMES
from hub.reporting.figures import HOUR, MINUTE
from hub.reporting.repeats import Repeats
from hub.store.histories import Sent


@dataclass(kw_only=True, slots=True)
class Row:
    """Instants are microseconds, durations hours but for minutes `to_acknowledge`; None is what there is not (yet)."""

    id: str
    state: str
    values: Mapping[str, tuple[str, ...]]
    opened: int
    acknowledged: int | None
    restored: int | None
    to_acknowledge: float | None
    first_resolution: float | None
    gross: float | None
    net: float | None
    business: float | None
    net_so_far: float | None
    business_so_far: float | None
    target: float | None
    verdict: str | None
    policy: str
    reopened: int
    repeat_of: str | None
    hand_offs: int
    affected: int


def row_of(case: Case, repeats: Repeats) -> Row:
    timeline = case.timeline
    acknowledged = timeline.acknowledged
    is_restored = case.restored is not None
    so_far = case.is_open
    return Row(
        id=timeline.id,
        state=str(timeline.state),
        values=dict(zip(NAMES, timeline.values, strict=True)),
        opened=case.opened,
        acknowledged=acknowledged if case.is_valid else None,
        restored=case.restored,
        to_acknowledge=(acknowledged - timeline.opened) / MINUTE
        if acknowledged is not None and case.is_valid
        else None,
        first_resolution=None if case.first_time is None else case.first_time / HOUR,
        gross=case.gross / HOUR if is_restored else None,
        net=case.net / HOUR if is_restored else None,
        business=case.business / HOUR if is_restored else None,
        net_so_far=case.net / HOUR if so_far else None,
        business_so_far=case.business / HOUR if so_far else None,
        target=None if case.target is None else case.target / HOUR,
        verdict=None if case.by_policy is None else str(case.by_policy.verdict),
        policy=_policy(case),
        reopened=len(case.turns.reopened),
        repeat_of=repeats.before(case) if case.is_valid else None,
        hand_offs=max(0, len(timeline.parties) - 1),
        affected=timeline.affected,
    )


def _policy(case: Case) -> str:
    """The agreement, and by which clock the verdict is where that is another one than was agreed."""
    label = case.policy.label
    return label if case.clock is case.policy.clock else f"{label}; judged by the clock {case.clock}"


@dataclass(kw_only=True, slots=True)
class Delivery:
    """A notification of an event of `report`; instants are microseconds, `settled` None while it is under way."""

    id: str
    report: str
    listener: str
    party: str
    event: str
    state: str
    changed: int
    accepted: int
    settled: int | None
    attempts: int


def delivery_of(one: Sent) -> Delivery:
    return Delivery(
        id=str(one.delivery),
        report=one.problem_id,
        listener=one.recipient,
        party=one.party,
        event=one.event_type,
        state=one.state,
        changed=one.event_time,
        accepted=one.created,
        settled=one.settled_at,
        attempts=one.attempts,
    )
