"""Takes out of a result what was secret in its request: some listeners send back what they were sent."""

from collections.abc import Iterable
from dataclasses import replace

from hub.delivery.transport.port import SendResult

INSTEAD = "(not shown)"
SHORTEST = 4
"""A beginning of a secret that is shorter tells nothing."""


def redacted(result: SendResult, secrets: Iterable[str]) -> SendResult:
    """The result without these texts, also where the limit of the body cuts one off."""
    for secret in secrets:
        if secret:
            result = replace(
                result,
                body=_without(result.body, secret.encode()),
                headers=tuple((name, value.replace(secret, INSTEAD)) for name, value in result.headers),
                error_text=result.error_text and result.error_text.replace(secret, INSTEAD),
            )
    return result


def _without(body: bytes, secret: bytes) -> bytes:
    body = body.replace(secret, INSTEAD.encode())
    for length in range(min(len(secret), len(body)), SHORTEST - 1, -1):
        if body.endswith(secret[:length]):
            return body[:-length] + INSTEAD.encode()
    return body
