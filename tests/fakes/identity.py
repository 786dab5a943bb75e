"""An identity provider on this machine: keys that come and go, tokens of every kind, and a set that can be down."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

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


class IdentityProvider:
    """Serves `content` with `status`; `asked` counts the readings."""

    def __init__(self) -> None:
        self.content = published(KEYS["RS256"], KEYS["ES256"], KEYS["EdDSA"])
        self.status = 200
        self.asked = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                self.send_response(provider.status)
                self.send_header("Content-Length", str(len(provider.content)))
                self.end_headers()
                self.wfile.write(provider.content)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/keys"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
