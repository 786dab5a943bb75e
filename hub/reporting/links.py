"""Links that open one form of one management report for whoever has them, until they expire."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Keys = Callable[[], Sequence[bytes]]
"""Gives the keys as they are now: the first one signs, the others still open."""

EXPIRES = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Link:
    """`expires` is in whole seconds since 1970."""

    url: str
    expires: int


@dataclass(frozen=True, kw_only=True)
class Links:
    """`base_url` is that of the operations, `lifetime` how many seconds a new link opens."""

    keys: Keys
    base_url: str
    lifetime: float

    def link(self, report: str, form: str, *, now: int) -> Link:
        """`now` is in microseconds; the same link for the same second."""
        expires = now // 1_000_000 + round(self.lifetime)
        signature = _text(_signature(self.keys()[0], report, form, str(expires)))
        place = f"{self.base_url}/managementReport/{report}/shared/{form}"
        return Link(url=f"{place}?expires={expires}&signature={signature}", expires=expires)

    def opens(self, report: str, form: str, *, expires: str, signature: str, now: int) -> bool:
        """Whether these belong together and are not over; every key is tried, so that the time taken tells nothing."""
        given = signature.encode("utf-8", "replace")
        own = [_text(_signature(key, report, form, expires)).encode() for key in self.keys()]
        is_ours = any([hmac.compare_digest(given, one) for one in own])
        return is_ours and EXPIRES.fullmatch(expires) is not None and now < int(expires) * 1_000_000


def _signature(key: bytes, report: str, form: str, expires: str) -> bytes:
    """None of the three may stand for a part of another: each comes with its length."""
    parts = [part.encode("utf-8", "replace") for part in (report, form, expires)]
    signed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.new(key, signed, hashlib.sha256).digest()


def _text(signature: bytes) -> str:
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode("ascii")
