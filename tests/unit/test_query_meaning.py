"""A condition means the same as a function of a document and as SQL in a real SQLite table."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.model.times import micros_to_text
from hub.query.predicate import predicate
from hub.query.sql import sql_condition
from hub.query.sql_columns import Column, Kind
from hub.query.syntax import And, Comparison, Condition, Not, Operator, Or, comparison_of, split_clause

REPORT: dict[str, Any] = {
    "@type": "ServiceProblem",
    "status": "held",
    "priority": 3,
    "impactImportanceFactor": "50",
    "version": "1.10",
    "ratio": 0.5,
    "urgent": True,
    "nothing": None,
    "empty": "",
    "emptyList": [],
    "name": 'O\'Neill "é"',
    "lastUpdate": "2026-11-22T10:00:00.123Z",
    "impactPattern": {"description": "wave", "characteristic": [{"value": 7}, {"value": ["a", "b"]}]},
    "relatedParty": [{"role": "owner", "party": {"id": "1"}}, {"role": "user", "party": {"id": "2"}}, "odd", 5],
    "tag": ["x", 5, False, None, {"x": "y"}, ["deep"]],
    "od'd\"name": {"in ner": 1},
}

HOLDS = [
    "status=held",
    "status=pending,held",
    "status!=pending",
    "status>a",
    "status<=held",
    "priority=3",
    "priority=3.0",
    "priority=0.3e1",
    "priority>2",
    "priority>=3",
    "priority<10",
    "priority<=3",
    "impactImportanceFactor>9",
    "impactImportanceFactor=50",
    "version<1.2",
    "ratio=0.50",
    "urgent=true",
    "urgent!=false",
    "nothing!=null",
    "missing!=x",
    "empty=",
    "emptyList!=x",
    'name=O\'Neill "é"',
    "lastUpdate=2026-11-22T12:00:00.123+02:00",
    "lastUpdate>2026-11-22T12:00:00+02:00",
    "lastUpdate<2026-11-22T10:00:00.1231Z",
    "lastUpdate>2026-11-22",
    "lastUpdate<2026-11-23",
    "impactPattern.description=wave",
    "impactPattern.characteristic.value=7",
    "impactPattern.characteristic.value=b",
    "relatedParty.role=user",
    "relatedParty.party.id>1",
    "relatedParty.party.id!=3",
    "tag=x",
    "tag=5",
    "tag=false",
]
FAILS = [
    "status=Held",
    "status!=held",
    "status!=pending,held",
    "status>5",
    "status>2026-11-22T10:00:00Z",
    "priority=4",
    "priority>3",
    "priority>a",
    "priority<a",
    "impactImportanceFactor=50.0",
    "version=1.1",
    "urgent=1",
    "urgent>0",
    "nothing=null",
    "nothing=",
    "missing=x",
    "missing>0",
    "missing<z",
    "emptyList=",
    "lastUpdate=2026-11-22T10:00:00Z",
    "lastUpdate!=2026-11-22T10:00:00.123000Z",
    "lastUpdate>2026-11-22T10:00:00.123Z",
    "impactPattern=wave",
    "impactPattern.characteristic=7",
    "impactPattern.description.deeper=wave",
    "relatedParty.role!=user",
    "relatedParty=odder",
    "tag=deep",
    "tag=y",
    "tag.x.y=1",
    "tag!=x",
]


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE report (document TEXT, status TEXT, priority INTEGER, seen TEXT, anything)")
    yield connection
    connection.close()


def fits(
    database: sqlite3.Connection,
    document: dict[str, Any],
    condition: Condition | None,
    columns: Mapping[tuple[str, ...], Column] | None = None,
) -> bool:
    """What SQLite finds in a table that holds this one document."""
    row = [document.get(name) for name in ("status", "priority", "seen", "anything")]
    database.execute("DELETE FROM report")
    database.execute("INSERT INTO report VALUES (?, ?, ?, ?, ?)", (json.dumps(document), *row))
    text, values = sql_condition(condition, columns=columns or {})
    return bool(database.execute(f"SELECT count(*) FROM report WHERE {text}", values).fetchone()[0])


@pytest.mark.parametrize(("text", "holds"), [(text, True) for text in HOLDS] + [(text, False) for text in FAILS])
def test_a_comparison_holds_or_fails_in_both_forms(database: sqlite3.Connection, text: str, holds: bool) -> None:
    comparison = comparison_of(*split_clause(text))
    assert predicate(comparison)(REPORT) is holds
    assert fits(database, REPORT, comparison) is holds


def test_no_condition_fits_everything(database: sqlite3.Connection) -> None:
    assert predicate(None)({})
    assert fits(database, {}, None)


@pytest.mark.parametrize(
    ("condition", "holds"), [(And(parts=()), True), (Or(parts=()), False), (Or(parts=(And(parts=()),)), True)]
)
def test_nothing_to_ask_is_true_of_all_and_false_of_any(
    database: sqlite3.Connection, condition: Condition, holds: bool
) -> None:
    assert predicate(condition)({}) is holds
    assert fits(database, {}, condition) is holds


@pytest.mark.parametrize("operator", [Operator.EQ, Operator.NE, Operator.GTE])
@pytest.mark.parametrize(
    "text",
    ["'", '"', "')) OR 1=1 --", "'; DROP TABLE report; --", "?", "%", "$.a", "a\\", "[0]", "k0.key", "x", "*"],
)
def test_names_and_values_are_bound_whatever_they_hold(
    database: sqlite3.Connection, text: str, operator: Operator
) -> None:
    document = {text: {text: [text]}, "other": 1}
    there = Comparison(path=(text, text), operator=operator, values=(text,))
    elsewhere = Comparison(path=("other", text), operator=operator, values=(text,))
    assert fits(database, document, there) is predicate(there)(document) is (operator is not Operator.NE)
    assert fits(database, document, elsewhere) is predicate(elsewhere)(document) is (operator is Operator.NE)


def test_a_typed_column_is_asked_in_a_way_that_an_index_serves() -> None:
    columns: dict[tuple[str, ...], Column] = {
        ("priority",): Column(name="priority", kind=Kind.NUMBER),
        ("seen",): Column(name="seen", kind=Kind.INSTANT),
        ("status",): Column(name="status"),
    }
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE report (document TEXT, priority INTEGER, seen TEXT, status TEXT)")
    for name in ("priority", "seen", "status"):
        connection.execute(f"CREATE INDEX report_{name} ON report ({name})")
    for text in ("priority<3", "priority=1,2", "seen>2026-11-22", "seen=2026-11-22T10:00:00Z", "status=held"):
        where, values = sql_condition(comparison_of(*split_clause(text)), columns=columns)
        plan = connection.execute(f"EXPLAIN QUERY PLAN SELECT 1 FROM report WHERE {where}", values).fetchall()
        assert "SEARCH report USING" in plan[0][3], text
    connection.close()


MOMENTS = [
    "2026-11-22T10:00:00Z",
    "2026-11-22T12:00:00+02:00",
    "2026-11-22T10:00:00.5Z",
    "2026-11-22T10:00:00.1234567Z",
    "2026-11-22T10:00:00.123456Z",
    "2026-11-22T09:59:59.999999Z",
    "2026-11-22T09:00:00.500000-01:00",
    "2026-11-22T10:00:00+23:59",
    "2026-11-22T10:00:00+24:00",
    "2026-11-22T10:00:00+02:60",
    "2026-11-22T10:00:00+0200",
    "2026-11-22T10:00:00.Z",
    "2026-11-22T10:00:00z",
    "2026-11-22T10:00:00",
    "2026-11-22T10:00Z",
    "2026-11-22 10:00:00Z",
    "2026-11-22",
    "2026-02-30",
    "2026-02-30T10:00:00Z",
    "2026-02-29T10:00:00Z",
    "2024-02-29T10:00:00Z",
    "2024-02-29T24:00:00Z",
    "2026-00-10T10:00:00Z",
    "2026-13-10T10:00:00Z",
    "2026-11-22T10:00:60Z",
    "1969-12-31T23:59:59.000001Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:00",
    "9999-12-31T23:59:59-23:00",
    "now",
    "12:00",
    "2461000.5",
]


@pytest.mark.parametrize("operator", [Operator.EQ, Operator.LT, Operator.GTE])
@pytest.mark.parametrize("found", MOMENTS)
def test_both_forms_agree_on_what_an_instant_is(
    database: sqlite3.Connection, found: str, operator: Operator
) -> None:
    for asked in MOMENTS:
        condition = Comparison(path=("a",), operator=operator, values=(asked,))
        assert fits(database, {"a": found}, condition) is predicate(condition)({"a": found}), asked


NAMES = ("a", "b", "c d", "é'\"")
INSTANTS = st.sampled_from(MOMENTS)
TEXTS = (
    st.sampled_from(
        [
            "",
            "a",
            "B",
            "true",
            "false",
            "null",
            "5",
            "5.0",
            "-0",
            "05",
            "1e2",
            "100",
            "0.5",
            " 5",
            "é",
            "[5]",
            "{}",
        ]
    )
    | INSTANTS
    | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=3)
    | st.integers(-(2**70), 2**70).map(str)
)
NUMBERS = st.integers(-3, 120) | st.integers(-(2**70), 2**70) | st.integers(-40, 4000).map(lambda n: n / 8)
SCALARS = TEXTS | NUMBERS | st.booleans() | st.none()
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
)
DOCUMENTS = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4)
EVALUATED = st.sampled_from([each for each in Operator if each is not Operator.REGEX])


def comparisons(paths: st.SearchStrategy[tuple[str, ...]]) -> st.SearchStrategy[Condition]:
    def with_values(operator: Operator) -> st.SearchStrategy[Condition]:
        most = 3 if operator in (Operator.EQ, Operator.NE) else 1
        values = st.lists(TEXTS, min_size=1, max_size=most).map(tuple)
        return st.builds(Comparison, path=paths, operator=st.just(operator), values=values)

    return EVALUATED.flatmap(with_values)


def conditions(paths: st.SearchStrategy[tuple[str, ...]]) -> st.SearchStrategy[Condition]:
    def joined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        parts = st.lists(inner, max_size=3).map(tuple)
        return st.builds(And, parts=parts) | st.builds(Or, parts=parts) | st.builds(Not, part=inner)

    return st.recursive(comparisons(paths), joined, max_leaves=4)


PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=DOCUMENTS, condition=conditions(PATHS))
def test_predicate_and_sql_agree_on_documents(
    database: sqlite3.Connection, document: dict[str, Any], condition: Condition
) -> None:
    assert fits(database, document, condition) is predicate(condition)(document)


@settings(max_examples=300, deadline=None)
@given(value=TEXTS | NUMBERS, operator=EVALUATED, other=TEXTS)
def test_predicate_and_sql_agree_on_one_value(
    database: sqlite3.Connection, value: Any, operator: Operator, other: str
) -> None:
    condition = Comparison(path=("a",), operator=operator, values=(other,))
    assert fits(database, {"a": value}, condition) is predicate(condition)({"a": value})


COLUMNS: dict[tuple[str, ...], Column] = {
    ("status",): Column(name="status"),
    ("priority",): Column(name="priority", kind=Kind.NUMBER),
    ("seen",): Column(name="seen", kind=Kind.INSTANT),
    ("anything",): Column(name="anything"),
}
SEEN = st.integers(-(10**12), 4 * 10**12).map(lambda millis: micros_to_text(millis * 1000))
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "status": TEXTS,
        "priority": st.integers(-5, 120),
        "seen": SEEN | st.just("2026-11-22T10:00:00.000Z") | st.just("2026-11-22T10:00:00.500Z"),
        "anything": TEXTS | st.integers(-(2**60), 2**60) | st.integers(-40, 400).map(lambda n: n / 8),
    },
)


@pytest.mark.parametrize("operator", [each for each in Operator if each is not Operator.REGEX])
@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("status", "held"),
        ("status", "2026-11-22T12:00:00+02:00"),
        ("seen", None),
        ("seen", "2026-11-22T10:00:00.000Z"),
        ("seen", "2026-11-22T10:00:00.123Z"),
        ("seen", "2026-11-22T10:00:00.124Z"),
    ],
)
def test_a_column_answers_every_moment_as_the_document_does(
    database: sqlite3.Connection, name: str, found: str | None, operator: Operator
) -> None:
    document = {name: found}
    for asked in MOMENTS:
        condition = Comparison(path=(name,), operator=operator, values=(asked,))
        assert fits(database, document, condition, COLUMNS) is predicate(condition)(document), asked


@settings(max_examples=400, deadline=None)
@given(document=ROWS, condition=conditions(st.sampled_from(list(COLUMNS))))
def test_columns_mean_the_same_as_the_document_they_repeat(
    database: sqlite3.Connection, document: dict[str, Any], condition: Condition
) -> None:
    assert fits(database, document, condition, COLUMNS) is predicate(condition)(document)
