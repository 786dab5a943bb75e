"""What a definition chooses of how its figures are made: refused by field and value, computed, and told."""

from dataclasses import replace
from typing import Any

import pytest

from hub.errors import InvalidInput
from hub.reporting.account import Account, to_bytes
from hub.reporting.audiences.audience import Language
from hub.reporting.audiences.definition import ReportDefinition, definition_from, definition_of
from hub.reporting.audiences.policy import ReportPolicy, policy_of
from hub.reporting.figures import HOUR, MINUTE
from hub.reporting.policies import Clock
from hub.reporting.render.composing import Told, compose
from hub.reporting.render.document import ManagementReport
from hub.reporting.tracks import STOPPED
from tests.unit.reporting.example import MARCH, POLICY, march
from tests.unit.reporting.test_audiences import SHIPPED

GIVEN = {
    "clock": "gross",
    "percentiles": [50, 90],
    "jeopardy": [50, 90],
    "ages": ["90m", "7d"],
    "notifyWithin": "15m",
    "listed": 1,
}
WHOLE = policy_of(GIVEN)
GROSS = replace(MARCH, clock=Clock.GROSS)


def defined(policy: Any) -> ReportDefinition:
    given = {"name": "mine", "title": "Mine", "audience": "operations", "policy": policy}
    return definition_from(given, SHIPPED)


def told(account: Account, policy: ReportPolicy, **audience: Any) -> ManagementReport:
    seen = replace(SHIPPED["operations"], **audience)
    return compose(account, Told(audience=seen, definition=replace(defined(None), policy=policy), scope={}))


def test_a_policy_is_read_again_as_it_was_written() -> None:
    one = defined(GIVEN)
    assert one.document()["policy"] == GIVEN
    assert definition_of(one.document()) == one


@pytest.mark.parametrize("nothing", [None, {}])
def test_without_one_there_is_none_to_show(nothing: object) -> None:
    assert "policy" not in defined(nothing).document()
    assert defined(nothing).policy.of(MARCH) == MARCH


@pytest.mark.parametrize(
    ("policy", "field", "value", "message"),
    [
        ({"clock": "solar"}, "policy.clock", "solar", "must be one of gross, net, business, not 'solar'"),
        ({"clock": None}, "policy.clock", None, "must not be null"),
        ({"percentiles": [50, 100]}, "policy.percentiles.1", 100, "must be 1 to 99, not 100"),
        ({"percentiles": [50, "x"]}, "policy.percentiles.1", "x", "must be a whole number, not 'x'"),
        ({"percentiles": [50.5]}, "policy.percentiles.0", 50.5, "must be a whole number, not 50.5"),
        (
            {"percentiles": [95, 50]},
            "policy.percentiles",
            [95, 50],
            "must rise: each greater than the one before, not",
        ),
        ({"percentiles": []}, "policy.percentiles", [], "must have 1 to 10 entries, not []"),
        ({"percentiles": 50}, "policy.percentiles", 50, "must be a list, not 50"),
        ({"jeopardy": [0, 50]}, "policy.jeopardy.0", 0, "must be 1 to 1000, not 0"),
        ({"jeopardy": [50, 50]}, "policy.jeopardy", [50, 50], "must rise"),
        ({"ages": ["4h", "soon"]}, "policy.ages.1", "soon", "must be a length such as 15m, 4h or 3d, not 'soon'"),
        ({"ages": ["0d"]}, "policy.ages.0", "0d", "must be a length such as"),
        ({"ages": ["24h", "1d"]}, "policy.ages", ["24h", "1d"], "must rise"),
        ({"notifyWithin": 300}, "policy.notifyWithin", 300, "must be a text, not 300"),
        ({"notifyWithin": "10000d"}, "policy.notifyWithin", "10000d", "must be a length such as"),
        ({"listed": 0}, "policy.listed", 0, "must be 1 to 500, not 0"),
        ({"target": "4h"}, "policy.target", "4h", "is not known here"),
        ("gross", "policy", "gross", "must be an object, not 'gross'"),
    ],
)
def test_what_is_wrong_with_a_policy_is_named(policy: object, field: str, value: object, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        defined(policy)
    (wrong,) = refused.value.violations
    assert (wrong.field, wrong.value) == (field, value)
    assert wrong.message.startswith(message)


def test_a_question_is_as_configured_but_for_what_is_chosen() -> None:
    question = WHOLE.of(replace(MARCH, seed=7))
    assert question == replace(
        GROSS,
        seed=7,
        percentiles=(50, 90),
        jeopardy=(50, 90),
        ages=(90 * MINUTE, 7 * 24 * HOUR),
        notify_within=15 * MINUTE,
        listed=1,
    )
    assert policy_of({"listed": 3}).of(MARCH) == replace(MARCH, listed=3)


@pytest.mark.parametrize(
    ("clock", "numerator", "denominator"), [(Clock.GROSS, 1, 5), (Clock.NET, 2, 5), (Clock.BUSINESS, 3, 4)]
)
def test_targets_are_judged_by_the_chosen_clock_and_the_figure_names_it(
    clock: Clock, numerator: int, denominator: int
) -> None:
    """By hand: R2 waited three of its six hours for the customer, R5 was open over a weekend."""
    account = march(question=replace(MARCH, clock=clock))
    found = account.figure("slaCompliance")
    assert (found.numerator, found.denominator) == (numerator, denominator)
    assert found.policy["clock"] == clock
    assert "clock net" in found.policy["agreement"], "what was agreed stays what it was"
    assert account.figure("slaComplianceClosedOnly").policy["clock"] == clock
    assert account.figure("slaComplianceNet").policy["clock"] == "net"
    jeopardy = account.figure("jeopardy", "> 100 %")
    assert (jeopardy.value, jeopardy.policy["clock"]) == (0 if clock is Clock.BUSINESS else 1, clock)


def test_course_rows_and_tracks_go_by_the_chosen_clock() -> None:
    account = march(question=GROSS)
    (course,) = [one for one in account.courses if one.metric == "slaCompliance"]
    assert sum(int(row[2] or 0) for row in course.rows) == 1
    rows = {row.id: row for row in account.rows}
    assert (rows["R2"].verdict, rows["R1"].verdict) == ("breached", "met")
    assert rows["R2"].policy.endswith("; judged by the clock gross")
    (track,) = [one for one in account.tracks if one.id == "R2"]
    assert track.shown == 6 * HOUR
    assert STOPPED not in {name for _, _, name in track.clock}


def test_of_another_clock_than_agreed_no_goal_was_agreed() -> None:
    agreed = replace(POLICY, compliance=95)
    assert march(policy=agreed).figure("slaCompliance").details["goal"] == 95
    assert "goal" not in march(policy=agreed, question=GROSS).figure("slaCompliance").details
    net = replace(MARCH, clock=Clock.NET)
    assert march(policy=agreed, question=net).figure("slaCompliance").details["goal"] == 95


def test_the_bands_and_percentiles_are_those_that_are_chosen() -> None:
    account = march(breakdowns=["customer"], question=WHOLE.of(MARCH))
    parts = {
        metric: [one.part for one in account.figures if one.metric == metric and not one.group]
        for metric in ("timeToRestoreNet", "jeopardy", "ageing")
    }
    assert parts == {
        "timeToRestoreNet": ["mean", "p50", "p90"],
        "jeopardy": ["≤ 50 %", "50–90 %", "> 90 %"],
        "ageing": ["< 1.5 h", "1.5 h–7 d", "≥ 7 d"],
    }
    groups = {one.group for one in account.figures if one.group}
    assert groups == {("customer", "ACME"), ("customer", "(others)")}


def test_the_head_tells_what_was_chosen_and_nothing_where_nothing_was() -> None:
    assert told(march(question=WHOLE.of(MARCH)), WHOLE).head["Policy"] == (
        "clock: gross; percentiles: 50, 90; bands of jeopardy: 50, 90 %; bands of ages: 90m, 7d; "
        "told in time within: 15m; shown each for itself: 1"
    )
    assert told(march(question=WHOLE.of(MARCH)), WHOLE, language=Language.GERMAN).head["Berechnung"] == (
        "Uhr: brutto; Perzentile: 50, 90; Stufen der Gefährdung: 50, 90 %; Altersstufen: 90m, 7d; "
        "rechtzeitig benachrichtigt binnen: 15m; einzeln gezeigt: 1"
    )
    assert "Policy" not in told(march(), ReportPolicy()).head


def test_without_the_median_a_sentence_tells_the_mean() -> None:
    policy = policy_of({"percentiles": [80]})
    (section,) = [
        one for one in told(march(question=policy.of(MARCH)), policy).sections if one.metric == "timeToRestoreNet"
    ]
    assert section.summary.startswith("Time to restore, net: mean 22.75 h (n = 4)")
    (open_too,) = [
        one
        for one in told(march(question=policy.of(MARCH)), policy).sections
        if one.metric == "timeToRestoreCensored"
    ]
    assert open_too.summary.startswith("Time to restore, open reports included: p80 67 h (n = 5)")


def test_what_agrees_with_the_agreement_makes_the_same_figures() -> None:
    """The clock that was agreed, chosen once more: values are the same, and the name of the clock stands there."""
    plain, chosen = march(), march(question=replace(MARCH, clock=Clock.NET))
    assert [(one.key, one.value) for one in plain.figures] == [(one.key, one.value) for one in chosen.figures]
    assert plain.rows == chosen.rows
    assert to_bytes(plain) != to_bytes(chosen)
