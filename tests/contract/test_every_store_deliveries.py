"""What every store promises of deliveries: claimed in order, and settled by their holder alone."""

from functools import partial

import pytest

from hub.model.delivery import Attempt, Claim, DeliveryState, Timing
from hub.model.standing import Standing
from hub.store.deliveries import DELIVERIES_CHANGED, NewDelivery, Settlement
from hub.store.lines import Wait
from hub.store.sqlite import Store
from hub.store.tables import Tables
from tests.contract.store_rows import event, subscription

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
        claim = claim._replace(token=token or claim.token)
        open_again = state in (DeliveryState.DUE, DeliveryState.PARKED)
        settlement = Settlement(
            claim=claim,
            attempt=Attempt(number=claim.attempts + 1, started=NOW, outcome="serverError", status=500),
            state=state,
            due_at=due_at,
            settled_at=None if open_again else due_at,
        )
        return not self.store.write(lambda tables: tables.deliveries.settle([settlement]))

    def promote(self, event: int, *, now: int = NOW) -> bool:
        return self.store.write(lambda tables: tables.deliveries.promote([self.claims[event]], now=now))

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
    assert box.store.write(lambda tables: tables.deliveries.expire_leases(now=NOW + LEASE)) == {}
    assert box.store.write(lambda tables: tables.deliveries.expire_leases(now=NOW + LEASE + 1)) == {1: 1}
    assert box.claim(token="h:2:b:1") == [1]
    assert box.settle(1, DeliveryState.DELIVERED, token="h:1:b:1") is False
    assert box.rows()[1][0] == "inFlight"
    assert box.store.read.deliveries.attempts(box.claims[1].delivery) == []
    assert box.settle(1, DeliveryState.DELIVERED) is True
    assert len(box.store.read.deliveries.attempts(box.claims[1].delivery)) == 1
    assert box.settle(1, DeliveryState.DEAD) is False
    assert box.rows()[1][0] == "delivered"


def test_of_several_that_are_settled_together_only_the_lost_one_is_not_written(box: Box) -> None:
    for number in (1, 2, 3):
        box.insert(number, key=None)
    box.claim()
    lost = box.claims[2]._replace(token="h:2:b:1")
    settlements = [
        Settlement(
            claim=claim,
            attempt=Attempt(number=1, started=NOW, outcome="delivered", status=204),
            state=DeliveryState.DELIVERED,
            due_at=NOW,
            settled_at=NOW,
        )
        for claim in (box.claims[1], lost, box.claims[3])
    ]
    assert box.store.write(lambda tables: tables.deliveries.settle(settlements)) == [settlements[1]]
    assert [box.rows()[number][0] for number in (1, 2, 3)] == ["delivered", "inFlight", "delivered"]
    attempts = box.store.read.deliveries.attempts
    assert [len(attempts(box.claims[number].delivery)) for number in (1, 2, 3)] == [1, 0, 1]


def test_a_claim_is_given_back_by_its_holder_only(box: Box) -> None:
    box.insert(1)
    box.claim()
    mine = box.claims[1]
    box.store.write(lambda tables: tables.deliveries.release([mine._replace(token="h:9:b:1")]))
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
    box.store.write(lambda tables: tables.lines.abandon(1, now=NOW, outcome="unregistered", limit=9))
    states = {event: state for event, (state, _, _) in box.rows().items()}
    assert states == {1: "delivered", 2: "dead", 3: "dead", 4: "dead", 5: "due"}
    assert box.settle(2, DeliveryState.DELIVERED) is False


def test_parking_takes_what_is_due_and_not_what_is_under_way(box: Box) -> None:
    box.insert(1, key=1)
    box.claim()
    box.insert(2, key=2)
    box.store.write(lambda tables: tables.lines.park(1, limit=9))
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


def _settle(settlement: Settlement, tables: Tables) -> None:
    assert not tables.deliveries.settle([settlement])


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
    listed, log = box.store.read.delivery_list, box.store.read.deliveries
    assert [view.id for view in listed.by_number({}, offset=0, limit=10)] == [3, 2, 1]
    assert [view.id for view in listed.by_number({}, offset=1, limit=1)] == [2]
    found = {
        name: [view.id for view in listed.by_number({name: value}, offset=0, limit=10)]
        for name, value in {"subscription": "s1", "state": "due", "serviceProblem": "p1"}.items()
    }
    assert found == {"subscription": [2, 1], "state": [3, 2], "serviceProblem": [3, 1]}
    assert listed.count({"subscription": "s1", "state": "due"}) == 1
    assert log.counts() == {1: {"delivered": 1, "due": 1}, 2: {"due": 1}}
    assert (log.last_delivered(1), log.last_delivered(2)) == (NOW + 4, None)
    first = log.get(1)
    assert first is not None
    assert (first.state, first.delivered_at, first.attempts) == (DeliveryState.DELIVERED, NOW + 4, 1)
    assert (first.last_outcome, first.last_status) == ("serverError", 500)
    assert (first.event_id, first.sequence, first.problem_id) == ("e1", 1, "p1")
    assert first.callback == "https://noc.example.com/in"
    assert log.get(9) is None
    assert log.oldest_due() == NOW


def test_of_a_line_one_at_most_is_in_flight_whatever_was_sent_again(box: Box) -> None:
    box.store.write(lambda tables: tables.subscriptions.insert(subscription(1), from_event=0))
    box.insert(1)
    box.claim()
    box.settle(1, DeliveryState.DEAD)
    box.insert(2)
    first = box.claims[1].delivery
    assert box.store.write(lambda tables: tables.deliveries.resend(first, now=NOW)) is True
    assert box.claim() == [1]
    assert box.rows()[2][1] is True
    assert box.claim() == []
    box.settle(1, DeliveryState.DEAD)
    assert box.promote(1)
    assert box.claim() == [2]
    assert box.store.write(lambda tables: tables.deliveries.resend(first, now=NOW)) is True
    assert box.claim() == []
    box.settle(2, DeliveryState.DELIVERED)
    assert box.claim() == [1]


def test_what_was_received_stands_in_no_line_when_it_is_sent_again(box: Box) -> None:
    box.store.write(lambda tables: tables.subscriptions.insert(subscription(1), from_event=0))
    box.store.write(lambda tables: tables.events.append(event(1), problem=1))
    box.insert(1)
    box.claim()
    box.settle(1, DeliveryState.DELIVERED, due_at=NOW + 4)
    first = box.claims[1].delivery
    assert box.store.write(lambda tables: tables.deliveries.resend(first, now=NOW)) is True
    box.insert(2)
    assert sorted(box.claim()) == [1, 2]
    assert (box.claims[1].received, box.claims[2].received) == (True, False)
    box.settle(1, DeliveryState.DELIVERED, due_at=NOW + 9)
    kept = box.store.read.deliveries.get(first)
    assert kept is not None
    assert (kept.state, kept.delivered_at) == (DeliveryState.DELIVERED, NOW + 4)


def test_patience_lets_nobody_go_beside_one_that_is_about_to_be_sent(box: Box) -> None:
    for number in (1, 2, 3):
        box.insert(number)
    late = NOW + 10 * PATIENCE
    assert box.claim(now=late) == [1]
    assert box.claim(now=late + PATIENCE) == []
    box.settle(1, DeliveryState.DUE, due_at=late + 1)
    again = late + 100 * PATIENCE
    assert box.claim(now=again) == [1]
    assert [waiting for _, waiting, _ in box.rows().values()] == [False, True, True]


def test_one_that_went_ahead_and_failed_stands_in_line_again(box: Box) -> None:
    for number in (1, 2, 3):
        box.insert(number)
    box.claim()
    box.settle(1, DeliveryState.DUE, due_at=NOW + 10**9)
    assert box.claim(now=NOW + PATIENCE) == [2]
    box.settle(2, DeliveryState.DUE, due_at=NOW + 2 * PATIENCE)
    assert box.rows()[2] == ("due", True, NOW + 2 * PATIENCE)
    assert box.claim(now=NOW + 2 * PATIENCE) == [2]


def test_behind_one_that_went_ahead_and_failed_the_next_goes_ahead_too(box: Box) -> None:
    for number in (1, 2, 3):
        box.insert(number)
    box.claim()
    box.settle(1, DeliveryState.DUE, due_at=NOW + 10**9)
    assert box.claim(now=NOW + PATIENCE) == [2]
    box.settle(2, DeliveryState.DUE, due_at=NOW + 10**9)
    assert box.claim(now=NOW + PATIENCE + 1_000_000) == [3]


def test_who_has_waited_long_enough_goes_before_the_next_attempt_at_one_that_failed(box: Box) -> None:
    """Both are due when they are looked at again, as when the listener has rested meanwhile."""
    for number in (1, 2):
        box.insert(number)
    patient, late = NOW + PATIENCE - 1, NOW + PATIENCE
    for now in (patient, late):
        assert box.claim(now=now) == [1]
        box.settle(1, DeliveryState.DUE, due_at=now + 1)
        failed = box.claims[1]
        box.store.write(partial(_let_pass, failed=failed, now=now))
    assert box.claim(now=late + PATIENCE, limit=1) == [2]


def _let_pass(tables: Tables, failed: Claim, now: int) -> None:
    tables.deliveries.let_pass(failed, now=now, patience=PATIENCE)


def test_what_was_parked_is_due_in_the_order_of_its_line(box: Box) -> None:
    for number in (1, 2):
        box.insert(number)
    box.store.write(lambda tables: tables.lines.park(1, limit=9))
    box.insert(3, state=DeliveryState.PARKED)
    later = NOW + 100 * PATIENCE
    wait = Wait(now=later, patience=PATIENCE)
    assert box.store.write(lambda tables: tables.lines.unpark(1, wait, limit=9)) == 3
    assert box.rows() == {
        1: ("due", False, later),
        2: ("due", True, later + PATIENCE),
        3: ("due", True, later + PATIENCE),
    }
    assert box.claim(now=later) == [1]


WAITS = [0, 50, 500]


def test_no_due_time_is_later_than_the_schedule_can_say(box: Box) -> None:
    box.insert(1, now=NOW + 3600)
    box.insert(2, now=NOW + 3600)
    box.insert(3, key=8)
    box.insert(4, key=9, to=2)
    box.claim(limit=1)
    box.claim(to=2)
    box.settle(3, DeliveryState.DUE, due_at=NOW + 3650)
    box.settle(4, DeliveryState.DUE, due_at=NOW + 3650)

    def heal(tables: Tables) -> int:
        return tables.deliveries.heal(now=NOW, patience=PATIENCE, waits=WAITS, others=[2])

    assert box.store.write(heal) == 3
    assert box.rows() == {
        1: ("due", False, NOW),
        2: ("due", True, NOW + PATIENCE),
        3: ("due", False, NOW + 50),
        4: ("due", False, NOW + 3650),
    }
    assert box.store.write(heal) == 0
    own = partial(_heal_own, waits=[0, 1000])
    assert box.store.write(own) == 1
    assert box.rows()[4] == ("due", False, NOW + 1000)


def _heal_own(tables: Tables, waits: list[int]) -> int:
    return tables.deliveries.heal(now=NOW, patience=PATIENCE, waits=waits, subscription=2)


def test_what_a_listener_asked_for_is_no_due_time_to_heal(box: Box) -> None:
    box.insert(1)
    box.claim()
    box.settle(1, DeliveryState.DUE, due_at=NOW + 800)
    held = Standing(subscription=1, held_from=NOW, held_until=NOW + 800)
    box.store.write(lambda tables: tables.standings.put(held))
    healed = box.store.write(
        lambda tables: tables.deliveries.heal(now=NOW + 1, patience=PATIENCE, waits=WAITS, others=[])
    )
    assert (healed, box.rows()[1][2]) == (0, NOW + 800)
    assert [one.subscription for one in box.store.read.standings.held(NOW)] == [1]
    assert box.store.write(lambda tables: tables.standings.heal(NOW - 3600)) == 1
    assert box.store.read.standings.get(1).held_until == NOW - 3600 + 800


def test_leases_are_held_to_their_length_and_renewed_by_their_holder(box: Box) -> None:
    box.insert(1)
    box.claim(now=NOW + 3600)
    assert box.store.write(lambda tables: tables.deliveries.cap_leases(most=NOW + LEASE)) == 1
    claim = box.claims[1]
    stranger = claim._replace(token="h:9:b:1")
    box.store.write(lambda tables: tables.deliveries.renew([stranger], lease_until=NOW + 9999))
    assert box.store.write(lambda tables: tables.deliveries.expire_leases(now=NOW + LEASE)) == {}
    box.store.write(lambda tables: tables.deliveries.renew([claim], lease_until=NOW + 2 * LEASE))
    assert box.store.write(lambda tables: tables.deliveries.expire_leases(now=NOW + LEASE + 1)) == {}
    assert box.store.write(lambda tables: tables.deliveries.expire_leases(now=NOW + 2 * LEASE + 1)) == {1: 1}


def test_what_is_held_back_for_its_listener_is_not_overdue(box: Box) -> None:
    box.insert(1)
    box.insert(2, to=2, now=NOW + 5)
    assert box.store.read.deliveries.oldest_due() == NOW
    held = Standing(subscription=1, held_from=NOW, held_until=NOW + 800)
    box.store.write(lambda tables: tables.standings.put(held))
    assert box.store.read.deliveries.oldest_due() == NOW + 5


def test_what_is_due_for_longest_goes_first_be_it_a_first_attempt_or_a_later_one(box: Box) -> None:
    box.insert(1, key=1)
    box.claim()
    box.settle(1, DeliveryState.DUE, due_at=NOW + 10)
    box.insert(2, key=2, now=NOW + 5)
    box.insert(3, key=3, now=NOW + 15)
    assert [box.claim(now=NOW + 20, limit=1) for _ in range(3)] == [[2], [1], [3]]
