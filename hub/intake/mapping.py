"""The rules by which a raw record becomes a part of a report: pure functions over what was checked when loaded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from hub.intake.paths import Finder
from hub.intake.shapes import TARGETS, Kind, Many, Members, Shape
from hub.model.nul import without_nul
from hub.model.problem import Document, Status
from hub.model.times import from_text, to_text

NUL = rb"\u0000"
"""The only spelling that JSON has for it; a text may hold these six characters, too."""

Unmapped = tuple[str, str]
"""An attribute and the source's word for it that the mapping does not know."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Where one value comes from: a path into the record, or a constant."""

    path: Finder | None = None
    value: Any = None
    table: Mapping[str, Any] | None = None
    default: Any = None
    null: frozenset[str] = frozenset()
    type: str | None = None


@dataclass(frozen=True, kw_only=True)
class Each:
    """One sub-resource for each element that `path` finds; the rules read the element."""

    path: Finder
    item: Mapping[str, Rule]


Template = Rule | Mapping[str, Rule] | tuple[Mapping[str, Rule] | Each, ...]


@dataclass(frozen=True, kw_only=True)
class FieldMapping:
    """All rules for one kind of trouble system.

    `ignore` and `revision` belong to `hub.intake.digest`. `examples` are the file's own, for tests and checks.
    """

    system: str
    fields: Mapping[str, Template]
    times: Mapping[str, Rule] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    revision: bytes = b""
    examples: tuple[Mapping[str, Any], ...] = ()

    @property
    def attributes(self) -> frozenset[str]:
        """The attributes this mapping speaks for: one that it gives no value is empty at the source."""
        return frozenset(self.fields)

    @property
    def defaults(self) -> Document:
        """What a record without any content becomes: fills the gaps of a new report."""
        return render(self, {}).document


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A part of a v5 document, and what the record says of its own state.

    An attribute named in `unmapped` is left out of `document`: the last known value stands.
    `event_time` is when the record changed at the source, `start_time` when the trouble began there.
    """

    document: Document
    status: Status | None = None
    source_status: str | None = None
    event_time: datetime | None = None
    start_time: datetime | None = None
    unmapped: tuple[Unmapped, ...] = ()


def render(mapping: FieldMapping, data: Mapping[str, Any]) -> Rendered:
    """What `data` says in the words of TMF656."""
    unmapped: list[Unmapped] = []
    document: Document = {}
    for attribute, template in mapping.fields.items():
        value = _filled(attribute, template, data, unmapped)
        if value is not None:
            document[attribute] = value
    times = {name: _read(f"times.{name}", rule, data, Kind.ANY, unmapped) for name, rule in mapping.times.items()}
    return Rendered(
        document=without_nul(document) if NUL in orjson.dumps(document) else document,
        status=Status(document["status"]) if "status" in document else None,
        source_status=_raw_status(mapping, data),
        event_time=times.get("event"),
        start_time=times.get("start"),
        unmapped=tuple(unmapped),
    )


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


def _filled(attribute: str, template: Template, data: Any, unmapped: list[Unmapped]) -> Any:
    """The value of one attribute, or None when the record has none."""
    target = TARGETS[attribute]
    if isinstance(template, Rule):
        return _read(attribute, template, data, target if isinstance(target, Kind) else Kind.ANY, unmapped)
    if isinstance(target, Many) and isinstance(template, tuple):
        return _listed(attribute, target.shape, template, data, unmapped)
    if isinstance(target, Shape) and isinstance(template, Mapping):
        return _built(attribute, target, template, data, unmapped)
    raise TypeError(f"the rules of {attribute} do not fit it")


def _listed(
    attribute: str, shape: Shape, templates: tuple[Any, ...], data: Any, unmapped: list[Unmapped]
) -> list[Any] | None:
    made = (
        _built(attribute, shape, members, part, unmapped)
        for template in templates
        for members, part in _parts(template, data)
    )
    return [one for one in made if one is not None] or None


def _parts(template: Mapping[str, Rule] | Each, data: Any) -> Iterator[tuple[Mapping[str, Rule], Any]]:
    if isinstance(template, Each):
        found = template.path(data)
        yield from ((template.item, part) for part in (found if isinstance(found, list) else []))
    else:
        yield template, data


def _built(
    attribute: str, shape: Shape, rules: Mapping[str, Rule], data: Any, unmapped: list[Unmapped]
) -> dict[str, Any] | None:
    """The sub-resource, or None when a member it cannot do without has no value."""
    read = {
        name: _read(f"{attribute}.{name}", rule, data, Kind.ANY if name == "value" else Kind.TEXT, unmapped)
        for name, rule in rules.items()
    }
    found: Members = {name: value for name, value in read.items() if value is not None}
    return shape.build(found) if shape.required <= found.keys() else None


def _read(name: str, rule: Rule, data: Any, kind: Kind, unmapped: list[Unmapped]) -> Any:
    """The value that a rule gives; None when there is none or it is an unknown word, which is then noted."""
    if rule.path is None:
        return rule.value
    raw = rule.path(data)
    if raw is None or raw == "" or (rule.null and word(raw) in rule.null):
        return rule.default
    if type(raw) is str and kind is Kind.TEXT and rule.table is None and rule.type is None:
        return raw
    try:
        return _translated(raw, rule, kind)
    except (LookupError, ValueError, OverflowError, OSError):
        unmapped.append((name, word(raw)))
        return None


def _translated(raw: Any, rule: Rule, kind: Kind) -> Any:
    if rule.table is not None:
        return rule.table[word(raw)]
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


def _raw_status(mapping: FieldMapping, data: Any) -> str | None:
    rule = mapping.fields["status"]
    if not isinstance(rule, Rule) or rule.path is None:
        return None
    raw = rule.path(data)
    return None if raw is None else word(raw)
