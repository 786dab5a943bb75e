"""The consent of a listener before it is told anything: the OPTIONS request of CloudEvents' webhooks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from hub.errors import InvalidInput, Violation
from hub.model.credentials import TlsIdentity
from hub.subscriptions.delivery_options import RATES
from hub.telemetry import logger

log = logger("hub.subscriptions")

REQUEST_ORIGIN = "webhook-request-origin"
ALLOWED_ORIGIN, ALLOWED_RATE = "webhook-allowed-origin", "webhook-allowed-rate"
ANY = "*"
SECONDS = 60.0
"""A rate is told by the minute."""
FASTEST = RATES[1]
DIGITS = 9
"""A number with more of them is not even read."""


class Handshake(StrEnum):
    """Whether a listener is asked, and whether it has to consent."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What a listener answered; `why` none came, or none that counts.

    `headers` are by their names in small letters; those of one name stand together, with commas between them.
    """

    status: int | None = None
    headers: Mapping[str, str]
    why: str | None = None


Ask = Callable[[str, Mapping[str, str], TlsIdentity | None], Answered]
"""Sends OPTIONS with these headers to a URL, and waits for the answer."""


@dataclass(frozen=True, kw_only=True)
class Consent:
    """Asks listeners at their registration. `origin` is the name by which the hub introduces itself."""

    ask: Ask
    mode: Handshake
    origin: str

    def rate(self, url: str, tls: TlsIdentity | None) -> float | None:
        """Attempts a second that the listener allows, None for any. Blocks until it has answered.

        Raises InvalidInput where a consent is required and not given.
        """
        if self.mode is Handshake.OFF:
            return None
        answered = self.ask(url, {REQUEST_ORIGIN: self.origin}, tls)
        why = answered.why or _objection(answered, self.origin)
        if why is None:
            return _rate(_told(answered, ALLOWED_RATE) or ANY)
        if self.mode is Handshake.REQUIRED:
            message = f"did not consent to be told: {why}"
            raise InvalidInput(violations=[Violation(field="callback", value=url, message=message)])
        log.info("subscription.not_asked", reason=why)
        return None


def _objection(answered: Answered, origin: str) -> str | None:
    if answered.status is None or not 200 <= answered.status < 300:
        return f"it answered OPTIONS with {answered.status}"
    allowed = _told(answered, ALLOWED_ORIGIN)
    if not allowed:
        return "it answered OPTIONS without WebHook-Allowed-Origin"
    if allowed != ANY and allowed.lower() != origin.lower():
        return f"it allows another origin than {origin}"
    rate = _told(answered, ALLOWED_RATE)
    if rate is not None and not _is_rate(rate):
        return "its WebHook-Allowed-Rate is neither a whole number of requests a minute, 1 or more, nor *"
    return None


def _told(answered: Answered, name: str) -> str | None:
    value = answered.headers.get(name)
    return None if value is None else value.strip()


def _is_rate(told: str) -> bool:
    """Whether it is a number of requests a minute, or says that any may be sent."""
    return told == ANY or (told.isascii() and told.isdigit() and told.strip("0") != "")


def _rate(told: str) -> float | None:
    """Attempts a second. What is faster than any rate that a registration may have is the fastest of them."""
    if told == ANY:
        return None
    digits = told.lstrip("0")
    return FASTEST if len(digits) > DIGITS else min(int(digits) / SECONDS, FASTEST)
