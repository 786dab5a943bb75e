"""What a management report is: for whom, of which figures, in which forms, when; as a document that people write."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from hub.errors import InvalidInput, Violation
from hub.model.problem import Document
from hub.reporting.audiences.audience import Audience
from hub.reporting.audiences.file import DIMENSION, IS_NAME, MAIL, METRIC, ONE_LINE
from hub.reporting.audiences.policy import AS_CONFIGURED, PolicySchema, ReportPolicy, policy_of
from hub.reporting.periods import FORMS, Calendar, is_period, rolling, zone_of
from hub.reporting.schedules import Schedule, schedule_of
from hub.reporting.schema_words import violations_of
from hub.reporting.yaml_file import checked, invalid, read_yaml

NAME = "reports.yaml"


CLOCK = validate.Regexp(r"([01]\d|2[0-3]):[0-5]\d\Z", error='must be a time of day in quotes, such as "06:00"')


def _is_period(text: str) -> None:
    if not is_period(text):
        kinds = "week, month, quarter or year"
        raise ValidationError(f"must be {kinds}, or a period written as {FORMS}, not {text!r}")


class Format(StrEnum):
    HTML = "html"
    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


MEDIA_TYPES: Mapping[Format, str] = {
    Format.HTML: "text/html; charset=utf-8",
    Format.PDF: "application/pdf",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSON: "application/json",
}


@dataclass(frozen=True, kw_only=True)
class ReportDefinition:
    """`metrics` and `breakdowns` are among those of the audience, () for all of them; `scope` narrows every run.

    `period` is that of a run that names none: the name of one, or a kind, which means the last one that is over. `zone`
    None is that of the audience. `recipients` are e-mail addresses, () for those of the audience.
    """

    name: str
    title: str
    audience: str
    purpose: str = ""
    scope: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    breakdowns: tuple[str, ...] = ()
    formats: tuple[Format, ...] = (Format.HTML,)
    period: str | None = None
    zone: str | None = None
    schedule: Schedule | None = None
    policy: ReportPolicy = AS_CONFIGURED
    recipients: tuple[str, ...] = ()

    def document(self) -> Document:
        """As the API shows it and takes it; what it does not say is absent."""
        whole = {
            "name": self.name,
            "title": self.title,
            "audience": self.audience,
            "purpose": self.purpose,
            "scope": dict(self.scope),
            "metrics": list(self.metrics),
            "breakdowns": list(self.breakdowns),
            "formats": [str(one) for one in self.formats],
            "period": self.period,
            "zone": self.zone,
            "schedule": None if self.schedule is None else self.schedule.document(),
            "policy": self.policy.document() or None,
            "recipients": list(self.recipients) or None,
        }
        return {name: value for name, value in whole.items() if value is not None}


class ScheduleSchema(Schema):
    every = fields.Enum(Calendar, by_value=True, required=True)
    at = fields.String(required=True, validate=CLOCK, error_messages={"invalid": CLOCK.error})
    days = fields.Integer(load_default=0, strict=True, validate=validate.Range(0, 90))


class DefinitionSchema(Schema):
    name = fields.String(required=True, validate=IS_NAME)
    title = fields.String(required=True, validate=[validate.Length(1, 200), ONE_LINE])
    audience = fields.String(required=True)
    purpose = fields.String(load_default="", validate=validate.Length(max=2000))
    scope = fields.Dict(
        keys=fields.String(validate=DIMENSION),
        values=fields.String(validate=validate.Length(min=1)),
        load_default=dict,
    )
    metrics = fields.List(fields.String(validate=METRIC), load_default=list)
    breakdowns = fields.List(fields.String(validate=DIMENSION), load_default=list)
    formats = fields.List(
        fields.Enum(Format, by_value=True), load_default=lambda: [Format.HTML], validate=validate.Length(min=1)
    )
    period = fields.String(load_default=None, allow_none=True, validate=_is_period)
    zone = fields.String(load_default=None, allow_none=True)
    schedule = fields.Nested(ScheduleSchema, load_default=None, allow_none=True)
    policy = fields.Nested(PolicySchema, load_default=None, allow_none=True)
    recipients = fields.List(fields.String(validate=MAIL), load_default=list, validate=validate.Length(max=100))


class FileSchema(Schema):
    definitions = fields.List(fields.Nested(DefinitionSchema), load_default=list)


def load_definitions(path: Path, audiences: Mapping[str, Audience]) -> dict[str, ReportDefinition]:
    """By name. Raises InvalidSettings, naming the file and each field that is wrong with its value."""
    parts = checked(FileSchema(), read_yaml(path), str(path))["definitions"]
    found = [definition_of(one) for one in parts]
    wrong = [
        one
        for number, each in enumerate(found)
        for one in InvalidInput(violations=wrong_with(each, audiences)).within(f"definitions.{number}").violations
    ]
    names = [one.name for one in found]
    wrong += [
        Violation(field=f"definitions.{number}.name", value=name, message="stands there twice")
        for number, name in enumerate(names)
        if name in names[:number]
    ]
    if wrong:
        raise invalid(str(path), wrong)
    return {one.name: one for one in found}


def definition_from(raw: Any, audiences: Mapping[str, Audience]) -> ReportDefinition:
    """Of a document that a caller sends. Raises InvalidInput with everything that is wrong."""
    try:
        parts: dict[str, Any] = DefinitionSchema().load(raw)
    except ValidationError as error:
        raise InvalidInput(violations=list(violations_of(error.messages, raw))) from error
    found = definition_of(parts)
    wrong = wrong_with(found, audiences)
    if wrong:
        raise InvalidInput(violations=wrong)
    return found


def wrong_with(one: ReportDefinition, audiences: Mapping[str, Audience]) -> list[Violation]:
    """What its audience does not see, and what does not go together."""
    audience = audiences.get(one.audience)
    if audience is None:
        message = f"{one.audience} is no audience; there are {', '.join(sorted(audiences)) or 'none'}"
        return [Violation(field="audience", value=one.audience, message=message)]
    message = f"audience {audience.name} does not see it"
    wrong = [
        Violation(field="metrics", value=name, message=message)
        for name in one.metrics
        if name not in audience.metrics
    ]
    wrong += [
        Violation(field="breakdowns", value=name, message=message)
        for name in one.breakdowns
        if name not in audience.breakdowns
    ]
    given = {**one.scope, **({audience.one: one.scope.get(audience.one, "")} if audience.one else {})}
    try:
        # What is made by itself has nobody who would name the one.
        narrowed = audience.narrowed(given if one.schedule is None else one.scope)
        message = "constraints span customers, and are in no report with a scope"
        wrong += [Violation(field="metrics", value=name, message=message) for name in hidden_from(narrowed, one)]
    except InvalidInput as error:
        wrong += error.violations
    return [*wrong, *_wrong_zone(one), *_wrong_period(one)]


def hidden_from(narrowed: Audience, one: ReportDefinition) -> list[str]:
    """The metrics that the definition names and its audience sees, but not with a scope."""
    return [name for name in one.metrics if name in narrowed.metrics and not narrowed.may_see(name)]


def _wrong_zone(one: ReportDefinition) -> list[Violation]:
    try:
        zone_of(one.zone or "UTC")
    except InvalidInput as error:
        return list(error.violations)
    return []


def _wrong_period(one: ReportDefinition) -> Iterator[Violation]:
    """What does not go on with the turns of its schedule."""
    if one.schedule is None or one.period in (None, one.schedule.every) or rolling(one.period) is not None:
        return
    every = one.schedule.every
    message = f"must be {every}, as the schedule says, or so many days such as 30d, not {one.period!r}"
    yield Violation(field="period", value=one.period, message=message)


def definition_of(parts: Mapping[str, Any]) -> ReportDefinition:
    """Of a document that the schema has accepted."""
    return ReportDefinition(
        name=parts["name"],
        title=parts["title"],
        audience=parts["audience"],
        purpose=parts["purpose"],
        scope=parts["scope"],
        metrics=tuple(parts["metrics"]),
        breakdowns=tuple(parts["breakdowns"]),
        formats=tuple(dict.fromkeys(Format(one) for one in parts["formats"])),
        period=parts.get("period"),
        zone=parts.get("zone"),
        schedule=schedule_of(parts["schedule"]) if parts.get("schedule") else None,
        policy=policy_of(parts.get("policy") or {}),
        recipients=tuple(dict.fromkeys(parts.get("recipients") or ())),
    )
