"""The rules by which a raw record becomes a part of a report: pure functions over what was checked when loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from hub.intake.filling import Fill, Rule, Template, Unmapped, filling, reading, word
from hub.intake.shapes import Kind
from hub.model.nul import without_nul
from hub.model.problem import STATUSES, Document, Status

NUL = rb"\u0000"
"""The only spelling that JSON has for it; a text may hold these six characters, too."""

Fills = tuple[tuple[str, Fill], ...]
"""(name, its function) in the order of the file."""


@dataclass(frozen=True, kw_only=True)
class FieldMapping:
    """All rules for one kind of trouble system.

    `words` says in which word of the source a status of ours is written back. `ignore` and `revision` belong to
    `hub.intake.digest`. `says_nul` is whether a text of its own may have U+0000. `examples` are the file's own, for
    tests and checks.
    """

    system: str
    fields: Mapping[str, Template]
    times: Mapping[str, Rule] = field(default_factory=dict)
    words: Mapping[Status, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    revision: bytes = b""
    says_nul: bool = False
    examples: tuple[Mapping[str, Any], ...] = ()

    @cached_property
    def attributes(self) -> frozenset[str]:
        """The attributes this mapping speaks for: one that it gives no value is empty at the source."""
        return frozenset(self.fields)

    @property
    def defaults(self) -> Document:
        """What a record without any content becomes: fills the gaps of a new report."""
        return render(self, {}).document

    @cached_property
    def filled(self) -> Fills:
        return tuple((attribute, filling(attribute, template)) for attribute, template in self.fields.items())

    @cached_property
    def timed(self) -> Fills:
        return tuple((name, reading(f"times.{name}", rule, Kind.ANY)) for name, rule in self.times.items())


class Rendered(NamedTuple):
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


def render(mapping: FieldMapping, data: Mapping[str, Any], said: bytes | None = None) -> Rendered:
    """What `data` says in the words of TMF656. `said` is its JSON, where it is at hand and all of it is there."""
    unmapped: list[Unmapped] = []
    document: Document = {}
    for attribute, fill in mapping.filled:
        value = fill(data, unmapped)
        if value is not None:
            document[attribute] = value
    times = {name: read(data, unmapped) for name, read in mapping.timed}
    return Rendered(
        document=without_nul(document) if _has_nul(mapping, document, said) else document,
        status=STATUSES[document["status"]] if "status" in document else None,
        source_status=_raw_status(mapping, data),
        event_time=times.get("event"),
        start_time=times.get("start"),
        unmapped=tuple(unmapped),
    )


def _has_nul(mapping: FieldMapping, document: Document, said: bytes | None) -> bool:
    """A report has no text but those of its record and its mapping, and the record's are in one place already."""
    if said is not None and NUL not in said and not mapping.says_nul:
        return False
    return NUL in orjson.dumps(document)


def _raw_status(mapping: FieldMapping, data: Any) -> str | None:
    rule = mapping.fields["status"]
    if not isinstance(rule, Rule) or rule.path is None:
        return None
    raw = rule.path(data)
    return None if raw is None else word(raw)
