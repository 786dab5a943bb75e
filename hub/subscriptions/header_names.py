"""Which header fields a registration may have the hub send: none that the connection or the hub itself uses."""

import re

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

OF_THE_CONNECTION = frozenset(
    [
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "http2-settings",
        "content-length",
        "expect",
        "host",
    ]
)
OURS = frozenset(
    ["accept-encoding", "content-encoding", "content-type", "traceparent", "tracestate", "user-agent", "via"]
)
OUR_BEGINNINGS = ("webhook-", "proxy-", "qos-hub-", "x-forwarded-")


def why_not_a_header(name: str) -> str | None:
    """Why an API key cannot stand in this field, or None when it can."""
    known = name.lower()
    if not TOKEN.fullmatch(name):
        return "must be the name of a header field, such as X-API-Key"
    if known in OF_THE_CONNECTION:
        return "must not be a field that belongs to the connection"
    if known in OURS or known.startswith(OUR_BEGINNINGS):
        return "must not be a field that the hub itself writes"
    return None
