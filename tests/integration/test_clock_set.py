"""A clock that is set ahead or back by an hour, and a database that refuses for a while: safe, said, and healed."""

from threading import Event as Gate

import pytest

from hub.delivery.breaker import BreakerRules
from hub.model.delivery import DeliveryState
from hub.model.options import DeliveryOptions
from hub.store.leases import Holder
from hub.store.tables import Tables
from tests.fakes.listener import Listener, answer, held
from tests.rooms import TurningClock, until
from tests.senders import Office, numbers

HOUR = 3600.0
DEAD = "elsewhere:2:c:1"
"""The token of a sender that is dead."""


def test_a_clock_set_back_makes_no_retry_later(office: Office, listener: Listener) -> None:
    office.exchange.register(listener.url("/in"))
    listener.on("/in", answer(500), answer(204))
    office.desk.create()
    office.start(schedule=(60.0, 60.0))
    until(lambda: office.attempts() == 1)
    office.sets_clock(-HOUR)
    until(lambda: office.views()[0].due_at <= office.clock.micros + 60_000_000)
    (said,) = office.logged("delivery.clock_set")
    assert said["seconds"] == -HOUR
    until(lambda: office.logged("delivery.times_healed"))
    assert office.attempts() == 1
    office.passes(60)
    until(lambda: office.states() == ["delivered"])


def test_each_retry_waits_no_longer_than_its_own_schedule_says(office: Office, listener: Listener) -> None:
    own = office.exchange.register(listener.url("/own"), options=DeliveryOptions(schedule=(7200.0,)))
    usual = office.exchange.register(listener.url("/usual"))
    for path in ("/own", "/usual"):
        listener.on(path, answer(500), answer(204))
    office.desk.create()
    office.start(schedule=(30.0, 5000.0))
    until(lambda: office.attempts() == 2)
    office.sets_clock(-HOUR)
    until(lambda: office.views(usual)[0].due_at == office.clock.micros + 30_000_000)
    assert office.views(own)[0].due_at == office.clock.micros + 7_200_000_000


def test_a_clock_set_back_while_the_hub_was_down_is_healed_at_its_start(
    office: Office, listener: Listener
) -> None:
    office.exchange.register(listener.url("/in"))
    busy = office.exchange.register(listener.url("/busy"))
    listener.on("/in", answer(500), answer(204))
    listener.on("/busy", answer(503, [("Retry-After", "20")]), answer(204))
    office.desk.create()
    first = office.start(schedule=(60.0,), longest_hint=600.0)
    until(lambda: office.attempts() == 2)
    office.exchange.stop(first)
    office.sets_clock(-HOUR)
    office.start(schedule=(60.0,), longest_hint=600.0)
    until(lambda: all(view.due_at <= office.clock.micros + 60_000_000 for view in office.views()))
    office.passes(19)
    office.desk.create()
    until(lambda: DeliveryState.DELIVERED in office.states())
    assert DeliveryState.DELIVERED not in office.states(busy)
    office.passes(41)
    until(lambda: office.states() == ["delivered"] * 4)


def test_a_clock_set_back_keeps_no_listener_at_rest_for_longer(office: Office, listener: Listener) -> None:
    office.exchange.register(listener.url("/in"))
    listener.on("/in", answer(500), answer(500), answer(204))
    office.desk.create()
    office.start(schedule=(0.0,) * 5, breaker=BreakerRules(failures=2, rate=1.0, pause=30_000_000, longest=10**9))
    until(lambda: office.attempts() == 2)
    office.sets_clock(-HOUR)
    until(lambda: office.logged("delivery.clock_set"))
    office.passes(29)
    assert office.attempts() == 2
    office.passes(1)
    until(lambda: office.states() == ["delivered"])


@pytest.mark.parametrize("by", [HOUR, -HOUR], ids=["ahead", "back"])
def test_what_is_under_way_when_the_clock_is_set_is_recorded_and_not_sent_twice(
    office: Office, listener: Listener, by: float
) -> None:
    released = Gate()
    office.exchange.register(listener.url("/in"))
    listener.on("/in", held(released, answer(204)))
    office.desk.create()
    office.start(lease=60.0)
    listener.wait_for(1, "/in")
    office.sets_clock(by)
    until(lambda: office.logged("delivery.clock_set"))
    other = office.exchange.register(listener.url("/other"))
    office.desk.create()
    until(lambda: office.states(other) == ["delivered"])
    released.set()
    until(lambda: set(office.states()) == {"delivered"})
    assert len(listener.received("/in")) == 2
    assert [view.attempts for view in office.views()] == [1, 1, 1]


def test_the_lease_of_another_that_died_ends_though_the_clock_was_set_back(
    office: Office, listener: Listener
) -> None:
    office.exchange.register(listener.url("/in"))
    office.desk.create()
    released = Gate()
    listener.on("/in", held(released, answer(204)), answer(204))
    elsewhere = Holder(host="elsewhere", pid=1, boot="b")
    first = office.start(lease=60.0, holder=elsewhere)
    listener.wait_for(1, "/in")
    office.store.write(lambda tables: _take_over(tables))
    office.sets_clock(-HOUR)
    office.start(lease=60.0)
    office.passes(121)

    def is_taken() -> bool:
        """Time stands still from then on, so that whoever takes it next is in time however slow the machine is."""
        office.passes(31)
        held_by = office.store.write(lambda tables: _holder(tables))
        return held_by not in (DEAD, None) or len(listener.received("/in")) == 2

    until(is_taken)
    listener.wait_for(2, "/in")
    until(lambda: office.states() == ["delivered"])
    released.set()
    office.exchange.stop(first)


def _take_over(tables: Tables) -> None:
    """As if another sender, which is dead, had claimed what is in flight."""
    tables.connection.execute("UPDATE delivery SET token = ? WHERE state = 'inFlight'", (DEAD,))


def _holder(tables: Tables) -> str | None:
    """The token of the one delivery."""
    ((token,),) = tables.connection.execute("SELECT token FROM delivery").fetchall()
    return None if token is None else str(token)


def test_events_keep_their_order_over_a_clock_that_goes_to_and_fro(office: Office, listener: Listener) -> None:
    office.exchange.register(listener.url("/in"))
    problem = office.desk.create()
    office.start()
    for number, by in enumerate((HOUR, -2 * HOUR, 5.0, HOUR, -HOUR)):
        office.sets_clock(by)
        office.desk.patch(problem, name=f"change {number}")
        office.passes(1)
    until(lambda: office.states() == ["delivered"] * 6)
    assert numbers(listener.received("/in")) == [1, 2, 3, 4, 5, 6]


def test_a_database_that_cannot_be_written_for_a_while_costs_nothing_but_time(
    office: Office, listener: Listener
) -> None:
    released = Gate()
    office.exchange.register(listener.url("/in"))
    listener.on("/in", held(released, answer(204)), answer(204))
    office.desk.create()
    office.start()
    listener.wait_for(1, "/in")
    connection = office.store.write(lambda tables: tables.connection)
    connection.execute("PRAGMA query_only = ON")
    released.set()
    until(lambda: office.logged("delivery.turn_refused"))
    (said,) = office.logged("delivery.turn_refused")
    assert "readonly" in said["error"]
    office.clock.turn(seconds=5)
    connection.execute("PRAGMA query_only = OFF")
    office.exchange.nudge()
    until(lambda: office.states() == ["delivered"])
    assert office.attempts() == 1
    until(lambda: office.logged("delivery.turn_accepted"))
    assert len(listener.received("/in")) == 1


def test_a_clock_set_ahead_ends_no_lease_of_another_sender(office: Office, listener: Listener) -> None:
    """The other one sees it a moment later: until then its leases seem to be over."""
    released = Gate()
    office.exchange.register(listener.url("/in"))
    listener.on("/in", held(released, answer(204)), answer(204))
    office.desk.create()
    late = office.start(
        lease=60.0, holder=Holder(host="elsewhere", pid=1, boot="a"), total=1, clock=TurningClock(office.clock.now)
    )
    listener.wait_for(1, "/in")
    office.start(lease=60.0, holder=Holder(host="here", pid=1, boot="b"))
    office.sets_clock(HOUR)
    until(lambda: office.logged("delivery.clock_set"))
    office.desk.create()
    until(lambda: len(office.states()) == 2)
    office.exchange.nudge()  # the late one may have fanned it out, and has no room for it
    until(lambda: "delivered" in office.states())
    assert set(office.states()) == {"inFlight", "delivered"}
    released.set()
    until(lambda: office.states() == ["delivered"] * 2)
    assert len(listener.received("/in")) == 2
    assert not office.logged("delivery.lease_lost")
    office.exchange.stop(late)


def test_one_that_died_before_the_clock_was_set_ahead_loses_its_leases_one_lease_later(
    office: Office, listener: Listener
) -> None:
    office.exchange.register(listener.url("/in"))
    office.desk.create()
    released = Gate()
    listener.on("/in", held(released, answer(204)), answer(204))
    first = office.start(lease=60.0, holder=Holder(host="elsewhere", pid=1, boot="a"), total=1)
    listener.wait_for(1, "/in")
    office.store.write(lambda tables: _take_over(tables))
    office.start(lease=60.0, holder=Holder(host="here", pid=1, boot="b"))
    office.sets_clock(HOUR)
    until(lambda: len(office.logged("delivery.clock_set")) == 2)
    office.passes(59)
    assert office.states() == ["inFlight"]

    def is_sent_again() -> bool:
        office.passes(31)
        return len(listener.received("/in")) == 2

    until(is_sent_again)
    until(lambda: office.states() == ["delivered"])
    released.set()
    office.exchange.stop(first)
