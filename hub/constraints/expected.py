"""What is expected and raises nothing: maintenance, and batches of every week, as a file of the operator's says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from marshmallow import Schema, ValidationError, fields, validate

from hub.constraints.findings import Finding, Type
from hub.errors import InvalidSettings, Violation

FIELD = "[constraints] expected"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """A finding of `types` on `key` (None: on any) that is expected between two instants, in microseconds.

    With `days` it is expected on these weekdays only, between two times of day in the `zone`.
    """

    reason: str
    types: frozenset[Type]
    key: str | None
    begin: int
    end: int
    zone: tzinfo = UTC
    days: frozenset[int] | None = None
    opens: time = time.min
    closes: time = time.max

    def covers(self, finding: Finding) -> bool:
        if finding.type not in self.types or self.key not in (None, finding.key.value):
            return False
        if not self.begin <= finding.at < self.end:
            return False
        if self.days is None:
            return True
        local = datetime.fromtimestamp(finding.at / 1e6, self.zone)
        return local.weekday() in self.days and self.opens <= local.time() < self.closes


class Expectations:
    def __init__(self, known: Sequence[Expectation] = ()) -> None:
        self._known = tuple(known)

    def of(self, finding: Finding) -> Expectation | None:
        return next((one for one in self._known if one.covers(finding)), None)


class _Entry(Schema):
    reason = fields.String(required=True, validate=validate.Length(min=1))
    type = fields.String(validate=validate.OneOf(list(Type)))
    key = fields.String()
    begin = fields.AwareDateTime(data_key="from", default_timezone=UTC)
    end = fields.AwareDateTime(data_key="until", required=True, default_timezone=UTC)
    zone = fields.String(load_default="UTC")
    days = fields.List(fields.String(validate=validate.OneOf(WEEKDAYS)), validate=validate.Length(min=1))
    opens = fields.Time(format="%H:%M", load_default=time.min)
    closes = fields.Time(format="%H:%M", load_default=time.max)


def read_expectations(path: str) -> Expectations:
    """A YAML file with a list; "" is none. Raises InvalidSettings with what is wrong and where."""
    if not path:
        return Expectations()
    try:
        given = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or []
        entries = _Entry(many=True).load(given)
        return Expectations([_expectation(one) for one in entries])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError, ValueError, KeyError) as error:
        message = f"cannot be used: {error}"
        raise InvalidSettings(violations=[Violation(field=FIELD, value=path, message=message)]) from error


def _expectation(entry: Mapping[str, Any]) -> Expectation:
    days = entry.get("days")
    return Expectation(
        reason=entry["reason"],
        types=frozenset([Type(entry["type"])] if "type" in entry else Type),
        key=entry.get("key"),
        begin=round(entry["begin"].timestamp() * 1e6) if "begin" in entry else 0,
        end=round(entry["end"].timestamp() * 1e6),
        zone=ZoneInfo(entry["zone"]),
        days=None if days is None else frozenset(map(WEEKDAYS.index, days)),
        opens=entry["opens"],
        closes=entry["closes"],
    )
