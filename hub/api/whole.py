"""A whole answer in one write, where uvicorn is the one that takes it: half of what its two messages cost."""

from collections.abc import Sequence

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

Header = tuple[bytes, bytes]


def write_whole(send: Send, status: int, headers: Sequence[Header], body: bytes) -> bool:
    """Write the answer and end it; False when it must go the ordinary way, by `send`.

    The names of the headers are in small letters, and a `content-length` among them is right.
    """
    cycle = getattr(send, "__self__", None)
    if type(cycle) is not RequestResponseCycle or not _is_plain(cycle):
        return False
    given = [*cycle.default_headers, *headers]
    lines = b"".join([b"%b: %b\r\n" % header for header in given])
    if lines.count(b"\n") != len(given):  # a value would begin a line of its own; uvicorn refuses it
        return False
    if b"connection: " in lines:  # it may say `close`, which uvicorn then does
        return False
    cycle.response_started = cycle.response_complete = True
    cycle.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[status], lines, body))
    cycle.message_event.set()
    cycle.on_response()
    return True


def _is_plain(cycle: RequestResponseCycle) -> bool:
    """Whether nothing has been answered yet, the connection stays open and takes more, and no log line is wanted."""
    return cycle.keep_alive and not (
        cycle.response_started or cycle.disconnected or cycle.flow.write_paused or cycle.access_log
    )
