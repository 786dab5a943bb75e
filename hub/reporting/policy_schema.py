"""The form of `reporting.yaml`: its parts, and how lengths, opening hours, days and instants are written."""

import re
from datetime import date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from hub.model.problem import Status
from hub.model.times import from_text, to_micros
from hub.reporting.calendars import DAYS, Hours
from hub.reporting.dimensions import NAMES
from hub.reporting.policies import OTHER, Clock

ALWAYS_OPEN = "always"
STOPPING = (Status.ACKNOWLEDGED, Status.IN_PROGRESS, Status.PENDING, Status.HELD)
HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
LENGTH = re.compile(r"(\d+)\s*([mhd])")
UNITS = {"m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
SEVERITIES = (*map(str, range(1, 11)), OTHER)


def length_of(text: str) -> int:
    """15m, 4h or 3d, as microseconds. Raises ValueError."""
    found = LENGTH.fullmatch(text)
    if not found:
        raise ValueError(text)
    return int(found[1]) * UNITS[found[2]]


class Length(fields.Field[int]):
    """15m, 4h or 3d, as microseconds."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> int:
        try:
            return length_of(str(value))
        except ValueError as error:
            raise ValidationError(f"must be a length such as 15m, 4h or 3d, not {value!r}") from error


class Opening(fields.Field[Hours]):
    """08:00-18:00, as minutes after midnight; 22:00-06:00 ends on the next day."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> Hours:
        found = HOURS.fullmatch(str(value))
        if not found:
            raise ValidationError(f"must be opening hours such as 08:00-18:00, not {value!r}")
        opens, closes = (60 * int(found[part]) + int(found[part + 1]) for part in (1, 3))
        if max(opens, closes) > 1440 or opens == closes or opens == 1440:
            raise ValidationError(f"must open and close at two times of a day, not {value!r}")
        return opens, closes


class Day(fields.Field[date]):
    """2026-01-01: YAML has read it as a date already, or as a text when it stands in quotes."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError as error:
            raise ValidationError(f"must be a day such as 2026-01-01, not {value!r}") from error


class Instant(fields.Field[int]):
    """2026-03-14T22:00:00Z, as microseconds."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> int:
        try:
            if isinstance(value, datetime) and value.tzinfo is not None:
                return to_micros(value)
            return to_micros(from_text(str(value)))
        except ValueError as error:
            raise ValidationError(
                f"must be a time with its zone, such as 2026-03-14T22:00:00Z, not {value!r}"
            ) from error


class HolidaysSchema(Schema):
    country = fields.String(required=True)
    subdivision = fields.String(load_default=None, allow_none=True)


class CalendarSchema(Schema):
    zone = fields.String(load_default="UTC")
    hours = fields.Dict(
        keys=fields.String(validate=validate.OneOf(DAYS)), values=fields.List(Opening()), required=True
    )
    holidays = fields.Nested(HolidaysSchema, load_default=None, allow_none=True)
    closed = fields.List(Day(), load_default=list)


SHARE = "must be percent, more than 0 and at most 100, not {input}"


class AgreementSchema(Schema):
    name = fields.String(required=True, validate=validate.Length(min=1))
    from_ = Day(required=True, data_key="from", attribute="from")
    customer = fields.String(load_default=None, allow_none=True)
    service = fields.String(load_default=None, allow_none=True)
    stops = fields.List(fields.String(validate=validate.OneOf(STOPPING)), load_default=lambda: [Status.PENDING])
    clock = fields.Enum(Clock, by_value=True, load_default=Clock.NET)
    calendar = fields.String(load_default=ALWAYS_OPEN)
    restore = fields.Dict(
        keys=fields.String(validate=validate.OneOf(SEVERITIES)), values=Length(), load_default=dict
    )
    acknowledge = fields.Dict(
        keys=fields.String(validate=validate.OneOf(SEVERITIES)), values=Length(), load_default=dict
    )
    compliance = fields.Float(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, 100, min_inclusive=False, error=SHARE),
        error_messages={"invalid": SHARE, "special": "must be a number, not nan or infinity"},
    )


class WindowSchema(Schema):
    from_ = Instant(required=True, data_key="from", attribute="from")
    to = Instant(required=True)


class FileSchema(Schema):
    """The parts of the file."""

    calendars = fields.Dict(keys=fields.String(), values=fields.Nested(CalendarSchema), load_default=dict)
    agreements = fields.List(fields.Nested(AgreementSchema), load_default=list)
    maintenance = fields.Dict(
        keys=fields.String(), values=fields.List(fields.Nested(WindowSchema)), load_default=dict
    )
    service_hours = fields.String(load_default=ALWAYS_OPEN)
    notify_within = Length(load_default=300_000_000)
    dimensions = fields.Dict(
        keys=fields.String(validate=validate.OneOf(NAMES)), values=fields.List(fields.String()), load_default=dict
    )
