"""Brings the content of a notification list here: a file, or an http or https address that the settings name."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from hub.settings import ListSettings
from hub.subscriptions.list_file import Unreadable

SIZE_LIMIT = 64 << 20
TIMEOUT = (5.0, 30.0)
LONGEST = 120.0
"""Seconds that the whole content may take."""
ATTEMPTS = 3


def content_of(settings: ListSettings) -> bytes:
    """No redirect, no proxy, a limit of size and of time. Raises Unreadable."""
    try:
        if settings.file:
            content = Path(settings.file).read_bytes()
            _refuse_larger(len(content))
            return content
        retrying = Retrying(
            retry=retry_if_exception_type(requests.RequestException),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random(0.1, 0.5),
            reraise=True,
        )
        return retrying(_fetched, settings)
    except (OSError, requests.RequestException) as error:
        raise Unreadable(f"{settings.place} cannot be read: {error}") from error


def form_of(settings: ListSettings) -> str:
    """csv or json. Raises Unreadable where neither is said."""
    end = urlsplit(settings.place).path.rpartition(".")[2].lower()
    form = settings.format or end
    if form not in ("csv", "json"):
        raise Unreadable(f"[lists.{settings.name}] format says neither csv nor json, nor does the end of the name")
    return form


def _fetched(settings: ListSettings) -> bytes:
    with requests.Session() as session:
        session.trust_env = False
        options: dict[str, Any] = {"verify": settings.ca_file or True, "allow_redirects": False, "stream": True}
        with session.get(settings.url, timeout=TIMEOUT, **options) as answer:
            if answer.status_code != 200:
                raise Unreadable(f"{settings.url} answered {answer.status_code}")
            content = b"".join(_pieces(answer))
    told = answer.headers.get("Content-Length")
    if told is not None and not answer.headers.get("Content-Encoding") and len(content) != int(told):
        raise Unreadable(f"{settings.url} sent {len(content)} of {told} bytes")
    return content


def _pieces(answer: requests.Response) -> Iterator[bytes]:
    size, end = 0, time.monotonic() + LONGEST
    for piece in answer.iter_content(65536):
        size += len(piece)
        _refuse_larger(size)
        if time.monotonic() > end:
            raise Unreadable(f"was not here within {LONGEST:g} s")
        yield piece


def _refuse_larger(size: int) -> None:
    if size > SIZE_LIMIT:
        raise Unreadable(f"has more than {SIZE_LIMIT} bytes")
