"""Our side of TLS for `requests`: a context for each identity, made without leaving a private key on disk."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from hub.model.credentials import TlsIdentity

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
        if tls.certificate and tls.key:
            with _file(f"{tls.key.rstrip()}\n{tls.certificate.rstrip()}\n") as path:
                context.load_cert_chain(path)
        return context


@contextmanager
def _file(text: str) -> Iterator[str]:
    """A file with this text, for a library that reads nothing else: in memory only where the system can do that."""
    if not hasattr(os, "memfd_create"):
        with TemporaryDirectory() as folder:
            path = Path(folder, "identity.pem")
            path.touch(mode=0o600)
            path.write_text(text)
            yield str(path)
        return
    descriptor = os.memfd_create("identity", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        yield f"/proc/self/fd/{descriptor}"
