"""Brings the content of a notification list here: a file, or an http or https address that the settings name."""

import re
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from hub.references import secret
from hub.settings import ListSettings
from hub.subscriptions.list_file import Unreadable

SIZE_LIMIT = 64 << 20
LONGEST = 120.0
"""Seconds that all attempts may take together."""
ATTEMPTS = 3
TOKEN = re.compile(r"[\x21-\x7e]+( [\x21-\x7e]+)*")
"""What may stand in a header."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Got:
    """What came of one GET; `why` nothing came, which another one does not mend where it is `final`."""

    status: int | None = None
    body: bytes = b""
    why: str | None = None
    final: bool = False


Get = Callable[[ListSettings, Headers, float], Got]
"""Asks for the address of a list: no redirect, no proxy, and of the body no more than one byte over SIZE_LIMIT.

The last argument is the monotonic instant from which its time is counted.
"""


class _Passing(Exception):
    """Nothing came, and the next attempt may bring it."""


class ListPlace:
    def __init__(self, get: Get) -> None:
        self._get = get

    def content_of(self, settings: ListSettings) -> bytes:
        """Raises Unreadable."""
        content = self._fetched(settings) if settings.url else _read(settings)
        if len(content) > SIZE_LIMIT:
            raise Unreadable(f"{settings.place} has more than {SIZE_LIMIT} bytes")
        return content

    def _fetched(self, settings: ListSettings) -> bytes:
        headers, began = _headers(settings), time.monotonic()
        retrying = Retrying(
            retry=retry_if_exception_type(_Passing),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random(0.1, 0.5),
            reraise=True,
        )
        try:
            return retrying(self._attempt, settings, headers, began)
        except _Passing as error:
            raise Unreadable(str(error)) from error

    def _attempt(self, settings: ListSettings, headers: Headers, began: float) -> bytes:
        got = self._get(settings, headers, began)
        if got.why is not None:
            raise (Unreadable if got.final else _Passing)(f"{settings.place} cannot be read: {got.why}")
        if got.status != 200:
            raise Unreadable(f"{settings.place} answered {got.status}")
        return got.body


def form_of(settings: ListSettings) -> str:
    """csv or json. Raises Unreadable where neither is said."""
    end = urlsplit(settings.place).path.rpartition(".")[2].lower()
    form = settings.format or end
    if form not in ("csv", "json"):
        raise Unreadable(f"[lists.{settings.name}] format says neither csv nor json, nor does the end of the name")
    return form


def _headers(settings: ListSettings) -> Headers:
    """What shows the other side who asks. Raises Unreadable, which never repeats the token."""
    if not settings.token:
        return ()
    try:
        token = secret(settings.token)
    except ValueError as error:
        raise Unreadable(f"[lists.{settings.name}] token: {error}") from error
    if not TOKEN.fullmatch(token):
        raise Unreadable(f"[lists.{settings.name}] token holds what cannot stand in a header")
    return ((settings.token_header, token) if settings.token_header else ("Authorization", f"Bearer {token}"),)


def _read(settings: ListSettings) -> bytes:
    """No more than one byte over the limit; a pipe, for one, would never end."""
    path = Path(settings.file)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unreadable(f"{settings.place} is no regular file")
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise Unreadable(f"{settings.place} cannot be read: {error}") from error
