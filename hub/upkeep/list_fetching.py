"""One GET of a notification list that ends in time, whatever the other side does: its connection is cut."""

import socket
import ssl
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Timer
from urllib.parse import urlsplit

import certifi

from hub.settings import ListSettings
from hub.subscriptions.list_file import Unreadable

CONNECT = 5.0
"""Seconds that a connection to one address may take."""
SILENCE = 30.0
"""Seconds for which the other side may say nothing."""


class _Line:
    """A connection that another thread may cut: each read ends then, also that of a header or of a handshake."""

    def __init__(self, host: str, port: int, patience: float) -> None:
        self.sock = socket.create_connection((host, port), timeout=min(CONNECT, patience))
        self.sock.settimeout(SILENCE)

    def secure(self, host: str, ca_file: str) -> None:
        context = ssl.create_default_context(cafile=ca_file or certifi.where())
        self.sock = context.wrap_socket(self.sock, server_hostname=host, do_handshake_on_connect=False)
        self.sock.do_handshake()

    def cut(self) -> None:
        with suppress(OSError):
            # That of an SSLSocket takes the session away from who reads.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def fetched(settings: ListSettings, *, end: float, most: int) -> bytes:
    """The content, of which no more than one byte over `most`; `end` is a monotonic instant.

    Raises Unreadable, OSError (TimeoutError at the end) or HTTPException.
    """
    parts = urlsplit(settings.url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("no time was left")
    line = _Line(host, parts.port or (443 if secure else 80), left)
    timer = Timer(max(end - time.monotonic(), 0.0), line.cut)
    timer.daemon = True
    timer.start()
    try:
        if secure:
            line.secure(host, settings.ca_file)
        connection = HTTPConnection(host, parts.port)
        connection.sock = line.sock
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(
            "GET", path, headers={"Host": parts.netloc, "User-Agent": "qos-hub", "Connection": "close"}
        )
        with connection.getresponse() as answer:
            content = _content(answer, settings.place, most)
        if time.monotonic() >= end:  # What is cut off may look complete.
            raise TimeoutError("the answer was not complete in time")
        return content
    finally:
        timer.cancel()
        line.sock.close()


def _content(answer: HTTPResponse, place: str, most: int) -> bytes:
    if answer.status != 200:
        raise Unreadable(f"{place} answered {answer.status}")
    told = answer.headers.get("Content-Length")
    if told is not None and not (told.isascii() and told.isdigit()):
        raise Unreadable(f"{place} sent a length that is no number")
    content = bytearray()
    while len(content) <= most and (piece := answer.read1(65536)):
        content += piece
    if told is not None and len(content) < min(int(told), most + 1):
        raise HTTPException(f"{len(content)} of {told} bytes came")
    return bytes(content[: most + 1])
