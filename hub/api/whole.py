"""A whole answer in one write, where uvicorn is the one that takes it: half of what its two messages cost."""

from collections.abc import Sequence

from starlette.types import Message, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

Headers = Sequence[tuple[bytes, bytes]]

LONG = 16384
"""Bytes of a body from which on a copy of it costs more than a second write; uvloop sends both with one call."""


class Adding:
    """`send` that adds headers to the answer, which can be written in one piece all the same."""

    def __init__(self, send: Send, headers: Headers) -> None:
        self.send = send
        self.headers = headers

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *self.headers]}
        await self.send(message)


def write_whole(send: Send, status: int, headers: Headers, own: bytes, body: bytes) -> bool:
    """Write the answer and end it; False when it must go the ordinary way, by `send`.

    `headers` have their names in small letters and are held against what uvicorn refuses or heeds; `own` are lines
    of which that is known, and a `content-length` among them is right.
    """
    while isinstance(send, Adding):
        headers, send = [*headers, *send.headers], send.send
    cycle = getattr(send, "__self__", None)
    if type(cycle) is not RequestResponseCycle or not _is_plain(cycle):
        return False
    if headers:
        lines = _lines(headers)
        if lines.count(b"\n") != len(headers):  # a value would begin a line of its own; uvicorn refuses it
            return False
        if b"connection: " in lines:  # it may say `close`, which uvicorn then does
            return False
        own = lines + own
    cycle.response_started = cycle.response_complete = True
    first = OF_EVERY_ANSWER.of(cycle.default_headers)
    if len(body) > LONG:
        cycle.transport.write(b"%b%b%b\r\n" % (STATUS_LINE[status], first, own))
        cycle.transport.write(body)
    else:
        cycle.transport.write(b"%b%b%b\r\n%b" % (STATUS_LINE[status], first, own, body))
    cycle.message_event.set()
    cycle.on_response()
    return True


def headers_of(lines: bytes) -> Headers:
    """The headers that stand in lines."""
    return [(name, value) for name, _, value in (line.partition(b": ") for line in lines.split(b"\r\n")[:-1])]


def _is_plain(cycle: RequestResponseCycle) -> bool:
    """Whether nothing has been answered yet, the connection stays open and takes more, and no log line is wanted."""
    return cycle.keep_alive and not (
        cycle.response_started or cycle.disconnected or cycle.flow.write_paused or cycle.access_log
    )


class _Lines:
    """The headers of every answer as lines, joined once a second: so long uvicorn gives the same list."""

    def __init__(self) -> None:
        self._kept: tuple[Headers, bytes] = ((), b"")

    def of(self, headers: Headers) -> bytes:
        kept, lines = self._kept
        if kept is not headers:
            lines = _lines(headers)
            self._kept = (headers, lines)
        return lines


def _lines(headers: Headers) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])


OF_EVERY_ANSWER = _Lines()
