"""How a registration's credentials look: what kind is set, and what is public of them."""

from dataclasses import replace
from typing import Any

from hub.model.credentials import Credentials, SignatureKind
from hub.model.options import DeliveryOptions
from hub.model.times import micros_to_text
from hub.subscriptions.signing_keys import public_key
from hub.subscriptions.tls_material import end_of

PUBLIC = {"auth": ("auth",), "tls": ("tls", "certificate_end")}
"""{member of `delivery`: the options that tell what is public of it}"""


def secured(options: DeliveryOptions, credentials: Credentials) -> DeliveryOptions:
    """The options with what is public of these credentials; the kinds of signature stay."""
    auth, tls = credentials.auth, credentials.tls
    return replace(
        options,
        auth=None if auth is None else auth.type,
        tls=() if tls is None else tls.members(),
        certificate_end=None if tls is None or tls.certificate is None else end_of(tls.certificate),
    )


def credentials_view(options: DeliveryOptions) -> dict[str, Any]:
    """The members `auth`, `tls` and `signature` of `delivery`, as anybody may see them."""
    end = options.certificate_end
    tls = {
        "certificate": "certificate" in options.tls,
        "authority": "authority" in options.tls,
        "certificateEnd": None if end is None else micros_to_text(end),
    }
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
