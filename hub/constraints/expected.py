"""What is expected and raises nothing: maintenance, and batches of every week, as a file of the operator's says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from marshmallow import Schema, ValidationError, fields, validate

from hub.constraints.findings import Finding
from hub.constraints.sightings import Sighting
from hub.errors import InvalidSettings, Violation
from hub.model.constraint import Type
from hub.model.yaml_dates import Loader

FIELD = "[constraints] expected"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """A finding of `types` on `key` (None: on any) that is expected between two instants, in microseconds.

    It is so on some weekdays only, between two times of day in the `zone`; where `closes` is not after `opens`, until
    then on the day after.
    """

    reason: str
    types: frozenset[Type]
    key: str | None
    begin: int
    end: int
    zone: tzinfo = UTC
    days: frozenset[int] = EVERY_DAY
    opens: time = time.min
    closes: time = time.max

    def covers(self, finding: Finding) -> bool:
        fits = finding.type in self.types and self.key in (None, finding.key.value)
        return fits and self.holds(finding.at)

    def holds(self, at: int) -> bool:
        """Whether it is expected at an instant."""
        if not self.begin <= at < self.end:
            return False
        local = datetime.fromtimestamp(at / 1e6, self.zone)
        today, now = local.weekday(), local.time()
        if self.opens < self.closes:
            return today in self.days and self.opens <= now < self.closes
        return (now >= self.opens and today in self.days) or (now < self.closes and (today - 1) % 7 in self.days)


class Expectations:
    def __init__(self, known: Sequence[Expectation] = ()) -> None:
        self._known = tuple(known)

    def of(self, finding: Finding) -> Expectation | None:
        return next((one for one in self._known if one.covers(finding)), None)

    def about(self, sighting: Sighting) -> list[Expectation]:
        """Those on a key of a report, when it was opened; what is expected on any key says of no report that it is."""
        values = {key.value for key in sighting.keys}
        return [one for one in self._known if one.key in values and one.holds(sighting.at)]

    def evidence(self, sighting: Sighting) -> Sighting:
        """A report on the keys alone whose failure it may show: where that of some of them is expected, on these."""
        expected = {one.key for one in self.about(sighting) if Type.RESOURCE_FAILURE in one.types}
        if not expected:
            return sighting
        return sighting._replace(keys=tuple(key for key in sighting.keys if key.value in expected))


NO_INSTANT: dict[str, Any] = {"invalid": "must be a time such as 2026-03-14T22:00:00Z, not {input!r}"}


class _Entry(Schema):
    reason = fields.String(required=True, validate=validate.Length(min=1))
    type = fields.String(validate=validate.OneOf(list(Type)))
    key = fields.String()
    begin = fields.AwareDateTime(data_key="from", default_timezone=UTC, error_messages=NO_INSTANT)
    end = fields.AwareDateTime(data_key="until", required=True, default_timezone=UTC, error_messages=NO_INSTANT)
    zone = fields.String(load_default="UTC")
    days = fields.List(fields.String(validate=validate.OneOf(WEEKDAYS)), validate=validate.Length(min=1))
    opens = fields.Time(format="%H:%M", load_default=time.min)
    closes = fields.Time(format="%H:%M", load_default=time.max)


def read_expectations(path: str) -> Expectations:
    """A YAML file with a list; "" is none. Raises InvalidSettings with what is wrong and where."""
    if not path:
        return Expectations()
    try:
        given = yaml.load(Path(path).read_bytes(), Loader=Loader) or []
        entries = _Entry(many=True).load(given)
        return Expectations([_expectation(one) for one in entries])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError, ValueError, KeyError) as error:
        message = f"{path} cannot be used: {error}"
        raise InvalidSettings(violations=[Violation(field=FIELD, value=path, message=message)]) from error


def _expectation(entry: Mapping[str, Any]) -> Expectation:
    return Expectation(
        reason=entry["reason"],
        types=frozenset([Type(entry["type"])] if "type" in entry else Type),
        key=entry.get("key"),
        begin=round(entry["begin"].timestamp() * 1e6) if "begin" in entry else 0,
        end=round(entry["end"].timestamp() * 1e6),
        zone=ZoneInfo(entry["zone"]),
        days=frozenset(map(WEEKDAYS.index, entry.get("days", WEEKDAYS))),
        opens=entry["opens"],
        closes=entry["closes"],
    )
