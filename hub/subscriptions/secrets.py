"""Signing secrets: how one is made and read, and how it is kept encrypted under the keys of this installation."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from hub.errors import InvalidSettings
from hub.subscriptions.key_file import load_key

__all__ = ["PREFIX", "Keys", "SecretBox", "load_key", "new_secret", "parse_secret"]

PREFIX = "whsec_"
SECRET_BYTES = 32
SHORTEST, LONGEST = 24, 64

Keys = Callable[[], Sequence[bytes]]
"""Gives the keys of this installation as they are now: the first one seals, the others still open."""


def new_secret(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A fresh secret in the form that receivers' libraries read: whsec_ and base64."""
    return PREFIX + base64.b64encode(random_bytes(SECRET_BYTES)).decode("ascii")


def parse_secret(text: str) -> bytes:
    """The key inside a secret; raises ValueError, which never repeats the secret."""
    if not text.startswith(PREFIX):
        raise ValueError(f"a secret begins with {PREFIX}")
    try:
        key = base64.b64decode(text[len(PREFIX) :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"a secret is {PREFIX} followed by base64") from error
    if not SHORTEST <= len(key) <= LONGEST:
        raise ValueError(f"a secret holds {SHORTEST} to {LONGEST} bytes; this one holds {len(key)}")
    return key


class SecretBox:
    """Encrypts secrets for the database; what another installation sealed does not open."""

    def __init__(self, keys: bytes | Keys) -> None:
        self._keys: Keys = (lambda: (keys,)) if isinstance(keys, bytes) else keys
        self._known: tuple[Sequence[bytes], tuple[Fernet, ...]] = ((), ())

    def seal(self, secret: bytes) -> bytes:
        return self._now()[0].encrypt(secret)

    def open(self, sealed: bytes) -> bytes:
        try:
            return MultiFernet(self._now()).decrypt(sealed)
        except InvalidToken as error:
            raise InvalidSettings(
                "a stored secret does not open: the key file is not the one that this database was written with"
            ) from error

    def renewed(self, sealed: bytes) -> bytes | None:
        """The same secret sealed with the first key; None for one that is."""
        first = self._now()[0]
        try:
            first.decrypt(sealed)
        except InvalidToken:
            return first.encrypt(self.open(sealed))
        return None

    def derived(self, purpose: bytes) -> tuple[bytes, ...]:
        """A key for a purpose of its own from each key of this installation, in their order."""
        return tuple(hmac.new(key, purpose, hashlib.sha256).digest() for key in self._keys())

    def _now(self) -> tuple[Fernet, ...]:
        keys = self._keys()
        if keys is not self._known[0]:
            self._known = (keys, tuple(map(Fernet, keys)))
        return self._known[1]
