"""JSONPath filters: what they select, and what is said about those that cannot be read."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pytest

from hub.api.attributes import problem_attributes
from hub.errors import Unsupported
from hub.query.attributes import ANYTHING, Attribute, Path
from hub.query.jsonpath import parse_filter
from hub.query.patterns import is_found
from hub.query.predicate import predicate
from hub.query.sql import sql_condition
from hub.query.syntax import And, Comparison, Operator, Some
from hub.query.vocabulary import ResourceVocabulary
from tests.rooms import contract

ATTRIBUTES = problem_attributes(contract(), {"size": {"type": "integer"}, "urgent": {"type": "boolean"}})
VOCABULARY = ResourceVocabulary(attributes=ATTRIBUTES)
REPORT: dict[str, Any] = {
    "@type": "ServiceProblem",
    "status": "held",
    "priority": 3,
    "urgent": True,
    "name": 'it\'s "here"',
    "creationDate": "2026-11-22T12:00:00+02:00",
    "size": 300,
    "reason": None,
    "note": [
        {"author": "noc", "text": "cut fibre", "date": "2026-11-22T10:00:00Z"},
        {"author": "field", "text": "repaired"},
        {"author": "desk", "text": "line\nnext\tend"},
    ],
    "characteristic": [{"name": "kpi", "value": {"deep": [1, 2]}}, {"name": "tags", "value": ["a", "b"]}],
    "relatedParty": [{"role": "owner", "partyOrPartyRole": {"@type": "PartyRef", "id": "7"}}],
    "impactPattern": {"description": "wave"},
}

SELECTS = [
    "$",
    "$[?(@.status=='held')]",
    '$[?@.status == "held"]',
    "[?(@status=='held')]",
    "$[?(@['status']=='held')]",
    "$[?('held'==@.status)]",
    "$[?(@.status!='pending' && @.priority<=3 && 2<@.priority)]",
    "$[?(@.status=='pending' || @.priority==3)]",
    "$[?(!(@.status=='pending'))]",
    "$[?!@.problemEscalation]",
    "$[?(@.urgent==true)]",
    "$[?(@.reason==null)]",
    "$[?(@.name=='it\\'s \"here\"')]",
    "note[?(@.text=='line\\nnext\\tend')]",
    "note[?(@.text=='line\nnext\tend')]",
    "note[?(@.text=~'\\n')]",
    '$[?(@.name=="it\'s \\u0022here\\"")]',
    "$[?(@.creationDate=='2026-11-22T10:00:00Z')]",
    "$[?(@.name =~ /HERE/i)]",
    "$[?(@.name =~ 'here')]",
    "$[?match(@.status, 'h.*d')]",
    "$[?(search(@.note.text, 'fib(er|re)'))]",
    "$[?(@.@type=='ServiceProblem' && @type=='ServiceProblem')]",
    "size",
    "$.note",
    "$['note'][*].author",
    "note[?(@.author=='noc')]",
    "note[?(@author=='noc' && @text=~'^cut')].date",
    "$.note[*][?(@.author=='field')]",
    "$[?@.note[?(@.author=='field' && !@.date)]]",
    "$[?(@.note[?(@.author=='noc')].text=='cut fibre')]",
    "$[?(@.note.length() > 1 && length(@.status)==4)]",
    "$[?count(@.note[?(@.author!='noc')])==2]",
    "$[?count(@.note[*])==3]",
    "$[*]",
    "$.*",
    "$[*].note.*.author",
    "$[?(@.status=='held')].note[*]",
    "characteristic.*[?(@.name=='kpi')]",
    "characteristic[?(@.name=='tags' && @.value=='b')]",
    "characteristic[?(@.value[?(@=='a')])]",
    "relatedParty[?(@.role=='owner')].partyOrPartyRole[?(@.id=='7')]",
    "impactPattern[?(@.description=='wave')]",
    "$.characteristic.value.deep",
]
SELECTS_NOTHING = [
    "$[?(@.status=='pending')]",
    "$[?(@.status=='held' && @.priority<3)]",
    "$.reason",
    "$[?@.reason]",
    "$[?(@.urgent!=true)]",
    "$[?match(@.status, 'hel')]",
    "note[?(@.author=='noc' && @.text=='repaired')]",
    "note[?(@.author=='field')].date",
    "$[?(@.note[?(@.author=='noc')].text!='cut fibre')]",
    "$[?count(@.note[?(@.author=='noc')]) > 1]",
    "characteristic[?(length(@.value) > 2)]",
    "troubleTicket[*]",
]


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.create_function("pattern_found", 2, is_found, deterministic=True)
    connection.execute("CREATE TABLE report (document TEXT)")
    connection.execute("INSERT INTO report VALUES (?)", (orjson.dumps(REPORT).decode(),))
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("text", "selects"), [(text, True) for text in SELECTS] + [(text, False) for text in SELECTS_NOTHING]
)
def test_a_filter_selects_in_both_forms(database: sqlite3.Connection, text: str, selects: bool) -> None:
    condition = parse_filter(text, vocabulary=VOCABULARY).condition
    where, values = sql_condition(condition, columns={})
    assert predicate(condition)(REPORT) is selects
    assert len(database.execute(f"SELECT 1 FROM report WHERE {where}", values).fetchall()) == selects


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "at position 1: a path such as"),
        ("$[?(@.status=='held'", r"at position 21: '\)' is expected, not the end"),
        ("$[?(@.status='held')]", "at position 13: .* cannot be read"),
        ("$[?(@.status==held)]", "at position 15: a test such as .* is expected, not 'held'"),
        ("$[?(@.status==)]", r"at position 15: a test such as .* is expected, not '\)'"),
        ("$[?(@.name=='a)]", "at position 13: .* cannot be read"),
        ("$[?(@.name=='\\q')]", r"at position 13: the string has the unknown escape"),
        ("$[?(@.name=='\\u0000')]", "at position 13: the string holds the character U\\+0000"),
        ("$.statsu", "'statsu' is not known; is 'status' meant"),
        ("$[?(@.status=='bogus')]", "'bogus' is none of acknowledged"),
        ("$[?(@.urgent > true)]", "at position 16: true is compared with == or != only"),
        ("$[?(@.urgent > 1)]", "holds true or false, which gt cannot compare"),
        ("$[?(@.priority =~ '1')]", "holds a number, which regex cannot compare"),
        ("$[?(@.impactPattern == 'x')]", "holds an object; ask for one of its attributes"),
        ("$[?(@.name =~ '(')]", r"'\(' is not a regular expression of RE2: missing \)"),
        ("$[?(@.name =~ /a/x)]", "only i is known, not 'x'"),
        ("$[?(@.name == /a/)]", "a pattern is compared with =~"),
        ("$[?(length(@.name))]", "at position 19: a comparison is expected"),
        ("$[?(length(@.priority) >= 0)]", r"priority holds a number, which has no length\(\)"),
        ("$[?(@.priority.length() > 0)]", r"priority holds a number, which has no length\(\)"),
        ("$[?(length(@.urgent) == 4)]", r"urgent holds true or false, which has no length\(\)"),
        ("priority[?(length(@) == 1)]", r"priority holds a number, which has no length\(\)"),
        ("$[?(length(@.name) == 'x')]", r"length\(\) is compared with a number"),
        (
            "$[?(size(@.name) == 1)]",
            r"one of the functions length\(\), count\(\), match\(\), search\(\) is expected",
        ),
        ("$[?(@ == 'x')]", "a whole document cannot be compared"),
        ("status == 'held'", "at position 8: the end is expected, not '=='"),
        ("note['author'", "at position 14: ']' is expected, not the end"),
        ("status.x", "'status' holds a text, which has no attribute 'x'"),
    ],
)
def test_a_filter_that_cannot_be_read_says_where_and_why(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_filter(text, vocabulary=VOCABULARY)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("$..note", "the descendant step .."),
        ("note[0]", "an index or a slice"),
        ("note[-1:]", "an index or a slice"),
        ("note[:2]", "an index or a slice"),
        ("$['note','name']", "a selection of several"),
        ("$[?(@.priority > $.priority)]", "a path from the root inside a filter"),
        ("$[?(@.name == @.reason)]", "a comparison of two attributes"),
        ("$[?(avg(@.priority) > 2)]", "the function avg()"),
        ("$[?(@.priority.stddev() > 2)]", "the function stddev()"),
        ("$[?(min(@.priority) > 2)]", "the function min()"),
        ("characteristic[?(@.value.*==1)]", "* on characteristic.value, which is not known to be a list"),
        ("characteristic[?(@.value[*]==1)]", "* on characteristic.value, which is not known to be a list"),
        ("$.characteristic[*].value[*]", "* on characteristic.value, which is not known to be a list"),
        ("$[?(@.impactPattern.*=='wave')]", "* on impactPattern, which is not known to be a list"),
        ("$[?count(@.impactPattern[*])==1]", "* on impactPattern, which is not known to be a list"),
        ("$[?(@.originatorParty.*.id=='org-1')]", "* on originatorParty, which is not known to be a list"),
        ("$.note[*][*]", "* on an element of note, which is not known to be a list"),
        ("note[?(@.*=='noc')]", "* on an element of note, which is not known to be a list"),
        ("$[?(@.*=='held')]", "* on a document, which is not known to be a list"),
        ("$[*][*]", "* on a document, which is not known to be a list"),
        ("$[*][*].status", "* on a document, which is not known to be a list"),
        ("note['author',*]", "a selection of several"),
        ("note[*,'author']", "a selection of several"),
    ],
)
def test_what_jsonpath_has_and_this_server_has_not_is_named(text: str, named: str) -> None:
    with pytest.raises(Unsupported) as caught:
        parse_filter(text, vocabulary=VOCABULARY)
    assert caught.value.status == 501
    assert named in caught.value.message


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('$[ ?( @.status == "held" ) ]', "$[?(@.status=='held')]"),
        ("note[?(@.text=='it\\'s')]", 'note[?(@.text=="it\'s")]'),
    ],
)
def test_spaces_and_quotes_make_no_other_filter(one: str, other: str) -> None:
    assert parse_filter(one, vocabulary=VOCABULARY) == parse_filter(other, vocabulary=VOCABULARY)


def test_every_list_of_a_report_has_elements_to_ask_for() -> None:
    lists = [*_lists(ATTRIBUTES.by_name)]
    assert ("impactPattern", "characteristic") in lists
    for path in lists:
        parse_filter(f"$.{'.'.join(path)}[*]", vocabulary=VOCABULARY)


def _lists(members: Mapping[str, Attribute], above: Path = ()) -> Iterator[Path]:
    for name, attribute in members.items():
        if attribute.many:
            yield (*above, name)
        if len(above) < 2:
            yield from _lists(attribute.members, (*above, name))


def test_a_filter_of_what_is_not_described_may_ask_for_elements_anywhere() -> None:
    parse_filter("$[?(@.anything[*]==1 && @.*)]", vocabulary=ResourceVocabulary(attributes=ANYTHING))


def test_a_filter_in_the_words_of_another_face_asks_the_stored_document() -> None:
    def translate(path: Path) -> Path:
        return ("relatedParty", "partyOrPartyRole", "id") if path == ("relatedParty", "id") else path

    vocabulary = ResourceVocabulary(attributes=ATTRIBUTES, translate=translate)
    found = parse_filter("relatedParty[?(@.id=='7' && @.role=='owner')]", vocabulary=vocabulary)
    assert found.condition == Some(
        path=("relatedParty",),
        part=And(
            parts=(
                Comparison(path=("partyOrPartyRole", "id"), operator=Operator.EQ, values=("7",)),
                Comparison(path=("role",), operator=Operator.EQ, values=("owner",)),
            )
        ),
    )
