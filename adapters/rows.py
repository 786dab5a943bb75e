"""Which members of a row are its identity and its times, and how the times are written there."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length

from hub.ports import Record

Row = Mapping[str, Any]
"""One ticket, or one change of a ticket, as a file, a table or an API tells it."""

FORMS = "iso, epoch, epoch_ms, or a pattern such as %d.%m.%Y %H:%M"
TRUE = frozenset({"true", "t", "yes", "y", "1"})
TIMES_KEPT = 20_000
"""How many texts are remembered with the instants that they name: the rows of a log repeat them."""


def time_form(text: str) -> None:
    """Accepts the name of a form, and a pattern that reads a moment as it writes it."""
    if text in ("iso", "epoch", "epoch_ms"):
        return
    try:
        if "%" not in text:
            raise ValueError
        written = datetime(2026, 11, 22, 17, 3, 4, tzinfo=UTC).strftime(text)
        if not datetime.strptime(written, text).strftime("%Y-%m-%d").startswith("2026-11-22"):
            raise ValueError
    except ValueError as error:
        raise ValidationError(f"{text!r} names no moment; the forms are {FORMS}") from error


def time_zone(name: str) -> None:
    """Accepts the name of a time zone, such as UTC or Europe/Berlin."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValidationError(f"there is no time zone {name!r}") from error


class RowOptions(Schema):
    """Members are named by their column, or with dots (`ticket.id`) where they lie within others.

    `times` are members that are written in the same form as the stamp. `gone` is a member that is true of a ticket
    that was deleted or merged away.
    """

    key = fields.List(fields.String(validate=Length(min=1)), required=True, validate=Length(min=1))
    stamp = fields.String(required=True, validate=Length(min=1))
    stamp_format = fields.String(load_default="iso", validate=time_form)
    zone = fields.String(load_default="UTC", validate=time_zone)
    times = fields.List(fields.String(validate=Length(min=1)), load_default=list)
    gone = fields.String(load_default=None, validate=Length(min=1))

    @validates_schema
    def _says_no_zone_twice(self, data: Mapping[str, Any], **_: Any) -> None:
        zoned = data["stamp_format"].startswith("epoch") or "%z" in data["stamp_format"]
        if zoned and data["zone"] != "UTC":
            raise ValidationError(f"{data['stamp_format']!r} has its own zone", "zone")


class TimeForm:
    """How moments are written: `form` is a name or a pattern, `zone` that of a text that has none."""

    def __init__(self, form: str, zone: tzinfo = UTC) -> None:
        self._form = form
        self._zone = zone
        self.instant: Callable[[Any], datetime] = lru_cache(TIMES_KEPT)(self._instant)
        """The instant, in UTC, that a value names. Raises ValueError, OverflowError or TypeError for any other."""
        self.shown: Callable[[Any], str] = lru_cache(TIMES_KEPT)(lambda value: rfc3339(self.instant(value)))
        """The same instant as RFC 3339."""

    @property
    def is_iso(self) -> bool:
        return self._form == "iso"

    def text(self, instant: datetime) -> str:
        """The instant as the source writes it; what the form has no place for is cut off."""
        match self._form:
            case "iso":
                return rfc3339(instant, "auto")
            case "epoch":
                return str(int(instant.timestamp()))
            case "epoch_ms":
                return str(int(instant.timestamp() * 1000))
            case pattern:
                return instant.astimezone(self._zone).strftime(pattern)

    def _instant(self, value: Any) -> datetime:
        read = value if isinstance(value, datetime) else self._read(value)
        return in_utc(read if read.tzinfo else read.replace(tzinfo=self._zone))

    def _read(self, value: Any) -> datetime:
        match self._form:
            case "iso":
                return datetime.fromisoformat(str(value))
            case "epoch":
                return datetime.fromtimestamp(float(value), UTC)
            case "epoch_ms":
                return datetime.fromtimestamp(float(value) / 1000, UTC)
            case pattern:
                return datetime.strptime(str(value), pattern)


@dataclass(frozen=True, kw_only=True)
class RowReader:
    """Makes records of rows: the stamp and the other times become RFC 3339 texts in UTC, all else stays.

    `log` says that a row is one change of a ticket, and not the ticket as it is.
    """

    key: tuple[str, ...]
    stamp: str
    form: TimeForm
    times: tuple[str, ...] = ()
    gone: str | None = None
    log: bool = False
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        own = (self.gone,) if self.gone else ()
        object.__setattr__(self, "names", tuple(dict.fromkeys((*self.key, self.stamp, *self.times, *own))))

    @classmethod
    def from_options(cls, options: Mapping[str, Any], *, log: bool) -> "RowReader":
        """A reader as `RowOptions` describes it."""
        return cls(
            key=tuple(options["key"]),
            stamp=options["stamp"],
            form=TimeForm(options["stamp_format"], ZoneInfo(options["zone"])),
            times=tuple(options["times"]),
            gone=options["gone"],
            log=log,
        )

    def records(self, rows: Iterable[Row]) -> tuple[Record, ...]:
        """Those of one page. Raises ValueError as `record` does, and for a log that is taken for the tickets: what
        their rows of one stamp say would be told anew in each poll."""
        records = tuple(map(self.record, rows))
        if not self.log:
            said: dict[tuple[str, datetime], Row] = {}
            for one in records:
                if said.setdefault((one.key, one.updated), one.data) != one.data:
                    raise ValueError(
                        f"ticket {one.key} is there twice, and differs, with the stamp {rfc3339(one.updated)}; is this"
                        " a log, with a row for each change (`log = true`)?"
                    )
        return records

    def record(self, row: Row) -> Record:
        """Raises ValueError for a row without an identity or a time of its change."""
        updated = self.updated(row)
        data = {**row}
        for name in (self.stamp, *self.times):
            data = self._with_time(data, name)
        gone = self.gone is not None and str(member(row, self.gone)).lower() in TRUE
        return Record(key=self.key_of(row), updated=updated, data=data, gone=gone, log=self.log)

    def key_of(self, row: Row) -> str:
        """The values with | between them; a | or \\ within one of several has a \\ in front."""
        values = [member(row, name) for name in self.key]
        for name, value in zip(self.key, values, strict=True):
            if value is None or value == "" or isinstance(value, Mapping | list):
                raise ValueError(f"the key {name!r} is {value!r}")
        if len(values) == 1:
            return str(values[0])
        return "|".join(str(value).replace("\\", "\\\\").replace("|", "\\|") for value in values)

    def updated(self, row: Row) -> datetime:
        value = member(row, self.stamp)
        try:
            return self.form.instant(value)
        except (ValueError, OverflowError, TypeError, OSError) as error:
            raise ValueError(f"the stamp {self.stamp!r} is {value!r}: {error}") from error

    def _with_time(self, data: dict[str, Any], name: str) -> dict[str, Any]:
        """A member that names no time stays as it is: the mapping then says what it does not understand."""
        try:
            shown = self.form.shown(member(data, name))
        except (ValueError, OverflowError, TypeError, OSError):
            return data
        if name in data:
            data[name] = shown
            return data
        return replaced(data, name, shown)


def member(row: Any, name: str) -> Any:
    """What stands under the name: a column of this very name, else a part within parts; None where there is none."""
    if isinstance(row, Mapping) and name in row:
        return row[name]
    first, dot, rest = name.partition(".")
    return member(row.get(first), rest) if dot and isinstance(row, Mapping) else None


def replaced(row: Row, name: str, value: Any) -> dict[str, Any]:
    """The row with another value under the name."""
    first, dot, rest = name.partition(".")
    if name in row or not dot:
        return {**row, name: value}
    return {**row, first: replaced(row[first], rest, value)}


def rfc3339(instant: datetime, precision: str = "milliseconds") -> str:
    return f"{in_utc(instant).replace(tzinfo=None).isoformat(timespec=precision)}Z"


def in_utc(instant: datetime) -> datetime:
    """The first or the last instant that there is, where the zone of another one puts it before or behind."""
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        return (datetime.min if instant.year == 1 else datetime.max).replace(tzinfo=UTC)


def before_repeated(instant: datetime, zone: tzinfo) -> datetime:
    """The instant, or one before the hour in which it lies where the clocks of the zone show that hour twice.

    What has no zone and is written while they show it again reads as if it were of the first time.
    """
    there = instant.astimezone(zone)
    first, again = there.replace(fold=0).utcoffset(), there.replace(fold=1).utcoffset()
    if first is None or again is None or first == again:
        return instant
    return there.replace(fold=0).astimezone(UTC) - (first - again)
