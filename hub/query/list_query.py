"""The query string of a list: filters on attributes, a JSONPath filter, the order, the fields to show, and the page.

`a=1&b=2` both, `a=1;b=2` either, `a=1,2` and `a=1&a=2` either value; `&` binds looser than `;`. Operators are
words (`a.gte=5`) or signs (`a>=5`, also percent-encoded). `a.exact=x,y` takes its value whole, commas included.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from urllib.parse import unquote_to_bytes

from hub.errors import InvalidInput, Violation
from hub.query.attributes import Attributes
from hub.query.canonical import all_of
from hub.query.checks import check_levels, check_size, check_tests, check_text
from hub.query.cursors import position_of
from hub.query.jsonpath import parse_filter
from hub.query.ordering import Cursor, Sort
from hub.query.other_types import read_openly
from hub.query.parts import parts_of
from hub.query.selection import read_fields
from hub.query.sorting import read_sort
from hub.query.syntax import Comparison, Condition, both, comparison_of, split_clause
from hub.query.values import LARGEST_INTEGER
from hub.query.vocabulary import ReadAddress, ResourceVocabulary, Translate, as_it_is, as_written

RESERVED = frozenset({"fields", "offset", "limit", "sort", "filter", "before", "after"})

CLAUSES_KEPT = 2048
"""How many clauses are kept with what they mean: of a query that is new, most are not."""

PAGES_KEPT = 512
"""How many sets of reserved parameters are kept with what they mean."""

_PLAIN = re.compile(rb"([\w@.-]+)=([\w@.:,-]*)")
_LOST_PLUS = re.compile(r"(T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?) (?=[0-9]{2}:[0-9]{2}(?:[,'\")]|$))")


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """`fields` is empty for whole documents; `limit` is None when the client leaves it to the server.

    A `cursor` stands in place of the offset.
    """

    condition: Condition | None
    fields: tuple[str, ...]
    offset: int
    limit: int | None
    sort: Sort = ()
    cursor: Cursor | None = None


def split_query_string(raw: bytes) -> list[tuple[str, str]]:
    """The decoded pairs, in order: `a%3E%3D5` is ("a.gte", "5").

    A name that begins with `;` is an alternative to the pair before it, so `a=1;b=2` is ("a", "1"), (";b", "2").
    Quoted and joined with `=` and `&` the pairs say the same again. Raises InvalidInput.
    """
    plain = [_plain_pair(clause) for clause in raw.split(b"&")]
    known = [pair for pair in plain if pair is not None]
    return known if len(known) == len(plain) else _split_with_care(raw)


@lru_cache(maxsize=CLAUSES_KEPT)
def _plain_pair(clause: bytes) -> tuple[str, str] | None:
    """Name and value of a clause in which every letter stands for itself, as in most."""
    found = _PLAIN.fullmatch(clause)
    return (found[1].decode(), found[2].decode()) if found else None


def _split_with_care(raw: bytes) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    violations: list[Violation] = []
    # Latin-1 keeps each byte, so that what is encoded is decoded only after the split.
    for part in parts_of(raw.decode("latin-1")):
        for position, clause in enumerate(part):
            try:
                name, value = _pair(clause)
            except ValueError as error:
                text = clause.encode("latin-1").decode("utf-8", "replace")
                violations.append(Violation(field="query string", value=text, message=str(error)))
            else:
                pairs.append((f";{name}" if position and not name.startswith(";") else name, value))
    if violations:
        raise InvalidInput(violations=violations)
    return pairs


@lru_cache(maxsize=CLAUSES_KEPT)
def _pair(clause: str) -> tuple[str, str]:
    """Name and value of a clause whose bytes are written as Latin-1. Raises ValueError."""
    return split_clause(_decoded(clause.encode("latin-1")))


def _decoded(clause: bytes) -> str:
    try:
        text = unquote_to_bytes(clause.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 after percent-decoding") from None
    # A zone whose plus was sent as it is reads as a space.
    return _LOST_PLUS.sub(r"\1+", check_text(text))


def parse_list_query(
    pairs: Sequence[tuple[str, str]],
    *,
    attributes: Attributes,
    translate: Translate = as_it_is,
    address: ReadAddress = as_written,
    addresses: str = "",
) -> ListQuery:
    """Read the pairs of `split_query_string`.

    `attributes` are those of the stored resource; `translate` gives the path there for a path that a client writes,
    and `address` the kept one for an address; every href of the resource begins with `addresses`.
    A query for resources of a type that is not described may name any attribute.
    Raises InvalidInput with all that is wrong, or Unsupported.
    """

    def read(attributes: Attributes) -> ListQuery:
        return _read(pairs, _vocabulary(attributes, translate, address, addresses))

    return read_openly(read, attributes, lambda query: query.condition)


@lru_cache(maxsize=64)
def _vocabulary(
    attributes: Attributes, translate: Translate, address: ReadAddress, addresses: str
) -> ResourceVocabulary:
    return ResourceVocabulary(attributes=attributes, translate=translate, address=address, addresses=addresses)


def _read(pairs: Sequence[tuple[str, str]], vocabulary: ResourceVocabulary) -> ListQuery:
    """Of a query that is new, most is not: what stands beside the filters is kept as a whole, a filter by itself."""
    violations = [*_misplaced(pairs)]
    comparisons = _comparisons([pair for pair in pairs if pair[0] not in RESERVED], vocabulary, violations)
    try:
        beside = _beside(tuple([pair for pair in pairs if pair[0] in RESERVED]), vocabulary)
    except InvalidInput as error:
        violations += error.violations
    if violations:
        raise InvalidInput(violations=violations)
    return ListQuery(
        condition=both(comparisons, beside.condition),
        fields=beside.fields,
        offset=beside.offset,
        limit=beside.limit,
        sort=beside.sort,
        cursor=beside.cursor,
    )


def _misplaced(pairs: Sequence[tuple[str, str]]) -> Iterator[Violation]:
    """What stands behind a `;` with no filter before it."""
    for (before, _), (name, value) in pairwise(pairs):
        if name[0] == ";" and before in RESERVED:
            message = f"is an alternative to {before}, which has none; write & in place of ;"
            yield Violation(field=name[1:], value=value, message=message)


def _comparisons(
    pairs: Sequence[tuple[str, str]], vocabulary: ResourceVocabulary, violations: list[Violation]
) -> Condition | None:
    """All of the filters on attributes; `violations` gets what is wrong with them."""
    groups: list[list[Comparison]] = []
    for position, (given, value) in enumerate(pairs):
        name = given.removeprefix(";")
        try:
            comparison = _comparison(vocabulary, name, value)
        except ValueError as error:
            violations.append(Violation(field=name, value=value, message=str(error)))
            continue
        if position and given.startswith(";") and groups:
            groups[-1].append(comparison)
        else:
            groups.append([comparison])
    try:
        check_size([comparison for group in groups for comparison in group])
    except ValueError as error:
        violations.append(Violation(field="query string", value=None, message=str(error)))
    return all_of(groups)


@lru_cache(maxsize=CLAUSES_KEPT)
def _comparison(vocabulary: ResourceVocabulary, name: str, value: str) -> Comparison:
    """Raises ValueError."""
    return vocabulary.comparison(comparison_of(name, check_text(value)))


@lru_cache(maxsize=PAGES_KEPT)
def _beside(pairs: tuple[tuple[str, str], ...], vocabulary: ResourceVocabulary) -> ListQuery:
    """What the reserved parameters ask for. Raises InvalidInput."""
    reader = _Reader(pairs, vocabulary)
    condition, sort = reader.filters(), reader.sort()
    query = ListQuery(
        condition=condition,
        fields=reader.fields(),
        offset=reader.whole_number("offset") or 0,
        limit=reader.whole_number("limit"),
        sort=sort,
        cursor=reader.cursor(sort),
    )
    if reader.violations:
        raise InvalidInput(violations=reader.violations)
    return query


class _Reader:
    """Reads one reserved parameter after the other, and collects what is wrong with each."""

    def __init__(self, pairs: Sequence[tuple[str, str]], vocabulary: ResourceVocabulary) -> None:
        self._pairs = pairs
        self._vocabulary = vocabulary
        self.violations: list[Violation] = []

    def _values(self, name: str) -> list[str]:
        return [value for given, value in self._pairs if given == name]

    def _one(self, name: str) -> str | None:
        values = self._values(name)
        if len(values) > 1:
            self._complain(name, ",".join(values), "is given more than once")
        return values[0] if len(values) == 1 else None

    def _complain(self, field: str, value: str | None, message: object) -> None:
        self.violations.append(Violation(field=field, value=value, message=str(message)))

    def filters(self) -> Condition | None:
        condition, tests = None, 0
        for text in self._values("filter"):
            try:
                found = parse_filter(text, vocabulary=self._vocabulary.with_extensions())
                tests += found.tests
                check_tests(tests)
                check_levels(found.condition)
            except ValueError as error:
                self._complain("filter", text, error)
            else:
                condition = both(condition, found.condition)
        return condition

    def fields(self) -> tuple[str, ...]:
        try:
            fields = read_fields(",".join(self._values("fields")), vocabulary=self._vocabulary)
        except InvalidInput as error:
            self.violations.extend(error.violations)
            return ()
        for path in fields:
            try:
                self._vocabulary.attributes.refuse_elsewhere(tuple(path.split(".")))
            except ValueError as error:
                self._complain("fields", path, error)
        return fields

    def whole_number(self, name: str) -> int | None:
        text = self._one(name)
        if text is None:
            return None
        if not re.fullmatch(r"[0-9]+", text):
            self._complain(name, text, f"{text!r} is not a whole number from 0")
            return None
        if len(text) > 19 or int(text) > LARGEST_INTEGER:
            self._complain(name, text, f"{text!r} is more than {LARGEST_INTEGER}")
            return None
        return int(text)

    def sort(self) -> Sort:
        text = ",".join(self._values("sort"))
        try:
            return read_sort(text, vocabulary=self._vocabulary)
        except ValueError as error:
            self._complain("sort", text, error)
            return ()

    def cursor(self, sort: Sort) -> Cursor | None:
        after, before = self._one("after"), self._one("before")
        text = before if after is None else after
        if text is None:
            return None
        name = "before" if after is None else "after"
        if after is not None and before is not None:
            self._complain("before", before, "cannot stand beside after")
        if self._values("offset") not in ([], ["0"]):
            self._complain("offset", self._values("offset")[0], f"cannot stand beside {name}")
        try:
            return Cursor(position=position_of(text, sort) if text else None, backwards=name == "before")
        except ValueError as error:
            self._complain(name, text, error)
            return None
