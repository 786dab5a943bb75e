"""The page about watching has every metric, as it is, and every alert asks for metrics and labels that there are."""

import re
from pathlib import Path

import pytest

from hub.telemetry.catalogue import CATALOGUE

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "watch-the-hub.md").read_text(encoding="utf-8")
KNOWN = {metric.name: metric for metric in CATALOGUE}
ROW = re.compile(r"^\| `(qos_hub_\w+)` \| (\w+) \| (.*?) \| (.*) \|$", re.MULTILINE)
ALERT = re.compile(r"^\| [A-Z][^|`]* \| `(.*?)`.*\|$", re.MULTILINE)
ASKED = re.compile(r"(qos_hub_\w+?)(?:_bucket|_count|_sum)?(?:\{(.*?)\})?(?=[\[\s)]|$)")
ALERTS = ALERT.findall(PAGE)


def test_the_table_has_every_metric_and_no_other() -> None:
    assert ROW.findall(PAGE) == [
        (metric.name, metric.kind, ", ".join(f"`{label}`" for label in metric.labels) or "–", metric.help)
        for metric in CATALOGUE
    ]


@pytest.mark.parametrize("expression", ALERTS)
def test_an_alert_asks_for_what_there_is(expression: str) -> None:
    asked = ASKED.findall(expression)
    assert asked or expression.startswith("up{")
    for name, labels in asked:
        wanted = set(re.findall(r"(\w+)(?:=~|!=|=)", labels))
        assert wanted <= set(KNOWN[name].labels)


def test_there_are_alerts() -> None:
    assert len(ALERTS) >= 15
