"""How a listener refuses our certificate: in TLS 1.3 after the handshake, by an alert that a reset often overtakes."""

import re
import socket

HEAD_OF_ALERT = b"\x17\x03\x03\x00\x13"
"""The record of an encrypted alert: two bytes, one for their kind, and a seal of 16. All else that a server sends
first, such as a session ticket, the settings of HTTP/2 or an answer, is longer."""
HINT = (
    "; on a new TLS connection and before any answer: the listener may refuse the client certificate, or want one"
)

_ALERT = re.compile(r"\balert ([a-z][a-z ]*[a-z])")
_ABOUT_CERTIFICATES = frozenset(
    {
        "bad certificate",
        "certificate expired",
        "certificate required",
        "certificate revoked",
        "certificate unknown",
        "unknown ca",
        "unsupported certificate",
    }
)


def holds_alert(connection: socket.socket) -> bool:
    """Whether an alert is the next thing to be read here, which its reader gave up before: it is left there."""
    try:
        unread = connection.recv(len(HEAD_OF_ALERT), socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return False
    return unread == HEAD_OF_ALERT


def words(text: str, *, certificate: bool, alerted: bool) -> str | None:
    """What to tell of a listener that refused our certificate, or that there is none; None when nothing says that.

    `text` is OpenSSL's, with the name of the alert where it was read; `alerted`: one came right after the handshake
    and was not read.
    """
    found = _ALERT.search(text)
    name = found[1] if found else None
    if name not in _ABOUT_CERTIFICATES and (name is not None or not alerted):
        return None
    told = f"TLS alert: {name}" if name else "a TLS alert right after the handshake"
    if certificate:
        return f"the listener refused the client certificate of its registration ({told})"
    return f"the listener asks for a client certificate, and its registration has none ({told})"
