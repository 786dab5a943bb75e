"""The thread that keeps the house: each kind of work in turn, whatever becomes of the others."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hub.errors import StoreUnavailable
from hub.model.job import JobStatus
from hub.upkeep.housekeeper import Housekeeper
from tests.fakes.listener import Listener
from tests.integration.upkeep import House
from tests.rooms import until
from tests.senders import logged_lines


class Work:
    """Fails, or does as many steps as there are left."""

    def __init__(self, name: str, steps: int = 0, error: Exception | None = None) -> None:
        self.name = name
        self.left = steps
        self.asked = 0
        self.error = error

    def step(self) -> bool:
        self.asked += 1
        if self.error is not None:
            raise self.error
        if self.left:
            self.left -= 1
        return self.left > 0


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.exchange.close()


def test_work_that_fails_ends_neither_itself_nor_the_others(house: House) -> None:
    broken, refused = Work("broken", error=ValueError("no")), Work("refused", error=StoreUnavailable("full"))
    good = Work("good", steps=2)
    with ExitStack() as stack:
        housekeeper = Housekeeper(store=house.store, tasks=[broken, refused, good])
        housekeeper.start()
        stack.callback(housekeeper.stop, 10.0)
        until(lambda: good.left == 0 and broken.asked > 2 and refused.asked > 2, 60)


def test_work_that_goes_on_failing_is_told_once_a_minute(house: House) -> None:
    refused, broken = Work("refused", error=StoreUnavailable("full")), Work("broken", error=ValueError("no"))
    now = 100.0
    housekeeper = Housekeeper(store=house.store, tasks=[refused, broken], monotonic=lambda: now)

    def is_asked_again() -> None:
        before = refused.asked, broken.asked
        until(lambda: refused.asked > before[0] + 1 and broken.asked > before[1] + 1, 60)

    with logged_lines() as log:
        housekeeper.start()
        try:
            for passes in (0.0, 59.9, 0.1):
                now += passes
                is_asked_again()
        finally:
            housekeeper.stop(10.0)
    told = [json.loads(line) for line in log.getvalue().splitlines()]
    kinds = [(line["message"], line["task"]) for line in told if line["message"].startswith("upkeep.")]
    assert kinds == [("upkeep.refused", "refused"), ("upkeep.failed", "broken")] * 2


def test_what_is_asked_for_is_done_by_itself(house: House, listener: Listener) -> None:
    one = house.exchange.register(listener.url("/in"))
    house.desk.create()
    house.exchange.start()
    listener.wait_for(1, "/in")
    housekeeper = Housekeeper(store=house.store, tasks=[house.task])
    housekeeper.start()
    try:
        house.replay(one)
        until(lambda: house.works()[0].status is JobStatus.SUCCEEDED, 30)
    finally:
        housekeeper.stop(10.0)


def test_a_fault_of_ours_does_not_hold_a_listener_for_ever(
    house: House, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = house.exchange.register(listener.url("/in"))
    house.replay(one)
    assert house.store.read.subscriptions.is_sent_to(one.seq) is False

    def fault(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("hub.store.recoveries.Recoveries.advance", fault)
    house.keep()
    (work,) = house.works()
    assert (work.status, work.error) == (JobStatus.FAILED, "the hub failed; its log says why")
    assert house.store.read.subscriptions.is_sent_to(one.seq) is True
