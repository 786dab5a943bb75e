"""The file with the keys of this installation: a key a line, the first one seals, the others still open."""

import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet

from hub.errors import InvalidSettings, Violation

LARGEST = 4096
"""The most bytes of the file, which is room for dozens of keys."""


def load_key(path: Path) -> bytes:
    """The key that seals: read from its file, which is made when it is not there yet."""
    return load_keys(path)[0]


def load_keys(path: Path) -> tuple[bytes, ...]:
    """The keys in the file, which is made with a new one when it is not there yet. Raises InvalidSettings."""
    try:
        if not path.exists():
            _create(path)
        return _read(path)
    except OSError as error:
        raise _bad(path, f"the key file cannot be used: {error.strerror}") from error


def add_key(path: Path) -> None:
    """Put a new key before the others. Raises InvalidSettings."""
    _replace(path, (Fernet.generate_key(), *load_keys(path)))


def keep_first_key(path: Path) -> int:
    """Take out all keys but the first one; gives how many. Raises InvalidSettings."""
    keys = load_keys(path)
    _replace(path, keys[:1])
    return len(keys) - 1


class KeyFile:
    """The keys as they stand in the file now, so that a rotation reaches every process while it runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys = load_keys(path)
        self._stamp = self._stamped()

    def __call__(self) -> Sequence[bytes]:
        """A file that cannot be read in the meantime leaves the keys that were read before."""
        stamp = self._stamped()
        if stamp != self._stamp and stamp is not None:
            try:
                self._keys = load_keys(self._path)
            except InvalidSettings:
                return self._keys
            self._stamp = stamp
        return self._keys

    def _stamped(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def _create(path: Path) -> None:
    """Writes a new key beside its place and links it there: whoever comes second keeps the first one's key."""
    draft = _draft(path, (Fernet.generate_key(),))
    try:
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        _sync_folder(path.parent)
    finally:
        draft.unlink()


def _replace(path: Path, keys: Sequence[bytes]) -> None:
    """The whole file in one step: a reader sees the old one or the new one, which belongs to whom the old one did."""
    try:
        owner = path.stat()
        draft = _draft(path, keys)
        try:
            os.chown(draft, owner.st_uid, owner.st_gid)
            os.replace(draft, path)
        except OSError:
            draft.unlink()
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise _bad(path, f"the key file cannot be written: {error.strerror}") from error


def _draft(path: Path, keys: Sequence[bytes]) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"".join(key + b"\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> tuple[bytes, ...]:
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise _bad(path, f"the key file is open to others (mode {mode:04o}): chmod 600 it")
        keys = tuple(file.read(LARGEST).split())
    try:
        for key in keys:
            Fernet(key)
    except ValueError as error:
        raise _bad(path, "the key file holds no key") from error
    if not keys:
        raise _bad(path, "the key file holds no key")
    return keys


def _bad(path: Path, message: str) -> InvalidSettings:
    violation = Violation(field="[security] key_file", message=f"{path}: {message}", value=str(path))
    return InvalidSettings(violations=[violation])
