"""The public keys of the identity provider: read from a file or an address, kept, and read anew when one is missing."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from hub.errors import IdentityUnavailable
from hub.telemetry import logger

log = logger("hub.access")

SIZE_LIMIT = 1 << 20
TIMEOUT = (3.0, 3.0)
ATTEMPTS = 2
OLDEST = 3600.0
"""Seconds after which the set is read anew although no key is missing, so that a key that was withdrawn goes."""


class KeySetUnreadable(Exception):
    """The set cannot be read, or holds no key that could verify a signature."""


def read_place(place: str, ca_file: str = "") -> bytes:
    """The content of a file, or of an http or https address: no redirect, no proxy, a limit of size and of time.

    Raises KeySetUnreadable.
    """
    try:
        if urlsplit(place).scheme in ("http", "https"):
            retrying = Retrying(
                retry=retry_if_exception_type(requests.RequestException),
                stop=stop_after_attempt(ATTEMPTS),
                wait=wait_random(0.05, 0.2),
                reraise=True,
            )
            return retrying(_fetched, place, ca_file)
        return Path(place).read_bytes()
    except (OSError, requests.RequestException) as error:
        raise KeySetUnreadable(f"{place} cannot be read: {error}") from error


def _fetched(url: str, ca_file: str) -> bytes:
    with requests.Session() as session:
        session.trust_env = False
        options: dict[str, Any] = {"verify": ca_file or True, "allow_redirects": False, "stream": True}
        with session.get(url, timeout=TIMEOUT, headers={"Accept": "application/json"}, **options) as answer:
            if answer.status_code != 200:
                raise KeySetUnreadable(f"{url} answered {answer.status_code}")
            content = b"".join(_limited(answer, url))
    return content


def _limited(answer: requests.Response, url: str) -> Any:
    size = 0
    end = time.monotonic() + sum(TIMEOUT)
    for chunk in answer.iter_content(65536):
        size += len(chunk)
        if size > SIZE_LIMIT or time.monotonic() > end:
            raise KeySetUnreadable(f"{url} sends more than {SIZE_LIMIT} bytes, or takes too long")
        yield chunk


def parse_key_set(content: bytes) -> list[Key]:
    """The keys that can verify a signature: public ones, not meant for encryption. Raises KeySetUnreadable."""
    try:
        keys = KeySet.import_key_set(orjson.loads(content)).keys
    except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeySetUnreadable(f"is not a JSON Web Key Set: {error}") from error
    # A key with which one can sign as well would be known to everybody who verifies.
    keys = [key for key in keys if key.key_type != "oct" and key.get("use") in (None, "sig")]
    if not keys:
        raise KeySetUnreadable("has no public key that verifies signatures")
    return keys


CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "ES256K": "secp256k1"}
KINDS = {"R": "RSA", "P": "RSA", "E": "EC"}


def fits(key: Key, algorithm: str) -> bool:
    """Whether signatures by this algorithm can be verified with the key."""
    if key.get("alg") not in (None, algorithm):
        return False
    if algorithm in CURVES:
        return key.get("crv") == CURVES[algorithm]
    kind = "OKP" if algorithm.startswith("Ed") else KINDS.get(algorithm[:1])
    return bool(key.key_type == kind)


class KeySource:
    """Finds the key of a token; `read` gives the set as bytes.

    The set is read at most once in `interval` seconds. When that fails, the keys that were read before stay.
    """

    def __init__(
        self,
        read: Callable[[], bytes],
        *,
        interval: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._interval = interval
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._keys: list[Key] = []
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._failed = False

    def find(self, key_id: str | None, algorithm: str) -> Key | None:
        """The key that a token names, None when the provider has none such.

        Of a token that names none it is the only key that fits the algorithm.

        Raises IdentityUnavailable when no key is known and the set cannot be read. It may wait for the network.
        """
        with self._lock:
            present = self._monotonic()
            old = self._read_at is None or present - self._read_at >= OLDEST
            if old or self._fitting(key_id, algorithm) is None:
                self._refresh(present)
            found = self._fitting(key_id, algorithm)
            if found is None and self._failed:
                headers = {"Retry-After": str(max(1, round(self._interval)))}
                message = "the keys of the identity provider cannot be read now; the token cannot be judged"
                raise IdentityUnavailable(message, headers=headers)
            return found

    def _fitting(self, key_id: str | None, algorithm: str) -> Key | None:
        fitting = [key for key in self._keys if (key_id is None or key.kid == key_id) and fits(key, algorithm)]
        return fitting[0] if len(fitting) == 1 or (fitting and key_id is not None) else None

    def _refresh(self, present: float) -> None:
        if self._tried_at is not None and present - self._tried_at < self._interval:
            return
        self._tried_at = present
        try:
            self._keys = parse_key_set(self._read())
        except KeySetUnreadable as error:
            self._failed = True
            log.warning("access.keys_unreadable", error=str(error), kept=len(self._keys))
            return
        self._failed, self._read_at = False, present
