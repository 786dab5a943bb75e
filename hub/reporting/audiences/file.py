"""Reads `audiences.yaml`."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields, validate

from hub.errors import InvalidInput, Violation
from hub.model.mail import MAIL_ADDRESS
from hub.reporting.audiences.audience import Audience, Language
from hub.reporting.catalogue import DEFINITIONS
from hub.reporting.dimensions import NAMES
from hub.reporting.periods import zone_of
from hub.reporting.yaml_file import checked, invalid, read_yaml

NAME = "audiences.yaml"
IS_NAME = validate.Regexp(
    r"[a-z][a-z0-9-]{0,62}\Z",
    error="must be small letters, digits and -, at most 63 of them, and begin with a letter, not {input!r}",
)
ONE_LINE = validate.Regexp(
    r"[^\x00-\x1f\x7f\x85\u2028\u2029]*\Z", error="must be one line, without control characters, not {input!r}"
)
"""Of texts that stand in the head of a mail, too."""
DIMENSION = validate.OneOf(NAMES)
METRIC = validate.OneOf(tuple(DEFINITIONS))
MOST_IN_BRIEF = 6
MAIL = validate.Regexp(rf"{MAIL_ADDRESS.pattern}\Z", error="must be an address such as desk@example.com")


class AudienceSchema(Schema):
    title = fields.String(required=True, validate=[validate.Length(min=1), ONE_LINE])
    purpose = fields.String(load_default="")
    only_ = fields.Dict(  # `only` means something else to a schema
        keys=fields.String(validate=DIMENSION),
        values=fields.List(fields.String(), validate=validate.Length(min=1)),
        load_default=dict,
        data_key="only",
        attribute="only",
    )
    one = fields.String(load_default=None, allow_none=True, validate=DIMENSION)
    metrics = fields.List(fields.String(validate=METRIC), load_default=list)
    breakdowns = fields.List(fields.String(validate=DIMENSION), load_default=list)
    hide = fields.List(fields.String(validate=DIMENSION), load_default=list)
    rows = fields.Boolean(load_default=True)
    smallest = fields.Integer(load_default=0, validate=validate.Range(0, 1000))
    language = fields.Enum(Language, by_value=True, load_default=Language.ENGLISH)
    zone = fields.String(load_default="UTC")
    calendar = fields.String(load_default=None, allow_none=True)
    recipients = fields.List(fields.String(validate=MAIL), load_default=list)
    party = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1))
    brief = fields.Boolean(load_default=False)


class FileSchema(Schema):
    audiences = fields.Dict(
        keys=fields.String(validate=IS_NAME),
        values=fields.Nested(AudienceSchema),
        load_default=dict,
    )


def load_audiences(path: Path, calendars: Mapping[str, object]) -> dict[str, Audience]:
    """By name. Raises InvalidSettings, naming the file and each field that is wrong with its value."""
    return audiences_from(read_yaml(path), str(path), calendars)


def audiences_from(raw: Any, name: str, calendars: Mapping[str, object]) -> dict[str, Audience]:
    """What the content of a file says; `calendars` are those that there are."""
    parts = checked(FileSchema(), raw, name)["audiences"]
    wrong = [one for key, each in parts.items() for one in _wrong(f"audiences.{key}", each, calendars)]
    if wrong:
        raise invalid(name, wrong)
    return {key: _seeing(_audience(key, each)) for key, each in parts.items()}


def _seeing(one: Audience) -> Audience:
    """With the metrics that it may see, where it names none."""
    return replace(one, metrics=tuple(name for name in one.metrics or DEFINITIONS if one.may_see(name)))


def _audience(name: str, parts: Mapping[str, Any]) -> Audience:
    return Audience(
        name=name,
        title=parts["title"],
        purpose=parts["purpose"],
        only={key: frozenset(values) for key, values in parts["only"].items()},
        one=parts["one"],
        metrics=tuple(parts["metrics"]),
        breakdowns=tuple(parts["breakdowns"]),
        hidden=frozenset(parts["hide"]),
        rows=parts["rows"],
        smallest=parts["smallest"],
        language=parts["language"],
        zone=parts["zone"],
        calendar=parts["calendar"],
        recipients=tuple(parts["recipients"]),
        party=parts["party"],
        brief=parts["brief"],
    )


def _wrong(place: str, parts: Mapping[str, Any], calendars: Mapping[str, object]) -> Iterator[Violation]:
    try:
        zone_of(parts["zone"])
    except InvalidInput as error:
        yield from error.within(place).violations
    if parts["calendar"] is not None and parts["calendar"] not in calendars:
        message = f"is no calendar; there are {', '.join(sorted(calendars))}"
        yield Violation(field=f"{place}.calendar", value=parts["calendar"], message=message)
    yield from _not_seen(place, _audience("", parts))
    for name in parts["breakdowns"]:
        if name in parts["hide"]:
            yield Violation(field=f"{place}.breakdowns", value=name, message=f"{name} is hidden from it")
    if parts["one"] in parts["hide"]:
        yield Violation(field=f"{place}.one", value=parts["one"], message="is hidden from it")
    if parts["brief"]:
        yield from _too_much(place, parts)
    if parts["smallest"] > 1 and parts["rows"]:
        message = "must be false: who sees the rows sees what is withheld of small figures"
        yield Violation(field=f"{place}.rows", value=True, message=message)


def _not_seen(place: str, one: Audience) -> Iterator[Violation]:
    for name in one.metrics:
        if not one.may_see(name):
            message = "constraints span customers: only who sees every report, and whose it is, is told of them"
            yield Violation(field=f"{place}.metrics", value=name, message=message)


def _too_much(place: str, parts: Mapping[str, Any]) -> Iterator[Violation]:
    """What has no room on one page."""
    if not 0 < len(parts["metrics"]) <= MOST_IN_BRIEF:
        message = f"needs 1 to {MOST_IN_BRIEF} metrics: more have no room on one page"
        yield Violation(field=f"{place}.brief", value=True, message=message)
    if parts["rows"]:
        yield Violation(field=f"{place}.rows", value=True, message="must be false where the report is brief")
