"""How constraints are told: in sentences, charts and every form; and to whom they never are."""

from dataclasses import replace

import pytest

from hub.errors import InvalidInput, InvalidSettings
from hub.reporting.audiences.audience import Audience, Language
from hub.reporting.audiences.definition import Format, ReportDefinition, definition_from
from hub.reporting.audiences.file import audiences_from
from hub.reporting.catalogue import DEFINITIONS, OF_CONSTRAINTS
from hub.reporting.render.composing import Told, compose
from hub.reporting.render.document import ManagementReport, Section
from tests.unit.reporting.example import TIMELINES, march
from tests.unit.reporting.test_constraint_figures import SEVEN
from tests.unit.reporting.test_renderers import CALENDARS, SHIPPED, texts

ALL = SHIPPED["operations"]
GERMAN = replace(ALL, language=Language.GERMAN)


def document(audience: Audience) -> ManagementReport:
    """Of an account that has the constraints, whoever it is for."""
    definition = ReportDefinition(name="march", title="March", audience=audience.name)
    return compose(march([*TIMELINES, *SEVEN]), Told(audience=audience, definition=definition, scope={}))


def sections(audience: Audience) -> dict[str, Section]:
    return {one.metric: one for one in document(audience).sections}


@pytest.mark.parametrize(
    ("audience", "metric", "said"),
    [
        (
            ALL,
            "constraintsRaised",
            "Constraints raised: 4 constraints in all; most in failure of a resource, 2 constraints.",
        ),
        (
            ALL,
            "constraintReports",
            "Reports explained by constraints: 4 reports in all; most in failure of a resource, 3 reports.",
        ),
        (ALL, "constraintExcess", "Customers observed against the usual: 2.5 times the usual (n = 4)."),
        (
            ALL,
            "constraintPrecision",
            "Precision of constraints: 50 % (1 of 2; 95 % interval 9.5 to 90.5 %); before: 100 %; "
            "no evidence of change.",
        ),
        (
            GERMAN,
            "constraintsRaised",
            "Erkannte Engpässe und Ausfälle: 4 Engpässe und Ausfälle insgesamt; am meisten bei Ausfall einer "
            "Ressource, 2 Engpässe und Ausfälle.",
        ),
        (GERMAN, "constraintExcess", "Beobachtete Kunden gegen das Übliche: 2,5 mal das Übliche (n = 4)."),
        (
            GERMAN,
            "constraintPrecisionSoFar",
            "Trefferquote der Engpässe und Ausfälle bisher: 66,7 % (2 von 3; 95-%-Intervall 20,8 bis 93,9 %).",
        ),
    ],
)
def test_a_sentence_says_what_was_found_and_how_right_it_was(audience: Audience, metric: str, said: str) -> None:
    assert sections(audience)[metric].summary == said


def test_types_are_compared_with_one_another_and_shares_have_their_interval() -> None:
    found = sections(ALL)
    raised, precision = found["constraintsRaised"].chart, found["constraintPrecision"].chart
    assert raised
    assert precision
    assert [(bar.label, bar.value) for bar in raised.bars] == [
        ("failure of a resource", 2),
        ("shortage of capacity", 2),
    ]
    assert [(bar.label, bar.value, bar.whole) for bar in precision.bars] == [
        ("all", 50, True),
        ("failure of a resource", 100, False),
        ("shortage of capacity", 0, False),
    ]
    assert all(bar.low is not None for bar in precision.bars)


def test_what_is_in_no_precision_is_among_what_was_left_out() -> None:
    rows = document(ALL).excluded.rows
    assert ("Precision of constraints, Precision of constraints so far", "not reviewed", 1) in rows
    assert ("Precision of constraints, Precision of constraints so far", "unknown", 1) in rows


@pytest.mark.parametrize("form", Format)
def test_every_form_has_them(form: Format) -> None:
    told = " ".join(texts(document(ALL), form).split())
    for metric in sorted(OF_CONSTRAINTS):
        assert (metric if form in (Format.CSV, Format.JSON) else DEFINITIONS[metric].name) in told


@pytest.mark.parametrize("form", [Format.HTML, Format.JSON, Format.CSV])
def test_nobody_else_is_told_whatever_is_asked(form: Format) -> None:
    """Not even by a definition that names all metrics, and an account that has them."""
    narrowed = [
        SHIPPED["customer"].narrowed({"customer": "ACME"}),
        SHIPPED["supplier"].narrowed({"responsibleParty": "x"}),
        ALL.narrowed({"region": "north"}),
        replace(ALL, hidden=frozenset({"customer"})),
        replace(ALL, only={"region": frozenset({"north"})}),
    ]
    for one in narrowed:
        audience = replace(one, metrics=tuple(DEFINITIONS), rows=False)
        told = texts(document(audience), form)
        assert [metric for metric in OF_CONSTRAINTS if metric in told] == []
        assert "Precision of constraints" not in told


def test_small_figures_of_constraints_are_withheld_like_others() -> None:
    few = Audience(name="few", title="Few", metrics=tuple(DEFINITIONS), rows=False, smallest=5)
    found = sections(few)
    assert {one.text for one in found["constraintsRaised"].figures} == {"withheld"}
    assert {one.text for one in found["constraintPrecision"].figures} == {"withheld"}


def test_an_audience_without_metrics_has_all_that_it_may_see() -> None:
    assert set(ALL.metrics) == set(DEFINITIONS)
    parts = {"audiences": {"north": {"title": "North", "only": {"region": ["north"]}}}}
    north = audiences_from(parts, "audiences.yaml", CALENDARS)["north"]
    assert set(north.metrics) == set(DEFINITIONS) - OF_CONSTRAINTS


@pytest.mark.parametrize(
    "parts",
    [{"only": {"region": ["north"]}}, {"one": "service"}, {"hide": ["customer"]}],
    ids=["only", "one", "hide"],
)
def test_an_audience_that_does_not_see_everything_cannot_name_them(parts: dict[str, object]) -> None:
    audience = {"title": "A", "metrics": ["backlog", "constraintPrecision"], **parts}
    with pytest.raises(InvalidSettings, match="constraints span customers: only who sees every report") as error:
        audiences_from({"audiences": {"a": audience}}, "audiences.yaml", CALENDARS)
    (wrong,) = error.value.violations
    assert (wrong.field, wrong.value) == ("audiences.a.metrics", "constraintPrecision")


@pytest.mark.parametrize(
    ("audience", "scope", "message"),
    [
        ("customer", {}, "audience customer does not see it"),
        ("executive", {}, "audience executive does not see it"),
        ("operations", {"service": "VPN-7"}, "constraints span customers, and are in no report with a scope"),
    ],
)
def test_a_definition_cannot_name_what_its_audience_or_its_scope_does_not_show(
    audience: str, scope: dict[str, str], message: str
) -> None:
    new = {
        "name": "mine",
        "title": "Mine",
        "audience": audience,
        "scope": scope,
        "metrics": ["slaCompliance", "constraintPrecision"],
    }
    with pytest.raises(InvalidInput) as error:
        definition_from(new, SHIPPED)
    (wrong,) = error.value.violations
    assert (wrong.field, wrong.value, wrong.message) == ("metrics", "constraintPrecision", message)
    assert definition_from({**new, "metrics": ["slaCompliance"]}, SHIPPED).metrics == ("slaCompliance",)
