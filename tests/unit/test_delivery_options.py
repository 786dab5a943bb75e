"""How a listener is told, as a registration or an operator says it."""

from datetime import timedelta
from typing import Any

import pytest

from hub.errors import InvalidInput
from hub.model.options import NO_OPTIONS, DeliveryOptions
from hub.model.times import to_micros
from hub.subscriptions.delivery_options import options_view, read_options, read_order
from tests.rooms import NOON

TOMORROW = "2026-03-02T12:00:00Z"


def test_each_member_is_read_and_shown_again() -> None:
    given = {"schedule": [0, "5s", "15m"], "rateLimit": 2.5, "inFlight": 3, "expiresAt": TOMORROW, "maxEvents": 9}
    read = read_options(given, now=NOON)
    assert read == DeliveryOptions(
        schedule=(0.0, 5.0, 900.0),
        rate_limit=2.5,
        in_flight=3,
        expires_at=to_micros(NOON + timedelta(days=1)),
        max_events=9,
    )
    shown = options_view(read)
    assert shown == given | {"schedule": [0.0, 5.0, 900.0], "expiresAt": "2026-03-02T12:00:00.000Z"}
    assert read_options(shown, now=NOON) == read


def test_what_is_not_named_stays_and_null_goes_back_to_the_settings() -> None:
    present = DeliveryOptions(rate_limit=1.0, in_flight=2, signatures=("v1", "v1a"))
    assert read_options({"inFlight": None}, now=NOON, present=present).rate_limit == 1.0
    assert read_options({"inFlight": None}, now=NOON, present=present).in_flight is None
    all_back = read_options(None, now=NOON, present=present)
    assert all_back == DeliveryOptions(signatures=("v1", "v1a"))
    assert read_options({}, now=NOON) == NO_OPTIONS


@pytest.mark.parametrize(
    ("member", "value", "says"),
    [
        ("schedule", "5s", "must be a list"),
        ("schedule", [True], "durations"),
        ("schedule", ["-5s"], "durations"),
        ("schedule", [1] * 51, "1 to 50"),
        ("rateLimit", "5", "must be a number of attempts a second from 0.001 to 100000"),
        ("rateLimit", float("nan"), "must be a number"),
        ("rateLimit", True, "must be a number"),
        ("inFlight", 10_001, "from 1 to 10000"),
        ("expiresAt", "2026-03-02T12:00:00", "with a zone"),
        ("expiresAt", 5, "with a zone"),
        ("expiresAt", "2026-03-01T12:00:00Z", "yet to come"),
        ("maxEvents", 2.0, "must be a whole number"),
        ("maxEvent", 2, "is 'maxEvents' meant"),
        ("colour", "red", "these are: schedule"),
    ],
)
def test_what_cannot_be_is_named_by_its_place(member: str, value: Any, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_options({member: value}, now=NOON)
    (violation,) = refused.value.violations
    assert violation.field == f"delivery.{member}"
    assert says in violation.message


def test_the_value_of_a_member_that_is_not_known_is_not_told() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_options({"secrett": "hunter2"}, now=NOON)
    assert "hunter2" not in repr(refused.value.violations)


def test_what_somebody_else_reads_is_let_through() -> None:
    assert read_options({"inFlight": 2, "auth": {"type": "bearer"}}, now=NOON, others=("auth",)).in_flight == 2


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_options({"inFlight": 0, "maxEvents": 0, "colour": 1}, now=NOON)
    assert len(refused.value.violations) == 3


@pytest.mark.parametrize(
    ("delivery", "order"),
    [(None, "report"), ({}, "report"), ({"order": None}, "report"), ({"order": "none"}, "none")],
)
def test_the_order_of_a_registration_stands_in_its_delivery(delivery: Any, order: str) -> None:
    assert read_order(delivery) == order


@pytest.mark.parametrize("order", ["bogus", 1, ["none"]])
def test_an_order_that_is_none_is_told_with_its_value(order: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_order({"order": order})
    (violation,) = refused.value.violations
    assert (violation.field, violation.value) == ("delivery.order", order)
    assert "report, subscription, none" in violation.message


def test_where_the_order_stands_elsewhere_that_is_said() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_options({"order": "none"}, now=NOON)
    (violation,) = refused.value.violations
    assert (violation.field, violation.message) == ("delivery.order", "stands beside `delivery` here, not in it")
