"""Credentials as they are kept: one sealed JSON object a registration, beside its sealed shared secret."""

import base64
from dataclasses import asdict
from typing import Any

import orjson

from hub.model.credentials import AUTH_TYPES, Auth, Credentials, SignatureKind, SigningKey, TlsIdentity
from hub.model.subscription import Subscription
from hub.subscriptions.secrets import SecretBox


def seal_credentials(box: SecretBox, credentials: Credentials) -> tuple[bytes, bytes | None]:
    """(the sealed shared secret that is in force, all the rest sealed or None when there is nothing else)."""
    current = next((key for key in credentials.keys if _is_shared(key)), None)
    kept: dict[str, Any] = {
        "keys": [_kept_key(key) for key in credentials.keys if key is not current],
        "auth": credentials.auth and {"type": credentials.auth.type, **asdict(credentials.auth)},
        "tls": credentials.tls and asdict(credentials.tls),
    }
    rest = {name: value for name, value in kept.items() if value}
    return box.seal(current.key if current else b""), box.seal(orjson.dumps(rest)) if rest else None


def open_credentials(box: SecretBox, subscription: Subscription) -> Credentials:
    """Raises InvalidSettings when they do not open."""
    shared = box.open(subscription.secret)
    keys = [SigningKey(kind=SignatureKind.V1, key=shared)] if shared else []
    if subscription.credentials is None:
        return Credentials(keys=tuple(keys))
    kept = orjson.loads(box.open(subscription.credentials))
    keys += [_key(one) for one in kept.get("keys", ())]
    tls = kept.get("tls")
    return Credentials(
        keys=tuple(sorted(keys, key=lambda key: key.until is not None)),
        auth=_auth(kept.get("auth")),
        tls=tls and TlsIdentity(**tls),
    )


def _is_shared(key: SigningKey) -> bool:
    return key.kind is SignatureKind.V1 and key.until is None


def _kept_key(key: SigningKey) -> dict[str, Any]:
    return {"kind": key.kind, "key": base64.b64encode(key.key).decode("ascii"), "until": key.until}


def _key(kept: dict[str, Any]) -> SigningKey:
    return SigningKey(kind=SignatureKind(kept["kind"]), key=base64.b64decode(kept["key"]), until=kept["until"])


def _auth(kept: dict[str, Any] | None) -> Auth | None:
    if kept is None:
        return None
    values = {name: value for name, value in kept.items() if name != "type"}
    return AUTH_TYPES[kept["type"]](**values)
