"""What every store promises: all of a job or nothing, and deliveries claimed in order and settled by their holder."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event as Gate
from typing import Any

import pytest

from hub.errors import StoreUnavailable
from hub.model.delivery import Attempt, Claim, DeliveryState, Timing
from hub.model.event import Event, EventType, Record
from hub.model.problem import Problem, Status
from hub.model.subscription import Subscription, SubscriptionState
from hub.query.ordering import Cursor, Sort, SortKey
from hub.query.syntax import Comparison, Operator
from hub.store.deliveries import DELIVERIES_CHANGED, NewDelivery, Settlement
from hub.store.events import EVENT_APPENDED
from hub.store.sources import RUNS_KEPT, Run, SourceState
from hub.store.sqlite import Store
from hub.store.subscriptions import SUBSCRIPTIONS_CHANGED
from hub.store.tables import Tables
from tests.rooms import report

PROJECT = Path(__file__).parents[2]
PATIENT = 20.0
"""Seconds after which a test that waits for a thread or a process has failed."""


Job = Callable[[Tables], Any]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How a store is opened in a folder (with the seconds it waits for others), and how another one holds it."""

    name: str
    open: Callable[..., Store]
    held_by_another: Callable[[Path], Any]


@contextmanager
def hold_sqlite(folder: Path) -> Iterator[None]:
    other = sqlite3.connect(folder / "hub.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def open_sqlite(folder: Path, busy_timeout: float = 0.05) -> Store:
    return Store(folder / "hub.db", busy_timeout=busy_timeout)


STORES = {kind.name: kind for kind in (Kind(name="sqlite", open=open_sqlite, held_by_another=hold_sqlite),)}


@pytest.fixture(params=STORES.values(), ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    one: Kind = request.param
    return one


@pytest.fixture
def store(kind: Kind, tmp_path: Path) -> Iterator[Store]:
    opened = kind.open(tmp_path)
    yield opened
    opened.close()


class Batch:
    """Jobs that wait for the writer together, so that one commit takes them all; `outcomes` in the order of answers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._occupied, self._go, self._ended = Gate(), Gate(), Gate()
        self._jobs: list[Job] = []
        self.outcomes: list[tuple[int, Any, BaseException | None]] = []

    def add(self, *jobs: Job) -> "Batch":
        self._jobs.extend(jobs)
        return self

    def commit(self) -> "Batch":
        self._store.submit(self._occupy, lambda result, error: None)
        assert self._occupied.wait(PATIENT)
        for number, job in enumerate(self._jobs):
            self._store.submit(job, partial(self._note, number))
        self._go.set()
        assert self._ended.wait(PATIENT)
        return self

    def _occupy(self, _: Tables) -> None:
        self._occupied.set()
        self._go.wait(PATIENT)

    def _note(self, number: int, result: Any, error: BaseException | None) -> None:
        self.outcomes.append((number, result, error))
        if len(self.outcomes) == len(self._jobs):
            self._ended.set()


def keeps_source(name: str, tables: Tables) -> str:
    tables.sources.ensure(name, "roundup")
    tables.signals.add(name)
    return name


def fails_after_writing(name: str, tables: Tables) -> None:
    keeps_source(name, tables)
    raise ValueError(f"{name} fails")


def loses_the_transaction(tables: Tables) -> None:
    """What a full disk does to a database: the whole transaction is gone."""
    tables.connection.execute("ROLLBACK")


def source_names(store: Store) -> list[str]:
    return [row.name for row in store.read.sources.all()]


# -- the writer


def test_what_waits_is_committed_at_once_and_answered_in_its_order(store: Store) -> None:
    heard: list[frozenset[str]] = []
    store.listen(heard.append)
    batch = Batch(store).add(*(partial(keeps_source, f"s{number}") for number in range(5))).commit()
    assert batch.outcomes == [(number, f"s{number}", None) for number in range(5)]
    assert heard == [frozenset({"s0", "s1", "s2", "s3", "s4"})]


def test_a_failing_job_takes_back_its_own_writes_and_no_others(store: Store) -> None:
    heard: list[frozenset[str]] = []
    store.listen(heard.append)
    jobs: list[Job] = [partial(keeps_source, "a"), partial(fails_after_writing, "b"), partial(keeps_source, "c")]
    batch = Batch(store).add(*jobs).commit()
    assert source_names(store) == ["a", "c"]
    assert [result for _, result, _ in batch.outcomes] == ["a", None, "c"]
    assert isinstance(batch.outcomes[1][2], ValueError)
    assert heard == [frozenset({"a", "c"})]


def test_a_lost_transaction_fails_every_job_of_it_and_the_next_one_goes_on(store: Store) -> None:
    heard: list[frozenset[str]] = []
    store.listen(heard.append)
    jobs: list[Job] = [partial(keeps_source, "a"), loses_the_transaction, partial(keeps_source, "c")]
    batch = Batch(store).add(*jobs).commit()
    assert [result for _, result, _ in batch.outcomes] == [None, None, None]
    assert all(isinstance(error, StoreUnavailable) for _, _, error in batch.outcomes)
    assert source_names(store) == []
    assert heard == []
    assert store.write(partial(keeps_source, "d")) == "d"
    assert source_names(store) == ["d"]


def test_an_answer_comes_after_the_commit(store: Store) -> None:
    seen: list[list[str]] = []
    answered = Gate()

    def done(result: str | None, error: BaseException | None) -> None:
        seen.append(source_names(store))
        answered.set()

    store.submit(partial(keeps_source, "a"), done)
    assert answered.wait(PATIENT)
    assert seen == [["a"]]


def test_a_signal_is_heard_after_the_commit(store: Store) -> None:
    seen: list[list[str]] = []
    store.listen(lambda signals: seen.append(source_names(store)))
    store.write(partial(keeps_source, "a"))
    assert seen == [["a"]]


def test_a_database_held_by_another_is_unavailable_and_heals(kind: Kind, tmp_path: Path, store: Store) -> None:
    with kind.held_by_another(tmp_path), pytest.raises(StoreUnavailable, match="the database says"):
        store.write(partial(keeps_source, "a"))
    assert source_names(store) == []
    store.write(partial(keeps_source, "b"))
    assert source_names(store) == ["b"]


def test_a_writer_in_an_event_loop_gets_results_and_failures(store: Store) -> None:
    async def both() -> tuple[str, list[Any]]:
        first = await store.awrite(partial(keeps_source, "a"))
        jobs = [store.awrite(partial(keeps_source, f"b{number}")) for number in range(20)]
        failing = store.awrite(partial(fails_after_writing, "c"))
        return first, await asyncio.gather(*jobs, failing, return_exceptions=True)

    first, others = asyncio.run(both())
    assert first == "a"
    assert others[:-1] == [f"b{number}" for number in range(20)]
    assert isinstance(others[-1], ValueError)


def test_a_caller_that_gave_up_waiting_does_not_hold_up_the_others(store: Store) -> None:
    async def one_gives_up() -> str:
        waiting = asyncio.ensure_future(store.awrite(partial(keeps_source, "a")))
        await asyncio.sleep(0)
        waiting.cancel()
        return await store.awrite(partial(keeps_source, "b"))

    assert asyncio.run(one_gives_up()) == "b"


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError):
        keeps_source("a", store.read)
    assert source_names(store) == []


def test_closing_commits_what_waits_and_takes_nothing_more(kind: Kind, tmp_path: Path) -> None:
    store = kind.open(tmp_path)
    occupied, go = Gate(), Gate()
    answers: list[str | None] = []

    def occupy(_: Tables) -> None:
        occupied.set()
        go.wait(PATIENT)

    store.submit(occupy, lambda result, error: None)
    assert occupied.wait(PATIENT)
    store.submit(partial(keeps_source, "a"), lambda result, error: answers.append(result))
    go.set()
    store.close()
    assert answers == ["a"]
    with pytest.raises(StoreUnavailable, match="closed"):
        store.write(partial(keeps_source, "b"))


# -- the file


def test_an_open_store_finds_the_tables_and_rows_of_an_earlier_one(kind: Kind, tmp_path: Path) -> None:
    first = kind.open(tmp_path)
    first.write(partial(keeps_source, "a"))
    first.close()
    second = kind.open(tmp_path)
    assert source_names(second) == ["a"]
    second.close()


WRITE_AT_ONCE = """
import sys
from pathlib import Path
from tests.contract.test_every_store import STORES

kind, folder, name = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
store = STORES[kind].open(Path(folder), busy_timeout=20)
for number in range(25):
    store.write(lambda tables: tables.sources.ensure(f"{name}-{number:02}", "roundup"))
store.close()
"""


def test_processes_may_make_the_tables_and_write_at_the_same_moment(kind: Kind, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITE_AT_ONCE, kind.name, str(tmp_path)]
    writers = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
        for name in "abc"
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    store = kind.open(tmp_path)
    assert source_names(store) == [f"{name}-{number:02}" for name in "abc" for number in range(25)]
    store.close()


def test_a_commit_of_another_shows_in_the_data_version(kind: Kind, tmp_path: Path, store: Store) -> None:
    before = store.data_version()
    assert store.data_version() == before
    other = kind.open(tmp_path)
    other.write(partial(keeps_source, "a"))
    other.close()
    assert store.data_version() != before


# -- reports and their history


def problem(number: int, **parts: Any) -> Problem:
    dates = dict.fromkeys(
        ("creationDate", "lastUpdate", "statusChangeDate"), f"2026-03-01T12:00:{number % 60:02}.000Z"
    )
    document = report(status="acknowledged", **dates)
    return replace(Problem(id=f"p{number}", document=document, sequence=1), **parts)


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


def record(number: int, problem_id: str = "p1") -> Record:
    return Record(
        id=f"r{number}",
        problem_id=problem_id,
        event_type=EventType.STATE_CHANGE,
        event_time=1_000_000 * number,
        record_time=1_000_000 * number + 5,
        sequence=number,
        changes={"status": {"from": "held", "to": "resolved"}},
        from_status=Status.HELD,
        to_status=Status.RESOLVED,
        source="helpdesk",
        source_status="done",
        party="org-1",
        reason="fixed",
        irregular=True,
    )


def append_records(records: Iterable[Record], tables: Tables) -> None:
    for one in records:
        tables.records.append(one)


def test_the_history_is_kept_as_it_was_written(store: Store) -> None:
    plain = replace(
        record(2), from_status=None, to_status=None, source=None, source_status=None, party=None, reason=None
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


def event(number: int, problem_id: str = "p1") -> Event:
    body = b'{"number": %d}' % number
    return Event(id=f"e{number}", type=EventType.CREATE, problem_id=problem_id, sequence=number, time=7, body=body)


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


def subscription(number: int, **parts: Any) -> Subscription:
    url = "https://noc.example.com/in"
    plain = Subscription(id=f"s{number}", callback=url, url=url, created=3, secret=b"sealed", query=None)
    return replace(plain, **parts)


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
        return tables.subscriptions.set_state(seq, SubscriptionState.DISABLED, "gone")

    assert [store.write(disable), store.write(disable)] == [True, False]
    kept = store.read.subscriptions.all()[0].subscription
    assert (kept.state, kept.state_reason) == (SubscriptionState.DISABLED, "gone")


# -- deliveries

NOW = 1_000_000_000
PATIENCE = 900
LEASE = 60


class Box:
    """Deliveries to listeners 1, 2, …, of events 1, 2, …, at instants that the test names."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.claims: dict[int, Claim] = {}

    def insert(
        self,
        event: int,
        *,
        key: int | None = 7,
        to: int = 1,
        state: DeliveryState = DeliveryState.DUE,
        now: int = NOW,
    ) -> None:
        new = NewDelivery(subscription=to, event=event, order_key=key, state=state)
        self.store.write(lambda tables: tables.deliveries.insert([new], now=now, patience=PATIENCE))

    def claim(self, *, to: int = 1, now: int = NOW, limit: int = 100, token: str = "h:1:b:1") -> list[int]:
        """The events of the deliveries that were claimed."""
        claims = self.store.write(
            lambda tables: tables.deliveries.claim(to, now=now, limit=limit, token=token, lease_until=now + LEASE)
        )
        self.claims.update({claim.event: claim for claim in claims})
        return [claim.event for claim in claims]

    def settle(self, event: int, state: DeliveryState, *, due_at: int = NOW, token: str | None = None) -> bool:
        """Settle and, at rest, promote: what a turn does."""
        claim = self.claims[event]
        claim = replace(claim, token=token or claim.token)
        open_again = state in (DeliveryState.DUE, DeliveryState.PARKED)
        settlement = Settlement(
            claim=claim,
            attempt=Attempt(number=claim.attempts + 1, started=NOW, outcome="serverError", status=500),
            state=state,
            due_at=due_at,
            settled_at=None if open_again else due_at,
        )
        return self.store.write(lambda tables: tables.deliveries.settle(settlement))

    def promote(self, event: int, *, now: int = NOW) -> bool:
        return self.store.write(lambda tables: tables.deliveries.promote(self.claims[event], now=now))

    def rows(self) -> dict[int, tuple[str, bool, int]]:
        """{event: (state, waiting, due at)}"""
        sql = "SELECT event, state, waiting, due_at FROM delivery ORDER BY id"
        found = self.store.read.connection.execute(sql).fetchall()
        return {event: (state, bool(waiting), due_at) for event, state, waiting, due_at in found}


@pytest.fixture
def box(store: Store) -> Box:
    return Box(store)


def test_the_first_delivery_of_a_report_is_due_and_the_next_ones_wait_in_line(box: Box) -> None:
    box.insert(1)
    box.insert(2, now=NOW + 10)
    box.insert(3, now=NOW + 20)
    assert box.rows() == {
        1: ("due", False, NOW),
        2: ("due", True, NOW + PATIENCE),
        3: ("due", True, NOW + 10 + PATIENCE),
    }


def test_other_reports_other_listeners_and_the_unordered_do_not_wait(box: Box) -> None:
    box.insert(1)
    box.insert(2, key=8)
    box.insert(3, to=2)
    box.insert(4, key=None)
    box.insert(5, key=None)
    assert [waiting for _, waiting, _ in box.rows().values()] == [False] * 5
    assert box.claim() == [1, 2, 4, 5]


def test_a_parked_delivery_is_still_in_the_line(box: Box) -> None:
    box.insert(1, state=DeliveryState.PARKED)
    box.insert(2)
    assert box.rows()[2] == ("due", True, NOW + PATIENCE)


def test_the_next_in_line_is_due_when_the_one_before_it_is_at_rest(box: Box) -> None:
    for number in (1, 2, 3):
        box.insert(number)
    assert box.claim() == [1]
    assert box.claim(now=NOW + 1) == []
    assert box.settle(1, DeliveryState.DELIVERED)
    assert box.promote(1, now=NOW + 5)
    assert box.rows()[2] == ("due", False, NOW + 5)
    assert box.rows()[3] == ("due", True, NOW + PATIENCE)
    assert box.claim(now=NOW + 5) == [2]


def test_nothing_is_promoted_when_nobody_waits(box: Box) -> None:
    box.insert(1)
    box.insert(2, key=8)
    box.claim(limit=1)
    box.settle(1, DeliveryState.DEAD)
    assert box.promote(1) is False


def test_what_comes_after_the_end_of_the_line_does_not_wait(box: Box) -> None:
    box.insert(1)
    box.claim()
    box.settle(1, DeliveryState.DELIVERED)
    box.insert(2, now=NOW + 1)
    assert box.rows()[2] == ("due", False, NOW + 1)


def test_patience_ends_and_the_next_in_line_goes_ahead(box: Box) -> None:
    box.insert(1)
    box.insert(2)
    box.claim()
    box.settle(1, DeliveryState.DUE, due_at=NOW + 10 * PATIENCE)
    assert box.claim(now=NOW + PATIENCE - 1) == []
    assert box.claim(now=NOW + PATIENCE) == [2]
    assert box.rows()[2][:2] == ("inFlight", False)


def test_one_that_comes_after_the_patience_is_due_at_once(box: Box) -> None:
    box.insert(1)
    box.insert(2, now=NOW + 2 * PATIENCE)
    assert box.rows()[2] == ("due", True, NOW + 2 * PATIENCE)


def test_the_longest_due_are_claimed_first_and_no_more_than_wanted(box: Box) -> None:
    for number in (1, 2, 3, 4):
        box.insert(number, key=number, now=NOW - number)
    assert box.claim(limit=2) == [3, 4]
    assert box.claim(limit=9) == [1, 2]
    assert box.claim(limit=9) == []


def test_what_is_not_due_yet_is_not_claimed(box: Box) -> None:
    box.insert(1, now=NOW + 1)
    assert box.claim(now=NOW) == []
    assert box.store.read.deliveries.next_due(1) == NOW + 1
    assert box.claim(now=NOW + 1) == [1]
    assert box.store.read.deliveries.next_due(1) is None


def test_a_claim_tells_how_often_it_was_tried(box: Box) -> None:
    box.insert(1)
    box.claim()
    assert (box.claims[1].attempts, box.claims[1].tries, box.claims[1].order_key) == (0, 0, 7)
    box.settle(1, DeliveryState.DUE)
    box.claim()
    assert (box.claims[1].attempts, box.claims[1].tries) == (1, 1)


def test_only_the_holder_of_the_lease_may_settle(box: Box) -> None:
    box.insert(1)
    box.claim(token="h:1:b:1")
    assert box.store.write(lambda tables: tables.deliveries.expire_leases(now=NOW + LEASE)) == set()
    assert box.store.write(lambda tables: tables.deliveries.expire_leases(now=NOW + LEASE + 1)) == {1}
    assert box.claim(token="h:2:b:1") == [1]
    assert box.settle(1, DeliveryState.DELIVERED, token="h:1:b:1") is False
    assert box.rows()[1][0] == "inFlight"
    assert box.store.read.deliveries.attempts(box.claims[1].delivery) == []
    assert box.settle(1, DeliveryState.DELIVERED) is True
    assert len(box.store.read.deliveries.attempts(box.claims[1].delivery)) == 1
    assert box.settle(1, DeliveryState.DEAD) is False
    assert box.rows()[1][0] == "delivered"


def test_a_claim_is_given_back_by_its_holder_only(box: Box) -> None:
    box.insert(1)
    box.claim()
    mine = box.claims[1]
    box.store.write(lambda tables: tables.deliveries.release([replace(mine, token="h:9:b:1")]))
    assert box.rows()[1][0] == "inFlight"
    box.store.write(lambda tables: tables.deliveries.release([mine]))
    assert box.rows()[1][0] == "due"
    assert box.claim(token="h:2:b:1") == [1]
    assert (box.claims[1].attempts, box.claims[1].tries) == (0, 0)


def test_the_leases_of_a_dead_holder_are_freed(box: Box) -> None:
    box.insert(1)
    box.insert(2, to=2)
    box.claim(token="h:1:b:1")
    box.claim(to=2, token="h:2:b:1")
    assert sorted(box.store.read.deliveries.lease_tokens()) == ["h:1:b:1", "h:2:b:1"]
    box.store.write(lambda tables: tables.deliveries.free_leases(["h:1:b:1"]))
    assert {event: state for event, (state, _, _) in box.rows().items()} == {1: "due", 2: "inFlight"}


def test_abandoning_closes_what_is_open_and_leaves_what_is_done(box: Box) -> None:
    for number in (1, 2, 3, 4):
        box.insert(number, key=number)
    box.insert(5, to=2)
    box.claim(limit=2)
    box.settle(1, DeliveryState.DELIVERED)
    box.store.write(lambda tables: tables.deliveries.abandon(1, now=NOW, outcome="unregistered"))
    states = {event: state for event, (state, _, _) in box.rows().items()}
    assert states == {1: "delivered", 2: "dead", 3: "dead", 4: "dead", 5: "due"}
    assert box.settle(2, DeliveryState.DELIVERED) is False


def test_parking_takes_what_is_due_and_not_what_is_under_way(box: Box) -> None:
    box.insert(1, key=1)
    box.claim()
    box.insert(2, key=2)
    box.store.write(lambda tables: tables.deliveries.park(1))
    assert [state for state, _, _ in box.rows().values()] == ["inFlight", "parked"]
    assert box.claim() == []
    assert box.store.read.deliveries.oldest_due() is None


def test_a_dead_delivery_is_sent_again_with_a_fresh_schedule(box: Box) -> None:
    heard: list[frozenset[str]] = []
    box.store.listen(heard.append)
    box.store.write(lambda tables: tables.subscriptions.insert(subscription(1), from_event=0))
    box.insert(1)
    box.claim()
    delivery = box.claims[1].delivery
    assert box.store.write(lambda tables: tables.deliveries.resend(delivery, now=NOW)) is False
    box.settle(1, DeliveryState.DEAD)
    assert box.store.write(lambda tables: tables.deliveries.resend(delivery, now=NOW + 3)) is True
    assert box.rows()[1] == ("due", False, NOW + 3)
    assert box.claim(now=NOW + 3) == [1]
    assert (box.claims[1].attempts, box.claims[1].tries) == (1, 0)
    assert box.store.write(lambda tables: tables.deliveries.resend(4711, now=NOW)) is False
    assert frozenset({DELIVERIES_CHANGED}) in heard
    box.settle(1, DeliveryState.DEAD)
    box.store.write(lambda tables: tables.subscriptions.end("s1", now=NOW))
    assert box.store.write(lambda tables: tables.deliveries.resend(delivery, now=NOW)) is False


def test_an_attempt_is_kept_as_it_was(box: Box) -> None:
    box.insert(1)
    box.claim()
    attempt = Attempt(
        number=1,
        started=NOW,
        outcome="serverError",
        timing=Timing(name_lookup=0.1, connect=0.2, tls=0.3, first_byte=4.0, total=5.5),
        status=503,
        peer_address="127.0.0.1",
        headers=(("Retry-After", "3"), ("X-Word", "\u00fc")),
        body=b"\x00busy\xff",
        error="busy",
    )
    plain = Attempt(number=2, started=NOW, outcome="timeout")
    for one in (attempt, plain):
        settlement = Settlement(
            claim=box.claims[1], attempt=one, state=DeliveryState.DUE, due_at=NOW, settled_at=None
        )
        box.store.write(partial(_settle, settlement))
        box.claim()
    assert box.store.read.deliveries.attempts(box.claims[1].delivery) == [attempt, plain]


def _settle(settlement: Settlement, tables: Tables) -> bool:
    return tables.deliveries.settle(settlement)


def test_the_operator_sees_deliveries_newest_first_and_filtered(box: Box) -> None:
    def prepare(tables: Tables) -> None:
        tables.subscriptions.insert(subscription(1), from_event=0)
        tables.subscriptions.insert(subscription(2, url="https://other.example.com/in"), from_event=0)
        tables.events.append(event(1), problem=1)
        tables.events.append(event(2, "p2"), problem=2)

    box.store.write(prepare)
    box.insert(1, key=1)
    box.insert(2, key=2)
    box.insert(1, key=1, to=2)
    box.claim(limit=1)
    box.settle(1, DeliveryState.DELIVERED, due_at=NOW + 4)
    log = box.store.read.deliveries
    assert [view.id for view in log.page({}, offset=0, limit=10)] == [3, 2, 1]
    assert [view.id for view in log.page({}, offset=1, limit=1)] == [2]
    found = {
        name: [view.id for view in log.page({name: value}, offset=0, limit=10)]
        for name, value in {"subscription": "s1", "state": "due", "serviceProblem": "p1"}.items()
    }
    assert found == {"subscription": [2, 1], "state": [3, 2], "serviceProblem": [3, 1]}
    assert log.count({"subscription": "s1", "state": "due"}) == 1
    assert log.counts() == {1: {"delivered": 1, "due": 1}, 2: {"due": 1}}
    assert (log.last_delivered(1), log.last_delivered(2)) == (NOW + 4, None)
    first = log.get(1)
    assert first is not None
    assert (first.state, first.settled_at, first.attempts) == (DeliveryState.DELIVERED, NOW + 4, 1)
    assert (first.last_outcome, first.last_status) == ("serverError", 500)
    assert (first.event_id, first.sequence, first.problem_id) == ("e1", 1, "p1")
    assert first.callback == "https://noc.example.com/in"
    assert log.get(9) is None
    assert log.oldest_due() == NOW


# -- sources


def test_a_source_begins_with_nothing_and_keeps_its_place(store: Store) -> None:
    store.write(lambda tables: tables.sources.ensure("desk", "roundup"))
    fresh = store.read.sources.get("desk")
    assert fresh is not None
    assert (fresh.cursor, fresh.state, fresh.failures, fresh.unmapped, fresh.problems) == (
        {},
        SourceState.NEW,
        0,
        {},
        0,
    )

    def go_on(tables: Tables) -> None:
        tables.sources.set_cursor("desk", {"activity": "2026", "ids": [1, 2]})
        tables.sources.set_unmapped("desk", {"status": {"odd": {"count": 2, "example": "issue1"}}})
        tables.sources.ensure("desk", "roundup")

    store.write(go_on)
    kept = store.read.sources.get("desk")
    assert kept is not None
    assert kept.cursor == {"activity": "2026", "ids": [1, 2]}
    assert kept.unmapped["status"]["odd"]["count"] == 2
    assert store.read.sources.get("other") is None


def test_a_failed_poll_keeps_the_time_of_the_last_good_one(store: Store) -> None:
    store.write(lambda tables: tables.sources.ensure("desk", "roundup"))

    def poll(tables: Tables, state: SourceState, error: str | None, at: int, success: int | None) -> None:
        tables.sources.set_health(
            "desk",
            state=state,
            error=error,
            last_poll=at,
            last_success=success,
            next_poll=at + 5,
            failures=1 if error else 0,
            lag=0.5,
        )

    store.write(partial(poll, state=SourceState.OK, error=None, at=10, success=10))
    store.write(partial(poll, state=SourceState.DEGRADED, error="timeout", at=20, success=None))
    kept = store.read.sources.get("desk")
    assert kept is not None
    assert (kept.state, kept.error, kept.last_poll, kept.last_success) == (
        SourceState.DEGRADED,
        "timeout",
        20,
        10,
    )
    assert (kept.next_poll, kept.failures, kept.lag) == (25, 1, 0.5)


def test_a_ticket_is_known_by_its_digest_until_it_is_gone(store: Store) -> None:
    def put(tables: Tables, digest: bytes, missed: int) -> None:
        tables.sources.ensure("desk", "roundup")
        tables.sources.put_item("desk", "issue1", problem_id="p1", digest=digest, updated=5)
        tables.sources.set_missed("desk", "issue1", missed)

    store.write(partial(put, digest=b"one", missed=2))
    assert store.read.sources.present("desk") == {"issue1": 2}
    store.write(partial(put, digest=b"two", missed=0))
    item = store.read.sources.item("desk", "issue1")
    assert item is not None
    assert (item.problem_id, item.digest, item.updated, item.missed, item.gone) == ("p1", b"two", 5, 0, False)
    store.write(lambda tables: tables.sources.set_gone("desk", "issue1", missed=3))
    gone = store.read.sources.item("desk", "issue1")
    assert gone is not None
    assert (gone.digest, gone.missed, gone.gone) == (b"", 3, True)
    assert store.read.sources.present("desk") == {}
    assert store.read.sources.item("desk", "issue2") is None
    counted = store.read.sources.get("desk")
    assert counted is not None
    assert counted.problems == 1


def test_seeing_a_ticket_again_ends_its_absence(store: Store) -> None:
    def put(tables: Tables) -> None:
        tables.sources.put_item("desk", "issue1", problem_id="p1", digest=b"one", updated=5)

    store.write(put)
    store.write(lambda tables: tables.sources.set_gone("desk", "issue1", missed=3))
    store.write(put)
    item = store.read.sources.item("desk", "issue1")
    assert item is not None
    assert (item.digest, item.missed, item.gone) == (b"one", 0, False)


def test_only_the_latest_runs_of_a_source_are_kept(store: Store) -> None:
    def append(tables: Tables) -> None:
        for source, count in (("desk", RUNS_KEPT + 5), ("other", 3)):
            for number in range(count):
                run = Run(source=source, started=number, ended=number, pages=1, records=2, changed=1, error=None)
                tables.sources.append_run(run)

    store.write(append)
    sql = "SELECT count(*), min(started) FROM run WHERE source = ?"
    connection = store.read.connection
    assert connection.execute(sql, ("other",)).fetchone() == (3, 0)
    count, oldest = connection.execute(sql, ("desk",)).fetchone()
    assert oldest == RUNS_KEPT + 5 - count
    assert RUNS_KEPT - 5 <= count <= RUNS_KEPT
