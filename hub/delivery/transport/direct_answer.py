"""An answer as it arrives over a plain connection: taken piece by piece, held to the limits, never unpacked."""

from httptools import HttpParserError, HttpResponseParser

from hub.delivery.transport.port import HEAD_LIMIT, Headers

FRAME_PER_BYTE = 8
"""How many bytes of framing (chunk sizes) are taken for a byte of the body, beyond the `HEAD_LIMIT` for all of it."""
VERSIONS = ("1.1", "1.0")
FIRST_FINAL, SWITCHING = 200, 101
NO_BODY = (204, 304)
FRAMING = (b"content-length", b"transfer-encoding")
LENGTHS = tuple(map(len, FRAMING))

LONGEST_KNOWN, MOST_KNOWN = 512, 256


class BadAnswer(Exception):
    """What came is no answer, or no whole one; the message says why."""


class _Enough(Exception):
    """Stops the parser: the answer has ended, or nothing more of it is wanted."""


class Known(dict[bytes, int]):
    """{answer: status} of short answers without content that were read whole: they need not be read again.

    Most listeners say the same to every event, but for the time in it, which changes once a second.
    """

    def note(self, data: bytes, status: int) -> None:
        if len(data) <= LONGEST_KNOWN:
            if len(self) >= MOST_KNOWN:
                self.clear()
            self[data] = status


class Answer:
    """Reads one answer after the other from the same connection; `renew` begins the next.

    How the bytes are cut into pieces makes no difference. `status` is 0 until a final header is whole; `kept` tells
    of a complete answer whether the connection can carry another request. The `on_...` functions are httptools'.
    """

    __slots__ = (
        "_body",
        "_credit",
        "_fields",
        "_flaw",
        "_known",
        "_limit",
        "_parse",
        "_parser",
        "_room",
        "complete",
        "kept",
        "status",
    )

    def __init__(self, limit: int, known: Known | None = None) -> None:
        self._limit = limit
        self._known = Known() if known is None else known
        self._parser = HttpResponseParser(self)
        # Other senders take a bare line feed too; it frames nothing else than what it seems to.
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)
        self._parse = self._parser.feed_data
        self._fields: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._flaw: str | None = None
        self._room = limit
        self._credit = 0
        self.renew()

    def renew(self) -> None:
        self.status = 0
        self.complete = self.kept = False
        if self._credit != HEAD_LIMIT:
            self._credit, self._room = HEAD_LIMIT, self._limit
            self._fields, self._body = [], []

    @property
    def begun(self) -> bool:
        """Whether any byte has come."""
        return self._credit != HEAD_LIMIT

    def feed(self, data: bytes) -> bool:
        """Takes the next bytes; True when the answer is complete, or as much of it is here as is wanted.

        Raises BadAnswer.
        """
        if self._credit == HEAD_LIMIT and (known := self._known.get(data)):
            self.status = known
            self.complete = self.kept = True
            return True
        while len(data) > self._credit:
            now, data = data[: self._credit], data[self._credit :]
            if self.feed(now):
                return True
            if not self._credit:
                what = "framing" if self.status else "header"
                raise BadAnswer(f"the {what} of the answer is longer than {HEAD_LIMIT} bytes")
        first = self._credit == HEAD_LIMIT
        self._credit -= len(data)
        try:
            self._parse(data)
        except HttpParserError as error:
            if not self.complete:
                raise BadAnswer(self._flaw or f"the answer is not HTTP/1.1: {error}") from None
            self.kept = False
        if first and self.kept and 200 <= self.status < 300 and not self._body:
            self._known.note(data, self.status)
        return self.complete

    def end(self) -> None:
        """The other side closed the connection: this ends a body that told no length. Raises BadAnswer."""
        if not self.status:
            where = "in the header of the answer" if self.begun else "before an answer"
            raise BadAnswer(f"the connection was closed {where}")
        told = {name.lower(): value.lower().rstrip() for name, value in self._fields}
        if b"content-length" in told or told.get(b"transfer-encoding", b"").endswith(b"chunked"):
            raise BadAnswer("the connection was closed before the end of the answer")
        self.complete = True

    def headers(self) -> Headers:
        return tuple((name.decode("latin-1"), value.decode("latin-1").strip()) for name, value in self._fields)

    def body(self) -> bytes:
        return b"".join(self._body) if self._body else b""

    def on_message_begin(self) -> None:
        if self.complete:  # Whatever follows belongs to no request.
            raise _Enough

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.status:  # else it is a trailer
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        parser = self._parser
        status, version = parser.get_status_code(), parser.get_http_version()
        if version not in VERSIONS:
            self._refuse(f"the answer is in HTTP/{version}")
        if status >= FIRST_FINAL:
            self.status = status
            self._credit += HEAD_LIMIT
        elif status == SWITCHING or status < 100:
            self._refuse(f"the listener answered {status}, which nobody asked for")
        else:
            self._fields = []

    def on_body(self, piece: bytes) -> None:
        if len(piece) > self._room:
            self._body.append(piece[: self._room])
            self.complete = True
            raise _Enough
        self._room -= len(piece)
        self._credit += (1 + FRAME_PER_BYTE) * len(piece)
        self._body.append(piece)

    def on_message_complete(self) -> None:
        if self.status:
            self.complete = True
            self.kept = self._parser.should_keep_alive()
            if self.kept and self.status in NO_BODY:
                self.kept = not self._content_may_follow()

    def _content_may_follow(self) -> bool:
        """Whether a status that has no content was said to have some: it would be read as the next answer."""
        for name, value in self._fields:  # noqa: SIM110 - for every answer, and `any` costs twice as much
            if len(name) in LENGTHS and name.lower() in FRAMING and value != b"0":
                return True
        return False

    def _refuse(self, flaw: str) -> None:
        self._flaw = flaw
        raise _Enough
