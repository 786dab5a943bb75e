"""Values of a database as JSON has them, and stamps as the database compares them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID

from adapters.rows import TimeForm, rfc3339

READERS: Mapping[str, Any] = {
    "moment": datetime.fromisoformat,
    "day": date.fromisoformat,
    "uuid": UUID,
    "number": Decimal,
}
"""How a kept value of a kind that JSON has not is read."""


def plain(value: Any, zone: tzinfo) -> Any:
    """The value in a record; a moment without a zone is one of `zone`."""
    match value:
        case datetime():
            return rfc3339(value if value.tzinfo else value.replace(tzinfo=zone))
        case date() | time() | UUID():
            return str(value)
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes() | bytearray() | memoryview():
            return bytes(value).decode("utf-8", "backslashreplace")
        case _:
            return value


def size_of(value: Any) -> int:
    """Bytes that the value takes, about: letters of a text, and a few for what is neither text nor bytes."""
    match value:
        case str() | bytes() | bytearray() | memoryview():
            return len(value)
        case Mapping():
            return sum(map(size_of, (*value.keys(), *value.values())))
        case list() | tuple():
            return sum(map(size_of, value))
        case _:
            return 16


def kept(value: Any) -> Any:
    """The value in a cursor. Raises ValueError for one that cannot be a key or a stamp."""
    match value:
        case bool() | int() | str() | float():
            return value
        case datetime():
            return {"moment": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case UUID():
            return {"uuid": str(value)}
        case Decimal():
            return {"number": str(value)}
        case _:
            raise ValueError(f"{value!r:.80} cannot be the key or the stamp of a row")


def given_back(value: Any) -> Any:
    """The value that was kept."""
    if not isinstance(value, Mapping):
        return value
    ((kind, text),) = value.items()
    return READERS[kind](text)


def like(sample: Any, instant: datetime, form: TimeForm, zone: tzinfo) -> Any:
    """The instant in the kind of the sample, which is a stamp of the same column."""
    match sample:
        case datetime():
            return instant if sample.tzinfo else instant.astimezone(zone).replace(tzinfo=None)
        case date():
            return instant.astimezone(zone).date()
        case int() | float() | Decimal():
            return type(sample)(form.text(instant.astimezone(UTC)))
        case str() if form.is_iso:
            return _iso_like(sample, instant, zone)
        case _:
            return form.text(instant)


def _iso_like(sample: str, instant: datetime, zone: tzinfo) -> str:
    """The instant as the sample is written, so that the two sort as texts: with its separator, fraction and zone."""
    read = datetime.fromisoformat(sample)
    there = instant.astimezone(read.tzinfo or zone)
    precision = "microseconds" if "." in sample else "seconds"
    text = there.replace(tzinfo=None).isoformat(sep=sample[10:11] or "T", timespec=precision)
    if read.tzinfo is None:
        return text
    return f"{text}Z" if sample.endswith("Z") else f"{text}{there.isoformat()[-6:]}"
