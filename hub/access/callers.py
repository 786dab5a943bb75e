"""Who calls, by the credential that was sent."""

from hub.access.key_ring import KeyRing
from hub.access.keys import digest_of
from hub.access.refusals import no_credential, not_valid
from hub.access.tokens import Tokens
from hub.model.caller import LOCAL, Caller


class Callers:
    """Where no credential was ever configured, everybody who reaches the hub is LOCAL."""

    def __init__(self, ring: KeyRing, tokens: Tokens | None = None) -> None:
        self._ring = ring
        self._tokens = tokens

    def is_open(self) -> bool:
        """Whether nobody needs a credential."""
        return self._tokens is None and self._ring.is_empty()

    def known(self, credential: bytes) -> Caller | None:
        """Who has the credential, as far as memory tells; None when it takes `identify` to say."""
        if self.is_open():
            return LOCAL
        digest = digest_of(credential)
        found = self._ring.caller_of(digest)
        return found if found is not None or self._tokens is None else self._tokens.known(digest)

    def takes_time(self, credential: bytes) -> bool:
        """Whether `identify` may wait for the network, or at least verify a signature."""
        return self._tokens is not None and credential.count(b".") == 2

    def identify(self, credential: bytes) -> Caller:
        """Who has a credential that is not `known`. Raises Unauthorized or IdentityUnavailable."""
        if not credential:
            raise no_credential()
        digest = digest_of(credential)
        if self._tokens is not None and self.takes_time(credential):
            return self._tokens.verify(credential, digest)
        why = self._ring.ended(digest)
        raise not_valid(f"the key has {why}" if why == "expired" else f"the key is {why or 'not known'}")
