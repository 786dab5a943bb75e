"""The words of management reports, by language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.reporting.audiences.audience import Language
from hub.reporting.catalogue import DEFINITIONS
from hub.reporting.render.german import GERMAN
from hub.reporting.render.german_metrics import GERMAN_METRICS

UNITS: Mapping[str, str] = {
    "minutes": "min",
    "hours": "h",
    "percent": "%",
    "seconds": "s",
}
ONE: Mapping[str, str] = {"reports": "report", "notifications": "notification", "constraints": "constraint"}
"""What a unit is called behind a 1."""

ENGLISH: Mapping[str, str] = {
    "notReached": "not reached",
    "notAcknowledged": "not taken up",
    "noTarget": "without a target",
    "noService": "without a service",
    "noOutage": "no outage",
    "notKept": "no longer kept",
    "numberNotSaid": "does not say how many",
    "none": "none",
    "open": "still open",
    "undecided": "not decided yet",
    "notReviewed": "not reviewed",
    "noVerdict": "no verdict yet",
    "resourceFailure": "failure of a resource",
    "capacityShortage": "shortage of capacity",
    "p50": "median",
    "begin": "open at the begin",
    "end": "open at the end",
    "irregularStep": "irregular step",
    "outOfOrder": "out of order",
    "notObserved": "not observed",
    "responsibleParty": "responsible party",
    "affected": "affected services",
}
"""What reads otherwise than it is written in figures; every other word stands for itself."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """`table` is {English word: this language's}; `metrics` {id: (name, meaning)}, English where there is none."""

    language: Language
    table: Mapping[str, str]
    metrics: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __call__(self, word: str, **parts: object) -> str:
        """The word, or the sentence with its parts."""
        text = self.table.get(word, word)
        return text.format(**parts) if parts else text

    def metric(self, name: str) -> str:
        return self.metrics[name][0] if name in self.metrics else DEFINITIONS[name].name

    def meaning(self, name: str) -> str:
        return self.metrics[name][1] if name in self.metrics else DEFINITIONS[name].meaning

    def unit(self, unit: str, value: float | None = None) -> str:
        unit = ONE.get(unit, unit) if value == 1 else unit
        return UNITS.get(unit) or self(unit)


BY_LANGUAGE: Mapping[Language, Words] = {
    Language.ENGLISH: Words(language=Language.ENGLISH, table=ENGLISH),
    Language.GERMAN: Words(language=Language.GERMAN, table=GERMAN, metrics=GERMAN_METRICS),
}
