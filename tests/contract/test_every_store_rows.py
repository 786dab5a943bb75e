"""What every store promises of reports, their history, the outbox and registrations: they are kept as they are."""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from hub.model.event import Record
from hub.model.options import DeliveryOptions
from hub.model.subscription import SubscriptionState
from hub.query.ordering import Cursor, Sort, SortKey
from hub.query.syntax import Comparison, Operator
from hub.store.events import EVENT_APPENDED
from hub.store.sqlite import Store
from hub.store.subscriptions import SUBSCRIPTIONS_CHANGED
from hub.store.tables import Tables
from tests.contract.store_rows import event, problem, record, subscription

# -- reports and their history


def test_a_report_is_kept_as_it_is(store: Store) -> None:
    kept = problem(1, source="helpdesk", source_key="issue7", version=3, sequence=5)
    seq = store.write(lambda tables: tables.problems.insert(kept))
    by_id, by_source = store.read.problems.get("p1"), store.read.problems.get_by_source("helpdesk", "issue7")
    assert by_id is not None
    assert (by_id.seq, by_id.problem) == (seq, kept)
    assert by_source == by_id
    assert store.read.problems.get("p2") is None
    assert store.read.problems.get_by_source("helpdesk", "issue8") is None


def test_an_update_changes_what_is_filtered_too(store: Store) -> None:
    store.write(lambda tables: tables.problems.insert(problem(1)))
    changed = problem(1, version=2, sequence=2)
    changed.document.update(status="inProgress", priority=7)
    store.write(lambda tables: tables.problems.update(changed))
    urgent = Comparison(path=("priority",), operator=Operator.EQ, values=("7",))
    moved = Comparison(path=("status",), operator=Operator.EQ, values=("inProgress",))
    assert store.read.problems.count(urgent) == store.read.problems.count(moved) == 1
    stored = store.read.problems.get("p1")
    assert stored is not None
    assert stored.problem == changed


def test_reports_come_in_pages_oldest_first(store: Store) -> None:
    store.write(lambda tables: [tables.problems.insert(problem(number)) for number in (3, 1, 2)])
    names = [name for name, _ in store.read.problems.page(None, offset=0, limit=10).rows]
    assert names == ["p3", "p1", "p2"]
    assert [name for name, _ in store.read.problems.page(None, offset=1, limit=1).rows] == ["p1"]
    assert store.read.problems.page(None, offset=0, limit=0).rows == []
    assert store.read.problems.count(None) == 3


def test_a_row_number_is_never_given_twice(store: Store) -> None:
    first = store.write(lambda tables: tables.problems.insert(problem(1)))
    store.write(lambda tables: tables.problems.delete("p1"))
    assert store.write(lambda tables: tables.problems.insert(problem(2))) > first


def test_one_ticket_is_kept_once(store: Store) -> None:
    same = {"source": "helpdesk", "source_key": "issue7"}
    store.write(lambda tables: tables.problems.insert(problem(1, **same)))
    with pytest.raises(sqlite3.IntegrityError):
        store.write(lambda tables: tables.problems.insert(problem(2, **same)))
    assert store.read.problems.count(None) == 1


def keep(store: Store, number: int, **attributes: Any) -> None:
    kept = problem(number)
    kept.document.update(attributes)
    store.write(lambda tables: tables.problems.insert(kept))


def names_by(store: Store, *sort: SortKey) -> list[str]:
    return [name for name, _ in store.read.problems.page(None, sort=sort, limit=10).rows]


def test_reports_come_in_the_order_asked_for_and_missing_values_last(store: Store) -> None:
    keep(store, 1, priority=2, resolutionDate="2026-03-02T00:00:00.000Z", place={"name": "b"})
    keep(store, 2, priority=10, place={"name": "a"})
    keep(store, 3, priority=2, resolutionDate="2026-03-01T00:00:00.000Z", place={"name": ["none"]})
    assert names_by(store, SortKey(path=("priority",))) == ["p1", "p3", "p2"]
    assert names_by(store, SortKey(path=("priority",), descending=True)) == ["p2", "p3", "p1"]
    assert names_by(store, SortKey(path=("resolutionDate",))) == ["p3", "p1", "p2"]
    assert names_by(store, SortKey(path=("resolutionDate",), descending=True)) == ["p1", "p3", "p2"]
    assert names_by(store, SortKey(path=("place", "name"))) == ["p2", "p1", "p3"]
    both = (SortKey(path=("priority",)), SortKey(path=("place", "name"), descending=True))
    assert names_by(store, *both) == ["p1", "p3", "p2"]


SORTS: list[Sort] = [
    (),
    (SortKey(path=("priority",)),),
    (SortKey(path=("priority",), descending=True),),
    (SortKey(path=("resolutionDate",)),),
    (SortKey(path=("resolutionDate",), descending=True), SortKey(path=("name",))),
    (SortKey(path=("seen",), instants=True, descending=True), SortKey(path=("priority",))),
]


@pytest.mark.parametrize("sort", SORTS, ids=str)
@pytest.mark.parametrize("backwards", [False, True])
def test_a_walk_by_cursor_meets_every_report_once_while_others_are_added(
    store: Store, sort: Sort, backwards: bool
) -> None:
    for number in range(12):
        there: dict[str, Any] = {
            "priority": number % 3 + 1,
            "resolutionDate": f"2026-03-0{number % 4 + 1}T00:00:00.000Z" if number % 2 else None,
            "name": f"n{number % 5}" if number % 5 else None,
            "seen": f"2026-03-01T0{number % 3}:00:00+0{number % 2}:00" if number % 4 else None,
        }
        keep(store, number, **{name: value for name, value in there.items() if value is not None})
    problems = store.read.problems
    expected = [name for name, _ in problems.page(None, sort=sort, limit=20).rows]
    found: list[str] = []
    cursor, more = Cursor(backwards=backwards), True
    while more:
        page = problems.page(None, sort=sort, limit=5, cursor=cursor)
        names = [name for name, _ in page.rows]
        assert names, "a page that is not the last one has rows"
        assert len(found) < 40, "the walk does not end"
        found = names + found if backwards else found + names
        cursor = Cursor(position=page.first if backwards else page.last, backwards=backwards)
        keep(store, 100 + len(found), priority=1)
        more = page.more
    assert [name for name in found if name in expected] == expected
    assert len(set(found)) == len(found)


def append_records(records: Iterable[Record], tables: Tables) -> None:
    for one in records:
        tables.records.append(one)


def test_the_history_is_kept_as_it_was_written(store: Store) -> None:
    plain = record(2)._replace(
        from_status=None, to_status=None, source=None, source_status=None, party=None, reason=None
    )
    store.write(partial(append_records, [record(1), plain]))
    assert store.read.records.page(None, offset=0, limit=10).rows == [record(1), plain]
    assert store.read.records.get("r1") == record(1)
    assert store.read.records.get("r9") is None


def test_the_history_of_one_report_is_found_by_its_id(store: Store) -> None:
    store.write(partial(append_records, [record(1), record(2, "p2"), record(3)]))
    of_p1 = Comparison(path=("serviceProblem", "id"), operator=Operator.EQ, values=("p1",))
    assert [one.id for one in store.read.records.page(of_p1, offset=0, limit=10).rows] == ["r1", "r3"]
    assert store.read.records.count(of_p1) == 2
    at_one = Comparison(path=("eventTime",), operator=Operator.EQ, values=("1970-01-01T00:00:01.000Z",))
    assert [one.id for one in store.read.records.page(at_one, offset=0, limit=10).rows] == ["r1"]


# -- the outbox


def test_events_stand_in_the_order_of_their_coming(store: Store) -> None:
    heard: list[frozenset[str]] = []
    store.listen(heard.append)
    assert store.read.events.last() == 0

    def append(tables: Tables) -> None:
        for number in (2, 1, 3):
            tables.events.append(event(number), problem=40)

    store.write(append)
    queued = store.read.events.after(0, limit=10)
    assert [one.event for one in queued] == [event(2), event(1), event(3)]
    assert {one.problem for one in queued} == {40}
    assert [one.event.id for one in store.read.events.after(queued[0].seq, limit=1)] == ["e1"]
    assert store.read.events.last() == queued[-1].seq
    assert store.read.events.body(queued[1].seq) == ("e1", b'{"number": 1}')
    assert heard == [frozenset({EVENT_APPENDED})]


def test_the_mark_of_the_fan_out_stays_where_it_was_put(store: Store) -> None:
    assert store.read.events.fanned_out() == 0
    store.write(lambda tables: tables.events.set_fanned_out(5))
    store.write(lambda tables: tables.events.set_fanned_out(9))
    assert store.read.events.fanned_out() == 9


# -- registrations


def test_a_registration_is_kept_as_it_is_until_it_ends(store: Store) -> None:
    heard: list[frozenset[str]] = []
    store.listen(heard.append)
    kept = subscription(1, query="eventType=X", normalised_query="eventType=X")
    store.write(lambda tables: tables.subscriptions.insert(kept, from_event=8))
    (registered,) = store.read.subscriptions.all()
    assert (registered.subscription, registered.from_event) == (kept, 8)
    assert store.write(lambda tables: tables.subscriptions.end("s1", now=9)) == registered.seq
    assert store.write(lambda tables: tables.subscriptions.end("s1", now=9)) is None
    assert store.read.subscriptions.all() == []
    assert frozenset({SUBSCRIPTIONS_CHANGED}) in heard


def test_how_a_listener_is_told_is_kept_with_it(store: Store) -> None:
    options = DeliveryOptions(schedule=(1.0, 2.5), rate_limit=0.5, in_flight=3, expires_at=7, max_events=9)
    store.write(lambda tables: tables.subscriptions.insert(subscription(1, options=options), from_event=0))
    (registered,) = store.read.subscriptions.all()
    assert registered.subscription.options == options


def test_the_same_listener_and_query_are_registered_once_at_a_time(store: Store) -> None:
    store.write(lambda tables: tables.subscriptions.insert(subscription(1), from_event=0))
    assert store.read.subscriptions.same(subscription(9)) == "s1"
    assert store.read.subscriptions.same(subscription(9, normalised_query="status=held")) is None
    with pytest.raises(sqlite3.IntegrityError):
        store.write(lambda tables: tables.subscriptions.insert(subscription(2), from_event=0))
    store.write(lambda tables: tables.subscriptions.end("s1", now=9))
    store.write(lambda tables: tables.subscriptions.insert(subscription(2), from_event=0))
    assert store.read.subscriptions.same(subscription(9)) == "s2"


@pytest.mark.parametrize("other", [{"face": "v4"}, {"party": "org-311"}])
def test_the_same_query_at_another_face_or_for_a_party_is_another_registration(
    store: Store, other: dict[str, str]
) -> None:
    one, two = subscription(1), subscription(2, owner="portal", **other)
    store.write(lambda tables: tables.subscriptions.insert(one, from_event=0))
    assert store.read.subscriptions.same(two) is None
    store.write(lambda tables: tables.subscriptions.insert(two, from_event=0))
    assert store.read.subscriptions.same(replace(two, id="s3")) == "s2"
    assert [each.subscription for each in store.read.subscriptions.all()] == [one, two]
    with pytest.raises(sqlite3.IntegrityError):
        store.write(lambda tables: tables.subscriptions.insert(replace(two, id="s3"), from_event=0))


def test_a_party_ends_its_own_registration_only(store: Store) -> None:
    own = subscription(1, party="org-311")
    store.write(lambda tables: tables.subscriptions.insert(own, from_event=0))
    assert store.write(lambda tables: tables.subscriptions.end("s1", now=9, party="org-312")) is None
    assert store.write(lambda tables: tables.subscriptions.end("s1", now=9, party="org-311")) is not None
    store.write(lambda tables: tables.subscriptions.insert(subscription(2), from_event=0))
    assert store.write(lambda tables: tables.subscriptions.end("s2", now=9, party="org-311")) is None
    assert store.write(lambda tables: tables.subscriptions.end("s2", now=9)) is not None


def test_who_ended_a_registration_is_kept(store: Store) -> None:
    store.write(lambda tables: tables.subscriptions.insert(subscription(1), from_event=0))
    assert store.read.subscriptions.ended_by("s1") is None
    store.write(lambda tables: tables.subscriptions.end("s1", now=9, actor="noc"))
    store.write(lambda tables: tables.subscriptions.end("s1", now=10, actor="other"))
    assert store.read.subscriptions.ended_by("s1") == "noc"


def test_what_changed_since_a_version_is_found_and_nothing_else(store: Store) -> None:
    subscriptions = store.read.subscriptions

    def insert_three(tables: Tables) -> None:
        for number in (1, 2, 3):
            tables.subscriptions.insert(subscription(number, party=f"p{number}"), from_event=0)

    store.write(insert_three)
    seqs = [each.seq for each in subscriptions.all()]
    before = subscriptions.version()
    assert subscriptions.changed_since(before) == ([], [])
    store.write(lambda tables: tables.subscriptions.set_state(seqs[1], SubscriptionState.PAUSED, None))
    store.write(lambda tables: tables.subscriptions.end("s1", now=9))
    present, ended = subscriptions.changed_since(before)
    assert ([each.subscription.id for each in present], ended) == (["s2"], [seqs[0]])
    assert [each.seq for each in subscriptions.changed_since(-1)[0]] == seqs[1:]
    assert subscriptions.version() > before


def test_the_state_of_a_registration_changes_once(store: Store) -> None:
    store.write(lambda tables: tables.subscriptions.insert(subscription(1), from_event=0))
    seq = store.read.subscriptions.all()[0].seq

    def disable(tables: Tables) -> bool:
        return tables.subscriptions.disable(seq, "gone", now=9)

    assert [store.write(disable), store.write(disable)] == [True, False]
    (change,) = store.read.subscriptions.changes(seq)
    assert (change.time, change.actor) == (9, None)
    kept = store.read.subscriptions.all()[0].subscription
    assert (kept.state, kept.state_reason) == (SubscriptionState.DISABLED, "gone")
