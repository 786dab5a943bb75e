"""The key pairs of signatures by Standard Webhooks, version 1a: Ed25519, written as whsk_ and whpk_."""

import base64
import binascii

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PRIVATE, PUBLIC = "whsk_", "whpk_"
SEED_BYTES = 32


def new_private_key() -> bytes:
    """A fresh private key: its seed of 32 bytes."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def parse_private_key(text: str) -> bytes:
    """The seed inside whsk_ and base64, with or without the public key behind it.

    Raises ValueError, which never repeats the key.
    """
    if not text.startswith(PRIVATE):
        raise ValueError(f"a private key begins with {PRIVATE}")
    try:
        key = base64.b64decode(text[len(PRIVATE) :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"a private key is {PRIVATE} followed by base64") from error
    if len(key) not in (SEED_BYTES, 2 * SEED_BYTES):
        raise ValueError(f"a private key holds 32 bytes, or 64 with its public key; this one holds {len(key)}")
    seed, public = key[:SEED_BYTES], key[SEED_BYTES:]
    if public and public != _public(seed):
        raise ValueError("the public key behind the private key is not its own")
    return seed


def public_key(seed: bytes) -> str:
    """What a receiver verifies with."""
    return PUBLIC + base64.b64encode(_public(seed)).decode("ascii")


def _public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
