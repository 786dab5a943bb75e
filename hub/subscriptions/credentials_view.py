"""How a registration's credentials look: what kind is set, and what is public of them."""

from typing import Any

from hub.model.credentials import Credentials, SignatureKind
from hub.model.options import DeliveryOptions
from hub.subscriptions.signing_keys import public_key


def credentials_view(options: DeliveryOptions) -> dict[str, Any]:
    """The members `auth`, `tls` and `signature` of `delivery`, as anybody may see them."""
    tls = {name: name in options.tls for name in ("certificate", "authority")}
    return {
        "auth": None if options.auth is None else {"type": options.auth},
        "tls": tls if options.tls else None,
        "signature": {"kinds": list(options.signatures)},
    }


def public_key_of(credentials: Credentials) -> str | None:
    """The public key of the pair that signs now."""
    seeds = (key.key for key in credentials.keys if key.kind is SignatureKind.V1A and key.until is None)
    seed = next(seeds, None)
    return None if seed is None else public_key(seed)
