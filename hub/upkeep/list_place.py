"""Brings the content of a notification list here: a file, or an http or https address that the settings name."""

import stat
import time
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from hub.settings import ListSettings
from hub.subscriptions.list_file import Unreadable
from hub.upkeep.list_fetching import fetched

SIZE_LIMIT = 64 << 20
LONGEST = 120.0
"""Seconds that all attempts may take together."""
ATTEMPTS = 3


def content_of(settings: ListSettings, *, longest: float = LONGEST) -> bytes:
    """No redirect, no proxy, a limit of size and of time. Raises Unreadable."""
    end = time.monotonic() + longest
    retrying = Retrying(
        retry=retry_if_exception_type((OSError, HTTPException)),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random(0.1, 0.5),
        reraise=True,
    )
    try:
        content = retrying(fetched, settings, end=end, most=SIZE_LIMIT) if settings.url else _read(settings)
    except (OSError, HTTPException) as error:
        if time.monotonic() >= end:
            raise Unreadable(f"{settings.place} was not here within {longest:g} s") from error
        raise Unreadable(f"{settings.place} cannot be read: {_words(error)}") from error
    if len(content) > SIZE_LIMIT:
        raise Unreadable(f"{settings.place} has more than {SIZE_LIMIT} bytes")
    return content


def form_of(settings: ListSettings) -> str:
    """csv or json. Raises Unreadable where neither is said."""
    end = urlsplit(settings.place).path.rpartition(".")[2].lower()
    form = settings.format or end
    if form not in ("csv", "json"):
        raise Unreadable(f"[lists.{settings.name}] format says neither csv nor json, nor does the end of the name")
    return form


def _read(settings: ListSettings) -> bytes:
    """No more than one byte over the limit; a pipe, for one, would never end."""
    path = Path(settings.file)
    if not stat.S_ISREG(path.stat().st_mode):
        raise Unreadable(f"{settings.place} is no regular file")
    with path.open("rb") as file:
        return file.read(SIZE_LIMIT + 1)


def _words(error: Exception) -> str:
    """Of what came over the network nothing is repeated but what the system says of it."""
    return str(error) if isinstance(error, OSError) else type(error).__name__
