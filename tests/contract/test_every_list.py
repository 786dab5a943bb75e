"""What every store promises of lists: they hold what fits, in order, counted exactly, and they do not take for ever."""

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import cmp_to_key, partial
from pathlib import Path
from threading import Event as Gate
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from hub.errors import QueryTooSlow, StoreBusy
from hub.model.problem import Document, Problem, Status
from hub.query.ordering import Cursor, Sort, SortKey
from hub.query.predicate import predicate
from hub.query.syntax import And, Comparison, Condition, Not, Operator, Or, Some
from hub.store.migrations import MIGRATIONS
from hub.store.records import is_quick
from hub.store.sqlite import Store
from hub.store.tables import Tables
from tests.contract.stores import Kind, open_sqlite
from tests.rooms import report

PROJECT = Path(__file__).parents[2]
PARTY = "relatedParty.partyOrPartyRole.id"
SERVICE = "affectedService.id"
PARTY_PATH, SERVICE_PATH = tuple(PARTY.split(".")), tuple(SERVICE.split("."))
EASY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def store(kind: Kind, tmp_path: Path) -> Iterator[Store]:
    opened = kind.open(tmp_path, synchronous="NORMAL", indexed_paths=(PARTY, SERVICE))
    yield opened
    opened.close()


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch, store: Store) -> Store:
    """A store that takes few reports for very many: values are common at two, and orders go value by value."""
    monkeypatch.setattr("hub.store.path_tally.COMMON", 2)
    monkeypatch.setattr("hub.store.paths.LOOKED_AT", 1)
    monkeypatch.setattr("hub.store.by_values.APART", -1e9)
    return store


def equal(path: str, *values: str) -> Comparison:
    return Comparison(path=tuple(path.split(".")), operator=Operator.EQ, values=values)


def compared(path: str, operator: Operator, value: str) -> Comparison:
    return Comparison(path=tuple(path.split(".")), operator=operator, values=(value,))


# -- reports at random

DATES = [
    *(
        "2024-12-31T23:59:59.999Z",
        "2025-01-01T00:00:00.000Z",
        "2025-01-01T00:00:00.001Z",
        "2025-01-15T12:00:00.000Z",
    ),
    *(
        "2025-01-31T23:59:59.999Z",
        "2025-02-01T00:00:00.000Z",
        "2025-02-01T11:00:00.000Z",
        "2025-03-01T00:00:00.000Z",
    ),
    *("2025-03-02T00:00:00.000Z", "2026-07-05T06:07:08.009Z"),
]
MORE_DATES = [
    *DATES,
    "2025-02-01",
    "2025-02-01T00:00:00.0005Z",
    "2025-02-01T01:00:00+01:00",
    "0001-01-01T00:00:00Z",
]
PARTIES = ["cust-1", "cust-2", "7", "true"]


def party(name: Any) -> Document:
    return {"role": "customer", "partyOrPartyRole": {"id": name}}


DOCUMENTS = st.builds(
    lambda status, priority, category, created, updated, parties, services: report(
        status=status,
        priority=priority,
        category=category,
        creationDate=created,
        lastUpdate=updated,
        statusChangeDate=updated,
        relatedParty=[party(name) for name in parties],
        affectedService=[{"id": name} for name in services],
    ),
    st.sampled_from([status.value for status in Status]),
    st.integers(1, 4),
    st.sampled_from(["supplier.originated", "other", "7", "2025-02-01T00:00:00Z"]),
    st.sampled_from(DATES),
    st.sampled_from(DATES),
    st.lists(st.sampled_from([*PARTIES, 7, True]), max_size=2),
    st.lists(st.sampled_from(["svc-1", "svc-2"]), max_size=2),
)

EQUAL = st.one_of(
    st.builds(equal, st.just("status"), st.sampled_from([status.value for status in Status]), st.just("held")),
    st.builds(equal, st.just("priority"), st.sampled_from(["1", "2", "9"]), st.sampled_from(["1.0", "3"])),
    st.builds(equal, st.just("category"), st.sampled_from(["other", "7"]), st.sampled_from(["7.0", "2025-02-01"])),
    st.builds(equal, st.just(PARTY), st.sampled_from(PARTIES)),
    st.builds(equal, st.just(PARTY), st.sampled_from(PARTIES), st.sampled_from(PARTIES)),
    st.builds(equal, st.just(SERVICE), st.sampled_from(["svc-1", "none"])),
    st.builds(equal, st.just("id"), st.sampled_from(["p1", "p3", "p99"]), st.just("p2")),
    st.builds(equal, st.just("relatedParty.role"), st.just("customer")),
)
COMPARED = st.one_of(
    st.builds(
        compared,
        st.sampled_from(["creationDate", "lastUpdate"]),
        st.sampled_from([Operator.GT, Operator.GTE, Operator.LT, Operator.LTE]),
        st.sampled_from(MORE_DATES),
    ),
    st.builds(compared, st.just("priority"), st.sampled_from([Operator.LTE, Operator.NE]), st.just("2")),
    st.builds(compared, st.sampled_from(["status", PARTY]), st.just(Operator.NE), st.sampled_from(["held", "7"])),
    st.builds(compared, st.just("category"), st.just(Operator.REGEX), st.just("^o")),
)
PARTS = st.recursive(
    EQUAL | COMPARED,
    lambda part: st.one_of(
        st.builds(lambda parts: Or(parts=tuple(parts)), st.lists(part, min_size=2, max_size=3)),
        st.builds(lambda one: Not(part=one), part),
        st.builds(lambda one: Some(path=(), part=one), part),
    ),
    max_leaves=3,
)
CONDITIONS = st.none() | st.builds(lambda parts: And(parts=tuple(parts)), st.lists(PARTS, min_size=1, max_size=3))
KEYS = st.builds(
    lambda path, descending: SortKey(path=(path,), descending=descending),
    st.sampled_from(["status", "priority", "category", "creationDate", "lastUpdate", "description"]),
    st.booleans(),
)
SORTS = st.lists(KEYS, max_size=2).map(tuple)


def kept(number: int, document: Document) -> Problem:
    return Problem(id=f"p{number}", document=document, sequence=1)


def in_order(found: Sequence[tuple[int, Document]], sort: Sort) -> list[int]:
    """The plain reading of an order: by each key, then by row."""

    def compare(one: tuple[int, Document], two: tuple[int, Document]) -> int:
        for key in sort:
            left, right = one[1][key.path[0]], two[1][key.path[0]]
            if left != right:
                return (-1 if left < right else 1) * (-1 if key.descending else 1)
        return (one[0] - two[0]) * (-1 if sort and sort[-1].descending else 1)

    return [number for number, _ in sorted(found, key=cmp_to_key(compare))]


def fresh(store: Store, documents: Sequence[Document]) -> dict[int, Document]:
    """The store with these reports alone, in this order."""

    def work(tables: Tables) -> None:
        names = [name for name, _ in tables.problems.page(None, limit=1000).rows]
        for name in names:
            tables.problems.delete(name)
        for number, document in enumerate(documents):
            tables.problems.insert(kept(number, document))

    store.write(work)
    return dict(enumerate(documents))


# -- what fits, in order, counted


LISTED = (st.lists(DOCUMENTS, max_size=25), CONDITIONS, SORTS, st.integers(0, 6), st.integers(0, 8))


def assert_read_plainly(
    store: Store, documents: list[Document], condition: Condition | None, sort: Sort, offset: int, limit: int
) -> None:
    there = fresh(store, documents)
    fits = predicate(condition)
    fitting = [(number, document) for number, document in there.items() if fits({**document, "id": f"p{number}"})]
    expected = [f"p{number}" for number in in_order(fitting, sort)]
    page = store.read.problems.page(condition, sort=sort, offset=offset, limit=limit)
    assert [name for name, _ in page.rows] == expected[offset : offset + limit]
    assert store.read.problems.count(condition) == len(expected)


@EASY
@given(st.tuples(*LISTED))
def test_a_page_and_its_count_are_those_of_the_plain_reading(store: Store, listed: tuple[Any, ...]) -> None:
    assert_read_plainly(store, *listed)


@EASY
@given(st.tuples(*LISTED))
def test_a_page_and_its_count_are_the_same_when_few_are_taken_for_many(
    eager: Store, listed: tuple[Any, ...]
) -> None:
    assert_read_plainly(eager, *listed)


@EASY
@given(st.lists(DOCUMENTS, max_size=20), CONDITIONS, SORTS, st.integers(1, 7))
def test_pages_by_cursor_show_each_report_once_in_both_directions(
    eager: Store, documents: list[Document], condition: Condition | None, sort: Sort, limit: int
) -> None:
    fresh(eager, documents)
    problems = eager.read.problems
    expected = [name for name, _ in problems.page(condition, sort=sort, limit=100).rows]
    for backwards in (False, True):
        seen: list[str] = []
        cursor, more = Cursor(backwards=backwards), True
        while more:
            page = problems.page(condition, sort=sort, limit=limit, cursor=cursor)
            names = [name for name, _ in page.rows]
            seen = [*names, *seen] if backwards else [*seen, *names]
            cursor = Cursor(position=page.first if backwards else page.last, backwards=backwards)
            more = page.more
        assert seen == expected


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        (equal("priority", "2", "2.0", " 2"), 3),
        (equal("priority", "2", "x", "9"), 3),
        (equal("category", "2025-02-01", "7.0"), 2),
        (equal("category", "2025-02-01T00:00:00Z", "2025-02-01"), 1),
        (equal("status", "held", "held", "none"), 3),
        (equal("status", "none"), 0),
    ],
    ids=str,
)
def test_values_that_mean_the_same_find_a_report_once(store: Store, condition: Condition, count: int) -> None:
    date = "2025-01-01T00:00:00.000Z"
    fresh(store, [dated(date, category=word) for word in ("2025-02-01T01:00:00+01:00", "7.0", "other")])
    assert len(store.read.problems.page(condition, limit=10).rows) == count
    assert store.read.problems.count(condition) == count


# -- the tally


CHANGES = st.lists(
    st.tuples(st.sampled_from(["insert", "update", "update", "delete", "fail"]), st.integers(0, 9), DOCUMENTS),
    max_size=40,
)
RECOUNT = """
    WITH spans AS (
        SELECT '' AS span, * FROM problem
        UNION ALL SELECT 'cm' || substr(creation_date, 1, 7), * FROM problem
        UNION ALL SELECT 'cd' || substr(creation_date, 1, 10), * FROM problem
        UNION ALL SELECT 'um' || substr(last_update, 1, 7), * FROM problem
        UNION ALL SELECT 'ud' || substr(last_update, 1, 10), * FROM problem
    )
    SELECT span, status, priority, category, count(*) FROM spans GROUP BY 1, 2, 3, 4
    UNION ALL SELECT '*', '', 0, '', count(*) FROM problem HAVING count(*) > 0
    ORDER BY 1, 2, 3, 4"""


COMMON_TALLY = "SELECT * FROM problem_path_tally WHERE n <> 0 ORDER BY 1, 2, 3, 4, 5"
COMMON_RECOUNT = """
    SELECT path, value, status, priority, category, count(*)
    FROM problem_path_common JOIN problem_path USING (path, value) JOIN problem ON seq = problem
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"""


def change(word: str, number: int, document: Document, tables: Tables) -> None:
    one, there = kept(number, document), tables.problems.get(f"p{number}") is not None
    if word in ("insert", "fail") and not there:
        tables.problems.insert(one)
    elif word in ("update", "fail"):
        tables.problems.update(one)
    elif word == "delete":
        tables.problems.delete(one.id)
    if word == "fail":
        raise ValueError("the job takes back what it wrote")


def note(answered: Gate, result: Any, error: BaseException | None) -> None:
    answered.set()


@EASY
@given(CHANGES, st.integers(1, 5))
def test_the_tally_and_the_index_are_what_a_recount_gives(
    eager: Store, changes: list[tuple[str, int, Document]], together: int
) -> None:
    fresh(eager, [])
    answers = []
    for position, one in enumerate(changes):
        answered = Gate()
        eager.submit(partial(change, *one), partial(note, answered))
        answers.append(answered)
        if position % together == 0:
            assert answered.wait(20)
    assert all(answered.wait(20) for answered in answers)
    connection = eager.read.connection
    tally = "SELECT span, status, priority, category, n FROM problem_tally ORDER BY 1, 2, 3, 4"
    assert connection.execute(tally).fetchall() == connection.execute(RECOUNT).fetchall()
    assert entries(eager) == recounted_entries(eager)
    assert connection.execute(COMMON_TALLY).fetchall() == connection.execute(COMMON_RECOUNT).fetchall()
    late = "SELECT count(*) FROM problem_block JOIN problem ON seq / 256 = number WHERE"
    assert connection.execute(f"{late} created_last < creation_date OR updated_last < last_update").fetchone() == (
        0,
    )
    blocks = "SELECT number, reports FROM problem_block WHERE reports > 0 ORDER BY 1"
    counted = "SELECT seq / 256, count(*) FROM problem GROUP BY 1 ORDER BY 1"
    assert connection.execute(blocks).fetchall() == connection.execute(counted).fetchall()


def entries(store: Store) -> list[tuple[str, Any, str]]:
    """(path, key, report) of every entry of the index."""
    return sorted(
        store.read.connection.execute(
            "SELECT indexed_path.path, value, id FROM problem_path"
            " JOIN indexed_path ON number = problem_path.path LEFT JOIN problem ON seq = problem"
        ),
        key=str,
    )


def recounted_entries(store: Store, *paths: str) -> list[tuple[str, Any, str]]:
    """The same by the plain reading of the documents, for values that are no times."""
    found: set[tuple[str, Any, str]] = set()
    for name, body in store.read.problems.page(None, limit=1000).rows:
        document = orjson.loads(body)
        values = {
            PARTY: [one["partyOrPartyRole"]["id"] for one in document.get("relatedParty", ())],
            SERVICE: [one["id"] for one in document.get("affectedService", ())],
        }
        for path in paths or (PARTY, SERVICE):
            found |= {(path, "true" if value is True else value, name) for value in values[path]}
    return sorted(found, key=str)


def test_reports_of_an_earlier_version_are_counted_at_the_first_start(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    MIGRATIONS.apply(Database(connection), stop_before="lists_at_a_million")
    for number, document in enumerate(many(30)):
        date = document["creationDate"]
        values = (f"p{number}", document["status"], document["priority"], document["category"], date, date, date)
        connection.execute(
            "INSERT INTO problem (id, version, sequence, status, priority, category, creation_date, last_update,"
            " status_change_date, document) VALUES (?, 1, 1, ?, ?, ?, ?, ?, ?, ?)",
            (*values, orjson.dumps(document).decode()),
        )
    connection.close()
    store = open_sqlite(tmp_path, indexed_paths=(PARTY,))
    tally = "SELECT span, status, priority, category, n FROM problem_tally ORDER BY 1, 2, 3, 4"
    assert store.read.connection.execute(tally).fetchall() == store.read.connection.execute(RECOUNT).fetchall()
    assert entries(store) == recounted_entries(store, PARTY)
    store.close()


def test_a_count_inside_of_a_job_sees_what_the_job_wrote(store: Store) -> None:
    def work(tables: Tables) -> int:
        tables.problems.insert(kept(1, dated("2025-01-01T00:00:00.000Z")))
        return tables.problems.count(None)

    assert store.write(work) == 1
    assert store.read.problems.count(equal("status", "held")) == 1


@pytest.mark.parametrize(
    "condition",
    [
        None,
        equal("status", "held"),
        compared("lastUpdate", Operator.GTE, "2025-01-01T00:00:00Z"),
        And(parts=(equal("status", "held"), compared("creationDate", Operator.LT, "2026-01-01T00:00:00Z"))),
    ],
)
def test_a_count_is_of_its_moment_however_lately_the_same_was_asked(store: Store, condition: Condition) -> None:
    def add(number: int) -> None:
        problem = kept(number, dated("2025-06-01T00:00:00.000Z"))
        store.write(lambda tables: tables.problems.insert(problem))

    for number in range(1, 4):
        search = store.read.problems.search(condition, limit=10)
        assert (len(search.page().rows), search.count()) == (number - 1, number - 1)
        add(number)
        assert store.read.problems.count(condition) == number


def dated(date: str, **more: Any) -> Document:
    return report(
        **{
            "status": "held",
            "priority": 2,
            **dict.fromkeys(("creationDate", "lastUpdate", "statusChangeDate"), date),
            **more,
        }
    )


# -- which way a list goes


def many(count: int) -> list[Document]:
    """Reports as they come over a year, few of them open."""
    chance = random.Random(7)
    return [
        dated(
            f"2025-{1 + number * 12 // count:02}-{1 + number % 28:02}T00:00:00.{number % 1000:03}Z",
            status=chance.choice(["closed"] * 20 + ["held", "pending"]),
            priority=chance.choice([1, 2, 2, 3, 3, 3]),
            category=chance.choice(["supplier.originated"] * 9 + ["other"]),
            relatedParty=[party(f"cust-{number % 50}")],
        )
        for number in range(count)
    ]


def statements_of(store: Store, condition: Condition | None, sort: Sort) -> tuple[str, list[str]]:
    """The statement of a page, and that of its count unless the tally tells it, with their values written in."""
    heard: list[str] = []
    connection = store.read.connection
    search = store.read.problems.search(condition, sort=sort, limit=10)
    connection.set_trace_callback(heard.append)
    search.page()
    search.count()
    connection.set_trace_callback(None)
    (page,) = (text for text in heard if "AS chosen" in text or "CAST" in text)
    return page, [text for text in heard[heard.index(page) :] if text.startswith("SELECT count(*)")]


def plan_of(store: Store, text: str) -> str:
    return "\n".join(row[3] for row in store.read.connection.execute(f"EXPLAIN QUERY PLAN {text}"))


DOWN = (SortKey(path=("lastUpdate",), descending=True),)
OLDEST = (SortKey(path=("creationDate",)),)
SHAPES: list[tuple[Condition | None, Sort]] = [
    (None, ()),
    (None, DOWN),
    (None, (SortKey(path=("priority",), descending=True),)),
    (equal("status", "held"), ()),
    (equal("status", "held"), DOWN),
    (equal("status", "held", "pending"), OLDEST),
    (equal("category", "other"), ()),
    (And(parts=(equal("status", "closed"), equal("priority", "1"))), ()),
    (compared("priority", Operator.LTE, "3"), OLDEST),
    (compared("lastUpdate", Operator.GT, "2025-06-01T00:00:00Z"), DOWN),
    (And(parts=(equal("status", "held"), compared("lastUpdate", Operator.GT, "2025-06-01T00:00:00Z"))), DOWN),
]


@pytest.mark.parametrize("size", [0, 40, 3000])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_an_indexed_list_walks_its_index_whatever_the_size(
    store: Store, size: int, shape: tuple[Condition | None, Sort]
) -> None:
    fresh(store, many(size)[:1000])
    if size > 1000:
        store.write(
            lambda tables: [tables.problems.insert(kept(9000 + n, one)) for n, one in enumerate(many(size))]
        )
    assert store.read.problems.search(shape[0], sort=shape[1], limit=10).quick
    page, counts = statements_of(store, *shape)
    plan = plan_of(store, page)
    assert "TEMP B-TREE FOR ORDER BY" not in plan
    assert "INDEX problem_" in plan or plan == "SEARCH problem USING INTEGER PRIMARY KEY (rowid>?)"
    assert counts == []


def test_a_list_passes_over_what_is_too_early(store: Store) -> None:
    fresh(store, [])
    documents = many(3000)
    store.write(lambda tables: [tables.problems.insert(kept(n, one)) for n, one in enumerate(documents)])
    late, begin = compared("lastUpdate", Operator.GT, "2025-11-15T00:00:00Z"), "2025-11-15T00:00:00.000Z"
    expected = [f"p{number}" for number, one in enumerate(documents) if one["lastUpdate"] > begin]
    assert "problem_block" in statements_of(store, late, ())[0]
    problems = store.read.problems
    assert [name for name, _ in problems.page(late, limit=3000).rows] == expected
    seen: list[str] = []
    page = problems.page(late, limit=100, cursor=Cursor())
    while page.rows:
        seen += [name for name, _ in page.rows]
        page = problems.page(late, limit=100, cursor=Cursor(position=page.last))
    assert seen == expected

    def remove(tables: Tables) -> None:
        for number in range(0, 1500, 2):
            tables.problems.delete(f"p{number}")

    store.write(remove)
    left = [f"p{number}" for number in range(3000) if number >= 1500 or number % 2]
    for offset in (255, 256, 700, 1400, 2240, 2250):
        assert [name for name, _ in problems.page(None, offset=offset, limit=3).rows] == left[offset : offset + 3]


def test_two_orders_are_walked_value_by_value(store: Store) -> None:
    fresh(store, [])
    documents = many(3000)
    store.write(lambda tables: [tables.problems.insert(kept(n, one)) for n, one in enumerate(documents)])
    sort = (SortKey(path=("priority",), descending=True), SortKey(path=("creationDate",)))
    search = store.read.problems.search(None, sort=sort, limit=10)
    expected = [f"p{number}" for number in in_order(list(enumerate(documents)), sort)]
    assert [name for name, _ in search.page().rows] == expected[:10]
    assert search.quick
    assert "TEMP B-TREE" not in plan_of(store, statements_of(store, None, sort)[0])


def test_a_value_that_most_reports_have_is_counted_in_the_tally(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.path_tally.COMMON", 400)
    fresh(store, [])
    documents = [
        {**one, "relatedParty": [party("7"), party(7 if n % 3 else "8")]} for n, one in enumerate(many(1200))
    ]
    store.write(lambda tables: [tables.problems.insert(kept(n, one)) for n, one in enumerate(documents)])
    held = And(parts=(equal(PARTY, "7"), equal("status", "held")))
    for condition in (equal(PARTY, "7"), held, equal(PARTY, "8"), equal(PARTY, "8", "7")):
        fits = predicate(condition)
        assert store.read.problems.count(condition) == sum(map(fits, documents))
    heard: list[str] = []
    store.read.connection.set_trace_callback(heard.append)
    store.read.problems.count(equal(PARTY, "7"))
    store.read.connection.set_trace_callback(None)
    assert any("problem_path_tally" in text for text in heard)


def test_a_value_of_an_indexed_path_leads_to_its_reports(store: Store) -> None:
    fresh(store, many(900))
    condition = equal(PARTY, "cust-7")
    search = store.read.problems.search(condition, sort=DOWN, limit=10)
    assert search.quick
    assert search.unindexed() == []
    page, (count,) = statements_of(store, condition, DOWN)
    assert "SEARCH problem_path USING PRIMARY KEY (path=? AND value=?)" in plan_of(store, page)
    assert "SEARCH problem_path USING PRIMARY KEY (path=? AND value=?)" in plan_of(store, count)
    assert search.count() == 18


def test_a_filter_without_an_index_is_not_quick_and_is_named(store: Store) -> None:
    fresh(store, many(900))
    condition = And(parts=(compared("priority", Operator.LTE, "3"), equal("relatedParty.role", "customer")))
    search = store.read.problems.search(condition, limit=10)
    assert not search.quick
    assert search.unindexed() == ["relatedParty.role"]


@pytest.mark.parametrize(
    ("condition", "quick"),
    [
        (None, False),
        (equal("serviceProblem.id", "p1"), True),
        (And(parts=(equal("id", "r1", "r2"), equal("eventType", "ServiceProblemCreateEvent"))), True),
        (Or(parts=(equal("serviceProblem.id", "p1"), equal("id", "r1"))), False),
        (compared("serviceProblem.id", Operator.NE, "p1"), False),
    ],
)
def test_the_history_of_named_reports_is_quick_to_read(condition: Condition | None, quick: bool) -> None:
    assert is_quick(condition) is quick


# -- the index of paths


def test_new_paths_are_filled_and_dropped_ones_are_emptied_at_the_next_start(kind: Kind, tmp_path: Path) -> None:
    first = kind.open(tmp_path, indexed_paths=(PARTY,))
    first.write(lambda tables: [tables.problems.insert(kept(n, one)) for n, one in enumerate(many(30))])
    assert len(entries(first)) == 30
    first.close()
    second = kind.open(tmp_path, indexed_paths=(SERVICE,))
    assert entries(second) == []
    second.write(
        lambda tables: tables.problems.update(kept(3, many(30)[3] | {"affectedService": [{"id": "svc-3"}]}))
    )
    second.close()
    third = kind.open(tmp_path, indexed_paths=(SERVICE, PARTY))
    assert entries(third) == recounted_entries(third)
    assert third.read.problems.count(equal(SERVICE, "svc-3")) == 1
    third.close()
    fourth = kind.open(tmp_path)
    assert len(entries(fourth)) == 31
    fourth.close()


def test_a_path_is_asked_of_the_documents_until_all_of_them_are_indexed(store: Store) -> None:
    fresh(store, many(20))
    store.write(lambda tables: tables.problems.paths.declare([PARTY, "relatedParty.role"]))
    role = equal("relatedParty.role", "customer")
    assert store.read.problems.search(role).unindexed() == ["relatedParty.role"]
    assert store.read.problems.count(role) == 20
    store.write(lambda tables: tables.problems.paths.fill(15))
    assert store.read.problems.count(role) == 20
    while store.write(lambda tables: tables.problems.paths.fill(15)) is not None:
        pass
    assert store.read.problems.search(role).unindexed() == []
    assert store.read.problems.count(role) == 20


KILLED = """
import os, signal, sys
from pathlib import Path
import hub.store.sqlite
from hub.store.paths import IndexedPaths
hub.store.sqlite.BATCH = 3
fill, calls = IndexedPaths.fill, []
def dying(self, batch):
    calls.append(1)
    done = fill(self, batch)
    if len(calls) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
IndexedPaths.fill = dying
hub.store.sqlite.Store(Path(sys.argv[1]), indexed_paths=sys.argv[2:])
"""


def test_an_indexing_that_was_killed_is_finished_by_the_next_start(tmp_path: Path) -> None:
    first = open_sqlite(tmp_path, indexed_paths=(PARTY,))
    first.write(lambda tables: [tables.problems.insert(kept(n, one)) for n, one in enumerate(many(40))])
    first.close()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "hub.db"), SERVICE, PARTY, "relatedParty.role"],
        cwd=PROJECT,
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    between = open_sqlite(tmp_path)
    between.write(lambda tables: tables.problems.delete("p1"))
    between.write(lambda tables: tables.problems.update(kept(2, many(40)[2] | {"relatedParty": []})))
    between.write(lambda tables: tables.problems.update(kept(39, many(40)[39] | {"relatedParty": []})))
    half = len([entry for entry in entries(between) if entry[0] == "relatedParty.role"])
    between.close()
    assert 0 < half < 37
    last = open_sqlite(tmp_path, indexed_paths=(SERVICE, PARTY, "relatedParty.role"))
    roles = [entry for entry in entries(last) if entry[0] == "relatedParty.role"]
    assert len(roles) == 37
    assert [entry for entry in entries(last) if entry[0] != "relatedParty.role"] == recounted_entries(last)
    last.close()


# -- the time that a query may take


def test_a_query_that_takes_too_long_is_ended_and_the_next_one_runs(kind: Kind, store: Store) -> None:
    with pytest.raises(QueryTooSlow, match="took longer than"):
        store.within(0.02, kind.endless)
    assert store.within(20, lambda tables: tables.problems.count(None)) == 0
    assert store.read.problems.count(None) == 0


def test_the_event_loop_goes_on_while_a_long_query_runs(kind: Kind, tmp_path: Path) -> None:
    store = kind.open(tmp_path, query_time_limit=0.3)

    async def turns() -> int:
        asking = asyncio.create_task(store.aread(kind.endless, quick=False))
        count = 0
        while not asking.done():
            await asyncio.sleep(0.001)
            count += 1
        with pytest.raises(QueryTooSlow):
            await asking
        return count

    assert asyncio.run(turns()) > 5
    store.close()


def test_what_was_thought_quick_and_is_not_goes_to_a_thread(kind: Kind, tmp_path: Path) -> None:
    store = kind.open(tmp_path)
    loop_thread: list[bool] = []

    def work(tables: Tables) -> int:
        loop_thread.append(threading.current_thread() is threading.main_thread())
        if loop_thread == [True]:
            kind.endless(tables)
        return tables.problems.count(None)

    assert asyncio.run(store.aread(work, quick=True)) == 0
    assert loop_thread == [True, False]
    store.close()


def test_more_long_queries_than_may_wait_are_refused_and_nobody_else_is(kind: Kind, tmp_path: Path) -> None:
    store = kind.open(tmp_path, scans=1, query_time_limit=20)
    go = Gate()

    def work(tables: Tables) -> int:
        assert go.wait(20)
        return tables.problems.count(None)

    async def crowd() -> list[Any]:
        tasks = [asyncio.create_task(store.aread(work, quick=False)) for _ in range(12)]
        await asyncio.sleep(0)
        assert await store.aread(lambda tables: tables.problems.count(None), quick=True) == 0
        go.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    found = asyncio.run(crowd())
    assert found[:9] == [0] * 9
    assert all(isinstance(one, StoreBusy) for one in found[9:])
    assert found[9].headers == {"Retry-After": "1"}
    assert asyncio.run(store.aread(lambda tables: tables.problems.count(None), quick=False)) == 0
    store.close()
