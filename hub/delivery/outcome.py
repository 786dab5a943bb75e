"""What an attempt came to: one word for the log, and what follows from it for the delivery."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.delivery.schedule import retry_after
from hub.delivery.transport.port import SendResult


class Outcome(StrEnum):
    """The words of an attempt; every one but `delivered` and `gone` is tried again by the schedule.

    `noResources` is said of test events only: a delivery that meets it has not been attempted.
    """

    DELIVERED = "delivered"
    TIMEOUT = "timeout"
    NAME_NOT_RESOLVED = "nameNotResolved"
    ADDRESS_REFUSED = "addressRefused"
    CONNECTION_FAILED = "connectionFailed"
    TLS_FAILED = "tlsFailed"
    AUTHENTICATION_FAILED = "authenticationFailed"
    BROKEN = "broken"
    REDIRECT = "redirect"
    CLIENT_ERROR = "clientError"
    SERVER_ERROR = "serverError"
    GONE = "gone"
    NO_RESOURCES = "noResources"


# Python 3.11 reads a member of an enumeration by functions of its own, at half a microsecond: here and in the modules
# around, what every attempt asks for is read once.
DELIVERED, GONE, SERVER_ERROR = Outcome.DELIVERED, Outcome.GONE, Outcome.SERVER_ERROR
OF_HUNDREDS = {
    0: Outcome.BROKEN,
    1: Outcome.BROKEN,
    2: Outcome.DELIVERED,
    3: Outcome.REDIRECT,
    4: Outcome.CLIENT_ERROR,
}
"""The outcome by the hundreds of the status; any other is SERVER_ERROR."""

RECORDED = tuple(one for one in Outcome if one is not Outcome.NO_RESOURCES)
"""The words of the attempts at deliveries."""

STRAIN = frozenset({Outcome.TIMEOUT, Outcome.CONNECTION_FAILED, Outcome.BROKEN})
STRAINED = frozenset({429, 502, 503, 504})


def is_strained(outcome: str, status: int | None) -> bool:
    """Whether an attempt that failed so says that its listener has too much to do, or cannot be reached."""
    return outcome in STRAIN or status in STRAINED


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """The listener has it."""

    outcome: Outcome = Outcome.DELIVERED


@dataclass(frozen=True, kw_only=True)
class TryLater:
    """It may succeed later; `hint` is the wait in seconds that the listener asked for, if it did."""

    outcome: Outcome
    hint: float | None = None


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The listener wants nothing more: its subscription is to be disabled."""

    outcome: Outcome = Outcome.GONE


Verdict = Delivered | TryLater | Refused
SUCCESS = Delivered()


def judge(result: SendResult) -> Outcome:
    """The word for a result: a failure on the way outweighs the status, since the answer was not complete."""
    if result.error is not None:
        return Outcome(result.error.value)
    return _of_status(result.status or 0)


def _of_status(status: int) -> Outcome:
    return GONE if status == 410 else OF_HUNDREDS.get(status // 100, SERVER_ERROR)


def verdict(result: SendResult, now: datetime, longest_hint: float) -> Verdict:
    """What follows from a result; Retry-After counts on every status that is not a success."""
    outcome = judge(result)
    if outcome is DELIVERED:
        return SUCCESS
    if outcome is GONE:
        return Refused()
    return TryLater(outcome=outcome, hint=retry_after(result.headers, now, longest_hint))
