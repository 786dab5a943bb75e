"""The header of an answer as libcurl tells it, line by line."""

from collections.abc import Callable

from hub.delivery.transport.port import HEAD_LIMIT, Headers

END = (b"\r\n", b"\n")


class Head:
    """The lines of a header, those of interim answers included, up to the limit.

    `take` is a function over variables of its own, because it is called for every line of every answer.
    """

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        append, clear, room = self.lines.append, self.lines.clear, HEAD_LIMIT

        def take(line: bytes) -> int | None:
            nonlocal room
            room -= len(line)
            if room < 0:
                return 0  # fewer bytes than there were: libcurl ends the transfer
            append(line)
            return None

        def empty() -> None:
            nonlocal room
            room = HEAD_LIMIT
            clear()

        self.take, self.empty = take, empty
        self.is_too_long: Callable[[], bool] = lambda: room < 0

    def is_whole(self) -> bool:
        """Whether the last header came to its end; libcurl takes one that was cut off for an answer, too."""
        lines = self.lines
        if lines and lines[-1] in END:
            return True
        begin = max((number for number, line in enumerate(lines) if line.startswith(b"HTTP/")), default=0)
        return any(line in END for line in lines[begin:])  # behind the end there may be trailers

    def fields(self) -> Headers:
        """The header fields of the last answer; earlier ones (1xx) came before a status line."""
        found: list[tuple[str, str]] = []
        for line in self.lines:
            if line.startswith(b"HTTP/"):
                found.clear()
                continue
            name, colon, value = line.decode("latin-1").partition(":")
            if colon:
                found.append((name.strip(), value.strip()))
        return tuple(found)
