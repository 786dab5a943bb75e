"""Holds the header of an answer to a length, which `http.client` bounds by the line only."""

from http.client import HTTPException, HTTPResponse
from typing import Any

from hub.delivery.transport.port import HEAD_LIMIT

SWITCHING = 101
"""The one interim answer that is a final one to whoever asked for nothing of the kind."""


class BadHead(HTTPException):
    """The header went on beyond the limit, or ended before its end."""


class _Head:
    """The lines of a header, counted."""

    def __init__(self, whole: Any) -> None:
        self._whole = whole
        self._room = HEAD_LIMIT

    def readline(self, limit: int = -1) -> bytes:
        """The next line. Nothing at all is left to `http.client`, which tells a closed line by it."""
        line: bytes = self._whole.readline(limit)
        self._room -= len(line)
        if self._room < 0:
            raise BadHead(f"the header of the answer is longer than {HEAD_LIMIT} bytes")
        begun = bool(line) or self._room < HEAD_LIMIT
        if begun and not line.endswith(b"\n") and not 0 <= limit <= len(line):
            raise BadHead("the connection was closed in the header of the answer")
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)


class BoundedResponse(HTTPResponse):
    """An answer whose header is read up to the limit, and whose interim answers are overlooked."""

    def begin(self) -> None:
        whole: Any = self.fp
        fields: Any = self
        fields.fp = _Head(whole)
        try:
            super().begin()
        finally:
            if self.fp is not None:
                fields.fp = whole

    def _read_status(self) -> tuple[str, int, str]:
        """`http.client` takes an early hint (103) for the answer itself."""
        read: Any = super()
        while True:
            version, status, reason = read._read_status()
            if not 101 < status < 200:
                return version, status, reason
            while self.fp.readline(HEAD_LIMIT + 1).strip():
                pass
