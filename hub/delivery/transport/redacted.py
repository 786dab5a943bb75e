"""Takes out of a result what was secret in its request: some listeners send back what they were sent."""

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from urllib.parse import quote, quote_plus

from hub.delivery.transport.port import SendResult

INSTEAD = "(not shown)"
SHORTEST = 4
"""A beginning of a secret that is shorter tells nothing."""


def redacted(result: SendResult, secrets: Iterable[str]) -> SendResult:
    """The result without these texts in any usual writing, also where the limit of the body cuts one off."""
    for secret in secrets:
        for written in writings(secret) if secret else ():
            result = result._replace(
                body=_without(result.body, written.encode()),
                headers=tuple((_out(name, written), _out(value, written)) for name, value in result.headers),
                error_text=result.error_text and _out(result.error_text, written),
            )
    return result


@lru_cache(maxsize=1024)
def writings(secret: str) -> tuple[str, ...]:
    """A secret as it stands in a header, in JSON, in a URL or form, and in HTML; the longest first."""
    found = {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        escape(secret),
        escape(secret, quote=False),
    }
    found |= {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    return tuple(sorted(found, key=lambda one: (-len(one), one)))


def _out(text: str, written: str) -> str:
    """Without regard to case: names of headers are often told in small letters."""
    return re.sub(re.escape(written), INSTEAD, text, flags=re.IGNORECASE)


def _without(body: bytes, secret: bytes) -> bytes:
    body = body.replace(secret, INSTEAD.encode())
    for length in range(min(len(secret), len(body)), SHORTEST - 1, -1):
        if body.endswith(secret[:length]):
            return body[:-length] + INSTEAD.encode()
    return body
