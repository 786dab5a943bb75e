"""What a caller without a valid credential is told: enough to mend it, and nothing of the credential itself."""

from hub.errors import Unauthorized, Violation

HOW = "send a key as `X-API-Key: …`, or a key or token as `Authorization: Bearer …`"


def no_credential() -> Unauthorized:
    """Without an error word: who sent nothing did nothing wrong (RFC 6750, section 3.1)."""
    headers = {"WWW-Authenticate": 'Bearer realm="qos-hub"'}
    return Unauthorized(violations=[Violation(field="Authorization", message=HOW)], headers=headers)


def not_valid(why: str) -> Unauthorized:
    """`why` is a sentence of ours; nothing that was sent may stand in it, for it goes into a header."""
    challenge = f'Bearer realm="qos-hub", error="invalid_token", error_description="{why}"'
    violation = Violation(field="Authorization", message=why)
    return Unauthorized(violations=[violation], headers={"WWW-Authenticate": challenge})
