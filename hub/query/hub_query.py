"""The query of a registration at the hub: which events a listener wants, and which fields of them.

The language is that of `list_query`, with spaces allowed anywhere. Paths are names of the event's envelope, or
begin with `event.`; `fields=` among the `&` parts chooses what is sent.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from hub.errors import InvalidInput, Violation
from hub.model.event import EventType
from hub.query.canonical import all_of, escaped, render
from hub.query.checks import check_comparison, check_size, check_supported, check_text, unsupported
from hub.query.event_paths import EVENT_TYPE, event_type_named, known_field, known_path
from hub.query.syntax import And, Comparison, Condition, Operator, comparison_of, split_clause, values_of

_JSON_PATH = re.compile(r"\s*(\$|[\w.@]*\[\s*\?\s*\()")

TEXT_MAXIMUM = 8192


@dataclass(frozen=True, kw_only=True)
class HubQuery:
    """`event_types` is None for every type. `condition` is what is left to ask of an event of these types."""

    normalised: str
    event_types: frozenset[str] | None
    fields: tuple[str, ...]
    condition: Condition | None


def parse_hub_query(text: str | None, *, attributes: frozenset[str]) -> HubQuery:
    """Read a query; none or an empty one wants every event. `attributes` are those of a ServiceProblem.

    Raises InvalidInput with all that is wrong, or Unsupported for what the standard has and this server has not.
    """
    text = text or ""
    if len(text) > TEXT_MAXIMUM:
        message = f"has {len(text)} characters, more than {TEXT_MAXIMUM}"
        raise InvalidInput(violations=[Violation(field="query", value=f"{text[:100]}…", message=message)])
    if _JSON_PATH.match(text):
        raise unsupported("query", "JSONPath in a query is not supported")
    reader = _Reader(attributes)
    try:
        check_text(text)
        reader.read(text)
        if not reader.complaints:
            return _finished(reader)
    except ValueError as error:
        reader.complaints.append(str(error))
    raise InvalidInput(
        violations=[Violation(field="query", value=text, message=message) for message in reader.complaints]
    )


class _Reader:
    """Collects the groups, the fields and the complaints of one text."""

    def __init__(self, attributes: frozenset[str]) -> None:
        self._attributes = attributes
        self.groups: list[list[Comparison]] = []
        self.fields: set[str] = set()
        self.complaints: list[str] = []

    def read(self, text: str) -> None:
        for part in text.split("&"):
            # Split first, decode then: an encoded `&` or `;` belongs to its value.
            clauses = [clause for clause in part.split(";") if clause.strip()]
            group = [found for clause in clauses if (found := self._clause(clause, alone=len(clauses) == 1))]
            if group:
                self.groups.append(group)

    def _clause(self, clause: str, *, alone: bool) -> Comparison | None:
        try:
            name, value = split_clause(check_text(_decoded(clause)))
            if name == "filter":
                raise unsupported("query", "filter= (JSONPath) in a query is not supported")
            if name == "fields":
                self._add_fields(value, alone=alone)
                return None
            return self._comparison(comparison_of(name, value))
        except ValueError as error:
            self.complaints.append(str(error))
            return None

    def _add_fields(self, value: str, *, alone: bool) -> None:
        if not alone:
            raise ValueError("fields= cannot be one of several alternatives")
        self.fields.update(known_field(path, self._attributes) for path in values_of(value) if path)

    def _comparison(self, given: Comparison) -> Comparison:
        path = known_path(given.path, self._attributes)
        values = tuple(event_type_named(value) for value in given.values) if path == EVENT_TYPE else given.values
        if path == EVENT_TYPE and given.operator not in (Operator.EQ, Operator.NE):
            raise ValueError(f"eventType is compared with eq or ne, not with {given.operator}")
        return check_comparison(Comparison(path=path, operator=given.operator, values=values))


def _decoded(clause: str) -> str:
    try:
        return unquote(clause, errors="strict")
    except UnicodeDecodeError:
        raise ValueError(f"{clause.strip()!r} is not UTF-8 after percent-decoding") from None


def _finished(reader: _Reader) -> HubQuery:
    check_size([comparison for group in reader.groups for comparison in group])
    if "none" in reader.fields and len(reader.fields) > 1:
        raise ValueError("fields=none stands alone")
    condition = all_of(reader.groups)
    check_supported(condition)
    fields = tuple(sorted(reader.fields))
    texts = [render(condition)] if condition else []
    texts += [f"fields={escaped(','.join(fields))}"] if fields else []
    types, rest = _types_and_rest(condition)
    return HubQuery(normalised="&".join(texts), event_types=types, fields=fields, condition=rest)


def _types_and_rest(condition: Condition | None) -> tuple[frozenset[str] | None, Condition | None]:
    """The event types that can fit, and the condition without the parts that say only this."""
    parts: Iterable[Condition] = (
        condition.parts if isinstance(condition, And) else [condition] if condition else []
    )
    types: frozenset[str] | None = None
    rest: list[Condition] = []
    for part in parts:
        if not isinstance(part, Comparison) or part.path != EVENT_TYPE:
            rest.append(part)
            continue
        every = frozenset(kind.value for kind in EventType)
        named = every & set(part.values)
        types = (types or every) & (named if part.operator is Operator.EQ else every - named)
    if types is not None and not types:
        raise ValueError("no event is of all the types asked for")
    return types, rest[0] if len(rest) == 1 else And(parts=tuple(rest)) if rest else None
