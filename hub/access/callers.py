"""Who calls, by the credential that was sent."""

from hub.access.key_ring import KeyRing
from hub.errors import Unauthorized, Violation
from hub.model.caller import LOCAL, Caller

HOW = "send a key as `X-API-Key: …`, or a key or token as `Authorization: Bearer …`"


class Callers:
    """Where no credential was ever configured, everybody who reaches the hub is LOCAL."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def is_open(self) -> bool:
        """Whether nobody needs a credential."""
        return self._ring.is_empty()

    def known(self, credential: bytes) -> Caller | None:
        """Who has the credential, as far as memory tells; None when it takes `identify` to say."""
        return LOCAL if self.is_open() else self._ring.caller_of(credential)

    def identify(self, credential: bytes) -> Caller:
        """Who has a credential that is not `known`. Raises Unauthorized. It may wait for the network."""
        if not credential:
            raise no_credential()
        why = self._ring.ended(credential)
        raise not_valid(f"the key has {why}" if why == "expired" else f"the key is {why or 'not known'}")


def no_credential() -> Unauthorized:
    """Without an error word: who sent nothing did nothing wrong (RFC 6750, section 3.1)."""
    headers = {"WWW-Authenticate": 'Bearer realm="qos-hub"'}
    return Unauthorized(violations=[Violation(field="Authorization", message=HOW)], headers=headers)


def not_valid(why: str) -> Unauthorized:
    """The credential itself is never repeated."""
    challenge = f'Bearer realm="qos-hub", error="invalid_token", error_description="{why}"'
    violation = Violation(field="Authorization", message=why)
    return Unauthorized(violations=[violation], headers={"WWW-Authenticate": challenge})
