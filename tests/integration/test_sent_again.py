"""Deliveries that are sent again by hand after they were received: that they were told stays true."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.model.times import system_clock, to_micros
from hub.store.delivery_view import DeliveryView
from hub.subscriptions.resending import resend
from tests.fakes.listener import Listener, answer
from tests.rooms import Desk, Exchange, TurningClock, open_store, until


@pytest.fixture
def exchange(tmp_path: Path, listener: Listener) -> Iterator[Exchange]:
    """Closed before its listener, so that an end of the listener is no failed attempt."""
    exchange = Exchange(open_store(tmp_path, busy_timeout=0.05), tmp_path)
    yield exchange
    exchange.close()


@pytest.fixture
def desk(exchange: Exchange) -> Desk:
    return Desk(exchange.store, TurningClock(datetime.now(UTC)))


def send_again(exchange: Exchange, delivery: DeliveryView) -> None:
    exchange.store.write(lambda tables: resend(tables, str(delivery.id), now=to_micros(system_clock())))


@pytest.mark.parametrize(("status", "attempts"), [(204, 2), (500, 3), (410, 2)])
def test_what_was_received_stays_so_whatever_becomes_of_sending_it_again(
    exchange: Exchange, desk: Desk, listener: Listener, status: int, attempts: int
) -> None:
    exchange.register(listener.url("/in"))
    desk.create()
    exchange.start(schedule=(0.0,))
    until(lambda: exchange.states() == ["delivered"])
    (first,) = exchange.log()
    listener.on("/in", answer(status))
    send_again(exchange, first)
    until(lambda: (exchange.log()[0].attempts, exchange.states()) == (attempts, ["delivered"]))
    (again,) = exchange.log()
    assert (again.delivered_at, again.last_status) == (first.delivered_at, status)


def test_what_is_sent_again_holds_back_nothing_of_its_line(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    exchange.register(listener.url("/in"))
    problem = desk.create()
    exchange.start(schedule=(600.0,))
    until(lambda: exchange.states() == ["delivered"])
    (first,) = exchange.log()
    listener.on("/in", answer(500))
    send_again(exchange, first)
    until(lambda: exchange.log()[0].last_status == 500)
    listener.on("/in", answer(204))
    desk.patch(problem, priority=5)
    until(lambda: sorted(exchange.states()) == ["delivered", "due"])
    (waiting,) = [one for one in exchange.log() if one.state == "due"]
    assert (waiting.id, waiting.delivered_at) == (first.id, first.delivered_at)


def test_what_was_received_stays_so_when_its_listener_leaves_while_it_is_sent_again(
    exchange: Exchange, desk: Desk, listener: Listener
) -> None:
    registered = exchange.register(listener.url("/in"))
    desk.create()
    worker = exchange.start(schedule=(0.0,))
    until(lambda: exchange.states() == ["delivered"])
    exchange.stop(worker)
    (first,) = exchange.log()
    send_again(exchange, first)
    exchange.unregister(registered)
    until(lambda: exchange.states() == ["delivered"])
    (again,) = exchange.log()
    assert (again.delivered_at, again.state_reason) == (first.delivered_at, None)
