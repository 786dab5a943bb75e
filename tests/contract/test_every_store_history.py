"""What every store promises of the history as figures read it: report by report, with what was counted."""

import orjson
import pytest

from hub.model.delivery import Attempt, DeliveryState
from hub.model.event import EventType, Record
from hub.model.problem import Status
from hub.store.deliveries import NewDelivery, Settlement
from hub.store.histories import AT, DELETES, FETCHED, FLAGS, IRREGULAR, LATER
from hub.store.sqlite import Store
from hub.store.tables import Tables
from tests.contract.store_rows import event, problem, record, subscription

SECOND = 1_000_000


def created(number: int, problem_id: str) -> Record:
    plain = record(number, problem_id)
    return plain._replace(event_type=EventType.CREATE, from_status=None, to_status=Status.ACKNOWLEDGED, changes={})


def changed(number: int, problem_id: str, kind: EventType = EventType.ATTRIBUTE_VALUE_CHANGE) -> Record:
    return record(number, problem_id)._replace(
        event_type=kind, to_status=None, changes={"name": {"from": "a", "to": None}}
    )


def append(store: Store, *records: Record) -> None:
    def write(tables: Tables) -> None:
        for one in records:
            tables.records.append(one)

    store.write(write)


def test_the_history_comes_report_by_report(store: Store) -> None:
    store.write(lambda tables: [tables.problems.insert(problem(number)) for number in (1, 2)])
    append(store, created(1, "p2"), created(2, "p1"), record(3, "p2"), changed(4, "p1"), record(5, "p1"))
    histories = store.read.histories
    assert list(histories.reports(recorded=100 * SECOND, since=0)) == [("p1", False), ("p2", False)]
    one, other = histories.read(["p1", "p2"], recorded=100 * SECOND)
    assert (one.id, other.id, other.document) == ("p1", "p2", orjson.dumps(problem(2).document))
    assert orjson.loads(one.document or b"")["status"] == "acknowledged"
    assert [entry[AT] for entry in one.entries] == [2 * SECOND, 4 * SECOND, 5 * SECOND]
    assert [entry[AT] for entry in other.entries] == [1 * SECOND, 3 * SECOND]
    assert [entry[-1] for entry in one.entries] == [None, '{"name":{"from":"a","to":null}}', None]
    assert one.entries[2][2:] == [5 * SECOND, "resolved", "org-1", "helpdesk", IRREGULAR, None]


def test_a_history_says_what_was_recorded_later(store: Store) -> None:
    append(store, created(1, "p1"), record(3, "p1"), changed(2, "p1"), record(9, "p2"))
    one, other = store.read.histories.read(["p1", "p2"], recorded=2 * SECOND + 5)
    assert [entry[FLAGS] for entry in one.entries] == [IRREGULAR, IRREGULAR + LATER, IRREGULAR]
    assert other.entries[0][FLAGS] == IRREGULAR + LATER
    assert list(store.read.histories.read(["p0", "p2", "p1"], recorded=0))[1].id == "p1"
    assert list(store.read.histories.read([], recorded=0)) == []


def test_the_change_that_brought_a_report_to_its_status_is_the_latest_by_its_own_time(store: Store) -> None:
    assert store.read.records.standing("p1") is None
    append(store, created(1, "p1"), record(5, "p1"), record(3, "p1"), changed(9, "p1"), record(8, "p2"))
    assert store.read.records.standing("p1") == (
        Status.RESOLVED,
        "helpdesk",
        record(5, "p1").source_status,
        5 * SECOND,
    )


def test_a_report_that_is_gone_has_a_history_still(store: Store) -> None:
    append(store, created(1, "p1"), changed(2, "p1", EventType.DELETE))
    histories = store.read.histories
    (found,) = histories.read(["p1"], recorded=100 * SECOND)
    assert found.document is None
    first, last = found.entries
    assert (first[FLAGS] & DELETES, first[-1]) == (0, None)
    assert (last[FLAGS] & DELETES, last[-1]) == (DELETES, '{"name":{"from":"a","to":null}}')
    assert list(histories.reports(recorded=100 * SECOND, since=50 * SECOND)) == [("p1", False)]


def test_many_reports_are_read_a_piece_at_a_time(store: Store) -> None:
    append(store, *(record(number, f"p{number:05}") for number in range(FETCHED + 5)))
    assert sum(1 for _ in store.read.histories.reports(recorded=10**12, since=0)) == FETCHED + 5


def test_a_report_is_over_when_it_ended_before_and_nothing_was_told_of_it_since(store: Store) -> None:
    append(store, created(1, "p1"), record(2, "p1"))  # to resolved
    early = created(11, "p2")._replace(event_time=SECOND, record_time=SECOND)
    append(store, early, record(3, "p2"), changed(9, "p2"))
    append(store, created(4, "p3"))
    append(store, record(6, "p4")._replace(event_time=5 * SECOND), created(7, "p4")._replace(event_time=SECOND))

    def over(since: int, recorded: int = 100) -> list[str]:
        found = store.read.histories.reports(recorded=recorded * SECOND, since=since * SECOND)
        return [problem_id for problem_id, is_over in found if is_over]

    assert over(2) == []
    assert over(3) == ["p1"]
    assert over(9) == ["p1", "p4"]
    assert over(10) == ["p1", "p2", "p4"]
    assert over(4, recorded=4) == ["p1", "p2"]


def test_a_constraint_is_never_over(store: Store) -> None:
    append(
        store, created(1, "p1"), created(2, "p2")._replace(source="constraints"), record(3, "p1"), record(4, "p2")
    )
    found = store.read.histories.reports(recorded=100 * SECOND, since=90 * SECOND)
    assert list(found) == [("p1", True), ("p2", False)]
    assert [one for one, _ in store.read.histories.reports(recorded=4 * SECOND, since=0)] == ["p1", "p2"]


def test_late_records_are_those_between_two_accounts(store: Store) -> None:
    append(store, *(record(number) for number in range(1, 6)))
    late = store.read.histories.late(recorded=2 * SECOND + 5, until=4 * SECOND + 5, as_of=4 * SECOND)
    assert [(one.record_id, one.problem_id, one.to_status) for one in late] == [("r3", "p1", "resolved")]


@pytest.fixture
def delivered(store: Store) -> Store:
    """Two events of one report for one listener: the first received at the second attempt, the second parked."""

    def prepare(tables: Tables) -> None:
        seq = tables.problems.insert(problem(1))
        tables.records.append(created(1, "p1")._replace(id="e1"))
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
        store.write(lambda tables, one=settlement: tables.deliveries.settle([one]))  # type: ignore[misc]
    return store


def test_deliveries_come_with_their_attempts_and_both_times(delivered: Store) -> None:
    first, second = delivered.read.histories.deliveries(begin=0, end=11 * SECOND, recorded=100 * SECOND)
    assert (first.recipient, first.party, first.event_id, first.problem_id) == ("s1", "NOC", "e1", "p1")
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
