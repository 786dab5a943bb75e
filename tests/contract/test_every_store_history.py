"""What every store promises of the history as figures read it: whole, report by report, with what was counted."""

from dataclasses import replace

import pytest

from hub.model.delivery import Attempt, DeliveryState
from hub.model.event import EventType, Record
from hub.model.problem import Status
from hub.store.deliveries import NewDelivery, Settlement
from hub.store.histories import FETCHED
from hub.store.sqlite import Store
from hub.store.tables import Tables
from tests.contract.store_rows import event, problem, record, subscription

SECOND = 1_000_000


def created(number: int, problem_id: str) -> Record:
    plain = record(number, problem_id)
    return replace(plain, event_type=EventType.CREATE, from_status=None, to_status=Status.ACKNOWLEDGED, changes={})


def changed(number: int, problem_id: str, kind: EventType = EventType.ATTRIBUTE_VALUE_CHANGE) -> Record:
    return replace(
        record(number, problem_id), event_type=kind, to_status=None, changes={"name": {"from": "a", "to": None}}
    )


def append(store: Store, *records: Record) -> None:
    def write(tables: Tables) -> None:
        for one in records:
            tables.records.append(one)

    store.write(write)


def test_the_history_comes_report_by_report(store: Store) -> None:
    store.write(lambda tables: [tables.problems.insert(problem(number)) for number in (1, 2)])
    append(store, created(1, "p2"), created(2, "p1"), record(3, "p2"), changed(4, "p1"), record(5, "p1"))
    rows = list(store.read.histories.entries())
    assert [(one.problem_id, one.record_id) for one in rows] == [
        ("p1", "r2"),
        ("p1", "r4"),
        ("p1", "r5"),
        ("p2", "r1"),
        ("p2", "r3"),
    ]
    assert [one.document is not None for one in rows] == [True, False, False, True, False]
    assert [one.changes is not None for one in rows] == [False, True, False, False, False]
    last = rows[2]
    assert (last.event_time, last.record_time, last.to_status) == (5 * SECOND, 5 * SECOND + 5, "resolved")
    assert (last.source, last.party, bool(last.irregular)) == ("helpdesk", "org-1", True)


def test_a_report_that_is_gone_has_a_history_still(store: Store) -> None:
    append(store, created(1, "p1"), changed(2, "p1", EventType.DELETE))
    first, last = store.read.histories.entries()
    assert (first.document, first.changes) == (None, None)
    assert (last.event_type, last.changes) == (EventType.DELETE, '{"name":{"from":"a","to":null}}')


def test_a_long_history_is_read_a_piece_at_a_time(store: Store) -> None:
    append(store, *(record(number, f"p{number % 7}") for number in range(FETCHED + 5)))
    assert sum(1 for _ in store.read.histories.entries()) == FETCHED + 5


def test_late_records_are_those_between_two_accounts(store: Store) -> None:
    append(store, *(record(number) for number in range(1, 6)))
    late = store.read.histories.late(recorded=2 * SECOND + 5, until=4 * SECOND + 5, as_of=4 * SECOND)
    assert [(one.record_id, one.problem_id, one.to_status) for one in late] == [("r3", "p1", "resolved")]


@pytest.fixture
def delivered(store: Store) -> Store:
    """Two events of one report for one listener: the first received at the second attempt, the second parked."""

    def prepare(tables: Tables) -> None:
        seq = tables.problems.insert(problem(1))
        tables.records.append(replace(created(1, "p1"), id="e1"))
        for number in (1, 2):
            tables.events.append(event(number), problem=seq)
        tables.subscriptions.insert(subscription(1, owner="NOC"), from_event=0)
        for number, state in ((1, DeliveryState.DUE), (2, DeliveryState.PARKED)):
            made = NewDelivery(subscription=1, event=number, order_key=None, state=state)
            tables.deliveries.insert([made], now=10 * SECOND, patience=0)

    store.write(prepare)
    for at, state, settled in ((11, DeliveryState.DUE, None), (20, DeliveryState.DELIVERED, 21)):
        (claim,) = store.write(
            lambda tables, now=at: tables.deliveries.claim(
                1, now=now * SECOND, limit=1, token="t", lease_until=10**9
            )  # type: ignore[misc]
        )
        attempt = Attempt(number=claim.attempts + 1, started=at * SECOND, outcome="x")
        ended = None if settled is None else settled * SECOND
        settlement = Settlement(claim=claim, attempt=attempt, state=state, due_at=at * SECOND, settled_at=ended)
        store.write(lambda tables, one=settlement: tables.deliveries.settle(one))  # type: ignore[misc]
    return store


def test_deliveries_come_with_their_attempts_and_both_times(delivered: Store) -> None:
    first, second = delivered.read.histories.deliveries(begin=0, end=11 * SECOND, recorded=100 * SECOND)
    assert (first.listener, first.party, first.event_id, first.problem_id) == ("s1", "NOC", "e1", "p1")
    assert (first.event_time, first.record_time, first.created) == (SECOND, 7, 10 * SECOND)
    assert (first.state, first.settled_at, first.attempts, first.began) == (
        "delivered",
        21 * SECOND,
        2,
        11 * SECOND,
    )
    assert (second.state, second.settled_at, second.attempts, second.began) == ("parked", None, 0, None)


def test_attempts_and_deliveries_of_later_are_not_read(delivered: Store) -> None:
    first, _ = delivered.read.histories.deliveries(begin=0, end=11 * SECOND, recorded=15 * SECOND)
    assert first.attempts == 1
    assert list(delivered.read.histories.deliveries(begin=0, end=10 * SECOND, recorded=100 * SECOND)) == []
