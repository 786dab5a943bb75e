"""What a text says as a value of JSON: a number, an instant, or only a text."""

import math
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from hub.model.times import to_micros

_NUMBER = re.compile(r"[ \t\r\n]*(-?(?:0|[1-9][0-9]*))((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)[ \t\r\n]*")
_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2})))?"
)
_ZONELESS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?")

LARGEST_INTEGER = 2**63 - 1
EXACT = 2**53
"""Up to here a float is the very integer that it is written as."""

FIRST_INSTANT = to_micros(datetime.min.replace(tzinfo=UTC))
LAST_INSTANT = to_micros(datetime.max.replace(tzinfo=UTC))


@lru_cache(maxsize=1024)
def number_in(text: str) -> int | float | None:
    """The number that the text is in JSON, or None."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    if found[2] or len(found[1]) > 19:
        return _finite(float(text))
    return storable(int(text))


def number_text(text: str) -> str:
    """The shortest spelling of a number, so that `1.0` and `1` are one; any other text as it is."""
    number = number_in(text)
    if number is None or (isinstance(number, float) and not number.is_integer()):
        return text
    return str(int(number)) if abs(number) <= EXACT else text


def storable(number: int | float) -> int | float | None:
    """The number as a database holds it: an integer of more than 64 bits becomes a float."""
    if isinstance(number, int) and not -LARGEST_INTEGER <= number <= LARGEST_INTEGER:
        return _finite(float(number)) if number.bit_length() < 1024 else None
    return number


def number_of(value: Any) -> int | float | None:
    """The number that a JSON value is, or that its text is; None for everything else."""
    if isinstance(value, str):
        return number_in(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return storable(value)
    return None


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


@lru_cache(maxsize=1024)
def instant_in(text: str) -> int | None:
    """Microseconds of the instant that an RFC 3339 text names, or None; a date is its midnight in UTC."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    fraction, sign, ahead_hours, ahead_minutes = found.groups()[6:]
    ahead = timedelta(hours=int(ahead_hours or 0), minutes=int(ahead_minutes or 0))
    if ahead >= timedelta(days=1) or int(ahead_minutes or 0) > 59:
        return None
    try:
        local = to_micros(datetime(year, month, day, hour, minute, second, tzinfo=UTC))
    except ValueError:
        return None
    offset = ahead // timedelta(microseconds=1) * (-1 if sign == "-" else 1)
    return local + int(((fraction or "") + "000000")[:6]) - offset


def lacks_zone(text: str) -> bool:
    """Whether the text is a date and a time without a zone, which names no instant."""
    return bool(_ZONELESS.fullmatch(text))
