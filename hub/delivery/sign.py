"""Signs a delivery by Standard Webhooks, version 1: HMAC-SHA256 over id, time and body."""

import hmac
from binascii import b2a_base64


def signature(secret: bytes, event_id: str, timestamp: int, body: bytes) -> str:
    signed = b"%b.%d.%b" % (event_id.encode(), timestamp, body)
    return "v1," + b2a_base64(hmac.digest(secret, signed, "sha256"), newline=False).decode("ascii")


def headers(secret: bytes, event_id: str, timestamp_seconds: int, body: bytes) -> tuple[tuple[str, str], ...]:
    """The three headers of one attempt: the id stays the same over retries, the time is the attempt's own."""
    return (
        ("webhook-id", event_id),
        ("webhook-timestamp", str(timestamp_seconds)),
        ("webhook-signature", signature(secret, event_id, timestamp_seconds, body)),
    )
