"""An identity provider on this machine: keys that come and go, tokens of every kind, and a set that can be down."""

import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from tests.fakes.http_server import HttpServer

AUDIENCE = "qos-hub"
ISSUER = "https://identity.example.com"

KEYS: dict[str, Key] = {
    "RS256": RSAKey.generate_key(2048, {"kid": "rsa"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "ec"}),
    "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "okp"}),
    "HS256": OctKey.generate_key(256, {"kid": "oct"}),
}
"""One for each kind of signature; made once, since that takes a while."""


def token(
    algorithm: str = "ES256", *, key: Key | None = None, header: dict[str, Any] | None = None, **claims: Any
) -> str:
    """A token that holds for an hour, but for what is said otherwise; a claim that is None is left out."""
    key = key or KEYS[algorithm]
    now = int(time.time())
    told = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 3600, **claims}
    names = {"alg": algorithm, "kid": key.kid, **(header or {})}
    strange = {"b64x": HeaderParameter("known to this provider alone", "bool")}
    registry = JWSRegistry(strange, algorithms=[algorithm], strict_check_header=False)
    kept = {name: value for name, value in told.items() if value is not None}
    return jwt.encode({name: value for name, value in names.items() if value}, kept, key, registry=registry)


def published(*keys: Key) -> bytes:
    return json.dumps(KeySet(list(keys)).as_dict(private=False)).encode()


class IdentityProvider(HttpServer):
    """Serves `content` with `status`; `asked` counts the readings."""

    def __init__(self) -> None:
        self.content = published(KEYS["RS256"], KEYS["ES256"], KEYS["EdDSA"])
        self.status = 200
        self.asked = 0
        super().__init__(self._answer)
        self.url = f"http://127.0.0.1:{self.port}/keys"

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked += 1
        request.send_response(self.status)
        request.send_header("Content-Length", str(len(self.content)))
        request.end_headers()
        request.wfile.write(self.content)
