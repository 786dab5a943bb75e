"""Our side of TLS for `requests`: a context for each identity."""

import ssl
from threading import Lock

from hub.model.credentials import TlsIdentity
from hub.subscriptions.tls_loading import load_identity

MOST = 1024
"""How many contexts are kept; the one that was made first is forgotten first."""


class TlsContexts:
    """Connections of one context are shared, so the context of an identity stays the same one. Any thread may ask."""

    def __init__(self, ca_file: str) -> None:
        self._ca_file = ca_file
        self._made: dict[TlsIdentity, ssl.SSLContext] = {}
        self._lock = Lock()

    def of(self, tls: TlsIdentity | None) -> ssl.SSLContext | None:
        """None for the usual one. Raises ssl.SSLError for a certificate or key that cannot be used."""
        if tls is None:
            return None
        with self._lock:
            if tls not in self._made:
                if len(self._made) >= MOST:
                    del self._made[next(iter(self._made))]
                self._made[tls] = self._make(tls)
            return self._made[tls]

    def _make(self, tls: TlsIdentity) -> ssl.SSLContext:
        trusted = {"cadata": tls.authority} if tls.authority else {"cafile": self._ca_file}
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, **trusted)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # As libcurl does: one in the middle may be trusted.
        if tls.certificate and tls.key:
            load_identity(context, tls.certificate, tls.key)
        return context
