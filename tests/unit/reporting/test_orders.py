"""Until when an order for a report reads the history."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.api.reports_asked import AHEAD, order_asked
from hub.errors import InvalidInput
from hub.model.times import from_micros, to_text
from hub.reporting.audiences.audience import Audience
from hub.reporting.audiences.definition import ReportDefinition
from hub.reporting.order import Order
from hub.reporting.policy_file import load_agreed
from hub.reporting.press import Press
from hub.shipped import config_dir
from tests.unit.reporting.example import MARCH

NOW = MARCH.end
DEFINITION = ReportDefinition(name="month", title="Month", audience="all")
PRESS = Press(
    agreed=load_agreed(config_dir() / "reporting.yaml"),
    audiences={
        "all": Audience(name="all", title="All"),
        "one": Audience(name="one", title="One", only={"customer": frozenset({"ACME"})}),
        "two": Audience(name="two", title="Two", only={"customer": frozenset({"ACME", "BETA"})}),
    },
    definitions={},
)


def recorded(text: str) -> int:
    return order_asked(PRESS, DEFINITION, {"period": "2026-03", "recordedUntil": text}, now=NOW).recorded


def ahead(**span: float) -> str:
    return to_text(from_micros(NOW) + timedelta(**span))


def test_what_clocks_differ_by_is_now() -> None:
    assert recorded(ahead(microseconds=AHEAD)) == NOW
    assert recorded(ahead(hours=-1)) == NOW - 60 * AHEAD


@pytest.mark.parametrize("text", [ahead(minutes=2), ahead(days=4000), "1899-12-31T23:59:59Z"])
def test_an_instant_that_lies_ahead_or_before_all_reports_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        recorded(text)
    (violation,) = caught.value.violations
    assert (violation.field, violation.value) == ("recordedUntil", text)


@pytest.mark.parametrize(
    ("audience", "scope", "customer"),
    [
        ("all", {}, None),
        ("all", {"customer": "BETA"}, "BETA"),
        ("one", {}, "ACME"),
        ("two", {}, None),
        ("two", {"customer": "BETA"}, "BETA"),
        ("gone", {"customer": "BETA"}, "BETA"),
    ],
)
def test_a_report_is_about_the_one_customer_of_its_scope_or_its_audience(
    audience: str, scope: dict[str, str], customer: str | None
) -> None:
    definition = replace(DEFINITION, audience=audience)
    order = Order(definition=definition, period="2026-03", recorded=NOW, formats=(), scope=scope)
    assert PRESS.customer(order) == customer
