"""Whatever a client sends as a query, only an answer of ours comes back: what is wrong, or what is not supported."""

import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api.attributes import problem_attributes
from hub.errors import InvalidInput, Unsupported
from hub.query.cursors import TEXT_MAXIMUM, cursor_text, position_of
from hub.query.ordering import Position
from hub.query.parse import parse_hub_query, parse_list_query, split_query_string
from hub.query.patterns import is_found
from hub.query.predicate import predicate
from hub.query.sql import sql_condition
from hub.query.syntax import Condition
from tests.rooms import contract, report

ATTRIBUTES = problem_attributes(contract(), {"extra": {"type": ["string", "null"]}, "far": {"$ref": "#/x"}})

BEHIND = Position(values=(), seq=2)
VALID = (
    "status=held,pending&priority.lte=2;name=~^a.*b$&fields=id,status&sort=-priority,+name,lastUpdate&limit=5",
    "lastUpdate>2026-11-22T10:00:00+02:00&relatedParty.partyOrPartyRole.id!=7&after=&limit=10",
    "filter=$[?(@.status=='held' && !(@.priority>=3 || @.note[?(@author=='x')]))]&offset=10",
    f"filter=note[?(search(@.text, 'a|b') && length(@.text)>2)].author&before={cursor_text(BEHIND, ())}",
    "filter=affectedService[?@['@type'] =~ /^Se/i && count(@.x[?@])==0 && @.id != null]",
    "characteristic.value.gt=5&extra.deep=1&far=2&name.exact=%26%3B%25&name.regex=(a(b)?){2,5}",
)
DOCUMENTS: list[dict[str, Any]] = [
    {},
    report(status="held", name="ab", lastUpdate="2026-11-22T08:00:00.000Z"),
    report(status="pending", priority=3, note=[{"text": "a|b", "author": "x"}, {"text": None}]),
    report(affectedService=[{"id": "7", "x": []}, {"id": 7}], characteristic=[{"name": "n", "value": 6}]),
    report(extra={"deep": 1}, far=[1, [2, {"a": "1e999"}], None, True], name=""),
]

WORDS = (
    "filter= sort= after= status note null true length( .regex= T10:00:00 (a{1000}){1000} (?= \\1 1e999 .. && ||"
)
PIECES = st.sampled_from(
    [*"[]()?@$.'\"&|!<>=~*,;%+-/\\ 05eé\x00", *WORDS.split(), "[?(", ")]", "%5B", "%ff", "9" * 30]
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid query with a few pieces put in, or cut out."""
    text = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.sampled_from((0, 0, 1, 3, 20))))
        text = text[:begin] + draw(PIECES | st.text(max_size=2)) + text[end:]
    return text


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.create_function("pattern_found", 2, is_found, deterministic=True)
    connection.execute("CREATE TABLE problem (seq INTEGER PRIMARY KEY, document TEXT NOT NULL)")
    rows = [(number, orjson.dumps(document).decode()) for number, document in enumerate(DOCUMENTS)]
    connection.executemany("INSERT INTO problem VALUES (?, ?)", rows)
    yield connection
    connection.close()


def found(connection: sqlite3.Connection, condition: Condition | None) -> list[int]:
    """The numbers of the documents that fit, as SQLite finds them."""
    text, values = sql_condition(condition, columns={})
    return [row[0] for row in connection.execute(f"SELECT seq FROM problem WHERE {text} ORDER BY seq", values)]


def fitting(condition: Condition | None) -> list[int]:
    """The same as the predicate finds them."""
    fits = predicate(condition)
    return [number for number, document in enumerate(DOCUMENTS) if fits(document)]


def in_event(text: str) -> str:
    for name in ("status", "priority", "lastUpdate", "relatedParty", "note", "affectedService", "characteristic"):
        text = text.replace(name, f"event.serviceProblem.{name}")
    return text


@settings(max_examples=500, deadline=None)
@given(raw=st.binary(max_size=60) | mutated().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_a_query_string_is_refused_or_asked_alike_of_sqlite_and_of_documents(
    database: sqlite3.Connection, raw: bytes
) -> None:
    try:
        query = parse_list_query(split_query_string(raw), attributes=ATTRIBUTES)
    except (InvalidInput, Unsupported):
        return
    assert found(database, query.condition) == fitting(query.condition)


@pytest.mark.parametrize("text", VALID)
def test_what_is_mutated_is_valid_to_begin_with(database: sqlite3.Connection, text: str) -> None:
    query = parse_list_query(split_query_string(text.encode()), attributes=ATTRIBUTES)
    assert found(database, query.condition) == fitting(query.condition)


NESTED = ["@.note[?{}]", "count(@.note[?{}])>0", "!(@.note[?{}])"]


def nested(inside: str, depth: int) -> list[tuple[str, str]]:
    text = "@.author=='x'"
    for _ in range(depth - 1):
        text = inside.format(text)
    return [("filter", f"$.note[?{text}]")]


@pytest.mark.parametrize("depth", range(1, 15))
@pytest.mark.parametrize("inside", NESTED)
def test_a_nested_filter_is_asked_or_refused(database: sqlite3.Connection, inside: str, depth: int) -> None:
    try:
        query = parse_list_query(nested(inside, depth), attributes=ATTRIBUTES)
    except InvalidInput:
        query = None
    if query is None:
        assert depth > 4
    else:
        assert found(database, query.condition) == fitting(query.condition)


@pytest.mark.parametrize("inside", NESTED)
def test_the_refusal_of_a_nested_filter_names_it(inside: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_list_query(nested(inside, 14), attributes=ATTRIBUTES)
    assert refused.value.violations[0].field == "filter"


UNSUITABLE = [b"name=a%00b", b"offset=99999999999999999999", b"limit=9223372036854775808"]


@pytest.mark.parametrize("raw", UNSUITABLE)
def test_what_no_attribute_and_no_database_holds_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_list_query(split_query_string(raw), attributes=ATTRIBUTES)


@settings(max_examples=500, deadline=None)
@given(text=st.text(max_size=60) | mutated().map(in_event))
def test_the_query_of_a_registration_is_read_or_refused(text: str) -> None:
    try:
        query = parse_hub_query(text, attributes=ATTRIBUTES)
    except (InvalidInput, Unsupported):
        return
    predicate(query.condition)({})
    assert parse_hub_query(query.normalised, attributes=ATTRIBUTES) == query


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40) | st.text("WyIxLDJdbnVsbA0-_=", max_size=40))
def test_a_cursor_is_read_or_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        position_of(text, ())


def cursor_of(*parts: object) -> str:
    """A cursor of the list without a sort, with other parts behind its mark."""
    mark = orjson.loads(urlsafe_b64decode(cursor_text(BEHIND, ()) + "==="))[0]
    return urlsafe_b64encode(orjson.dumps([mark, *parts])).rstrip(b"=").decode()


def test_a_cursor_is_what_it_was() -> None:
    assert position_of(cursor_of(2), ()) == BEHIND


@pytest.mark.parametrize("parts", [("2",), (None,), (2.5,), (True,), (2, 3), ([2],), (2**63,)])
def test_a_cursor_with_another_place_is_refused(parts: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="cursor"):
        position_of(cursor_of(*parts), ())


def test_a_cursor_without_end_is_not_read() -> None:
    whole = cursor_text(BEHIND, ())
    padded = urlsafe_b64encode(urlsafe_b64decode(whole + "===") + b" " * TEXT_MAXIMUM).rstrip(b"=").decode()
    with pytest.raises(ValueError, match="cursor"):
        position_of(padded, ())


@pytest.mark.parametrize(
    "text",
    [
        "$[?" + "(" * 500 + "@.a" + ")" * 500 + "]",
        "$[?" + "!" * 3000 + "@.name]",
        "note" + "[?(@.x" * 500,
        "note" + "[*]" * 900,
        "$[?@.name=='" + "x" * 5000 + "']",
        "$" + ".note" * 500,
        "$[?" + " && ".join(["@.name=='x'"] * 100) + "]",
    ],
    ids=["parentheses", "negations", "nested", "stars", "length", "names", "tests"],
)
def test_a_filter_without_end_is_refused_or_small(text: str) -> None:
    try:
        query = parse_list_query([("filter", text)], attributes=ATTRIBUTES)
    except (InvalidInput, Unsupported):
        return
    predicate(query.condition)({})
    assert len(sql_condition(query.condition, columns={})[0]) < 100_000
