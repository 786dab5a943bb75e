"""Loads a certificate and its key into a context of `ssl`, without leaving the key on disk."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


def load_identity(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Both in PEM form, the key without a passphrase. Raises ssl.SSLError for what cannot be used."""
    with _file(f"{key.rstrip()}\n{certificate.rstrip()}\n") as path:
        context.load_cert_chain(path)


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
