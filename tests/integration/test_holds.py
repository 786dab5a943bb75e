"""What keeps a sender from asking a listener: its own wish, its breaker, its rate; and whom that leaves alone."""

from functools import partial
from threading import Event as Gate

import pytest

from hub.delivery.breaker import BreakerRules
from hub.model.delivery import DeliveryState
from hub.model.options import DeliveryOptions
from hub.model.subscription import Order, SubscriptionState
from hub.store.subscriptions import Registered
from hub.subscriptions.resending import resend
from tests.fakes.listener import Answer, Listener, answer, hang, held
from tests.rooms import until
from tests.senders import Office, numbers

RULES = BreakerRules(failures=3, rate=1.0, pause=10_000_000, longest=60_000_000)
WEEK = (0.0,) * 500


def asking(value: str, status: int = 503) -> Answer:
    return answer(status, [("Retry-After", value)])


def test_a_wish_to_wait_holds_everything_for_that_listener_and_nobody_else(
    office: Office, listener: Listener
) -> None:
    busy, other = (office.exchange.register(listener.url(path)) for path in ("/busy", "/other"))
    listener.on("/busy", asking("120"), answer(204))
    office.desk.create()
    office.start(schedule=WEEK, longest_hint=3600.0)
    until(lambda: office.attempts(busy) == 1)
    office.desk.create()
    until(lambda: office.states(other) == ["delivered"] * 2)
    office.passes(119)
    office.desk.create()
    until(lambda: office.states(other) == ["delivered"] * 3)
    assert len(listener.received("/busy")) == 1
    office.passes(1)
    until(lambda: office.states(busy) == ["delivered"] * 3)
    assert len(listener.received("/busy")) == 4


def test_a_wish_is_a_date_as_well_and_no_longer_than_the_settings_allow(
    office: Office, listener: Listener
) -> None:
    dated, greedy = (office.exchange.register(listener.url(path)) for path in ("/dated", "/greedy"))
    listener.on("/dated", asking("Sun, 01 Mar 2026 12:05:00 GMT", 429), answer(204))
    listener.on("/greedy", asking("9999999"), answer(204))
    office.desk.create()
    office.start(schedule=WEEK, longest_hint=600.0)
    until(lambda: office.attempts() == 2)
    office.passes(299)
    office.desk.create()
    until(lambda: len(office.views(dated)) == 2)
    assert office.attempts() == 2
    office.passes(1)
    until(lambda: office.states(dated) == ["delivered"] * 2)
    assert office.attempts(greedy) == 1
    office.passes(300)
    until(lambda: office.states(greedy) == ["delivered"] * 2)


def test_a_wish_to_wait_outlives_a_restart(office: Office, listener: Listener) -> None:
    busy = office.exchange.register(listener.url("/busy"))
    listener.on("/busy", asking("120"), answer(204))
    office.desk.create()
    first = office.start(schedule=WEEK, longest_hint=3600.0)
    until(lambda: office.attempts(busy) == 1)
    office.exchange.stop(first)
    office.start(schedule=WEEK, longest_hint=3600.0)
    introduced = office.exchange.register(listener.url("/new"))
    office.desk.create()
    until(lambda: office.states(introduced) == ["delivered"])
    office.passes(119)
    assert office.attempts(busy) == 1
    office.passes(1)
    until(lambda: office.states(busy) == ["delivered"] * 2)


def test_an_open_breaker_burns_no_attempt_and_lets_one_probe_through(office: Office, listener: Listener) -> None:
    released = Gate()
    dead, other = (office.exchange.register(listener.url(path)) for path in ("/dead", "/other"))
    failure = answer(500)
    listener.on("/dead", failure, failure, failure, held(released, failure), answer(204))
    for _ in range(20):
        office.desk.create()
    office.start(schedule=WEEK, breaker=RULES)
    until(lambda: office.states(other) == ["delivered"] * 20)
    until(lambda: office.attempts(dead) == 3)
    office.passes(9.9)
    office.desk.create()
    until(lambda: len(office.states(other)) == 21 and office.states(other)[-1] == "delivered")
    assert len(listener.received("/dead")) == 3
    office.passes(0.1)
    listener.wait_for(4, "/dead")
    office.passes(1)
    office.desk.create()
    until(lambda: len(office.states(other)) == 22 and office.states(other)[-1] == "delivered")
    assert len(listener.received("/dead")) == 4
    released.set()
    until(lambda: office.attempts(dead) == 4)
    office.passes(19)  # the probe failed: now it rests twice as long
    assert len(listener.received("/dead")) == 4
    office.passes(1)
    until(lambda: office.states(dead) == ["delivered"] * 22)
    assert len(listener.received("/dead")) == 26
    assert [line["seconds"] for line in office.logged("delivery.listener_rested")] == [10.0, 20.0]


def test_an_open_breaker_is_not_forgotten_by_a_restart_and_no_lateness_of_the_hub(
    office: Office, listener: Listener
) -> None:
    dead = office.exchange.register(listener.url("/dead"))
    listener.on("/dead", answer(500), answer(500), answer(500), answer(204))
    office.desk.create()
    first = office.start(schedule=WEEK, breaker=RULES)
    until(lambda: office.attempts(dead) == 3)
    office.exchange.stop(first)
    office.start(schedule=WEEK, breaker=RULES)
    office.passes(5)
    assert office.store.read.deliveries.oldest_due() == office.clock.micros + 5_000_000
    assert office.attempts(dead) == 3
    office.passes(5)
    until(lambda: office.states(dead) == ["delivered"])


def test_a_rate_of_its_own_schedules_what_a_listener_is_sent(office: Office, listener: Listener) -> None:
    slow = office.exchange.register(listener.url("/slow"), options=DeliveryOptions(rate_limit=0.5))
    quick = office.exchange.register(listener.url("/quick"))
    for _ in range(4):
        office.desk.create()
    office.start()
    until(lambda: office.states(quick) == ["delivered"] * 4)
    until(lambda: office.states(slow).count(DeliveryState.DELIVERED) == 1)
    for sent in (2, 3, 4):
        office.passes(1.9)
        assert len(listener.received("/slow")) == sent - 1
        office.passes(0.2)
        until(partial(_has_received, office, slow, sent))


def test_a_listener_that_wants_one_request_at_a_time_gets_one(office: Office, listener: Listener) -> None:
    gates = [Gate() for _ in range(3)]
    options, order = DeliveryOptions(in_flight=1), Order.NONE
    one = office.exchange.register(listener.url("/one"), options=options, order=order)
    listener.on("/one", answer(204), *(held(gate, answer(204)) for gate in gates))
    office.start()
    office.desk.create()
    until(lambda: office.states() == ["delivered"])
    for _ in range(3):
        office.desk.create()
    for number, gate in enumerate(gates):
        listener.wait_for(number + 2, "/one")
        until(partial(_has_received, office, one, number + 1))
        assert office.states().count(DeliveryState.IN_FLIGHT) == 1
        gate.set()
    until(lambda: office.states() == ["delivered"] * 4)


def test_a_schedule_of_its_own_ends_when_it_says_and_tells_why(office: Office, listener: Listener) -> None:
    once = office.exchange.register(listener.url("/once"), options=DeliveryOptions(schedule=(30.0,)))
    usual = office.exchange.register(listener.url("/usual"))
    for path in ("/once", "/usual"):
        listener.on(path, answer(404))
    office.desk.create()
    office.start(schedule=(10.0, 10.0, 10.0))
    until(lambda: office.attempts() == 2)
    for _ in range(3):
        office.passes(10)
        until(
            lambda: (
                {view.due_at > office.clock.micros or view.state == "dead" for view in office.views()} == {True}
            )
        )
    (dead,) = office.views(once)
    assert (dead.state, dead.attempts) == ("dead", 2)
    assert dead.state_reason == "given up after 2 attempts; the last ended with clientError (404)"
    assert office.attempts(usual) == 4


def test_listeners_that_hang_leave_the_reserved_share_to_those_that_answer(
    office: Office, listener: Listener
) -> None:
    """More listeners hang than there is room for; who has answered before is told at once all the same."""
    good = [office.exchange.register(listener.url(f"/good/{number}")) for number in range(3)]
    office.start(total=8, reserved=0.5, schedule=WEEK)
    office.desk.create()
    until(lambda: office.states() == ["delivered"] * 3)
    for number in range(20):
        listener.on(f"/hangs/{number}", hang)
        office.exchange.register(listener.url(f"/hangs/{number}"))
    office.desk.create()
    until(lambda: office.states().count(DeliveryState.IN_FLIGHT) == 6)
    office.desk.create()
    for one in good:
        until(partial(_is_told, office, one, 3))
    assert office.states().count(DeliveryState.IN_FLIGHT) == 6


def _has_received(office: Office, one: Registered, count: int) -> bool:
    return office.states(one).count(DeliveryState.DELIVERED) == count


def _is_told(office: Office, one: Registered, count: int) -> bool:
    return office.states(one) == ["delivered"] * count


def test_who_is_enabled_again_is_told_at_once_and_in_order(office: Office, listener: Listener) -> None:
    one = office.exchange.register(listener.url("/in"))
    listener.on("/in", answer(500))
    problem = office.desk.create()
    office.start(schedule=WEEK, breaker=RULES)
    until(lambda: office.attempts(one) == 3)
    office.set_state(one, SubscriptionState.DISABLED)
    for priority in (3, 4, 5):
        office.desk.patch(problem, priority=priority)
    until(lambda: office.states(one) == ["parked"] * 4)
    office.passes(3600)
    listener.on("/in", answer(204))
    before = len(listener.received("/in"))
    office.set_state(one, SubscriptionState.ACTIVE)
    until(lambda: office.states(one) == ["delivered"] * 4)
    assert numbers(listener.received("/in")[before:]) == [1, 2, 3, 4]


@pytest.mark.parametrize("stopped", [SubscriptionState.PAUSED, SubscriptionState.DISABLED])
def test_who_is_active_again_is_not_held_by_what_he_asked_for_before(
    office: Office, listener: Listener, stopped: SubscriptionState
) -> None:
    """Each sweep reads again what is on record, and a restart reads nothing else."""
    one = office.exchange.register(listener.url("/in"))
    listener.on("/in", answer(204), asking("3600"), answer(204))
    office.desk.create()
    first = office.start(schedule=WEEK, longest_hint=86_400.0, lease=60.0)
    until(lambda: office.states(one) == ["delivered"])
    office.desk.create()
    until(lambda: office.store.read.standings.get(one.seq).failures == 1)
    office.set_state(one, stopped)
    office.set_state(one, SubscriptionState.ACTIVE)
    until(lambda: office.states(one) == ["delivered"] * 2)
    well = office.store.read.standings.get(one.seq)
    assert (well.held_until, well.failures, well.failing_since) == (0, 0, None)
    for told in (3, 4):
        office.passes(31)  # a sweep
        office.desk.create()
        until(partial(_is_told, office, one, told))
    office.exchange.stop(first)
    office.desk.create()
    office.start(schedule=WEEK, longest_hint=86_400.0)
    until(lambda: office.states(one) == ["delivered"] * 5)


def test_what_is_sent_again_by_hand_is_tried_in_spite_of_a_hold_with_one_request(
    office: Office, listener: Listener
) -> None:
    one = office.exchange.register(listener.url("/in"), order=Order.NONE)
    gate = Gate()
    listener.on("/in", *[answer(204)] * 3, asking("3600"), held(gate, answer(204)), answer(204))
    office.start(schedule=WEEK, longest_hint=86_400.0, lease=60.0)
    for told in (1, 2, 3):
        office.desk.create()
        until(partial(_is_told, office, one, told))
    office.desk.create()
    until(lambda: office.store.read.standings.get(one.seq).failures == 1)
    for _ in range(5):
        office.desk.create()
    until(lambda: len(office.views(one)) == 9)
    office.passes(31)
    assert len(listener.received("/in")) == 4
    (failed,) = [view for view in office.views(one) if view.attempts and view.state == "due"]
    office.store.write(partial(resend, delivery_id=str(failed.id), now=office.clock.micros))
    listener.wait_for(5, "/in")
    office.passes(31)  # sweeps, and the one request is not answered yet
    assert len(listener.received("/in")) == 5
    gate.set()
    until(lambda: office.states(one) == ["delivered"] * 9)
    assert office.store.read.standings.get(one.seq).held_until == 0


def test_what_is_sent_again_by_hand_is_tried_while_the_breaker_rests(office: Office, listener: Listener) -> None:
    one = office.exchange.register(listener.url("/in"))
    listener.on("/in", answer(500), answer(500), answer(500), answer(204))
    office.desk.create()
    office.start(schedule=WEEK, breaker=RULES)
    until(lambda: office.store.read.standings.get(one.seq).probed)
    (view,) = office.views(one)
    office.store.write(partial(resend, delivery_id=str(view.id), now=office.clock.micros))
    until(lambda: office.states(one) == ["delivered"])
    assert office.store.read.standings.get(one.seq).held_until == 0
