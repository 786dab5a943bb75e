"""What was kept long enough goes, class by class; what is unsettled stays whatever its age."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hub.model.ids import made_at
from hub.model.times import system_clock
from hub.settings import RetentionSettings
from hub.subscriptions.coverage import Coverage, Reason
from hub.upkeep.retention import RetentionTask
from tests.fakes.listener import Listener, answer
from tests.integration.upkeep import MAKE_WANTED, House
from tests.rooms import TurningClock, until

DAY = 86400.0
KEEP = RetentionSettings(delivered=0, dead=0, responses=0, ended=0, tasks=0, interval=60)


@pytest.fixture
def house(tmp_path: Path, listener: Listener) -> Iterator[House]:
    """7 events: delivered to one, dead for one, parked for one; one registration has ended."""
    house = House(tmp_path)
    listener.on("/dead", answer(500, body=b"no"))
    good = house.exchange.register(listener.url("/good"))
    dead = house.exchange.register(listener.url("/dead"))
    parked = house.exchange.register(listener.url("/parked"))
    house.change(parked, state="paused")
    worker = house.exchange.start(schedule=(0.0,))
    for number in range(7):
        house.desk.create(name=f"p{number}")
    until(
        lambda: (
            (house.states(good), house.states(dead), house.states(parked))
            == ({"delivered": 7}, {"dead": 7}, {"parked": 7})
        )
    )
    house.exchange.stop(worker)
    yield house
    house.exchange.close()


def keep(house: House, *, days: float = 0, **settings: float) -> None:
    """One round as it would be so many days later."""
    clock = TurningClock(system_clock() + timedelta(days=days))
    task = RetentionTask(store=house.store, settings=replace(KEEP, **settings), clock=clock, batch=3)
    while task.step():
        pass
    assert task.step() is False


def counts(house: House) -> dict[str, int]:
    connection = house.store.read.connection
    tables = ("delivery", "attempt", "event", "subscription", "recovery")
    return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


def states(house: House) -> set[str]:
    return {view.state.value for view in house.exchange.log()}


def test_nothing_goes_before_its_time_or_where_all_is_kept(house: House) -> None:
    before = counts(house)
    keep(house, days=1, delivered=2 * DAY, dead=2 * DAY, ended=2 * DAY, tasks=2 * DAY)
    keep(house, days=1000)
    assert counts(house) == before


def test_delivered_and_dead_go_each_in_its_time_and_what_is_parked_stays(house: House) -> None:
    keep(house, days=3, delivered=2 * DAY, dead=4 * DAY)
    assert states(house) == {"dead", "parked"}
    assert counts(house) == counts(house) | {"delivery": 14, "attempt": 14, "event": 7}
    keep(house, days=5, delivered=2 * DAY, dead=4 * DAY)
    assert states(house) == {"parked"}
    assert counts(house) == counts(house) | {"delivery": 7, "attempt": 0, "event": 7}


def test_what_was_told_is_not_told_again_when_its_delivery_was_removed(house: House, listener: Listener) -> None:
    good = house.store.read.subscriptions.all()[0]
    keep(house, days=3, delivered=2 * DAY)
    assert house.states(good) == {}
    queued = house.desk.queued()
    house.desk.create(name="after")
    house.exchange.start()
    until(lambda: house.states(good) == {"delivered": 1})
    tables = house.store.read
    (row, *_) = Coverage(MAKE_WANTED).of(tables, queued[:1])
    assert (row.one and row.one.seq, row.reason) == (good.seq, Reason.REMOVED)
    work = house.replay(good)
    assert work.asked.skipped_until == made_at(queued[-1].event.id)
    assert work.asked.expected == 1
    house.keep()
    (kept,) = house.works(kind="replay")
    assert (kept.looked, kept.changed, kept.asked.skipped_until) == (1, 0, work.asked.skipped_until)
    assert house.states(good) == {"delivered": 1}


def test_what_was_before_a_registration_is_replayed_although_its_own_deliveries_were_removed(
    house: House, listener: Listener
) -> None:
    late = house.exchange.register(listener.url("/late"))
    worker = house.exchange.start()
    house.desk.create(name="late")
    until(lambda: house.states(late) == {"delivered": 1})
    house.exchange.stop(worker)
    keep(house, days=3, delivered=2 * DAY)
    house.replay(late)
    house.keep()
    (kept,) = house.works(kind="replay")
    assert (kept.asked.expected, kept.looked, kept.changed) == (8, 8, 7)
    house.exchange.start()
    until(lambda: house.states(late) == {"delivered": 7})
    assert len(listener.received("/late")) == 8


def test_an_event_goes_with_its_last_delivery_and_the_latest_one_stays(house: House) -> None:
    parked = house.store.read.subscriptions.all()[-1]
    house.exchange.unregister(parked)
    keep(house, days=3, delivered=2 * DAY, dead=2 * DAY)
    assert counts(house) == counts(house) | {"delivery": 0, "attempt": 0, "event": 1}
    assert house.store.read.events.last() == 7


def test_the_answers_of_listeners_go_first(house: House) -> None:
    keep(house, days=2, responses=1 * DAY)
    (body,) = house.store.read.connection.execute("SELECT max(length(body)) FROM attempt").fetchone()
    assert body == 0
    assert counts(house)["attempt"] == 21


def test_a_registration_goes_when_nothing_speaks_of_it_any_more(house: House) -> None:
    parked = house.store.read.subscriptions.all()[-1]
    house.exchange.unregister(parked)
    keep(house, days=3, ended=2 * DAY)
    assert counts(house)["subscription"] == 3
    keep(house, days=3, ended=2 * DAY, delivered=2 * DAY, dead=2 * DAY)
    assert counts(house)["subscription"] == 2
    assert house.store.read.subscriptions.changes(parked.seq) == []


def test_receipts_of_work_go(house: House) -> None:
    house.recover(house.store.read.subscriptions.all()[1])
    keep(house, days=3, tasks=2 * DAY)
    assert counts(house)["recovery"] == 1
    house.keep()
    keep(house, days=3, tasks=2 * DAY)
    assert counts(house)["recovery"] == 0


def test_deliveries_go_on_after_a_round(house: House, listener: Listener) -> None:
    """Row numbers are not given twice: what is new is told although all that was before it is gone."""
    for one in house.store.read.subscriptions.all():
        house.exchange.unregister(one)
    keep(house, days=3, delivered=2 * DAY, dead=2 * DAY, ended=2 * DAY)
    house.exchange.register(listener.url("/new"))
    house.exchange.start()
    house.desk.create(name="new")
    listener.wait_for(1, "/new")
