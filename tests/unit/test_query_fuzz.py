"""Whatever a client sends as a query, only an answer of ours comes back: what is wrong, or what is not supported."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api.attributes import problem_attributes
from hub.errors import InvalidInput, Unsupported
from hub.query.cursors import position_of
from hub.query.parse import parse_hub_query, parse_list_query, split_query_string
from hub.query.predicate import predicate
from hub.query.sql import sql_condition
from tests.rooms import contract

ATTRIBUTES = problem_attributes(contract(), {"extra": {"type": ["string", "null"]}, "far": {"$ref": "#/x"}})

VALID = (
    "status=held,pending&priority.lte=2;name=~^a.*b$&fields=id,status&sort=-priority,+name,lastUpdate&limit=5",
    "lastUpdate>2026-11-22T10:00:00+02:00&relatedParty.partyOrPartyRole.id!=7&after=&limit=10",
    "filter=$[?(@.status=='held' && !(@.priority>=3 || @.note[?(@author=='x')]))]&offset=10",
    "filter=note[?(search(@.text, 'a|b') && length(@.text)>2)].author&before=WyIxIiwyXQ",
    "filter=affectedService[?@['@type'] =~ /^Se/i && count(@.x[*])==0 && @.id != null]",
    "characteristic.value.gt=5&extra.deep=1&far=2&name.exact=%26%3B%25&name.regex=(a(b)?){2,5}",
)
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


def in_event(text: str) -> str:
    for name in ("status", "priority", "lastUpdate", "relatedParty", "note", "affectedService", "characteristic"):
        text = text.replace(name, f"event.serviceProblem.{name}")
    return text


@settings(max_examples=500, deadline=None)
@given(raw=st.binary(max_size=60) | mutated().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_a_query_string_is_read_or_refused(raw: bytes) -> None:
    try:
        query = parse_list_query(split_query_string(raw), attributes=ATTRIBUTES)
    except (InvalidInput, Unsupported):
        return
    predicate(query.condition)({})
    assert sql_condition(query.condition, columns={})[0]


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
