"""Reads a mapping file, lays an operator's own file over it, and says at once everything that is wrong with it."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson
import yaml
from marshmallow import Schema, ValidationError, fields

from hub.errors import InvalidSettings, Violation
from hub.intake.filling import Each, Rule, Template, word
from hub.intake.mapping import NUL, FieldMapping, Rendered, render
from hub.intake.mapping_rules import messages_of, violations_of
from hub.intake.paths import compile_path, names_in
from hub.intake.shapes import MANDATORY, TARGETS, Kind, Shape
from hub.intake.written_words import misread_words, written_words
from hub.model.problem import Status
from hub.model.spelling import plain
from hub.model.yaml_dates import OnceLoader


class MappingFileSchema(Schema):
    """The parts of a mapping file."""

    system = fields.String(required=True)
    fields_ = fields.Dict(keys=fields.String(), required=True, data_key="fields", attribute="fields")
    times = fields.Dict(keys=fields.String(), load_default=dict)
    write = fields.Dict(keys=fields.String(), load_default=dict)
    ignore = fields.List(fields.String(), load_default=list)
    examples = fields.List(fields.Dict(keys=fields.String()), load_default=list)


def load_mapping(path: Path, override: Path | None = None) -> FieldMapping:
    """The mapping of a file, with the operator's own laid over it. Raises InvalidSettings, naming the files."""
    raw = _yaml(path)
    if override is None:
        return mapping_from(raw, str(path))
    own = _yaml(override)
    raw = merged({name: raw[name] for name in raw if name != "examples"}, own)
    return mapping_from(raw, f"{path} with {override}", own=own)


def mapping_from(raw: Mapping[str, Any], name: str, *, own: Mapping[str, Any] | None = None) -> FieldMapping:
    """The mapping that the content of a file describes; `name` is what errors call it.

    `own` is the part of it that an operator has laid over a shipped file. The words to write that the shipped file
    has are left out where the operator's table reads them otherwise; any other that is not read as its status is wrong.
    """
    try:
        parts = MappingFileSchema().load(raw)
    except ValidationError as error:
        raise _invalid(name, _top_level(messages_of(error), raw)) from error
    wrong = list(violations_of(parts))
    if wrong:
        raise _invalid(name, wrong)
    misread = misread_words(parts)
    stated = written_words(parts if own is None else own)
    if wrong := [violation for status, violation in misread.items() if status in stated]:
        raise _invalid(name, wrong)
    words = written_words(parts)
    mapping = _built(parts, {Status(status): words[status] for status in words if status not in misread})
    missing = [_missing(attribute) for attribute in MANDATORY if attribute not in {*mapping.defaults, "status"}]
    if missing:
        raise _invalid(name, missing)
    return mapping


def merged(base: Any, over: Any) -> Any:
    """`over` laid over `base`: objects merge by name, null removes, anything else replaces.

    A rule that changes from a path to a constant, or back, replaces the whole rule.
    """
    if not isinstance(base, Mapping) or not isinstance(over, Mapping) or _changes_kind(base, over):
        return over
    result = {name: value for name, value in base.items() if over.get(name, value) is not None}
    for name, value in over.items():
        if value is not None:
            result[name] = merged(result.get(name), value)
    return result


def failed_examples(mapping: FieldMapping) -> Iterator[tuple[int, Mapping[str, Any], Rendered]]:
    """The examples that do not come out as they say: their number, what is expected, what came out."""
    for number, example in enumerate(mapping.examples, start=1):
        rendered = render(mapping, example["record"])
        if rendered.document != example["expect"]:
            yield number, example["expect"], rendered


def _changes_kind(base: Mapping[str, Any], over: Mapping[str, Any]) -> bool:
    return ("path" in base and "value" in over) or ("value" in base and "path" in over)


def _yaml(path: Path) -> Mapping[str, Any]:
    try:
        raw = yaml.load(path.read_bytes(), Loader=OnceLoader)
    except OSError as error:
        raise InvalidSettings(f"{path}: the mapping file cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        where = " ".join(str(error).split())
        raise InvalidSettings(f"{path}: the mapping file is not YAML: {where}") from error
    if not isinstance(raw, dict):
        raise InvalidSettings(f"{path}: a mapping file holds `system`, `fields` and `times`, this one does not")
    return raw


def _invalid(name: str, violations: Iterable[Violation]) -> InvalidSettings:
    found = tuple(violations)
    return InvalidSettings(f"{name}: " + "; ".join(one.sentence() for one in found), violations=found)


def _top_level(messages: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[Violation]:
    for name, message in messages.items():
        text = "; ".join(message) if isinstance(message, list) else str(message)
        yield Violation(field=name, message=f"{text} (it is {raw.get(name)!r})", value=raw.get(name))


def _missing(attribute: str) -> Violation:
    return Violation(
        field=f"fields.{attribute}",
        message="a record without this value must still make a whole report: give the rule a default or a value",
    )


def _built(parts: Mapping[str, Any], words: Mapping[Status, str]) -> FieldMapping:
    meaning = {name: parts[name] for name in ("system", "fields", "times", "ignore")}
    text = orjson.dumps(meaning, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return FieldMapping(
        system=parts["system"],
        fields={name: _template(name, raw) for name, raw in parts["fields"].items()},
        times={name: _rule(raw) for name, raw in parts["times"].items()},
        words=words,
        ignore=tuple(parts["ignore"]),
        revision=blake2b(text, digest_size=16).digest(),
        says_nul=NUL in text,
        examples=tuple(parts["examples"]),
    )


def _template(attribute: str, raw: Any) -> Template:
    target = TARGETS[attribute]
    if isinstance(target, Kind):
        return _rule(raw)
    if isinstance(target, Shape):
        return _members(raw)
    return tuple(
        Each(path=compile_path(one["each"]), item=_members(one["item"])) if "each" in one else _members(one)
        for one in raw
    )


def _members(raw: Mapping[str, Any]) -> dict[str, Rule]:
    return {name: _rule(rule) for name, rule in raw.items()}


def _rule(raw: Mapping[str, Any]) -> Rule:
    table = raw.get("table")
    words = {word(key): value for key, value in (table or {}).items()}
    return Rule(
        path=compile_path(raw["path"]) if "path" in raw else None,
        names=names_in(raw.get("path", "")),
        value=raw.get("value"),
        table=None if table is None else words,
        spellings=_spellings(words) if raw.get("any_spelling") else {},
        default=raw.get("default"),
        null=frozenset(word(value) for value in raw.get("null", ())),
        type=raw.get("type"),
    )


def _spellings(table: Mapping[str, Any]) -> dict[str, Any]:
    """The table by plain words. One that stands there in two spellings with two meanings has none in a third."""
    meanings: dict[str, list[Any]] = {}
    for own, value in table.items():
        meanings.setdefault(plain(own), []).append(value)
    return {own: values[0] for own, values in meanings.items() if own and values.count(values[0]) == len(values)}
