"""What holds of every account, whatever the reports."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.intervals import clipped, measure, union
from hub.reporting.account import Account, account
from hub.reporting.breakdowns import OTHERS
from hub.reporting.cases import case_of
from hub.reporting.clocks import degraded, running, segments
from hub.reporting.dimensions import NAMES
from hub.reporting.figures import HOUR, MINUTE
from hub.reporting.policies import Clock, Policies, SlaPolicy
from hub.reporting.timelines import Timeline
from tests.unit.reporting.example import BERLIN, MARCH, POLICY, at, march

STATES = ("inProgress", "pending", "held", "resolved", "closed", "cancelled")
FEB = at("2026-02-15T00:00")
LONG = 45 * 24 * 60


@st.composite
def timelines(draw: st.DrawFn, name: str = "R", *, most: int = 1) -> Timeline:
    """`most` is how many customers, services and regions a report names at most."""

    def some(values: str) -> tuple[str, ...]:
        return tuple(sorted(draw(st.sets(st.sampled_from(values), min_size=1, max_size=most))))

    opened = FEB + draw(st.integers(0, LONG)) * MINUTE
    states = ["acknowledged"]
    begins = [opened]
    for length, state in draw(st.lists(st.tuples(st.integers(0, 5000), st.sampled_from(STATES)), max_size=7)):
        if state != states[-1] and begins[-1] + length * MINUTE < MARCH.as_of:
            begins.append(begins[-1] + length * MINUTE)
            states.append(state)
    said = {
        "customer": some("AB"),
        "service": some("XYZ"[: most + 1]),
        "region": some("NS"),
        "severity": (draw(st.sampled_from("12")),),
    }
    return Timeline(
        id=name,
        opened=opened,
        acknowledged=begins[1] if len(begins) > 1 and states[1] != "cancelled" else None,
        begins=tuple(begins),
        states=tuple(states),
        parties=(),
        values=tuple(said.get(one, ("unknown",)) for one in NAMES),
        affected=draw(st.integers(0, 3)),
        irregular=0,
        disordered=0,
    )


def lists_of(most: int) -> st.SearchStrategy[tuple[Timeline, ...]]:
    return st.integers(0, 6).flatmap(
        lambda count: st.tuples(*(timelines(f"R{number}", most=most) for number in range(count)))
    )


lists = lists_of(1)


def made(those: tuple[Timeline, ...], policy: SlaPolicy = POLICY, *breakdowns: str) -> Account:
    return account(those, MARCH, recorded=MARCH.as_of, policies=Policies([policy]), breakdowns=breakdowns)


@given(lists)
def test_the_backlog_balances(those: tuple[Timeline, ...]) -> None:
    end = made(those).figure("backlog", "end")
    assert end.details["balance"] == end.value


@given(lists)
def test_a_report_is_the_same_in_each_part(those: tuple[Timeline, ...]) -> None:
    whole = {row.id: row for row in made(those).rows}
    for name in "AB":
        part = made(tuple(one for one in those if one.values[0] == (name,)))
        assert all(whole[row.id] == row for row in part.rows)


@given(lists)
def test_groups_add_up_to_all(those: tuple[Timeline, ...]) -> None:
    found = made(those, POLICY, "customer")
    groups = sorted({one.group for one in found.figures if one.group})
    for metric in ("slaCompliance", "acknowledgedInTarget", "reopenRate", "repeatRate", "firstTimeFix"):
        parts = [found.figure(metric, "", group) for group in groups]
        whole = found.figure(metric)
        assert sum(one.numerator or 0 for one in parts) == whole.numerator
        assert sum(one.denominator or 0 for one in parts) == whole.denominator
        assert sorted(row for one in parts for row in one.rows) == sorted(whole.rows)


@given(lists)
def test_a_group_has_the_figures_that_its_reports_have_alone(those: tuple[Timeline, ...]) -> None:
    found = made(those, POLICY, "customer")
    for group in {one.group for one in found.figures if one.group}:
        alone = made(tuple(one for one in those if one.values[0] == group[1:]))
        for one in found.figures:
            if one.group == group:
                assert replace(one, group=()) == alone.figure(one.metric, one.part)


def scoped(those: tuple[Timeline, ...], name: str, wanted: set[str]) -> tuple[Timeline, ...]:
    """The reports that name one of `wanted`, as if they named nothing else of the dimension."""
    at = NAMES.index(name)
    found = []
    for one in those:
        if left := tuple(value for value in one.values[at] if value in wanted):
            found.append(one._replace(values=(*one.values[:at], left, *one.values[at + 1 :])))
    return tuple(found)


@pytest.mark.parametrize("name", ["service", "customer", "region"])
@settings(max_examples=30)
@given(those=lists_of(2))
def test_a_row_of_a_breakdown_is_the_figure_of_that_scope(name: str, those: tuple[Timeline, ...]) -> None:
    """Also of reports that name several. What came again is told by all reports, which a region's scope has not."""
    found = march(those, breakdowns=[name], listed=1)
    known = {value for one in those for value in one.values[NAMES.index(name)]}
    first = {one.group[1] for one in found.figures if one.group} - {OTHERS}
    apart = {"repeatRate", "firstTimeFix"} if name == "region" else set()
    for value, wanted in {**{value: {value} for value in first}, OTHERS: known - first}.items():
        alone = march(scoped(those, name, wanted), listed=0)
        for one in found.figures:
            if one.group == (name, value) and one.metric not in apart:
                assert replace(one, group=()) == alone.figure(one.metric, one.part)


@given(timelines())
def test_the_clocks_show_no_more_than_they_can(one: Timeline) -> None:
    for stops in (frozenset(), frozenset({"pending"}), frozenset({"pending", "held"})):
        case = case_of(one, Policies([replace(POLICY, stops=stops)]), MARCH.as_of)
        assert 0 <= case.business <= case.net <= case.gross
        assert case.first_time is None or case.restored is None or case.first_time <= case.gross
    open_time = measure(degraded(one, MARCH.as_of if case.restored is None else case.restored))
    assert case_of(one, Policies([replace(POLICY, stops=frozenset())]), MARCH.as_of).net == open_time


@given(timelines(), st.sets(st.sampled_from(("acknowledged", *STATES))), st.integers(0, LONG))
def test_the_intervals_of_some_states_are_those_of_each(one: Timeline, states: set[str], after: int) -> None:
    until = FEB + after * MINUTE
    single = [(begin, end) for begin, end, state in segments(one, until) if state in states]
    found = running(one, frozenset(states), until)
    assert union(found) == union(clipped(single, 0, until))
    assert found == sorted(found)
    assert all(begin < end for begin, end in found)


@given(timelines())
def test_net_time_and_stopped_time_make_the_open_time(one: Timeline) -> None:
    net = case_of(one, Policies([POLICY]), MARCH.as_of).net
    everything = case_of(one, Policies([replace(POLICY, stops=frozenset())]), MARCH.as_of)
    others = frozenset({"acknowledged", "inProgress", "held", "notObserved"})
    stopped = case_of(one, Policies([replace(POLICY, stops=others)]), MARCH.as_of)
    assert net + stopped.net == everything.net


@given(timelines(), st.sampled_from(Clock))
def test_a_breach_is_dated_within_the_life_of_a_report(one: Timeline, clock: Clock) -> None:
    policy = replace(POLICY, clock=clock, calendar=BERLIN, restore={"other": 5 * HOUR})
    verdict = case_of(one, Policies([policy]), MARCH.as_of).by_policy
    if verdict is not None and verdict.at is not None:
        assert one.opened <= verdict.at <= MARCH.as_of
