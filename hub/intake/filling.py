"""The rules of a mapping as functions, made once: each reads its part of a record and gives what stands there."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from hub.intake.paths import Finder
from hub.intake.shapes import TARGETS, Kind, Many, Shape
from hub.model.problem import Status
from hub.model.spelling import plain
from hub.model.times import from_text, to_text

Unmapped = tuple[str, str]
"""An attribute and the source's word for it that the mapping does not know."""

Fill = Callable[[Any, list[Unmapped]], Any]
"""Reads a record, or an element of one; None when there is no value. Words that it does not know are noted."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Where one value comes from: a path into the record, or a constant.

    `spellings` is the table once more, by `plain` words, where case and separators do not count.
    """

    path: Finder | None = None
    value: Any = None
    table: Mapping[str, Any] | None = None
    spellings: Mapping[str, Any] = field(default_factory=dict)
    default: Any = None
    null: frozenset[str] = frozenset()
    type: str | None = None


@dataclass(frozen=True, kw_only=True)
class Each:
    """One sub-resource for each element that `path` finds; the rules read the element."""

    path: Finder
    item: Mapping[str, Rule]


Template = Rule | Mapping[str, Rule] | tuple[Mapping[str, Rule] | Each, ...]


def filling(attribute: str, template: Template) -> Fill:
    """The function of the rules of one attribute."""
    target = TARGETS[attribute]
    if isinstance(template, Rule):
        return reading(attribute, template, target if isinstance(target, Kind) else Kind.ANY)
    if isinstance(target, Many) and isinstance(template, tuple):
        return _listing(attribute, target.shape, template)
    if isinstance(target, Shape) and isinstance(template, Mapping):
        return _building(attribute, target, template)
    raise TypeError(f"the rules of {attribute} do not fit it")


def reading(name: str, rule: Rule, kind: Kind) -> Fill:
    """The function of one rule."""
    path, value = rule.path, rule.value
    if path is None:
        return lambda data, unmapped: value
    read = _translating(name, rule, path, kind)
    is_plain = rule.table is None and rule.type is None and kind in (Kind.TEXT, Kind.ANY)
    return _copying(path, rule.null, read) if is_plain else read


def _copying(path: Finder, null: Collection[str], otherwise: Fill) -> Fill:
    """Takes a text as it is."""

    def read(data: Any, unmapped: list[Unmapped]) -> Any:
        raw = path(data)
        return raw if type(raw) is str and raw and raw not in null else otherwise(data, unmapped)

    return read


def _translating(name: str, rule: Rule, path: Finder, kind: Kind) -> Fill:
    null, default, table = rule.null, rule.default, rule.table or {}

    def read(data: Any, unmapped: list[Unmapped]) -> Any:
        raw = path(data)
        if type(raw) is str and raw and raw not in null:
            if raw in table:
                return table[raw]
        elif raw is None or raw == "" or (null and word(raw) in null):
            return default
        try:
            return _translated(raw, rule, kind)
        except (LookupError, ValueError, OverflowError, OSError):
            unmapped.append((name, word(raw)))
            return None

    return read


def _listing(attribute: str, shape: Shape, templates: tuple[Mapping[str, Rule] | Each, ...]) -> Fill:
    parts = [
        (template.path, _building(attribute, shape, template.item))
        if isinstance(template, Each)
        else (None, _building(attribute, shape, template))
        for template in templates
    ]

    if len(parts) == 1 and parts[0][0] is None:
        return _list_of_one(parts[0][1])

    def listed(data: Any, unmapped: list[Unmapped]) -> list[Any] | None:
        made = []
        for path, build in parts:
            elements = (data,) if path is None else path(data)
            if path is None or isinstance(elements, list):
                for element in elements:
                    one = build(element, unmapped)
                    if one is not None:
                        made.append(one)
        return made or None

    return listed


def _list_of_one(build: Fill) -> Fill:
    def listed(data: Any, unmapped: list[Unmapped]) -> list[Any] | None:
        one = build(data, unmapped)
        return None if one is None else [one]

    return listed


def _building(attribute: str, shape: Shape, rules: Mapping[str, Rule]) -> Fill:
    """Of a sub-resource: None when a member that it cannot do without has no value."""
    constants = {name: rule.value for name, rule in rules.items() if rule.path is None and rule.value is not None}
    members = [
        (name, reading(f"{attribute}.{name}", rule, Kind.ANY if name == "value" else Kind.TEXT))
        for name, rule in rules.items()
        if rule.path is not None
    ]
    build, required = shape.build, shape.required - constants.keys()

    def built(data: Any, unmapped: list[Unmapped]) -> dict[str, Any] | None:
        found = constants.copy()
        for name, read in members:
            value = read(data, unmapped)
            if value is not None:
                found[name] = value
        for name in required:
            if name not in found:
                return None
        return build(found)

    return built


def word(value: Any) -> str:
    """A source's value as a table names it: 1.0 and 1 are one word, so are true and "true"."""
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def moment(value: Any, form: str) -> datetime:
    """The instant that a source's time names. Raises ValueError or OverflowError when it names none."""
    if form == "epoch":
        return datetime.fromtimestamp(float(word(value)), UTC)
    if form == "roundup_time":
        return datetime.fromisoformat(word(value).replace(".", "T", 1)).replace(tzinfo=UTC)
    return from_text(word(value))


def _translated(raw: Any, rule: Rule, kind: Kind) -> Any:
    if rule.table is not None:
        own = word(raw)
        return rule.table[own] if own in rule.table else rule.spellings[plain(own)]
    if rule.type is not None:
        instant = moment(raw, rule.type)
        return to_text(instant) if kind is Kind.TEXT else instant
    match kind:
        case Kind.STATUS:
            return Status(word(raw)).value
        case Kind.PRIORITY:
            return _within(int(word(raw)), 1, 10)
        case Kind.COUNT:
            return _within(int(word(raw)), 0, None)
        case Kind.TEXT:
            return word(raw)
        case Kind.ANY:
            return raw


def _within(number: int, least: int, most: int | None) -> int:
    if number < least or (most is not None and number > most):
        raise ValueError(f"{number} is out of range")
    return number
