"""A case: one report as the metrics see it, with what was worked out of its timeline once and is asked for often."""

from dataclasses import dataclass

from hub.model.intervals import measure
from hub.reporting.clocks import Judged, Turns, judged, running, turns_of
from hub.reporting.dimensions import UNNAMED
from hub.reporting.policies import BUSINESS, GROSS, NET, SERVICE_AT, Clock, Policies, SlaPolicy, severity_of
from hub.reporting.timelines import INVALID, OPEN, RESTORED, Timeline


@dataclass(slots=True, kw_only=True)
class Case:
    """Durations are microseconds; they are those until the last restoration, or until now while the report is open.

    `restored` is the last restoration, None while the report is open or when it went away. `first_time` is the time
    to the first restoration, which a reopening does not change. `by_gross` and so on are what each clock says of the
    target, `by_policy` what `clock` says, which is that of the agreement unless another was asked for: None where there
    is no target. `acknowledge_within` is the target of the time to acknowledge.
    """

    id: str
    timeline: Timeline
    policy: SlaPolicy
    clock: Clock
    turns: Turns
    opened: int
    acknowledged: int | None
    is_open: bool
    is_valid: bool
    names_service: bool
    restored: int | None
    gross: int
    net: int
    business: int
    first_time: int | None
    target: int | None
    acknowledge_within: int | None
    by_gross: Judged | None
    by_net: Judged | None
    by_business: Judged | None
    by_policy: Judged | None


def case_of(timeline: Timeline, policies: Policies, as_of: int, clock: Clock | None = None) -> Case:
    """`clock` judges the target in place of that of the agreement."""
    policy = policies.of(timeline)
    clock = clock or policy.clock
    turns = turns_of(timeline)
    state, opened = timeline.state, timeline.opened
    restored = turns.restored[-1] if state in RESTORED and turns.restored else None
    until = as_of if restored is None else restored
    intervals = running(timeline, policy.running, until)
    gross, net, business = until - opened, measure(intervals), policy.calendar.within(intervals)
    is_valid = state not in INVALID
    severity = severity_of(timeline)
    target = policy.restore_within(severity)

    by_gross = by_net = by_business = None
    if target is not None and is_valid:
        by_gross, by_net, by_business = [
            judged(opened, intervals, policy, one, target, shown=shown, restored=restored, until=as_of)
            for one, shown in ((GROSS, gross), (NET, net), (BUSINESS, business))
        ]
    return Case(
        id=timeline.id,
        timeline=timeline,
        policy=policy,
        clock=clock,
        turns=turns,
        opened=opened,
        acknowledged=timeline.acknowledged,
        is_open=state in OPEN,
        is_valid=is_valid,
        names_service=not UNNAMED.issuperset(timeline.values[SERVICE_AT]),
        restored=restored,
        gross=gross,
        net=net,
        business=business,
        first_time=turns.restored[0] - opened if turns.restored else None,
        target=target,
        acknowledge_within=policy.acknowledge_within(severity),
        by_gross=by_gross,
        by_net=by_net,
        by_business=by_business,
        by_policy=by_net if clock is NET else by_gross if clock is GROSS else by_business,
    )
