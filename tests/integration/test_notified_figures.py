"""Figures of notifications over a store: as they stood then, whatever is sent again, and none of what is not kept."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from hub.model.ids import Uuid7
from hub.model.times import from_micros, system_clock, to_micros
from hub.reporting.account import Account, to_bytes
from hub.reporting.accounts import Accounts
from hub.reporting.dimensions import dimensions
from hub.reporting.figures import Figure
from hub.reporting.periods import period
from hub.reporting.policies import Policies
from hub.reporting.views import Question
from hub.settings import ListSettings, RetentionSettings
from hub.subscriptions.erasing import Erasing
from hub.subscriptions.resending import resend
from hub.upkeep.erasure import ErasureTask
from hub.upkeep.retention import RetentionTask
from tests.fakes.listener import Listener, answer
from tests.integration.test_erasures import of_party
from tests.integration.upkeep import NOC, House, reconciler
from tests.rooms import TurningClock, until
from tests.unit.reporting.example import POLICY

DAY = 86400.0
PARTIES = {"k1": "org-311", "k2": "another"}
KEEP = RetentionSettings(delivered=0, dead=0, responses=0, ended=0, tasks=0, interval=60)
ACCOUNTS = Accounts(dimensions=dimensions(), policies=Policies([POLICY]))


class Told:
    """Three reports of today, delivered to one listener and dead for another."""

    def __init__(self, folder: Path, listener: Listener) -> None:
        self.house = House(folder)
        self.listener = listener
        listener.on("/dead", answer(500, body=b"no"))
        self.good = self.house.exchange.register(listener.url("/good"))
        self.dead = self.house.exchange.register(listener.url("/dead"))
        self.send()

    def send(self) -> None:
        worker = self.house.exchange.start(schedule=(0.0,))
        for number in range(3):
            self.house.desk.create(name=f"p{number}")
        self.wait(dead=3)
        self.house.exchange.stop(worker)

    def wait(self, **states: int) -> None:
        until(lambda: (self.house.states(self.good), self.house.states(self.dead)) == ({"delivered": 3}, states))

    def now(self) -> int:
        return to_micros(system_clock())

    def account(self, recorded: int) -> Account:
        today = from_micros(recorded).date()
        tomorrow = today + timedelta(days=1)
        span = period(f"{today - timedelta(days=1)}/{tomorrow}")
        question = Question(period=span, as_of=min(span.end, recorded))
        return ACCOUNTS.of(self.house.store.read, question, recorded=recorded)

    def keep(self, **settings: float) -> None:
        clock = TurningClock(system_clock() + timedelta(days=3))
        task = RetentionTask(store=self.house.store, settings=replace(KEEP, **settings), clock=clock)
        while task.step():
            pass


@pytest.fixture
def told(tmp_path: Path, listener: Listener) -> Iterator[Told]:
    told = Told(tmp_path, listener)
    yield told
    told.house.exchange.close()


def fraction(figure: Figure) -> tuple[object, object]:
    return figure.numerator, figure.denominator


def again(told: Told, *, by_hand: bool) -> None:
    """What was given up is received after all."""
    told.listener.on("/dead", answer(200))
    if by_hand:
        for view in told.house.exchange.log(state="dead"):
            told.house.store.write(partial(resend, delivery_id=str(view.id), now=told.now()))
    else:
        told.house.recover(told.dead)
        told.house.keep()
    worker = told.house.exchange.start()
    told.wait(delivered=3)
    told.house.exchange.stop(worker)


@pytest.mark.parametrize("by_hand", [True, False], ids=["one by one", "recovered"])
def test_what_is_sent_again_later_was_dead_then(told: Told, by_hand: bool) -> None:
    recorded = told.now()
    then = told.account(recorded)
    assert fraction(then.figure("notificationSuccess")) == (3, 6)
    again(told, by_hand=by_hand)
    assert to_bytes(told.account(recorded)) == to_bytes(then)
    assert fraction(told.account(told.now()).figure("notificationSuccess")) == (6, 6)


def test_how_a_delivery_stood_goes_with_it(told: Told) -> None:
    again(told, by_hand=True)
    rows = "SELECT count(*) FROM delivery_before"
    connection = told.house.store.read.connection
    assert connection.execute(rows).fetchone() == (3,)
    told.keep(delivered=DAY)
    assert connection.execute(rows).fetchone() == (0,)


def test_what_is_left_when_deliveries_were_removed_is_no_figure(told: Told) -> None:
    """The dead ones are kept for longer; of them alone nothing would have been received."""
    recorded = told.now()
    told.keep(delivered=DAY, dead=30 * DAY)
    success = told.account(recorded).figure("notificationSuccess")
    assert (success.value, success.n, success.why) == (None, 0, "notKept")
    assert told.account(recorded).figure("backlog", "end").value == 3


def listed(told: Told, folder: Path, *keys: str) -> None:
    """Entries of a list, none of which can be a registration."""
    entries = [f"{key},ftp://nowhere,{PARTIES[key]}\n" for key in keys]
    path = folder / "premium.csv"
    path.write_text("".join(["id,callback,party\n", *entries]))
    settings = ListSettings(name="premium", file=str(path), format="csv")
    told.house.clock.now = system_clock()
    reconciler(told.house).reconcile(settings, actor="noc")


def test_an_entry_of_a_list_that_is_no_registration_was_not_told(told: Told, tmp_path: Path) -> None:
    """Its party is that of the reports, and the other one's is not."""
    listed(told, tmp_path, "k1", "k2")
    late = told.house.desk.create(name="p4")
    coverage = told.account(told.now()).figure("notificationCoverage")
    assert fraction(coverage) == (3, 7)
    assert coverage.details["notTold"]["premium id:k1"] == {"party": "org-311", "reports": (late.id,)}
    assert "premium id:k2" not in coverage.details["notTold"]


def test_of_a_list_whose_old_entries_are_gone_no_coverage_is_told(told: Told, tmp_path: Path) -> None:
    listed(told, tmp_path, "k1", "k2")
    told.house.desk.create(name="p4")
    recorded = told.now()
    assert fraction(told.account(recorded).figure("notificationCoverage")) == (3, 7)
    told.keep(ended=DAY)
    assert fraction(told.account(recorded).figure("notificationCoverage")) == (3, 7)
    listed(told, tmp_path, "k2")
    told.keep(ended=DAY)
    assert told.account(recorded).figure("notificationCoverage").why == "notKept"


def erase(told: Told, party: str) -> None:
    clock = told.house.exchange.clock
    erasing = Erasing(clock=clock, new_id=Uuid7(clock), lists=())
    told.house.store.write(partial(erasing.erase, party=party, caller=NOC))
    task = ErasureTask(store=told.house.store, clock=clock, batch=2)
    while task.step():
        pass


def test_when_deliveries_to_a_party_were_erased_no_figure_of_that_time_is_given(told: Told) -> None:
    caller = replace(NOC, party="org-4711")
    told.house.exchange.register(told.listener.url("/theirs"), caller=caller)
    told.house.desk.create(**of_party())
    worker = told.house.exchange.start()
    told.listener.wait_for(1, "/theirs")
    until(lambda: not told.house.exchange.log(state="due") and not told.house.exchange.log(state="inFlight"))
    told.house.exchange.stop(worker)
    recorded = told.now()
    assert told.account(recorded).figure("notificationSuccess").n == 9
    erase(told, "org-0815")
    assert told.account(recorded).figure("notificationSuccess").n == 9
    erase(told, "org-4711")
    success = told.account(recorded).figure("notificationSuccess")
    assert (success.value, success.n, success.why) == (None, 0, "notKept")


def test_when_an_entry_of_a_list_was_erased_no_figure_of_that_time_is_given(told: Told, tmp_path: Path) -> None:
    listed(told, tmp_path, "k1")
    told.house.desk.create(name="p4")
    recorded = told.now()
    listed(told, tmp_path)
    assert fraction(told.account(recorded).figure("notificationCoverage")) == (3, 7)
    erase(told, PARTIES["k1"])
    assert told.account(recorded).figure("notificationCoverage").why == "notKept"
