"""Metrics as a scraper reads them: by the parser of the Prometheus project."""

from collections.abc import Iterable

from prometheus_client.parser import text_string_to_metric_families

from hub.telemetry.exposition import Exposition
from hub.telemetry.metric import Reading


class Scraped:
    def __init__(self, text: str) -> None:
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self._values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families.values()
            for sample in family.samples
        }

    @classmethod
    def of(cls, readings: Iterable[Reading]) -> "Scraped":
        found = list(readings)
        return cls(Exposition([lambda: found]).text().decode())

    def value(self, name: str, **labels: str) -> float:
        """Of one series; names and labels are given without `qos_hub_`."""
        return self._values[f"qos_hub_{name}", frozenset(labels.items())]

    def series(self, name: str, label: str) -> dict[str, float]:
        """{value of the label: value of the series}."""
        return {
            dict(labels)[label]: value
            for (found, labels), value in self._values.items()
            if found == f"qos_hub_{name}"
        }
