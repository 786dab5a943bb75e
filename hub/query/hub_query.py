"""The query of a registration at the hub: which events a listener wants, and which fields of them.

The language is that of `list_query`, with spaces allowed anywhere. Paths are names of the event's envelope, or
begin with `event.`; `fields=` among the `&` parts chooses what is sent. A JSONPath filter stands behind `filter=`, or
begins the text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from hub.errors import InvalidInput, Violation
from hub.model.event import BY_NAME, EventType
from hub.query.attributes import Attributes
from hub.query.canonical import all_of, escaped, render
from hub.query.checks import check_size, check_text
from hub.query.event_paths import EVENT_TYPE, EVERYTHING_TOLD, EventVocabulary, Told
from hub.query.jsonpath import Filter, parse_filter
from hub.query.other_types import read_openly
from hub.query.ownership import IN_EVENT
from hub.query.parts import parts_of
from hub.query.syntax import And, Comparison, Condition, Operator, both, comparison_of, split_clause, values_of
from hub.query.vocabulary import ReadAddress, Translate, as_it_is, as_written

_JSON_PATH = re.compile(r"\s*(\$|[\w.@]*\[\s*\?)")

_CONTROL = re.compile(r"[\x00-\x1f]")

TEXT_MAXIMUM = 8192


@dataclass(frozen=True, kw_only=True)
class HubQuery:
    """`event_types` is None for every type. `condition` is what is left to ask of an event of these types."""

    normalised: str
    event_types: frozenset[str] | None
    fields: tuple[str, ...]
    condition: Condition | None


def parse_hub_query(
    text: str | None,
    *,
    attributes: Attributes,
    translate: Translate = as_it_is,
    address: ReadAddress = as_written,
    told: Told = EVERYTHING_TOLD,
) -> HubQuery:
    """Read a query; none or an empty one wants every event.

    `attributes` are those of a stored ServiceProblem; `translate` gives the path there for one that a client writes,
    and `address` the kept one for an address. What is never `told` cannot be asked for.
    Raises InvalidInput with all that is wrong, or Unsupported for what the standard has and this server has not.
    """
    text = text or ""
    if len(text) > TEXT_MAXIMUM:
        message = f"has {len(text)} characters, more than {TEXT_MAXIMUM}"
        raise InvalidInput(violations=[Violation(field="query", value=f"{text[:100]}…", message=message)])

    def read(attributes: Attributes) -> HubQuery:
        return _read(text, EventVocabulary(attributes, translate, address=address, told=told), told)

    return read_openly(read, attributes, lambda query: query.condition, inside=IN_EVENT)


def _read(text: str, vocabulary: EventVocabulary, told: Told) -> HubQuery:
    reader = _Reader(vocabulary)
    try:
        check_text(text)
        if control := _CONTROL.search(text):
            raise ValueError(f"holds a control character; write it percent-encoded: %{ord(control[0]):02X}")
        reader.read(f"filter={text}" if _JSON_PATH.match(text) else text)
        if not reader.complaints:
            return _finished(reader, told.types)
    except ValueError as error:
        reader.complaints.append(str(error))
    raise InvalidInput(
        violations=[Violation(field="query", value=text, message=message) for message in reader.complaints]
    )


class _Reader:
    """Collects the groups, the filters, the fields and the complaints of one text."""

    def __init__(self, vocabulary: EventVocabulary) -> None:
        self._vocabulary = vocabulary
        self.groups: list[list[Comparison]] = []
        self.filters: list[Filter] = []
        self.fields: set[str] = set()
        self.complaints: list[str] = []

    def read(self, text: str) -> None:
        # Split first, decode then: an encoded `&` or `;` belongs to its value.
        for clauses in parts_of(text):
            group = [found for clause in clauses if (found := self._clause(clause, alone=len(clauses) == 1))]
            if group:
                self.groups.append(group)

    def _clause(self, clause: str, *, alone: bool) -> Comparison | None:
        try:
            name, value = split_clause(check_text(_decoded(clause)))
            if name in ("fields", "filter"):
                if not alone:
                    raise ValueError(f"{name}= cannot be one of several alternatives")
                self._add(name, value)
                return None
            return self._vocabulary.comparison(comparison_of(name, value))
        except ValueError as error:
            self.complaints.append(str(error))
            return None

    def _add(self, name: str, value: str) -> None:
        if name == "fields":
            self.fields.update(self._vocabulary.field(path) for path in values_of(value) if path)
        else:
            self.filters.append(parse_filter(value, vocabulary=self._vocabulary.with_extensions(), field="query"))


def _decoded(clause: str) -> str:
    try:
        return unquote(clause, errors="strict")
    except UnicodeDecodeError:
        raise ValueError(f"{clause.strip()!r} is not UTF-8 after percent-decoding") from None


def _finished(reader: _Reader, known: frozenset[EventType]) -> HubQuery:
    check_size([comparison for group in reader.groups for comparison in group])
    if "none" in reader.fields and len(reader.fields) > 1:
        raise ValueError("fields=none stands alone")
    plain = all_of(reader.groups)
    fields = tuple(sorted(reader.fields))
    filters = {each.spelling: each.condition for each in reader.filters}
    condition = plain
    for spelling in sorted(filters):
        condition = both(condition, filters[spelling])
    texts = [render(plain)] if plain else []
    texts += [f"filter={escaped(spelling)}" for spelling in sorted(filters)]
    texts += [f"fields={escaped(','.join(fields))}"] if fields else []
    types, rest = _types_and_rest(condition, known)
    return HubQuery(normalised="&".join(texts), event_types=types, fields=fields, condition=rest)


def _types_and_rest(
    condition: Condition | None, known: frozenset[EventType]
) -> tuple[frozenset[str] | None, Condition | None]:
    """The event types that can fit, and the condition without the parts that say only this.

    What is told by name alone is only meant where it is named.
    """
    parts: Iterable[Condition] = (
        condition.parts if isinstance(condition, And) else [condition] if condition else []
    )
    every = frozenset(kind.value for kind in known)
    named: frozenset[str] | None = None
    left_out: frozenset[str] | None = None
    rest: list[Condition] = []
    for part in parts:
        if not isinstance(part, Comparison) or part.path != EVENT_TYPE:
            rest.append(part)
        elif part.operator is Operator.EQ:
            named = (every if named is None else named) & set(part.values)
        else:
            left_out = (left_out or frozenset()) | set(part.values)
    types = named
    if left_out is not None:
        types = (every - BY_NAME if named is None else named) - left_out
    if types is not None and not types:
        raise ValueError("no event is of all the types asked for, or none that is told here")
    return types, rest[0] if len(rest) == 1 else And(parts=tuple(rest)) if rest else None
