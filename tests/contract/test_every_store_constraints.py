"""What every store promises of the stream of reports as detectors read it, and of the constraints that it keeps."""

from dataclasses import replace

import pytest

from hub.model.event import EventType
from hub.store.constraints import SOURCE, Kept
from hub.store.sqlite import Store
from hub.store.tables import Tables
from tests.contract.store_rows import event, problem, record
from tests.contract.test_every_store_history import append, changed, created

CATEGORY = "system.originated.constraint.resourceFailure"


def keep(store: Store, number: int, day: int, phase: str, status: str, **more: str) -> None:
    plain = problem(number)
    document = {
        **plain.document,
        "category": CATEGORY,
        "status": status,
        "creationDate": f"2026-03-{day:02}T12:00:00.000Z",
        "characteristic": [{"name": "other", "value": "easing"}, {"name": "phase", "value": phase}],
        **more,
    }
    one = replace(plain, document=document, source=SOURCE, source_key=f"k{number}")
    store.write(lambda tables: tables.problems.insert(one))


def test_new_reports_come_in_order_and_say_whether_anybody_was_told(store: Store) -> None:
    def write(tables: Tables) -> None:
        for number in (1, 2, 3):
            tables.problems.insert(problem(number))

    store.write(write)
    named = changed(4, "p1")._replace(changes={"affectedResource": {"from": None, "to": [{"id": "OLT-7"}]}})
    append(store, created(1, "p1"), created(2, "p2"), created(3, "gone"), named, changed(5, "p2"), record(6, "p1"))
    store.write(lambda tables: tables.events.append(event(1)._replace(id="r2"), problem=2))
    table = store.read.constraints
    rows = table.sightings(after=0, until=100, limit=10)
    assert [(one.problem_id, one.event_type, bool(one.told)) for one in rows] == [
        ("p1", EventType.CREATE, False),
        ("p2", EventType.CREATE, True),
        ("p1", EventType.ATTRIBUTE_VALUE_CHANGE, False),
    ]
    assert [one.seq for one in table.sightings(after=rows[0].seq, until=rows[1].seq, limit=10)] == [rows[1].seq]
    assert len(table.sightings(after=0, until=100, limit=2)) == 2
    assert [one.problem_id for one in table.history(since="", until=100)] == ["p1", "p2"]
    assert [one.problem_id for one in table.history(since="", until=rows[0].seq)] == ["p1"]
    assert list(table.history(since="9999", until=100)) == []
    (first,) = table.history(since="", until=100, limit=1)
    rest = table.history(since=first.opened, after=first.seq, until=100)
    assert [first.problem_id, *(one.problem_id for one in rest)] == ["p1", "p2"]


def remember(store: Store, kept: Kept) -> None:
    store.write(lambda tables: tables.constraints.remember(kept))


def test_what_the_detectors_know_is_kept_once_and_anew(store: Store) -> None:
    assert store.read.constraints.memory() is None
    for kept in (Kept(7, 1_000, b"\x00first"), Kept(9, 2_000, b"second")):
        remember(store, kept)
        assert store.read.constraints.memory() == kept


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["p3", "p2", "p1"]),
        ({"phase": "easing"}, ["p2"]),
        ({"type": "capacityShortage"}, []),
        ({"type": "resourceFailure", "phase": "cleared"}, ["p1"]),
        ({"since": "2026-03-02"}, ["p3", "p2"]),
        ({"until": "2026-03-02"}, ["p1"]),
    ],
)
def test_constraints_are_found_by_type_phase_and_time(
    store: Store, filters: dict[str, str], expected: list[str]
) -> None:
    keep(store, 1, 1, "cleared", "resolved")
    keep(store, 2, 2, "easing", "inProgress")
    keep(store, 3, 3, "suspected", "acknowledged")
    store.write(lambda tables: tables.problems.insert(problem(4)))
    table = store.read.constraints
    assert [one for one, _ in table.page(filters, offset=0, limit=10)] == expected
    assert table.count(filters) == len(expected)
    assert [one for one, _ in table.page(filters, offset=1, limit=1)] == expected[1:2]
    assert [one.id for one in table.open()] == ["p2", "p3"]
    assert table.opened(since="", until="9999") == 1
