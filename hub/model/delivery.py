"""A delivery: one event for one listener, and the attempts made at it."""

from enum import StrEnum
from typing import NamedTuple

UNREGISTERED = "unregistered"
"""The outcome of a delivery whose listener went away before it was made."""


class DeliveryState(StrEnum):
    """`due` waits for its time, `inFlight` is leased to a sender, the others are at rest.

    `dead` is the dead letter: the schedule is exhausted. `parked` waits for its subscription to be active again.
    """

    DUE = "due"
    IN_FLIGHT = "inFlight"
    DELIVERED = "delivered"
    DEAD = "dead"
    PARKED = "parked"


class Claim(NamedTuple):
    """A delivery that this sender has leased; every write about it must show the token.

    `subscription` and `event` are row numbers. `attempts` counts all attempts so far, `tries` those of the
    present run of the schedule. `received` says that it was received before, and is sent again.
    """

    delivery: int
    subscription: int
    event: int
    order_key: int | None
    attempts: int
    tries: int
    created: int
    token: str
    received: bool = False


class Timing(NamedTuple):
    """How long each phase of an attempt took, in milliseconds since its start; None where it was not reached."""

    name_lookup: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None
    total: float = 0.0


NOT_TIMED = Timing()


class Attempt(NamedTuple):
    """One try at a delivery; `outcome` is one word of `hub.delivery.outcome.Outcome`."""

    number: int
    started: int
    outcome: str
    timing: Timing = NOT_TIMED
    status: int | None = None
    peer_address: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    error: str | None = None


def why_dead(attempts: int, outcome: str, status: int | None) -> str:
    """Why a delivery is a dead letter: how many attempts were made, and how the last one ended."""
    times = "1 attempt" if attempts == 1 else f"{attempts} attempts"
    return f"given up after {times}; the last ended with {outcome}{f' ({status})' if status else ''}"
