"""Instants: UTC everywhere, RFC 3339 text in documents, whole microseconds where the hub computes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

Clock = Callable[[], datetime]
"""Gives the present instant, timezone-aware, in UTC."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BEGIN = EPOCH.replace(tzinfo=None)


def system_clock() -> datetime:
    return datetime.now(UTC)


def to_micros(instant: datetime) -> int:
    """Whole microseconds since 1970 in UTC."""
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_micros(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def to_text(instant: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: a fixed width, so that texts sort as instants do."""
    utc = instant.astimezone(UTC)
    return f"{utc.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


@lru_cache(maxsize=64)
def micros_to_text(micros: int) -> str:
    """The text of an instant; those of one change are asked for several times in a row."""
    minute, rest = divmod(micros // 1000, 60_000)
    return f"{_minute_text(minute)}:{rest // 1000:02}.{rest % 1000:03}Z"


@lru_cache(maxsize=1024)
def _minute_text(minute: int) -> str:
    return (BEGIN + timedelta(minutes=minute)).isoformat(timespec="minutes")


def from_text(text: str) -> datetime:
    """The instant that an RFC 3339 text names.

    Raises ValueError for another form, for a text without a zone, which names no instant, and for an instant that is
    before year 1 or after year 9999 in UTC.
    """
    instant = datetime.fromisoformat(str.upper(text))  # RFC 3339 allows small letters
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is beyond the years 1 to 9999 in UTC") from error
