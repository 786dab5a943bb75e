"""The ledger of a soak finds everything that a hub could do wrong, and says nothing of what it may do."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.soak_ledger import differences, duplicates, lags
from benchmarks.soak_nouns import (
    ATTRIBUTE,
    CREATED,
    STATUS,
    Account,
    Audience,
    Books,
    Change,
    Delivery,
    Record,
    Request,
)

ACCEPTED = [
    Change(
        report=report, sequence=sequence, kind=kind, content=f"{report} {sequence}", priority=priority, time=10.0
    )
    for report, priority in (("a", 1), ("b", 2))
    for sequence, kind in ((1, CREATED), (2, STATUS), (3, ATTRIBUTE))
]


def event_of(change: Change) -> str:
    return f"event {change.report}{change.sequence}"


def record_of(change: Change) -> Record:
    return Record(event=event_of(change), report=change.report, sequence=change.sequence, kind=change.kind)


def delivery_of(change: Change, *, attempts: int = 1, state: str = "delivered") -> Delivery:
    return Delivery(
        event=event_of(change), report=change.report, sequence=change.sequence, state=state, attempts=attempts
    )


def request_of(change: Change, *, time: float = 11.0) -> Request:
    return Request(
        report=change.report,
        sequence=change.sequence,
        kind=change.kind,
        content=change.content,
        event=event_of(change),
        digest=change.content.encode(),
        time=time,
    )


def account(audience: Audience | None = None) -> Account:
    """One listener that was told all that it wanted, once, in the order in which it happened."""
    audience = audience or Audience(name="portal")
    wanted = [change for change in ACCEPTED if audience.wants(change)]
    return Account(
        audience=audience, requests=list(map(request_of, wanted)), deliveries=list(map(delivery_of, wanted))
    )


def books(*accounts: Account, ends: tuple[float, ...] = ()) -> Books:
    return Books(
        accepted=list(ACCEPTED),
        records=list(map(record_of, ACCEPTED)),
        accounts=list(accounts) or [account()],
        ends=list(ends),
    )


def faults(kept: Books) -> list[str]:
    return [difference.fault for difference in differences(kept)]


@pytest.mark.parametrize(
    "audience",
    [
        Audience(name="all"),
        Audience(name="one by one", order="subscription"),
        Audience(name="any order", order="none"),
        Audience(name="one kind", kind=STATUS),
        Audience(name="one priority", face="v4", priority=1),
    ],
    ids=lambda audience: audience.name,
)
def test_a_hub_that_tells_everything_once_and_in_order_differs_in_nothing(audience: Audience) -> None:
    assert differences(books(account(audience))) == []


def lose(kept: Books) -> None:
    del kept.accounts[0].requests[1]


def lose_the_delivery(kept: Books) -> None:
    del kept.accounts[0].deliveries[1]


def lose_the_record(kept: Books) -> None:
    del kept.records[1]


def refuse_for_good(kept: Books) -> None:
    kept.accounts[0].requests[1].kept = False


def invent(kept: Books) -> None:
    kept.accounts[0].requests.append(replace(request_of(ACCEPTED[-1]), sequence=4, event="event b4"))


def invent_a_record(kept: Books) -> None:
    kept.records.append(Record(event="event b4", report="b", sequence=4, kind=STATUS))


def invent_a_delivery(kept: Books) -> None:
    kept.accounts[0].deliveries.append(
        Delivery(event="event b1", report="b", sequence=1, state="delivered", attempts=1)
    )


def swap(kept: Books) -> None:
    requests = kept.accounts[0].requests
    requests[0], requests[1] = requests[1], requests[0]


def forge(kept: Books) -> None:
    kept.accounts[0].requests[0].signed = False


def alter_the_content(kept: Books) -> None:
    kept.accounts[0].requests[0].content = "something else"


def alter_the_body_of_a_duplicate(kept: Books) -> None:
    first = kept.accounts[0].requests[0]
    first.cut = True
    kept.accounts[0].requests.insert(1, replace(first, digest=b"another", cut=False))


def send_a_duplicate_under_another_id(kept: Books) -> None:
    kept.accounts[0].requests.insert(1, replace(kept.accounts[0].requests[0], event="event of its own"))


def leave_unsettled(kept: Books) -> None:
    deliveries = kept.accounts[0].deliveries
    deliveries[0] = replace(deliveries[0], state="due")


def send_again_without_a_reason(kept: Books) -> None:
    kept.accounts[0].requests.insert(1, request_of(ACCEPTED[0]))


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (lose, ["untold", "lost"]),
        (lose_the_delivery, ["lost"]),
        (lose_the_record, ["lost"]),
        (refuse_for_good, ["untold", "lost"]),
        (invent, ["invented"]),
        (invent_a_record, ["invented"]),
        (invent_a_delivery, ["twice"]),
        (swap, ["swapped"]),
        (forge, ["forged"]),
        (alter_the_content, ["altered"]),
        (alter_the_body_of_a_duplicate, ["altered"]),
        (send_a_duplicate_under_another_id, ["altered"]),
        (leave_unsettled, ["unsettled"]),
        (send_again_without_a_reason, ["unaccounted"]),
    ],
    ids=lambda one: one.__name__ if callable(one) else "",
)
def test_the_ledger_finds(harm: Callable[[Books], None], found: list[str]) -> None:
    kept = books()
    harm(kept)
    assert faults(kept) == found


def test_a_difference_names_the_listener_the_report_and_the_event() -> None:
    kept = books()
    lose(kept)
    assert str(differences(kept)[1]) == "lost: portal, event 2 of report a: was accepted and did not arrive"


def test_what_a_listener_did_not_ask_for_is_invented() -> None:
    kept = books(account(Audience(name="urgent", priority=1)))
    kept.accounts[0].requests.append(request_of(ACCEPTED[3]))
    assert faults(kept) == ["invented"]


def test_one_that_is_told_one_by_one_sees_the_reports_in_the_order_of_the_history() -> None:
    kept = books(account(Audience(name="one by one", order="subscription")), account(), account())
    for told in kept.accounts[:2]:
        told.requests.append(told.requests.pop(2))
    assert [(one.fault, one.where) for one in differences(kept)] == [("swapped", "one by one")]


def test_without_an_order_nothing_is_swapped() -> None:
    kept = books(account(Audience(name="any order", order="none")))
    kept.accounts[0].requests.reverse()
    assert faults(kept) == []


@pytest.mark.parametrize(
    ("attempts", "cut", "ends"),
    [(2, False, ()), (1, True, ()), (1, False, (10.5,)), (1, False, (11.2,))],
    ids=["an attempt on record", "a broken connection", "an end just before", "an end between"],
)
def test_a_duplicate_with_a_reason_is_counted_and_is_no_difference(
    attempts: int, cut: bool, ends: tuple[float, ...]
) -> None:
    kept = books(ends=ends)
    told = kept.accounts[0]
    told.requests[0].cut = cut
    told.requests.insert(1, request_of(ACCEPTED[0], time=11.5))
    told.deliveries[0] = delivery_of(ACCEPTED[0], attempts=attempts)
    assert faults(kept) == []
    assert duplicates(told) == 1


def test_an_end_long_before_or_after_is_no_reason_for_a_duplicate() -> None:
    kept = books(ends=(1.0, 30.0))
    send_again_without_a_reason(kept)
    assert faults(kept) == ["unaccounted"]


def test_a_lag_ends_when_the_listener_takes_the_event() -> None:
    told = account()
    told.requests.insert(0, replace(request_of(ACCEPTED[0], time=10.5), kept=False))
    assert lags(told, ACCEPTED[:2]) == [1.0, 1.0]
