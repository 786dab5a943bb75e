"""Listeners that do a sender harm: each is a way to answer, or not to, with what must come of it."""

import gzip
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Thread

from hub.delivery.outcome import Outcome
from tests.fakes import listener as fake
from tests.fakes.listener import Answer, Line, answer, head

CHUNKED = [("Transfer-Encoding", "chunked")]


@dataclass(frozen=True, kw_only=True)
class Animal:
    """`outcomes` are the words that an attempt at it may end in: one, but where the two sides race."""

    name: str
    behave: Answer
    outcomes: tuple[Outcome, ...]

    def __str__(self) -> str:
        return self.name


def drip(line: Line) -> None:
    """One byte at a time, from the status line on."""
    for byte in b"HTTP/1.1 200 Said\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000:
        line.send(bytes([byte]))
        if line.gone(0.05):
            return


def flood(begin: bytes, again: bytes) -> Answer:
    """Begins an answer and never comes to its end, as fast as it can."""

    def give(line: Line) -> None:
        line.send(begin)
        while not line.stopped.is_set():
            line.send(again)

    return give


def gzip_bomb(line: Line) -> None:
    """64 MB of zeros, packed a thousandfold, to a sender that asked for nothing packed."""
    # Quickly: the packing is no part of the time that the answer has.
    packed = gzip.compress(bytes(1 << 20), compresslevel=9) * 64
    line.send(head(200, [("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))]) + packed)


def raw(text: bytes) -> Answer:
    """Says just this, and closes."""

    def give(line: Line) -> None:
        line.send(text)
        line.close()

    return give


def reset_after(text: bytes) -> Answer:
    def give(line: Line) -> None:
        line.send(text)
        line.reset()

    return give


def go_on_and_hang(line: Line) -> None:
    line.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    fake.hang(line)


def no_content_with_content(line: Line) -> None:
    line.send(head(204, [("Content-Length", "100000")]) + b"x" * 100_000)


ANIMALS = [
    Animal(name="never answers", behave=fake.hang, outcomes=(Outcome.TIMEOUT,)),
    Animal(name="one byte at a time", behave=drip, outcomes=(Outcome.TIMEOUT,)),
    Animal(name="header byte by byte", behave=fake.drip_head, outcomes=(Outcome.TIMEOUT,)),
    Animal(name="body byte by byte", behave=fake.drip_body, outcomes=(Outcome.TIMEOUT,)),
    Animal(
        name="endless header fields",
        behave=flood(b"HTTP/1.1 200 Said\r\n", b"X-More: and more\r\n" * 100),
        outcomes=(Outcome.BROKEN,),
    ),
    Animal(
        name="one endless header field",
        behave=flood(b"HTTP/1.1 200 Said\r\nX-Long: ", b"x" * 4096),
        outcomes=(Outcome.BROKEN,),
    ),
    Animal(name="endless status line", behave=flood(b"HTTP/1.1 200 ", b"x" * 4096), outcomes=(Outcome.BROKEN,)),
    Animal(
        name="a flood of 100 Continue",
        behave=flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
        outcomes=(Outcome.BROKEN,),
    ),
    Animal(
        name="a flood of 103 Early Hints",
        behave=flood(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100),
        outcomes=(Outcome.BROKEN,),
    ),
    Animal(
        name="100 Continue, and then nothing",
        behave=go_on_and_hang,
        outcomes=(Outcome.TIMEOUT,),
    ),
    Animal(
        name="100 Continue before the answer",
        behave=lambda line: line.send(b"HTTP/1.1 100 Continue\r\n\r\n" + head(200, [("Content-Length", "0")])),
        outcomes=(Outcome.DELIVERED,),
    ),
    Animal(
        name="103 Early Hints before the answer",
        behave=lambda line: line.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + head(204, [("X", "y")])),
        outcomes=(Outcome.DELIVERED,),
    ),
    Animal(name="417 to an expectation that nobody had", behave=answer(417), outcomes=(Outcome.CLIENT_ERROR,)),
    Animal(
        name="101 Switching Protocols",
        behave=raw(b"HTTP/1.1 101 Switching\r\nUpgrade: else\r\nConnection: Upgrade\r\n\r\n"),
        outcomes=(Outcome.BROKEN,),
    ),
    Animal(
        name="endless body",
        behave=flood(head(200, [("Content-Length", str(1 << 40))]), b"x" * 65536),
        outcomes=(Outcome.DELIVERED,),
    ),
    Animal(
        name="endless body of a failure",
        behave=flood(head(500, []), b"x" * 65536),
        outcomes=(Outcome.SERVER_ERROR,),
    ),
    Animal(
        name="endless chunks of one byte",
        behave=flood(head(200, CHUNKED), b"1\r\nx\r\n" * 1000),
        outcomes=(Outcome.DELIVERED,),
    ),
    Animal(
        name="an endless chunk extension",
        behave=flood(head(200, CHUNKED) + b"1;", b"x" * 4096),
        outcomes=(Outcome.BROKEN, Outcome.TIMEOUT),
    ),
    Animal(
        name="endless trailers",
        behave=flood(head(200, CHUNKED) + b"0\r\n", b"X-More: and more\r\n" * 100),
        outcomes=(Outcome.BROKEN, Outcome.TIMEOUT),
    ),
    Animal(
        name="a chunk that is no number",
        behave=raw(head(200, CHUNKED) + b"zz\r\nx\r\n"),
        outcomes=(Outcome.BROKEN,),
    ),
    Animal(name="gzip bomb", behave=gzip_bomb, outcomes=(Outcome.DELIVERED,)),
    Animal(name="closes without a word", behave=fake.close_silently, outcomes=(Outcome.BROKEN,)),
    Animal(name="resets without a word", behave=fake.reset, outcomes=(Outcome.BROKEN,)),
    Animal(name="closes in its header", behave=raw(b"HTTP/1.1 200 Said\r\nX-H"), outcomes=(Outcome.BROKEN,)),
    Animal(name="closes in its answer", behave=fake.reset_midway, outcomes=(Outcome.BROKEN,)),
    Animal(
        name="resets in its answer",
        behave=reset_after(head(200, [("Content-Length", "100")]) + b"some"),
        outcomes=(Outcome.BROKEN,),
    ),
    Animal(name="redirects to itself", behave=fake.redirect("/"), outcomes=(Outcome.REDIRECT,)),
    Animal(
        name="redirects to a metadata address",
        behave=fake.redirect("http://169.254.169.254/latest/meta-data", 307),
        outcomes=(Outcome.REDIRECT,),
    ),
    Animal(
        name="redirects to a file", behave=fake.redirect("file:///etc/passwd", 301), outcomes=(Outcome.REDIRECT,)
    ),
    Animal(name="204 with content", behave=no_content_with_content, outcomes=(Outcome.DELIVERED,)),
    Animal(name="HTTP/0.9", behave=raw(b"just a text, as in 1991\n"), outcomes=(Outcome.BROKEN,)),
    Animal(name="garbage", behave=fake.garbage, outcomes=(Outcome.BROKEN,)),
    Animal(name="another protocol", behave=raw(b"220 mail.example.com ESMTP\r\n"), outcomes=(Outcome.BROKEN,)),
    Animal(
        name="two lengths",
        behave=raw(head(200, [("Content-Length", "5"), ("Content-Length", "6")]) + b"hello!"),
        outcomes=(Outcome.BROKEN, Outcome.DELIVERED),
    ),
    Animal(
        name="a length that is no number",
        behave=raw(head(200, [("Content-Length", "-5")]) + b"hello"),
        outcomes=(Outcome.BROKEN, Outcome.DELIVERED),
    ),
    Animal(name="a status that is no number", behave=raw(b"HTTP/1.1 OK 200\r\n\r\n"), outcomes=(Outcome.BROKEN,)),
    Animal(name="a status that is none", behave=answer(999), outcomes=(Outcome.SERVER_ERROR,)),
]
"""What a listener does once it has the whole request."""


def never_reads(sock: socket.socket) -> None:
    """Takes the connection, and neither reads nor writes."""
    sock.settimeout(30)
    with suppress(OSError):
        while sock.recv(1, socket.MSG_PEEK):
            break
    with suppress(OSError):
        sock.settimeout(None)
        sock.recv(1 << 20, socket.MSG_WAITALL)  # until the other side gives up


def resets_at_once(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def speaks_first(sock: socket.socket) -> None:
    """Answers before it was asked."""
    with suppress(OSError):
        sock.sendall(head(200, [("Content-Length", "0")]))
        sock.recv(1 << 20, socket.MSG_WAITALL)


@contextmanager
def door(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that does this with every connection, and closes it after that."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:

        def serve(sock: socket.socket) -> None:
            with sock:
                behave(sock)

        def welcome() -> None:
            while True:
                try:
                    sock, _ = listening.accept()
                except OSError:
                    return
                Thread(target=serve, args=(sock,), daemon=True).start()

        thread = Thread(target=welcome, daemon=True)
        thread.start()
        yield int(listening.getsockname()[1])
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)
