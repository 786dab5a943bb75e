"""A case: one report as the metrics see it, with what was worked out of its timeline once and is asked for often."""

from typing import NamedTuple

from hub.reporting.clocks import Judged, Turns, counted, judged, running, turns_of
from hub.reporting.policies import SEVERITY_AT, Clock, Policies, SlaPolicy
from hub.reporting.timelines import INVALID, OPEN, RESTORED, Timeline


class Case(NamedTuple):
    """Durations are microseconds; they are those until the last restoration, or until now while the report is open.

    `restored` is the last restoration, None while the report is open or when it went away. `first_time` is the time
    to the first restoration, which a reopening does not change. `by_policy` is what the clock of the agreement says
    of its target, None where there is no target.
    """

    id: str
    timeline: Timeline
    policy: SlaPolicy
    turns: Turns
    is_open: bool
    is_valid: bool
    restored: int | None
    gross: int
    net: int
    business: int
    first_time: int | None
    target: int | None
    by_policy: Judged | None

    def shown(self, clock: Clock) -> int:
        if clock is Clock.GROSS:
            return self.gross
        return self.net if clock is Clock.NET else self.business


def case_of(timeline: Timeline, policies: Policies, as_of: int) -> Case:
    policy = policies.of(timeline)
    turns = turns_of(timeline)
    state = timeline.state
    restored = turns.restored[-1] if state in RESTORED and turns.restored else None
    until = as_of if restored is None else restored
    intervals = running(timeline, policy.running, until)
    shown = {clock: counted(intervals, policy, clock) for clock in (Clock.NET, Clock.BUSINESS)}
    shown[Clock.GROSS] = until - timeline.opened
    is_valid = state not in INVALID
    target = policy.restore_within(timeline.values[SEVERITY_AT][0])
    verdict = None
    if is_valid and target is not None:
        clock = policy.clock
        verdict = judged(timeline, policy, clock, target, shown=shown[clock], restored=restored, until=as_of)
    return Case(
        id=timeline.id,
        timeline=timeline,
        policy=policy,
        turns=turns,
        is_open=state in OPEN,
        is_valid=is_valid,
        restored=restored,
        gross=shown[Clock.GROSS],
        net=shown[Clock.NET],
        business=shown[Clock.BUSINESS],
        first_time=turns.restored[0] - timeline.opened if turns.restored else None,
        target=target,
        by_policy=verdict,
    )
