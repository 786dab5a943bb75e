"""Signs a delivery by Standard Webhooks: version 1 (HMAC-SHA256) and version 1a (Ed25519), over id, time and body."""

import hmac
from binascii import b2a_base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.model.credentials import SignatureKind, SigningKey

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Signer:
    """`sign` makes a signature of the signed content; after `until` (seconds) it is sent no longer."""

    sign: Callable[[bytes], str]
    until: float | None = None


def signer_of(key: SigningKey) -> Signer:
    until = None if key.until is None else key.until / 1e6
    if key.kind is SignatureKind.V1:
        return Signer(sign=partial(_hmac, key.key), until=until)
    return Signer(sign=partial(_ed25519, Ed25519PrivateKey.from_private_bytes(key.key)), until=until)


def signature(secret: bytes, event_id: str, timestamp: int, body: bytes) -> str:
    """The signature of version 1."""
    return _hmac(secret, _content(event_id, timestamp, body))


def headers(signers: Iterable[Signer], event_id: str, timestamp_seconds: int, body: bytes) -> Headers:
    """The three headers of one attempt: the id stays the same over retries, the time is the attempt's own."""
    content = _content(event_id, timestamp_seconds, body)
    signatures = [
        signer.sign(content) for signer in signers if signer.until is None or timestamp_seconds < signer.until
    ]
    return (
        ("webhook-id", event_id),
        ("webhook-timestamp", str(timestamp_seconds)),
        ("webhook-signature", " ".join(signatures)),
    )


def _content(event_id: str, timestamp: int, body: bytes) -> bytes:
    return b"%b.%d.%b" % (event_id.encode(), timestamp, body)


def _hmac(secret: bytes, content: bytes) -> str:
    return "v1," + b2a_base64(hmac.digest(secret, content, "sha256"), newline=False).decode("ascii")


def _ed25519(key: Ed25519PrivateKey, content: bytes) -> str:
    return "v1a," + b2a_base64(key.sign(content), newline=False).decode("ascii")
