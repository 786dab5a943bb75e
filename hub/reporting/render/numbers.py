"""Numbers and instants as people read them, by language and zone."""

from collections.abc import Mapping
from datetime import datetime
from math import floor, log10
from zoneinfo import ZoneInfo

from hub.reporting.audiences.audience import Language
from hub.reporting.definitions import Unit
from hub.reporting.figures import SECOND, Number

DECIMALS: Mapping[str, int] = {Unit.PERCENT: 1, Unit.HOURS: 2, Unit.MINUTES: 1, Unit.SECONDS: 1}
"""The most decimals by unit; a number has 2 otherwise."""

FINE: Mapping[str, int] = {"availability": 4}
"""Metrics that tell only by more of them."""

GERMAN, GERMAN_MARKS = Language.GERMAN, str.maketrans(",.", ".,")


def number(value: Number, decimals: int, language: Language) -> str:
    """With marks between thousands, and without zeros at the end."""
    text = f"{value:,.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    return text.translate(GERMAN_MARKS) if language is GERMAN else text


def amount(value: Number, decimals: int, language: Language) -> str:
    """The same, with as many more decimals as it takes that what is more than nothing does not read as nothing."""
    text = number(value, decimals, language)
    if value and text == "0":
        return number(value, max(decimals, -floor(log10(abs(value)))), language)
    return text


def decimals_of(metric: str, unit: str) -> int:
    return FINE.get(metric, DECIMALS.get(unit, 2))


def moment(micros: int, zone: str) -> str:
    """Local, to the minute, with the distance from UTC: 2026-03-02 09:00 +01:00."""
    text = datetime.fromtimestamp(micros // SECOND, ZoneInfo(zone)).isoformat(" ", "minutes")
    return f"{text[:16]} {text[16:]}"
