"""SQL and predicates say what a plain reading of the language says, for random documents, queries, orders and pages.

The reading here is slow and obvious, and shares no code with the hub: it looks at every value that a path leads to.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cmp_to_key
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from hub.query.attributes import Attributes
from hub.query.cursors import cursor_text, position_of
from hub.query.jsonpath import parse_filter
from hub.query.ordering import Cursor, Position, Sort, SortKey
from hub.query.parse import parse_list_query, split_query_string
from hub.query.patterns import is_found
from hub.query.predicate import predicate
from hub.query.sql import sql_condition
from hub.query.syntax import Condition
from hub.query.vocabulary import ResourceVocabulary
from hub.store.paging import Listed, read_page

NAMES = ("a", "b", "@c", "d-e")
ATTRIBUTES = Attributes.named(*NAMES)
VOCABULARY = ResourceVocabulary(attributes=ATTRIBUTES)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MOMENTS = (
    "2026-11-22T10:00:00Z",
    "2026-11-22T12:00:00+02:00",
    "2026-11-22T10:00:00.5Z",
    "2026-11-22T09:59:59.999999Z",
    "2026-11-22",
    "2026-02-30T10:00:00Z",
)
TEXTS = st.sampled_from(
    (
        "",
        "a",
        "ab",
        "B",
        "true",
        "null",
        "5",
        "5.0",
        "-0",
        "05",
        "1e2",
        "1e999",
        "-1e999",
        "9" * 400,
        "é",
        "x y",
        "a\nb",
        "\na\t",
        "\n5",
        *MOMENTS,
    )
)
NUMBERS = st.integers(-3, 6) | st.sampled_from((2**63, -(2**70), 100, 0.5, 5.0, 1e300))
# Drawn again and again beside the others: without them hardly two numbers or instants would ever be equal.
ALIKE = (
    "5",
    "5.0",
    "2026-11-22T10:00:00Z",
    "2026-11-22T12:00:00+02:00",
    "2026-11-22T08:00:00.000-02:00",
    "true",
    "ab",
)
SCALARS = st.sampled_from((5, 5.0, True, *ALIKE)) | TEXTS | NUMBERS | st.booleans() | st.none()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4)
PATHS = st.just(("a",)) | st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple)
PATTERNS = st.sampled_from(("a", "^a", "b$", "^$", "[0-9]+", "a|B", ".", "^.b", "T1[0-2]:"))
Path = tuple[str, ...]


# -- the plain reading


def ends(node: Any, path: Path) -> list[Any]:
    """Every value that a path leads to; lists on the way are entered one level."""
    if not path:
        return [node]
    owners = node if isinstance(node, list) else [node]
    return [
        end
        for owner in owners
        if isinstance(owner, dict) and path[0] in owner
        for end in ends(owner[path[0]], path[1:])
    ]


def elements(node: Any, path: Path) -> list[Any]:
    return [one for end in ends(node, path) for one in (end if isinstance(end, list) else [end])]


def number(value: Any) -> int | float | None:
    """The number that a value is, or that its text is in JSON, as a database of 64 bits has it."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if abs(value) < 2**63:
        return value
    return float(value) if abs(value) < 2**1023 else None


def instant(text: Any) -> timedelta | None:
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?", text):
        return None
    try:
        return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00Z") - EPOCH
    except ValueError:
        return None


def is_equal(found: Any, asked: str) -> bool:
    if isinstance(found, bool):
        return asked == ("true" if found else "false")
    if isinstance(found, str):
        return found == asked or (instant(found) is not None and instant(found) == instant(asked))
    return isinstance(found, int | float) and number(found) == number(asked)


def is_before(found: Any, asked: str, sign: str) -> bool:
    one: Any
    two: Any
    if number(asked) is not None:
        one, two = number(found), number(asked)
    elif instant(asked) is not None:
        one, two = instant(found), instant(asked)
    else:
        one, two = (found if isinstance(found, str) else None), asked
    return one is not None and {"<": one < two, "<=": one <= two, ">": one > two, ">=": one >= two}[sign]


def compared(node: Any, path: Path, sign: str, values: tuple[str, ...]) -> bool:
    found = elements(node, path)
    if sign in ("==", "!="):
        return any(is_equal(one, value) for one in found for value in values) is (sign == "==")
    if sign == "=~":
        return any(isinstance(one, str) and re.search(values[0], one) is not None for one in found)
    return any(is_before(one, values[0], sign) for one in found)


SIZES: dict[str, Callable[[int, int], bool]] = {
    "==": lambda one, two: one == two,
    "!=": lambda one, two: one != two,
    "<": lambda one, two: one < two,
    "<=": lambda one, two: one <= two,
    ">": lambda one, two: one > two,
    ">=": lambda one, two: one >= two,
}


def length_is(node: Any, path: Path, sign: str, size: int) -> bool:
    lengths = [len(end) for end in ends(node, path) if isinstance(end, str | list | dict)]
    return size not in lengths if sign == "!=" else any(SIZES[sign](length, size) for length in lengths)


def fitting(node: Any, path: Path, inner: Any) -> int:
    return sum(one is not None and holds(inner, one) for one in elements(node, path))


READING: dict[str, Callable[..., bool]] = {
    "is": lambda node, path, sign, text: compared(node, path, sign, (text,)),
    "null": lambda node, path: all(end is None for end in ends(node, path)),
    "there": lambda node, path: any(end is not None for end in ends(node, path)),
    "some": lambda node, path, inner: fitting(node, path, inner) > 0,
    "length": length_is,
    "count": lambda node, path, inner, sign, size: SIZES[sign](fitting(node, path, inner), size),
    "whole": lambda node, path, pattern: any(
        isinstance(one, str) and re.fullmatch(pattern, one) is not None for one in elements(node, path)
    ),
    "not": lambda node, inner: not holds(inner, node),
    "and": lambda node, first, second: holds(first, node) and holds(second, node),
    "or": lambda node, first, second: holds(first, node) or holds(second, node),
}
"""{kind: whether a test of this kind holds at a node}; a test is its kind and what else it says."""


def holds(test: Any, node: Any) -> bool:
    kind, *said = test
    return READING[kind](node, *said)


# -- the same tests as JSONPath


def spelt(path: Path) -> str:
    return "@" + "".join(f"['{name}']" if name == "d-e" else f".{name}" for name in path)


def literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


WRITING: dict[str, Callable[..., str]] = {
    "is": lambda path, sign, text: f"{spelt(path)} {sign} {literal(text)}",
    "null": lambda path: f"null == {spelt(path)}",
    "there": spelt,
    "some": lambda path, inner: f"{spelt(path)}[?({written(inner)})]",
    "length": lambda path, sign, size: f"length({spelt(path)}){sign}{size}",
    "count": lambda path, inner, sign, size: f"count({spelt(path)}[?{written(inner)}]) {sign} {size}",
    "whole": lambda path, pattern: f"match({spelt(path)}, {literal(pattern)})",
    "not": lambda inner: f"!({written(inner)})",
    "and": lambda first, second: f"({written(first)}) && ({written(second)})",
    "or": lambda first, second: f"({written(first)}) || ({written(second)})",
}


def written(test: Any) -> str:
    kind, *said = test
    return WRITING[kind](*said)


SIGNS = st.sampled_from(("==", "!=", "<", "<=", ">", ">="))
LEAVES = (
    st.tuples(st.just("is"), PATHS, SIGNS, TEXTS)
    | st.tuples(st.just("is"), PATHS, st.just("=~"), PATTERNS)
    | st.tuples(st.just("null"), PATHS)
    | st.tuples(st.just("there"), PATHS)
    | st.tuples(st.just("whole"), PATHS, PATTERNS)
    | st.tuples(st.just("length"), PATHS, SIGNS, st.integers(0, 3))
)
TESTS = st.recursive(
    LEAVES,
    lambda inner: (
        st.tuples(st.just("some"), PATHS, inner)
        | st.tuples(st.just("count"), PATHS, inner, SIGNS, st.integers(0, 2))
        | st.tuples(st.just("not"), inner)
        | st.tuples(st.sampled_from(("and", "or")), inner, inner)
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.create_function("pattern_found", 2, is_found, deterministic=True)
    connection.execute("CREATE TABLE report (seq INTEGER PRIMARY KEY, document TEXT)")
    yield connection
    connection.close()


def fits(database: sqlite3.Connection, document: dict[str, Any], condition: Condition | None) -> bool:
    database.execute("DELETE FROM report")
    database.execute("INSERT INTO report (document) VALUES (?)", (json.dumps(document),))
    text, values = sql_condition(condition, columns={})
    return bool(database.execute(f"SELECT count(*) FROM report WHERE {text}", values).fetchone()[0])


QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=500, deadline=None, suppress_health_check=QUIET)
@given(document=DOCUMENTS, test=TESTS)
@example(document={"a": [[]]}, test=("count", ("a",), ("not", ("is", ("a",), "==", "")), "==", 1))
def test_a_jsonpath_filter_holds_where_its_plain_reading_does(
    database: sqlite3.Connection, document: dict[str, Any], test: Any
) -> None:
    text = f"$[?({written(test)})]"
    condition = parse_filter(text, vocabulary=VOCABULARY).condition
    expected = holds(test, document)
    assert predicate(condition)(document) is expected, text
    assert fits(database, document, condition) is expected, text


SCALAR_LENGTHS = [5, 5.0, True, False, None, "true", "é", [], [1, 2], {}, {"a": 1}]


@pytest.mark.parametrize("asked", ALIKE)
@pytest.mark.parametrize("sign", ["==", "!=", "<", "<=", ">", ">="])
def test_each_pair_of_values_compares_as_it_reads(database: sqlite3.Connection, sign: str, asked: str) -> None:
    """All pairs, so that none depends on luck, alone and inside of what is denied."""
    others = (
        "2026-11-22T10:00:00.000001Z",
        "2026-11-22T09:59:59.999999+00:00",
        "2026-11-22",
        "1e999",
        "9" * 400,
        "x",
    )
    for found in (5, 5.0, 4, 6, 2**70, True, False, None, *ALIKE, *others):
        for document in ({"a": found}, {"a": [found, None]}, {"a": {"b": found}}, {}):
            for test in (
                ("is", ("a",), sign, asked),
                ("not", ("is", ("a",), sign, asked)),
                ("some", ("a",), ("is", ("b",), sign, asked)),
                ("some", ("a",), ("not", ("is", ("b",), sign, asked))),
                ("count", ("a",), ("not", ("is", ("b",), sign, asked)), "==", 1),
            ):
                condition = parse_filter(f"$[?({written(test)})]", vocabulary=VOCABULARY).condition
                expected = holds(test, document)
                assert predicate(condition)(document) is expected, (document, test)
                assert fits(database, document, condition) is expected, (document, test)


@pytest.mark.parametrize("found", SCALAR_LENGTHS, ids=repr)
@pytest.mark.parametrize("size", [0, 1, 2, 4])
def test_each_kind_of_value_has_its_length(database: sqlite3.Connection, found: Any, size: int) -> None:
    for sign in SIZES:
        test = ("length", ("a",), sign, size)
        condition = parse_filter(f"$[?({written(test)})]", vocabulary=VOCABULARY).condition
        expected = holds(test, {"a": found})
        assert predicate(condition)({"a": found}) is expected, test
        assert fits(database, {"a": found}, condition) is expected, test


PLAIN = {"==": "", "!=": ".ne", "<": ".lt", "<=": ".lte", ">": ".gt", ">=": ".gte", "=~": ".regex"}
CLAUSES = st.tuples(PATHS, SIGNS, TEXTS.filter(lambda text: text.strip() == text)) | st.tuples(
    PATHS, st.just("=~"), PATTERNS
)


def clause_text(clause: tuple[Path, str, str]) -> str:
    path, sign, text = clause
    word = ".exact" if sign == "==" else PLAIN[sign]
    return f"{quote('.'.join(path))}{word}={quote(text, safe='')}"


@settings(max_examples=300, deadline=None, suppress_health_check=QUIET)
@given(document=DOCUMENTS, groups=st.lists(st.lists(CLAUSES, min_size=1, max_size=3), max_size=3))
def test_a_query_string_holds_where_its_plain_reading_does(
    database: sqlite3.Connection, document: dict[str, Any], groups: list[list[tuple[Path, str, str]]]
) -> None:
    # An attribute that is repeated with = means any of its values, so here each stands once between the &.
    alone = [
        path
        for group in groups
        for path, sign in [group[0][:2]]
        if sign == "==" and all(clause[:2] == (path, sign) for clause in group)
    ]
    assume(len(set(alone)) == len(alone))
    raw = "&".join(";".join(clause_text(clause) for clause in group) for group in groups)
    condition = parse_list_query(split_query_string(raw.encode()), attributes=ATTRIBUTES).condition
    expected = all(any(compared(document, path, sign, (text,)) for path, sign, text in group) for group in groups)
    assert (condition is None or predicate(condition)(document)) is expected, raw
    assert fits(database, document, condition) is expected, raw


# -- order and pages

KEYS = st.lists(
    st.builds(
        SortKey,
        path=st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(tuple),
        descending=st.booleans(),
        instants=st.booleans(),
    ),
    max_size=3,
    unique_by=lambda key: key.path,
).map(tuple)


def key_of(document: Any, key: SortKey) -> Any:
    """What a key compares: None where nothing is, else (numbers before texts, the value)."""
    value = document
    for name in key.path:
        value = value.get(name) if isinstance(value, dict) else None
    if value is None or isinstance(value, dict | list):
        return None
    if key.instants:
        moment = instant(value)
        return None if moment is None else (0, moment)
    return (1, value) if isinstance(value, str) else (0, float(value) if abs(value) >= 2**63 else value)


def in_order(documents: list[dict[str, Any]], sort: Sort) -> list[int]:
    """The numbers of the documents from 1, sorted by comparing two at a time."""

    def compare(one: int, two: int) -> int:
        for key in sort:
            first, second = key_of(documents[one - 1], key), key_of(documents[two - 1], key)
            if first == second:
                continue
            if first is None or second is None:
                return 1 if first is None else -1
            return (1 if first > second else -1) * (-1 if key.descending else 1)
        return (one - two) * (-1 if sort and sort[-1].descending else 1)

    return sorted(range(1, len(documents) + 1), key=cmp_to_key(compare))


LISTED = Listed(table="report", select="seq", columns={})


def again(position: Position | None, sort: Sort) -> Position | None:
    """The position as it comes back from a client."""
    return None if position is None else position_of(cursor_text(position, sort), sort)


@settings(max_examples=200, deadline=None, suppress_health_check=QUIET)
@given(documents=st.lists(DOCUMENTS, max_size=8), sort=KEYS, size=st.integers(1, 4), backwards=st.booleans())
def test_pages_by_offset_and_by_cursor_show_the_same_order(
    database: sqlite3.Connection, documents: list[dict[str, Any]], sort: Sort, size: int, backwards: bool
) -> None:
    database.execute("DELETE FROM report")
    rows = [(number, json.dumps(document)) for number, document in enumerate(documents, start=1)]
    database.executemany("INSERT INTO report VALUES (?, ?)", rows)
    expected = in_order(documents, sort)

    def page(offset: int, limit: int, cursor: Cursor | None) -> Any:
        return read_page(
            database, LISTED, None, sort=sort, offset=offset, limit=limit, cursor=cursor, made=lambda row: row[0]
        )

    assert page(0, 100, None).rows == expected
    assert page(1, size, None).rows == expected[1 : 1 + size]
    walked: list[int] = []
    cursor, more = Cursor(backwards=backwards), True
    while more:
        assert len(walked) < len(expected) or not expected
        found = page(0, size, cursor)
        walked = [*found.rows, *walked] if backwards else [*walked, *found.rows]
        cursor = Cursor(position=again(found.first if backwards else found.last, sort), backwards=backwards)
        more = found.more
    assert walked == expected
