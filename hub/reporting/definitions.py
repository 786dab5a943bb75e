"""What a metric is: its definition, which every figure names, and which the catalogue of metrics is made of."""

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    COUNT = "reports"
    NOTIFICATIONS = "notifications"
    MINUTES = "minutes"
    HOURS = "hours"
    PERCENT = "percent"
    SECONDS = "seconds"
    RATIO = "per report"
    USER_MINUTES = "user-minutes"
    ATTEMPTS = "attempts per delivery"
    CONSTRAINTS = "constraints"
    TIMES = "times the usual"


class Cohort(StrEnum):
    """Which reports, deliveries or constraints a figure is about."""

    OPENED = "valid reports opened in the period"
    RESTORED = "valid reports whose last restoration lies in the period"
    DECIDED = "valid reports with a target that was met, or run over, in the period"
    OPEN_AT_END = "reports open at the end"
    ALL_IN_PERIOD = "every report that was open in the period"
    CREATED = "deliveries made in the period"
    DELIVERED = "deliveries made in the period and received"
    EXPECTED = "pairs of an event of the period and a recipient who should have been told"
    RAISED = "constraints whose first report was opened in the period"
    RAISED_SO_FAR = "constraints whose first report was opened before the end of the period"
    EXPLAINED = "reports below constraints of the period that nobody said to be false"


@dataclass(frozen=True, kw_only=True)
class Definition:
    """`formula` is exact, `source` says where it comes from; a ratio has a numerator and a denominator in words."""

    id: str
    name: str
    meaning: str
    formula: str
    source: str
    cohort: Cohort
    unit: Unit
    numerator: str
    denominator: str
    policy: str = ""
