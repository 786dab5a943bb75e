"""What is wrong with the rules of a mapping file: each finding names the place and the value."""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import OneOf

from hub.errors import Violation
from hub.intake.filling import MOMENTS
from hub.intake.paths import compile_path
from hub.intake.shapes import MANDATORY, TARGETS, Kind, Shape
from hub.model.problem import Status

TIME_TYPES = tuple(MOMENTS)
TIMES = ("event", "start")


def _compiles(path: str) -> None:
    try:
        compile_path(path)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class RuleSchema(Schema):
    """One rule: a path with what refines it, or a constant.

    With `any_spelling` case, and what parts words, do not count in `table`.
    """

    path = fields.String(validate=_compiles)
    value = fields.Raw()
    table = fields.Dict(keys=fields.Raw())
    any_spelling = fields.Boolean()
    default = fields.Raw()
    null = fields.List(fields.Raw(allow_none=True))
    type = fields.String(validate=OneOf(TIME_TYPES))

    @validates_schema
    def _is_one_thing(self, data: Mapping[str, Any], **_: Any) -> None:
        if ("path" in data) == ("value" in data):
            raise ValidationError("a rule has either a path or a value")
        if "value" in data and len(data) > 1:
            raise ValidationError("a constant has nothing beside its value", "value")
        if "any_spelling" in data and "table" not in data:
            raise ValidationError("there is no table whose words could be spelled otherwise", "any_spelling")
        if "table" in data and "type" in data:
            raise ValidationError("a rule has a table or a type, not both", "type")


_RULE = RuleSchema()


def messages_of(error: ValidationError) -> dict[str, Any]:
    """marshmallow's messages by field, always as an object."""
    messages = error.messages
    return messages if isinstance(messages, dict) else {"_schema": messages}


def violations_of(parts: Mapping[str, Any]) -> Iterator[Violation]:
    """Everything that is wrong with the `fields`, `times` and `examples` of a mapping file."""
    for attribute in MANDATORY:
        if attribute not in parts["fields"]:
            yield Violation(field=f"fields.{attribute}", message="every mapping says this, and this one does not")
    for attribute, raw in parts["fields"].items():
        yield from _attribute(attribute, raw)
    for name, raw in parts["times"].items():
        yield from _time(name, raw)
    yield from _words(parts["write"])
    for number, example in enumerate(parts["examples"], start=1):
        if not all(isinstance(example.get(part), Mapping) for part in ("record", "expect")):
            yield Violation(field=f"examples[{number}]", message="an example is {record: {…}, expect: {…}}")


def _attribute(attribute: str, raw: Any) -> Iterator[Violation]:
    place = f"fields.{attribute}"
    target = TARGETS.get(attribute)
    if target is None:
        yield Violation(field=place, message=f"a mapping fills in {', '.join(TARGETS)}, not this", value=attribute)
    elif isinstance(target, Kind):
        yield from _rule(place, raw, target)
    elif isinstance(target, Shape):
        yield from _members(place, raw, target)
    else:
        yield from _list(place, raw, target.shape)


def _list(place: str, raw: Any, shape: Shape) -> Iterator[Violation]:
    if not isinstance(raw, list):
        yield Violation(field=place, message=f"is a list of objects, not {raw!r}", value=raw)
        return
    for number, one in enumerate(raw):
        if isinstance(one, Mapping) and "each" in one:
            yield from _each(f"{place}[{number}]", one, shape)
        else:
            yield from _members(f"{place}[{number}]", one, shape)


def _each(place: str, raw: Mapping[str, Any], shape: Shape) -> Iterator[Violation]:
    if set(raw) != {"each", "item"}:
        yield Violation(field=place, message=f"is {{each: path, item: {{…}}}}, but has {', '.join(map(str, raw))}")
        return
    yield from _rule(f"{place}.each", {"path": raw["each"]}, Kind.ANY)
    yield from _members(f"{place}.item", raw["item"], shape)


def _members(place: str, raw: Any, shape: Shape) -> Iterator[Violation]:
    if not isinstance(raw, Mapping):
        yield Violation(field=place, message=f"is an object with {', '.join(sorted(shape.members))}, not {raw!r}")
        return
    for name in sorted(shape.required - set(raw)):
        yield Violation(field=f"{place}.{name}", message="is missing")
    for name, rule in raw.items():
        if name not in shape.members:
            known = ", ".join(sorted(shape.members))
            yield Violation(field=f"{place}.{name}", message=f"the members are {known}, not this", value=name)
        else:
            yield from _rule(f"{place}.{name}", rule, Kind.ANY if name == "value" else Kind.TEXT)


def _time(name: str, raw: Any) -> Iterator[Violation]:
    place = f"times.{name}"
    if name not in TIMES:
        yield Violation(field=place, message=f"the times are {', '.join(TIMES)}, not this", value=name)
    found = list(_rule(place, raw, Kind.ANY))
    yield from found
    if not found and ("type" not in raw or "path" not in raw or "default" in raw):
        yield Violation(field=place, message=f"a time is a path and a type ({', '.join(TIME_TYPES)}), no more")


def _words(raw: Mapping[str, Any]) -> Iterator[Violation]:
    for name in raw.keys() - {"status"}:
        yield Violation(field=f"write.{name}", message="only the words for status are written", value=name)
    words = raw.get("status", {})
    if not isinstance(words, Mapping):
        yield Violation(field="write.status", message="is {status of TMF656: word}", value=words)
        return
    for status, own in words.items():
        wrong = _wrong(status, Kind.STATUS) or _wrong(own, Kind.TEXT)
        if wrong:
            yield Violation(field=f"write.status.{status}", message=wrong, value=own)


def _rule(place: str, raw: Any, kind: Kind) -> Iterator[Violation]:
    if not isinstance(raw, Mapping):
        yield Violation(
            field=place, message=f"is a rule such as {{path: …}} or {{value: …}}, not {raw!r}", value=raw
        )
        return
    try:
        rule = _RULE.load(raw)
    except ValidationError as error:
        yield from _flat(place, messages_of(error), raw)
        return
    for name, value in _results(rule):
        wrong = _wrong(value, kind)
        if wrong:
            yield Violation(field=f"{place}.{name}", message=wrong, value=value)
    for key in rule.get("table", ()):
        if isinstance(key, bool) or not isinstance(key, str | int | float):
            message = f"YAML reads this word as {key!r}: write it in quotes"
            yield Violation(field=f"{place}.table.{key}", message=message, value=key)


def _results(rule: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The constants that a rule can give, and where they stand."""
    yield from ((name, rule[name]) for name in ("value", "default") if name in rule)
    yield from ((f"table.{key}", value) for key, value in rule.get("table", {}).items())


def _wrong(value: Any, kind: Kind) -> str | None:
    """Why an attribute of this kind cannot have the value; None when it can."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    match kind:
        case Kind.STATUS if not isinstance(value, str) or value not in set(Status):
            return f"{value!r} is no status of TMF656; they are {', '.join(Status)}"
        case Kind.PRIORITY if not (whole and 1 <= value <= 10):
            return f"{value!r} is no priority; they are 1 (highest) to 10 (lowest)"
        case Kind.COUNT if not (whole and value >= 0):
            return f"{value!r} is no count; it is a whole number from 0"
        case Kind.TEXT if not (isinstance(value, str) and value):
            return f"{value!r} is no text; write words, and numbers in quotes"
        case _:
            return None


def _flat(place: str, messages: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[Violation]:
    for name, message in messages.items():
        text = "; ".join(message) if isinstance(message, list) else str(message)
        if name == "_schema":
            yield Violation(field=place, message=f"{text} (it is {dict(raw)!r})", value=dict(raw))
        else:
            yield Violation(
                field=f"{place}.{name}", message=f"{text} (it is {raw.get(name)!r})", value=raw.get(name)
            )
