"""A mail: one management report for one recipient, and how its sending goes."""

import re
from enum import StrEnum
from typing import NamedTuple

from hub.model.delivery import DeliveryState

ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
MAIL_ADDRESS = re.compile(rf"{ATOM}(\.{ATOM})*@[\w-]+(\.[\w-]+)*")
"""An e-mail address in its plain form (RFC 5322, 3.4.1 with a dot-atom), letters of all scripts among it (RFC 6531)."""


class MailOutcome(StrEnum):
    """The words of an attempt. All but `delivered` and `refused` are tried again by the schedule.

    `deferred` is what the server may take later (4yz), `refused` what it does not take (5yz).
    """

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NAME_NOT_RESOLVED = "nameNotResolved"
    CONNECTION_FAILED = "connectionFailed"
    TLS_FAILED = "tlsFailed"
    AUTHENTICATION_FAILED = "authenticationFailed"
    BROKEN = "broken"
    UNREADABLE = "unreadable"
    """The report, which is to be attached, cannot be read here."""


class Mail(NamedTuple):
    """Instants are microseconds; `created` is since when its links count. `tries` counts the attempts of this run of
    the schedule, `attempts` all.

    `status` is the reply code of the mail server and `reply` what it, or the system, said last.
    """

    id: str
    report: str
    recipient: str
    created: int
    state: DeliveryState
    due_at: int
    attempts: int
    tries: int
    settled_at: int | None
    outcome: str | None
    status: int | None
    reply: str | None
