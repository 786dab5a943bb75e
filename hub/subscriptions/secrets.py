"""Signing secrets: how one is made and read, and how it is kept encrypted under the key of this installation."""

import base64
import binascii
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from hub.errors import InvalidSettings, Violation

PREFIX = "whsec_"
SECRET_BYTES = 32
SHORTEST, LONGEST = 24, 64


def new_secret(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A fresh secret in the form that receivers' libraries read: whsec_ and base64."""
    return PREFIX + base64.b64encode(random_bytes(SECRET_BYTES)).decode("ascii")


def parse_secret(text: str) -> bytes:
    """The key inside a secret; raises ValueError, which never repeats the secret."""
    if not text.startswith(PREFIX):
        raise ValueError(f"a secret begins with {PREFIX}")
    try:
        key = base64.b64decode(text[len(PREFIX) :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"a secret is {PREFIX} followed by base64") from error
    if not SHORTEST <= len(key) <= LONGEST:
        raise ValueError(f"a secret holds {SHORTEST} to {LONGEST} bytes; this one holds {len(key)}")
    return key


class SecretBox:
    """Encrypts secrets for the database; what another key sealed does not open."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    def seal(self, secret: bytes) -> bytes:
        return self._fernet.encrypt(secret)

    def open(self, sealed: bytes) -> bytes:
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise InvalidSettings(
                "a stored secret does not open: the key file is not the one that this database was written with"
            ) from error


def load_key(path: Path) -> bytes:
    """The key of this installation: read from its file, which is made when it is not there yet."""
    try:
        if not path.exists():
            _create(path)
        return _read(path)
    except OSError as error:
        raise _bad(path, f"the key file cannot be used: {error.strerror}") from error


def _create(path: Path) -> None:
    """Writes a new key beside its place and links it there: whoever comes second keeps the first one's key."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        _sync_folder(path.parent)
    finally:
        draft.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise _bad(path, f"the key file is open to others (mode {mode:04o}): chmod 600 it")
        key = file.read(1024).strip()
    try:
        Fernet(key)
    except ValueError as error:
        raise _bad(path, "the key file holds no key") from error
    return key


def _bad(path: Path, message: str) -> InvalidSettings:
    violation = Violation(field="[security] key_file", message=f"{path}: {message}", value=str(path))
    return InvalidSettings(violations=[violation])
