"""Work on the deliveries of a registration: pause, resume, recover, replay; in order, once, and after any end."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hub.delivery.listeners import Listeners, read_listeners
from hub.delivery.turn import TurnWork, take_turn
from hub.errors import Conflict, InvalidInput, NotFound
from hub.model.delivery import Attempt, DeliveryState
from hub.model.job import JobStatus
from hub.model.options import DeliveryOptions
from hub.model.subscription import Order, SubscriptionState
from hub.model.times import micros_to_text, system_clock, to_micros
from hub.store.deliveries import NewDelivery, Settlement
from hub.store.lines import BATCH
from hub.store.subscriptions import Registered
from hub.subscriptions.coverage import Coverage, Reason
from hub.subscriptions.recovering import Span
from tests.fakes.listener import Listener, answer
from tests.integration.upkeep import MAKE_WANTED, NOC, House, told
from tests.rooms import making, until


@pytest.fixture
def house(tmp_path: Path, listener: Listener) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.exchange.close()


def test_a_pause_holds_back_what_is_due_and_what_comes_and_a_resumption_sends_it_in_order(
    house: House, listener: Listener
) -> None:
    one = house.exchange.register(listener.url("/in"))
    house.exchange.start()
    house.change(one, state="paused", stateReason="they move")
    problems = [house.desk.create(name=f"p{number}") for number in range(4)]
    for number in range(5):
        for problem in problems:
            house.desk.patch(problem, description=f"d{number}")
    until(lambda: house.states(one) == {"parked": 24})
    assert listener.received() == []
    house.change(one, state="active")
    late = [house.desk.patch(problem, description="late") for problem in problems]
    until(lambda: sum(house.states(one).values()) == 28)
    assert listener.received() == []
    house.keep()
    listener.wait_for(28, "/in")
    assert told(listener.received()) == {problem.id: [1, 2, 3, 4, 5, 6, 7] for problem in late}
    until(lambda: house.states(one) == {"delivered": 28})
    (work,) = house.works()
    assert (work.status, work.changed, work.asked.actor) == (JobStatus.SUCCEEDED, 24, "noc")


def test_what_is_due_is_parked_in_batches_and_none_of_it_is_sent_meanwhile(
    house: House, listener: Listener
) -> None:
    listener.on("/in", answer(500))
    one = house.exchange.register(listener.url("/in"))
    house.exchange.start(schedule=(3600.0,))
    for number in range(8):
        house.desk.create(name=f"p{number}")
    listener.wait_for(8, "/in")
    until(lambda: house.states(one) == {"due": 8})
    house.change(one, state="disabled")
    assert house.task.step() is True
    assert house.states(one) == {"due": 5, "parked": 3}
    house.keep()
    assert house.states(one) == {"parked": 8}
    assert len(listener.received()) == 8


def test_what_a_lease_gives_back_to_a_registration_that_is_paused_is_parked(
    house: House, listener: Listener
) -> None:
    one = house.exchange.register(listener.url("/in"))
    house.change(one, state="paused")
    house.desk.create()
    event = house.desk.queued()[0].seq
    house.store.write(lambda tables: tables.lines.insert_missing(one.seq, event, None, DeliveryState.DUE, now=1))
    house.keep()
    assert house.states(one) == {"parked": 1}
    assert house.store.read.deliveries.oldest_due() is None


def test_who_changed_what_is_kept(house: House, listener: Listener) -> None:
    one = house.exchange.register(listener.url("/in"))
    house.change(one, state="paused", stateReason="why", delivery={"inFlight": 2})
    house.change(one, state="paused")
    house.change(one, state="active")
    first, second = house.store.read.subscriptions.changes(one.seq)
    assert first.actor == "noc"
    assert first.changes["stateReason"] == {"from": None, "to": "why"}
    assert first.changes["delivery"]["to"]["inFlight"] == 2
    assert second.changes["state"] == {"from": "paused", "to": "active"}


def test_what_was_given_up_is_sent_again_before_what_waits_behind_it(house: House, listener: Listener) -> None:
    listener.on("/in", answer(500))
    one = house.exchange.register(listener.url("/in"))
    worker = house.exchange.start(schedule=(0.0,))
    problem = house.desk.create()
    for number in range(6):
        house.desk.patch(problem, description=f"d{number}")
    until(lambda: house.states(one) == {"dead": 7})
    house.exchange.stop(worker)
    listener.on("/in", answer(204))
    failed = len(listener.received())
    house.desk.patch(problem, description="younger")
    work = house.recover(one)
    house.keep()
    house.exchange.start()
    listener.wait_for(failed + 8, "/in")
    assert told(listener.received()[failed:]) == {problem.id: [1, 2, 3, 4, 5, 6, 7, 8]}
    until(lambda: house.states(one) == {"delivered": 8})
    assert [view.attempts for view in house.exchange.log()] == [3] * 7 + [1]
    (kept,) = house.works(kind="recover")
    assert (kept.asked.expected, kept.changed, kept.asked.id) == (7, 7, work.asked.id)
    again = house.recover(one)
    house.keep()
    assert again.asked.expected == 0
    assert house.states(one) == {"delivered": 8}


def test_only_what_was_given_up_in_the_span_is_recovered(house: House, listener: Listener) -> None:
    listener.on("/in", answer(500))
    one = house.exchange.register(listener.url("/in"))
    worker = house.exchange.start(schedule=(0.0,))
    house.desk.create()
    until(lambda: house.states(one) == {"dead": 1})
    house.exchange.stop(worker)
    after = to_micros(system_clock()) + 1
    assert house.recover(one, Span(until=after - 3_600_000_000)).asked.expected == 0
    with pytest.raises(InvalidInput):
        house.recover(one, Span(since=after + 3_600_000_000))
    assert house.recover(one, Span(since=0)).asked.expected == 1


def test_who_registers_late_is_told_of_what_was_before_once_and_in_order(house: House, listener: Listener) -> None:
    worker = house.exchange.start()
    problem, other = house.desk.create(priority=1), house.desk.create(priority=3)
    for number in range(7):
        house.desk.patch(problem, description=f"d{number}")
        house.desk.patch(other, description=f"d{number}")
    one = house.exchange.register(listener.url("/in"), "event.serviceProblem.priority=1")
    house.exchange.stop(worker)
    worker = house.exchange.start()
    until(lambda: house.store.read.events.fanned_out() == house.store.read.events.last())
    house.exchange.stop(worker)
    house.desk.patch(problem, description="younger")
    first, second = house.replay(one), house.replay(one)
    house.keep()
    house.exchange.start()
    listener.wait_for(9, "/in")
    until(lambda: house.states(one) == {"delivered": 9})
    assert told(listener.received("/in")) == {problem.id: list(range(1, 10))}
    works = {work.asked.id: work for work in house.works(kind="replay")}
    assert works[first.asked.id].changed == 8
    assert works[second.asked.id].changed == 0


def test_an_old_event_is_told_before_the_younger_ones_that_wait(house: House, listener: Listener) -> None:
    listener.on("/in", answer(500))
    worker = house.exchange.start(schedule=(3600.0,))
    problem = house.desk.create()
    until(lambda: house.store.read.events.fanned_out() == 1)
    one = house.exchange.register(listener.url("/in"))
    for number in range(3):
        house.desk.patch(problem, description=f"d{number}")
    listener.wait_for(1, "/in")
    until(lambda: house.states(one) == {"due": 3})
    house.exchange.stop(worker)
    listener.on("/in", answer(204))
    failed = house.exchange.log()[0]
    house.store.write(lambda tables: tables.deliveries.resend(failed.id, now=to_micros(system_clock())))
    house.replay(one)
    house.keep()
    house.exchange.start()
    listener.wait_for(5, "/in")
    assert told(listener.received("/in")[1:]) == {problem.id: [1, 2, 3, 4]}


def test_what_is_expected_is_counted_when_the_work_begins(house: House, listener: Listener) -> None:
    listener.on("/in", answer(500))
    one = house.exchange.register(listener.url("/in"))
    worker = house.exchange.start(schedule=(3600.0,))
    for number in range(8):
        house.desk.create(name=f"p{number}")
    listener.wait_for(8, "/in")
    until(lambda: house.states(one) == {"due": 8})
    house.exchange.stop(worker)
    house.change(one, state="paused")
    assert house.task.step() is True
    house.change(one, state="active")
    while house.works()[0].completed is None:
        house.task.step()
    house.task.step()
    begun = house.works()[1]
    assert (begun.asked.expected, begun.looked) == (8, 3)
    house.keep()
    pause, resume = house.works()
    assert (pause.asked.expected, pause.looked) == (8, 8)
    assert (resume.asked.expected, resume.looked) == (8, 8)


def test_a_replay_keeps_to_its_span(house: House, listener: Listener) -> None:
    house.exchange.start()
    house.desk.create()
    until(lambda: house.store.read.events.fanned_out() == 1)
    house.clock.turn(hours=-2)
    one = house.exchange.register(listener.url("/in"))
    now = to_micros(system_clock())
    hour = 3_600_000_000
    assert house.replay(one, Span(until=now - hour)).asked.expected == 0
    assert house.replay(one, Span(since=now - hour)).asked.expected == 1


def test_another_order_puts_what_waits_into_other_lines(house: House, listener: Listener) -> None:
    one = house.exchange.register(listener.url("/in"))
    worker = house.exchange.start()
    house.change(one, state="paused")
    problems = [house.desk.create(name=f"p{number}") for number in range(3)]
    for problem in problems:
        house.desk.patch(problem, description="more")
    until(lambda: house.states(one) == {"parked": 6})
    house.exchange.stop(worker)
    house.change(one, state="active", order="subscription")
    house.keep()
    house.exchange.start()
    listener.wait_for(6, "/in")
    came = [next(iter(told([each]).items())) for each in listener.received("/in")]
    assert came == [(problem.id, [1]) for problem in problems] + [(problem.id, [2]) for problem in problems]


def test_work_for_a_registration_that_ends_meanwhile_fails_and_says_so(house: House, listener: Listener) -> None:
    one = house.exchange.register(listener.url("/in"))
    house.replay(one)
    house.exchange.unregister(one)
    house.keep()
    (work,) = house.works()
    assert (work.status, work.error) == (JobStatus.FAILED, "the subscription has ended")
    with pytest.raises(Conflict):
        house.replay(one)
    with pytest.raises(NotFound):
        house.store.write(lambda tables: house.recovering.recover(tables, "4711", span=Span(), caller=NOC))


DYING = """
import os, signal, sys
from pathlib import Path
from tests.integration.upkeep import House
from hub.store.recoveries import Recoveries

house, left = House(Path(sys.argv[1]), batch=5), int(sys.argv[2])
name = sys.argv[3]
real = getattr(Recoveries, name)

def dying(self, *args, **options):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, *args, **options)

setattr(Recoveries, name, dying)
house.keep()
"""


@pytest.fixture
def begun(request: pytest.FixtureRequest, tmp_path: Path, listener: Listener) -> tuple[str, list[str]]:
    """24 events of 4 reports that the listener was not told of, and the work begun that will; the hub is closed."""
    kind: str = request.param
    listener.on("/in", answer(500))
    house = House(tmp_path)
    one = house.exchange.register(listener.url("/in"))
    worker = house.exchange.start(schedule=(0.0,))
    if kind == "resume":
        house.change(one, state="paused")
    problems = [house.desk.create(name=f"p{number}").id for number in range(4)]
    for number in range(5):
        for problem in problems:
            house.desk.patch(problem, description=f"d{number}")
    rest = {"resume": DeliveryState.PARKED, "recover": DeliveryState.DEAD, "replay": DeliveryState.DEAD}[kind]
    until(lambda: house.states(one) == {rest: 24})
    house.exchange.stop(worker)
    match kind:
        case "resume":
            house.change(one, state="active")
        case "recover":
            house.recover(one)
        case _:
            house.exchange.unregister(one)
            house.replay(house.exchange.register(listener.url("/in")))
    house.exchange.close()
    return kind, problems


@pytest.mark.parametrize("method", ["advance", "finish"])
@pytest.mark.parametrize("begun", ["resume", "recover", "replay"], indirect=True)
def test_work_that_is_killed_goes_on_where_it_was(
    tmp_path: Path, listener: Listener, begun: tuple[str, list[str]], method: str
) -> None:
    """The process dies within a transaction, at its first batches and at later ones; nothing is lost or doubled."""
    kind, problems = begun
    for steps in (0, 1, 3):
        dying = [sys.executable, "-c", DYING, str(tmp_path), str(steps), method]
        ended = subprocess.run(dying, check=False, timeout=60, capture_output=True, text=True)
        assert ended.returncode in (-9, 0), ended.stderr
    house = House(tmp_path, batch=5)
    house.keep()
    (work,) = house.works(kind=kind)
    assert (work.status, work.changed) == (JobStatus.SUCCEEDED, 24)
    before = len(listener.received())
    listener.on("/in", answer(204))
    house.exchange.start()
    listener.wait_for(before + 24, "/in")
    until(lambda: house.exchange.log(state="due") == house.exchange.log(state="inFlight") == [])
    assert told(listener.received("/in")[before:]) == {problem: list(range(1, 7)) for problem in problems}
    house.exchange.close()


def test_a_span_is_counted_from_when_the_hub_recorded(house: House, listener: Listener) -> None:
    """A source tells of events that happened long ago: they are replayed by when they came to be known."""
    house.exchange.start()
    house.desk.upsert(at=system_clock() - timedelta(days=30))
    until(lambda: house.store.read.events.fanned_out() == 1)
    one = house.exchange.register(listener.url("/in"))
    assert house.replay(one, Span(since=to_micros(system_clock()) - 3_600_000_000)).asked.expected == 1


def test_what_has_expired_is_not_begun_again_before_its_bound_is_changed(house: House, listener: Listener) -> None:
    passed = to_micros(datetime.now(UTC)) - 60_000_000
    one = house.exchange.register(listener.url("/in"), options=DeliveryOptions(expires_at=passed))
    house.change(one, state="disabled")
    for work in (house.recover, house.replay, partial(house.change, state="active")):
        with pytest.raises(Conflict) as refused:
            work(one)
        (violation,) = refused.value.violations
        assert (violation.field, violation.value) == ("delivery.expiresAt", micros_to_text(passed))
        assert "change it first" in violation.message
    assert house.kept(one)["state"] == "disabled"
    assert house.works() == []
    house.change(one, state="active", delivery={"expiresAt": None})
    house.replay(one)
    assert house.kept(one)["state"] == "active"


def test_a_replay_does_not_use_up_the_events_of_a_registration(house: House, listener: Listener) -> None:
    for _ in range(3):
        house.desk.create()
    house.exchange.start()
    one = house.exchange.register(listener.url("/in"), options=DeliveryOptions(max_events=2))
    until(lambda: house.store.read.events.fanned_out() == house.store.read.events.last())
    house.replay(one)
    house.keep()
    until(lambda: house.states(one) == {"delivered": 3})
    assert house.store.read.standings.get(one.seq).events == 0
    house.desk.create()
    until(lambda: house.states(one) == {"delivered": 4})
    assert house.store.read.standings.get(one.seq).events == 1


def test_what_is_recovered_does_not_count_again_and_is_sent_to_who_is_used_up_once_he_is_resumed(
    house: House, listener: Listener
) -> None:
    listener.on("/in", answer(500), answer(500), answer(204))
    one = house.exchange.register(listener.url("/in"), options=DeliveryOptions(max_events=2))
    house.exchange.start(schedule=(), lease=0.2)
    for _ in range(3):
        house.desk.create()
    until(lambda: house.kept(one)["state"] == "disabled")
    assert house.states(one) == {"dead": 2}
    house.recover(one)
    house.keep()
    assert house.states(one) == {"parked": 2}
    house.change(one, state="active")
    house.keep()
    until(lambda: house.states(one) == {"delivered": 2})
    until(lambda: house.kept(one)["state"] == "disabled")
    assert house.store.read.standings.get(one.seq).events == 2
    assert len(listener.received("/in")) == 4


@pytest.mark.parametrize(
    ("options", "lifted", "reason"),
    [
        (DeliveryOptions(max_events=1), {"maxEvents": None}, Reason.USED_UP),
        (DeliveryOptions(max_events=1), {"maxEvents": 9}, Reason.USED_UP),
        (DeliveryOptions(expires_at=1_000_000), {"expiresAt": None}, Reason.EXPIRED),
        (DeliveryOptions(expires_at=1_000_000), {"expiresAt": None, "maxEvents": 5}, Reason.EXPIRED),
    ],
)
def test_coverage_goes_on_saying_what_bounded_a_registration_when_the_event_came(
    house: House, listener: Listener, options: DeliveryOptions, lifted: dict[str, Any], reason: Reason
) -> None:
    one = house.exchange.register(listener.url("/in"), options=options)
    house.exchange.start()
    house.desk.create()
    last = house.desk.create()
    tables = house.store.read
    until(lambda: tables.events.fanned_out() == tables.events.last())
    coverage = Coverage(MAKE_WANTED)
    before = coverage.of(tables, tables.events.of_problem(last.id))
    house.change(one, delivery=lifted)
    after = coverage.of(tables, tables.events.of_problem(last.id))
    assert [[row.reason for row in rows] for rows in (before, after)] == [[reason], [reason]]


def test_a_member_that_cannot_be_changed_and_a_span_that_ends_too_early_are_told_with_their_values(
    house: House, listener: Listener
) -> None:
    one = house.exchange.register(listener.url("/in"))
    with pytest.raises(InvalidInput) as refused:
        house.change(one, callback="http://127.0.0.1/other")
    assert [each.value for each in refused.value.violations] == ["http://127.0.0.1/other"]
    with pytest.raises(InvalidInput) as refused:
        house.change(one, secret="hunter2")
    assert [each.value for each in refused.value.violations] == [None]
    with pytest.raises(InvalidInput) as refused:
        house.replay(one, Span(since=2_000_000, until=1_000_000))
    assert [each.value for each in refused.value.violations] == ["1970-01-01T00:00:02.000Z"]


MANY = 50_000


def owed(house: House, one: Registered) -> None:
    """The listener was told of nothing yet, and there is very much of it; it is about one event."""
    house.desk.create()
    event = house.store.read.events.last()
    new = (
        NewDelivery(subscription=one.seq, event=event, order_key=None, state=DeliveryState.DUE)
        for _ in range(MANY)
    )
    house.store.write(lambda tables: tables.deliveries.insert(new, now=1, patience=0))


def rows_changed(house: House, work: Callable[[], object]) -> int:
    """How many rows one transaction has changed."""
    before = house.store.write(lambda tables: tables.connection.total_changes)
    work()
    return house.store.write(lambda tables: tables.connection.total_changes) - before


def kept_in_batches(house: House, one: Registered, rest: dict[str, int]) -> None:
    steps = 0
    while house.states(one) != rest:
        assert rows_changed(house, house.task.step) <= BATCH + 10
        steps += 1
    assert steps >= MANY // BATCH - 1


def test_a_listener_that_is_gone_holds_the_writer_no_longer_than_a_batch(tmp_path: Path) -> None:
    house = House(tmp_path, batch=BATCH)
    one = house.exchange.register("http://127.0.0.1:9/in", order=Order.NONE)
    owed(house, one)
    listeners = Listeners()
    read_listeners(listeners, house.store.read.subscriptions, making(house.exchange.secrets))
    work = TurnWork(now=2, token="h:1:b:1", lease=1, patience=0, listeners=listeners)
    (claim,) = house.store.write(
        lambda tables: tables.deliveries.claim(one.seq, now=2, limit=1, token="h:1:b:1", lease_until=9)
    )
    gone = Settlement(
        claim=claim,
        attempt=Attempt(number=1, started=2, outcome="gone", status=410),
        state=DeliveryState.PARKED,
        due_at=2,
        settled_at=None,
    )
    turn = replace(work, settlements=[gone])
    assert rows_changed(house, lambda: house.store.write(partial(take_turn, work=turn))) <= BATCH + 10
    assert house.kept(one)["state"] is SubscriptionState.DISABLED
    ready = replace(work, ready=[one.seq], room=Everything())
    assert house.store.write(partial(take_turn, work=ready)).claims == []
    kept_in_batches(house, one, {"parked": MANY})
    house.exchange.close()


def test_a_registration_that_ends_holds_the_writer_no_longer_than_a_batch(tmp_path: Path) -> None:
    house = House(tmp_path, batch=BATCH)
    one = house.exchange.register("http://127.0.0.1:9/in", order=Order.NONE)
    owed(house, one)
    assert rows_changed(house, lambda: house.exchange.unregister(one)) <= BATCH + 10
    (work,) = house.works(kind="unregister")
    assert (work.asked.expected, work.status) == (MANY - BATCH, JobStatus.NOT_STARTED)
    kept_in_batches(house, one, {"dead": MANY})
    house.keep()
    (work,) = house.works(kind="unregister")
    assert (work.looked, work.changed, work.status) == (MANY - BATCH, MANY - BATCH, JobStatus.SUCCEEDED)
    house.exchange.close()


class Everything:
    """Room for whatever is due."""

    left = MANY

    def of(self, subscription: int) -> int:
        return self.left

    def took(self, subscription: int, count: int) -> None: ...
