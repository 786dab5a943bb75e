"""How many percent are to keep their target: read from the agreement, drawn, and said whether it was met."""

from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from hub.errors import InvalidSettings
from hub.reporting.account import Account, account
from hub.reporting.audiences.audience import Audience, Language
from hub.reporting.audiences.definition import ReportDefinition
from hub.reporting.policies import Policies, SlaPolicy
from hub.reporting.policy_file import agreed_from
from hub.reporting.render import charts, curves
from hub.reporting.render.composing import Told, compose
from hub.reporting.render.document import Section
from tests.unit.reporting.example import MARCH, POLICY, TIMELINES
from tests.unit.reporting.test_renderers import ALL

GOAL = replace(POLICY, compliance=95)


def made(policies: Sequence[SlaPolicy] = (GOAL,)) -> Account:
    return account(TIMELINES, MARCH, recorded=MARCH.as_of, policies=Policies(policies), breakdowns=["customer"])


def section(audience: Audience = ALL, policies: Sequence[SlaPolicy] = (GOAL,)) -> Section:
    definition = ReportDefinition(name="x", title="X", audience=audience.name, metrics=("slaCompliance",))
    (found,) = compose(made(policies), Told(audience=audience, definition=definition, scope={})).sections
    return found


def texts(svg: str) -> list[str | None]:
    return [one.text for one in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_the_figure_of_the_agreed_share_has_its_goal_and_those_of_the_clocks_have_none() -> None:
    found = made()
    assert found.figure("slaCompliance").details["goal"] == 95
    assert found.figure("slaCompliance", "", ("customer", "BETA")).details["goal"] == 95
    assert [one.metric for one in found.figures if "goal" in one.details and not one.group] == ["slaCompliance"]


def test_where_agreements_say_different_things_all_have_no_goal_and_each_group_its_own() -> None:
    found = made([GOAL, replace(GOAL, customer="BETA", compliance=80)])
    assert "goal" not in found.figure("slaCompliance").details
    assert found.figure("slaCompliance", "", ("customer", "ACME")).details["goal"] == 95
    assert found.figure("slaCompliance", "", ("customer", "BETA")).details["goal"] == 80
    assert "goal" not in made([GOAL, replace(POLICY, customer="BETA")]).figure("slaCompliance").details


@pytest.mark.parametrize(("goal", "verdict"), [(95, "missed"), (40, "met"), (12.5, "met")])
def test_the_sentence_says_whether_it_was_met(goal: float, verdict: str) -> None:
    found = section(policies=[replace(POLICY, compliance=goal)])
    assert found.summary.endswith(f"11.8 to 76.9 %); goal {goal:g} %: {verdict}.")
    assert found.figures[0].note.startswith(f"goal {goal:g} %")


def test_bars_and_curve_have_a_line_there_with_its_name() -> None:
    found = section()
    assert found.chart is not None
    assert found.chart.mark == (95, "goal 95 %")
    assert "goal 95 %" in texts(charts.svg(found.chart, "x", "s"))
    assert found.curve is not None
    assert found.curve.mark == (0.95, "goal 95 %")
    assert "goal 95 %" in texts(curves.svg(found.curve, "x"))
    assert found.curve.summary.endswith("in 5 of 31 spans; below the goal 95 % in 3 of them")


def test_without_an_agreed_share_there_is_no_line() -> None:
    found = section(policies=[POLICY])
    assert found.chart is not None
    assert found.curve is not None
    assert (found.chart.mark, found.curve.mark) == (None, None)
    assert "goal" not in found.summary


def test_it_is_said_in_the_language_of_the_audience() -> None:
    found = section(replace(ALL, language=Language.GERMAN))
    assert "; Zielquote 95 %: verfehlt." in found.summary
    assert found.curve is not None
    assert found.curve.summary.endswith("; in 3 davon unter der Zielquote 95 %")


def test_it_is_read_from_the_agreement() -> None:
    agreements = [{"name": "all", "from": "2026-01-01", "compliance": 97.5}]
    found = agreed_from({"agreements": agreements}, "reporting.yaml")
    assert found.policies.of(TIMELINES[0]).compliance == 97.5


@pytest.mark.parametrize("value", [0, -1, 100.1, "much", float("nan")])
def test_what_is_no_share_is_refused_by_name(value: object) -> None:
    agreements = [{"name": "all", "from": "2026-01-01", "compliance": value}]
    with pytest.raises(InvalidSettings) as error:
        agreed_from({"agreements": agreements}, "reporting.yaml")
    assert [one.field for one in error.value.violations] == ["agreements.0.compliance"]
    assert str(value) in str(error.value)
