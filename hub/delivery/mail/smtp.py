"""Hands one message to the mail server (RFC 5321), over TLS that is verified, and judges what came of it."""

import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum

import certifi

from hub.model.mail import MailOutcome
from hub.references import secret

LONGEST_REPLY = 300
"""Characters of what a server said that are kept."""


REFUSED_AT: Mapping[type[Exception], MailOutcome] = {
    smtplib.SMTPAuthenticationError: MailOutcome.AUTHENTICATION_FAILED,
    smtplib.SMTPConnectError: MailOutcome.CONNECTION_FAILED,
    smtplib.SMTPHeloError: MailOutcome.CONNECTION_FAILED,
}
"""What a 5yz means that is not about the message: it is a matter of the settings, and may be mended."""

FAILURES: Sequence[tuple[tuple[type[BaseException], ...], MailOutcome]] = (
    ((smtplib.SMTPException,), MailOutcome.BROKEN),
    ((ssl.SSLError,), MailOutcome.TLS_FAILED),
    ((TimeoutError,), MailOutcome.TIMEOUT),
    ((socket.gaierror, UnicodeError), MailOutcome.NAME_NOT_RESOLVED),
    ((OSError,), MailOutcome.CONNECTION_FAILED),
)
"""The narrower classes first: most are also an OSError."""


class Protection(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """`user` "" gives no name; `password` is a reference, read at each attempt. `timeout` is that of each answer, in
    seconds.

    `own_name` is how the hub presents itself; `ca_file` None trusts the usual authorities.
    """

    host: str
    port: int
    protection: Protection
    ca_file: str | None
    user: str
    password: str
    timeout: float
    own_name: str


@dataclass(frozen=True, kw_only=True)
class Attempted:
    """`status` is the reply code, None where none came; `reply` what was said."""

    outcome: MailOutcome
    status: int | None = None
    reply: str = ""


def send(message: EmailMessage, server: MailServer, *, sender: str, recipient: str) -> Attempted:
    """Hand it over for this recipient alone, on a connection of its own."""
    try:
        password = secret(server.password) if server.user else ""
    except ValueError as error:
        return Attempted(outcome=MailOutcome.AUTHENTICATION_FAILED, reply=str(error))
    try:
        with _line(server) as line:
            if server.user:
                line.login(server.user, password)
            line.send_message(message, from_addr=sender, to_addrs=[recipient])
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        return _judged(error)
    return Attempted(outcome=MailOutcome.DELIVERED, status=250)


@contextmanager
def _line(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A connection that is protected before anything is said."""
    line = _opened(server)
    try:
        if server.protection is Protection.STARTTLS:
            line.starttls(context=_context(server))
        yield line
        with suppress(smtplib.SMTPException, OSError):  # what is handed over stays so
            line.quit()
    finally:
        line.close()


def _opened(server: MailServer) -> smtplib.SMTP:
    if server.protection is Protection.TLS:
        return smtplib.SMTP_SSL(
            server.host,
            server.port,
            local_hostname=server.own_name,
            timeout=server.timeout,
            context=_context(server),
        )
    return smtplib.SMTP(server.host, server.port, local_hostname=server.own_name, timeout=server.timeout)


def _context(server: MailServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.ca_file or certifi.where())


def _judged(error: Exception) -> Attempted:
    """The outcome that an error stands for."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            ((status, reply),) = error.recipients.values()
            return _replied(status, reply)
        case smtplib.SMTPResponseException():
            return _replied(error.smtp_code, error.smtp_error, REFUSED_AT.get(type(error), MailOutcome.REFUSED))
        case smtplib.SMTPNotSupportedError():
            return _not_supported(error)
    outcome = next(
        (outcome for kinds, outcome in FAILURES if isinstance(_cause(error), kinds)), MailOutcome.BROKEN
    )
    return Attempted(outcome=outcome, reply=_text(error))


def _cause(error: Exception) -> BaseException:
    """smtplib tells a read that timed out as a line that was cut off."""
    cause = error.__context__
    return (
        cause if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(cause, TimeoutError) else error
    )


def _not_supported(error: Exception) -> Attempted:
    """What the server does not offer: to be safe, to know its callers, or to reach an address that is not ASCII."""
    said = _text(error)
    if "STARTTLS" in said:
        return Attempted(outcome=MailOutcome.TLS_FAILED, reply=said)
    if "AUTH" in said:
        return Attempted(outcome=MailOutcome.AUTHENTICATION_FAILED, reply=said)
    return Attempted(outcome=MailOutcome.REFUSED, reply=said)


def _replied(status: int, reply: bytes | str, refused: MailOutcome = MailOutcome.REFUSED) -> Attempted:
    """4yz may be another answer later, 5yz not; what is no reply code is no SMTP."""
    said = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    if not 400 <= status < 600:
        return Attempted(outcome=MailOutcome.BROKEN, status=status if status > 0 else None, reply=_text(said))
    outcome = MailOutcome.DEFERRED if status < 500 else refused
    return Attempted(outcome=outcome, status=status, reply=_text(said))


def _text(said: object) -> str:
    return " ".join(str(said).split())[:LONGEST_REPLY]
