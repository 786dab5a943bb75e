"""Signs a delivery by Standard Webhooks: version 1 (HMAC-SHA256) and version 1a (Ed25519), over id, time and body."""

from binascii import b2a_base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from hub.model.credentials import SignatureKind, SigningKey

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Signer:
    """`sign` makes a signature of the signed content; from `until` (microseconds) on it signs nothing more."""

    sign: Callable[[bytes], str]
    until: int | None = None


def signer_of(key: SigningKey) -> Signer:
    if key.kind is SignatureKind.V1:
        return Signer(sign=_hmac(key.key), until=key.until)
    return Signer(sign=partial(_ed25519, Ed25519PrivateKey.from_private_bytes(key.key)), until=key.until)


def signature(secret: bytes, event_id: str, timestamp: int, body: bytes) -> str:
    """The signature of version 1."""
    return _hmac(secret)(_content(event_id, timestamp, body))


def headers(signers: Iterable[Signer], event_id: str, now: int, body: bytes) -> Headers:
    """The three headers of one attempt: the id stays the same over retries, the time is the attempt's own.

    `now` is in microseconds: a retired key ends within the second that the header names.
    """
    timestamp = now // 1_000_000
    content = _content(event_id, timestamp, body)
    signatures = [signer.sign(content) for signer in signers if signer.until is None or now < signer.until]
    return (
        ("webhook-id", event_id),
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", " ".join(signatures)),
    )


def _content(event_id: str, timestamp: int, body: bytes) -> bytes:
    return b"%b.%d.%b" % (event_id.encode(), timestamp, body)


def _hmac(secret: bytes) -> Callable[[bytes], str]:
    """HMAC with its key put in once: what `hmac` does anew for each message is copied here, at half the cost."""
    keyed = HMAC(secret, SHA256())

    def sign(content: bytes) -> str:
        one = keyed.copy()
        one.update(content)
        return "v1," + b2a_base64(one.finalize(), newline=False).decode("ascii")

    return sign


def _ed25519(key: Ed25519PrivateKey, content: bytes) -> str:
    return "v1a," + b2a_base64(key.sign(content), newline=False).decode("ascii")
