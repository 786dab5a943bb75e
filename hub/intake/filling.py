"""The rules of a mapping as functions, made once: each reads its part of a record and gives what stands there."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
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

    `names` is the path once more where it is names with dots between them, and else empty. `spellings` is the table
    once more, by `plain` words, where case and separators do not count.
    """

    path: Finder | None = None
    names: tuple[str, ...] = ()
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
    return _copying(rule.names, rule.null, read) if is_plain else read


def _copying(names: tuple[str, ...], null: Collection[str], otherwise: Fill) -> Fill:
    """Takes a text as it is from the place where most are: in the record, or in an object there."""
    if len(names) == 1:
        return _copying_member(*names, null, otherwise)
    if len(names) == 2:
        return _copying_inner(*names, null, otherwise)
    return otherwise


def _copying_member(name: str, null: Collection[str], otherwise: Fill) -> Fill:
    def read(data: Any, unmapped: list[Unmapped]) -> Any:
        raw = data.get(name) if type(data) is dict else None
        return raw if type(raw) is str and raw and raw not in null else otherwise(data, unmapped)

    return read


def _copying_inner(outer: str, name: str, null: Collection[str], otherwise: Fill) -> Fill:
    def read(data: Any, unmapped: list[Unmapped]) -> Any:
        inner = data.get(outer) if type(data) is dict else None
        raw = inner.get(name) if type(inner) is dict else None
        return raw if type(raw) is str and raw and raw not in null else otherwise(data, unmapped)

    return read


def _translating(name: str, rule: Rule, path: Finder, kind: Kind) -> Fill:
    null, default, table, translate = rule.null, rule.default, rule.table or {}, _translation(rule, kind)

    def read(data: Any, unmapped: list[Unmapped]) -> Any:
        raw = path(data)
        if type(raw) is str and raw and raw not in null:
            if raw in table:
                return table[raw]
        elif raw is None or raw == "" or (null and word(raw) in null):
            return default
        try:
            return translate(raw)
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


def _epoch(value: Any) -> datetime:
    return datetime.fromtimestamp(float(word(value)), UTC)


def _roundup_time(value: Any) -> datetime:
    return datetime.fromisoformat(word(value).replace(".", "T", 1)).replace(tzinfo=UTC)


def _iso(value: Any) -> datetime:
    return from_text(word(value))


MOMENTS: Mapping[str, Callable[[Any], datetime]] = {"iso": _iso, "epoch": _epoch, "roundup_time": _roundup_time}
"""The forms of a source's time: each gives the instant, or raises ValueError, OverflowError or OSError."""


def _translation(rule: Rule, kind: Kind) -> Callable[[Any], Any]:
    """What becomes of a word of the source; it raises an error where the rule does not know the word."""
    if rule.table is not None:
        return partial(_looked_up, rule.table, rule.spellings)
    if rule.type is not None:
        instant = MOMENTS[rule.type]
        return (lambda raw: to_text(instant(raw))) if kind is Kind.TEXT else instant
    return KINDS[kind]


def _looked_up(table: Mapping[str, Any], spellings: Mapping[str, Any], raw: Any) -> Any:
    own = word(raw)
    return table[own] if own in table else spellings[plain(own)]


def _within(number: int, least: int, most: int | None) -> int:
    if number < least or (most is not None and number > most):
        raise ValueError(f"{number} is out of range")
    return number


KINDS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.STATUS: lambda raw: Status(word(raw)).value,
    Kind.PRIORITY: lambda raw: _within(int(word(raw)), 1, 10),
    Kind.COUNT: lambda raw: _within(int(word(raw)), 0, None),
    Kind.TEXT: word,
    Kind.ANY: lambda raw: raw,
}
